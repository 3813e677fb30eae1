//! A function whose settings are wrong does not start. (29)

use std::collections::HashMap;
use std::sync::Arc;

use local::clock::Clock;
use local::stack::{Options, Stack, StartError};
use shared::config::{SignupSettings, TextingSettings, VerifySettings};
use tokio::net::{TcpListener, TcpStream};

/// Why a stack with these settings does not start.
async fn refusal(settings: &[(&'static str, &'static str)]) -> (String, String) {
    let given: HashMap<_, _> = settings.iter().copied().collect();
    let (clock, _) = Clock::manual(tests::service::NOON);
    let mut options = Options::of_a_test(clock);
    options.environment = Arc::new(move |name| given.get(name).map(|value| (*value).to_owned()));
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    options.flags.port = port;
    let error = Stack::start(options).await.expect_err("the settings are wrong");
    assert!(TcpStream::connect(("127.0.0.1", port)).await.is_err(), "nothing serves");
    match error {
        StartError::Function { function, cause } => (function, cause),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn every_fault_is_named_and_nothing_serves() {
    let (_, cause) = refusal(&[
        ("OTP_PEPPER", "c2hvcnQ="),
        ("OTP_TTL_SECONDS", "901"),
        ("COURIER_TOKEN", ""),
        ("APP_NAME", "{{otp}}"),
        ("ALLOWED_REGIONS", "US,XX"),
        ("OTP_MAX_ATTEMPTS", "five"),
        ("DAILY_BUDGET_DOLLARS", "-1"),
    ])
    .await;
    for name in
        ["OTP_PEPPER must have 32 bytes", "OTP_TTL_SECONDS must be", "COURIER_TOKEN is empty", "APP_NAME "]
    {
        assert!(cause.contains(name), "{name}: {cause}");
    }
    for name in ["ALLOWED_REGIONS ", "OTP_MAX_ATTEMPTS must be", "DAILY_BUDGET_DOLLARS must be"] {
        assert!(cause.contains(name), "{name}: {cause}");
    }
    assert!(!cause.contains("c2hvcnQ="), "no value is shown, since some are secret");
}

#[tokio::test]
async fn one_fault_is_enough() {
    for (name, value) in [
        ("OTP_LENGTH", "5"),
        ("OTP_LENGTH", ""),
        ("OTP_ALPHABET", "hex"),
        ("OTP_MAX_ATTEMPTS", "21"),
        ("MAX_CONSECUTIVE_FAILURES", "19"),
        ("MAX_CONSECUTIVE_FAILURES", "101"),
        ("SIGNUP_CODES_PER_PHONE_PER_DAY", "0"),
        ("VERIFIED_SHARE_PERCENT", "91"),
        ("SMS_PRICES", "US:0.012"),
        ("ALLOWED_REGIONS", "US:0"),
        ("SEND_ANSWER_STEP_MILLISECONDS", "10001"),
        ("RESEND_COOLDOWN_SECONDS", "0"),
        ("OTP_PEPPER", "not base64!"),
        ("OTP_DOMAIN", "https://example.com/"),
        ("TWILIO_MESSAGING_SERVICE_SID", "AC123"),
        ("COURIER_TOKEN", "two words"),
    ] {
        let (_, cause) = refusal(&[(name, value)]).await;
        assert!(cause.starts_with(&format!("the settings are wrong: {name} ")), "{name}={value}: {cause}");
    }
}

#[test]
fn each_function_names_all_that_is_missing_of_its_own() {
    let nothing = |_: &str| None;
    let missing = |error: Option<shared::config::InvalidSettings>| -> Vec<String> {
        let text = error.unwrap().to_string();
        let faults = text.strip_prefix("the settings are wrong: ").unwrap().split("; ");
        faults.map(|fault| fault.strip_suffix(" is not set").unwrap_or(fault).to_owned()).collect()
    };
    let base = [
        "AWS_ACCESS_KEY_ID",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "OTPS_TABLE",
        "OTP_PEPPER",
        "USERS_TABLE",
    ];
    let sorted = |more: &[&'static str]| {
        let mut names = [&base[..], more].concat();
        names.sort_unstable();
        names
    };
    assert_eq!(missing(VerifySettings::read(nothing).err()), sorted(&[]));
    let texting = ["ALLOWED_REGIONS", "APP_NAME", "COURIER_TOKEN", "LIMITS_TABLE"];
    assert_eq!(missing(TextingSettings::read(nothing).err()), sorted(&texting));
    assert_eq!(missing(SignupSettings::read(nothing).err()), sorted(&texting));
}
