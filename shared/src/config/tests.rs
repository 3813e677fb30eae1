//! Settings as a deployment gives them, and as it should not.

use std::collections::BTreeMap;

use super::*;

mod spending;

/// The settings that a deployment must give.
const REQUIRED: [(&str, &str); 10] = [
    ("ALLOWED_REGIONS", "US,AU"),
    ("APP_NAME", "XYZ"),
    ("AWS_ACCESS_KEY_ID", "an-id"),
    ("AWS_REGION", "eu-central-1"),
    ("AWS_SECRET_ACCESS_KEY", "a-canary-of-aws"),
    ("COURIER_TOKEN", "a-canary-of-courier"),
    ("LIMITS_TABLE", "limits"),
    ("OTPS_TABLE", "otps"),
    ("OTP_PEPPER", "YS1jYW5hcnktb2YtYS1wZXBwZXIsLW9mLTMyLWJ5dGU="),
    ("USERS_TABLE", "users"),
];

fn lookup<'a>(given: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
    move |name| {
        let mut all = given.iter().chain(&REQUIRED);
        all.find(|(setting, _)| *setting == name).map(|(_, value)| (*value).to_owned())
    }
}

fn signup(given: &[(&str, &str)]) -> SignupSettings {
    SignupSettings::read(lookup(given)).unwrap()
}

/// Returns the message of the faults in `given`.
fn message(given: &[(&str, &str)]) -> String {
    SignupSettings::read(lookup(given)).unwrap_err().to_string()
}

#[test]
fn what_is_not_said_is_the_default() {
    let SignupSettings { texting, .. } = signup(&[]);
    assert_eq!(texting.base.policy, Policy::default());
    assert_eq!(texting.account.base_url, "https://api.courier.com");
    assert_eq!((texting.account.messaging_service, texting.account.template), (None, None));
    let app = AppName::parse("XYZ").unwrap();
    assert_eq!(texting.texts, Texts::of(app, LastLines::default(), Locales::default(), 6).unwrap());
    assert_eq!((texting.base.aws.session_token, texting.base.aws.dynamodb), (None, None));
    assert_eq!(texting.base.aws.region, "eu-central-1");
    let tables = [texting.base.users_table, texting.base.otps_table, texting.limits_table];
    assert_eq!(tables, ["users", "otps", "limits"]);
}

/// The types are what is tested: both leave no copy in memory.
#[test]
fn what_is_secret_of_aws_is_zeroed() {
    let aws = signup(&[("AWS_SESSION_TOKEN", "a-canary-of-the-session")]).texting.base.aws;
    let secrets: [Zeroizing<String>; 2] = [aws.secret_access_key, aws.session_token.unwrap()];
    assert_eq!(
        secrets.each_ref().map(|secret| secret.as_str()),
        ["a-canary-of-aws", "a-canary-of-the-session"]
    );
}

#[test]
fn every_number_is_taken() {
    let SignupSettings { texting, .. } = signup(&[
        ("CODES_PER_ADDRESS_PER_HOUR", "0"),
        ("CODES_PER_PHONE_PER_DAY", "2"),
        ("CODES_PER_USERNAME_PER_HOUR", "3"),
        ("MAX_CONSECUTIVE_FAILURES", "24"),
        ("OTP_ALPHABET", "alphanumeric"),
        ("OTP_LENGTH", "8"),
        ("OTP_MAX_ATTEMPTS", "6"),
        ("OTP_TTL_SECONDS", "7"),
        ("RESEND_COOLDOWN_SECONDS", "9"),
        ("SIGNUP_CODES_PER_PHONE_PER_DAY", "4"),
        ("SIGNUP_TTL_SECONDS", "900"),
    ]);
    let expected = Policy {
        code_format: CodeFormat { alphabet: Alphabet::Alphanumeric, length: 8 },
        code_ttl: 7,
        max_attempts: 6,
        cooldown: 9,
        codes_per_username_per_hour: 3,
        codes_per_phone_per_day: 2,
        signup_codes_per_phone_per_day: 4,
        codes_per_address_per_hour: 0,
        max_consecutive_failures: 24,
        signup_ttl: 900,
    };
    assert_eq!(texting.base.policy, expected);
}

/// Case 29: every fault is named at once, and no value is shown.
#[test]
fn every_missing_setting_is_named_at_once() {
    let faults = |read: Result<(), InvalidSettings>| read.unwrap_err().to_string();
    let expected = |names: &[&str]| {
        let faults: Vec<_> = names.iter().map(|name| format!("{name} is not set")).collect();
        format!("the settings are wrong: {}", faults.join("; "))
    };
    let of_verify = [
        "AWS_ACCESS_KEY_ID",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "OTPS_TABLE",
        "OTP_PEPPER",
        "USERS_TABLE",
    ];
    let mut of_send =
        [&of_verify[..], &["ALLOWED_REGIONS", "APP_NAME", "COURIER_TOKEN", "LIMITS_TABLE"]].concat();
    of_send.sort_unstable();
    let of_signup: Vec<_> = REQUIRED.iter().map(|(name, _)| *name).collect();
    assert_eq!(faults(VerifySettings::read(|_| None).map(|_| ())), expected(&of_verify));
    assert_eq!(faults(TextingSettings::read(|_| None).map(|_| ())), expected(&of_send));
    assert_eq!(faults(SignupSettings::read(|_| None).map(|_| ())), expected(&of_signup));
}

/// Case 29: an empty setting is no setting, not even an optional one.
#[test]
fn every_empty_setting_is_named_at_once() {
    let empty = |name: &str| (!name.ends_with("_SECRET_ARN")).then(String::new);
    let message = SignupSettings::read(empty).unwrap_err().to_string();
    let faults: BTreeMap<_, _> = message
        .strip_prefix("the settings are wrong: ")
        .unwrap()
        .split("; ")
        .map(|fault| fault.split_once(' ').unwrap())
        .collect();
    assert!(faults.values().all(|fault| *fault == "is empty"), "{message}");
    let names: Vec<_> = faults.into_keys().collect();
    let expected = [
        "ALLOWED_REGIONS",
        "ANDROID_APP_HASH",
        "APP_CHECK_BASE_URL",
        "APP_NAME",
        "AWS_ACCESS_KEY_ID",
        "AWS_ENDPOINT_URL_DYNAMODB",
        "AWS_ENDPOINT_URL_SECRETS_MANAGER",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "CODES_PER_ADDRESS_PER_HOUR",
        "CODES_PER_PHONE_PER_DAY",
        "CODES_PER_USERNAME_PER_HOUR",
        "COURIER_BASE_URL",
        "COURIER_TEMPLATE_ID",
        "COURIER_TOKEN",
        "DAILY_BUDGET_DOLLARS",
        "LIMITS_TABLE",
        "LOCALES",
        "MAX_CONSECUTIVE_FAILURES",
        "METRICS_NAMESPACE",
        "OTPS_TABLE",
        "OTP_ALPHABET",
        "OTP_DOMAIN",
        "OTP_LENGTH",
        "OTP_MAX_ATTEMPTS",
        "OTP_PEPPER",
        "OTP_TTL_SECONDS",
        "RESEND_COOLDOWN_SECONDS",
        "SIGNUP_CODES_PER_PHONE_PER_DAY",
        "SIGNUP_TTL_SECONDS",
        "SMS_PRICES",
        "SSL_CERT_FILE",
        "TWILIO_MESSAGING_SERVICE_SID",
        "USERS_TABLE",
        "VERIFIED_SHARE_PERCENT",
    ];
    assert_eq!(names, expected);
}

#[test]
fn a_number_lies_in_its_range() {
    let ranges = [
        ("CODES_PER_ADDRESS_PER_HOUR", 0, 100_000),
        ("CODES_PER_PHONE_PER_DAY", 1, 100),
        ("CODES_PER_USERNAME_PER_HOUR", 1, 20),
        ("MAX_CONSECUTIVE_FAILURES", 20, 100),
        ("OTP_LENGTH", 6, 10),
        ("OTP_MAX_ATTEMPTS", 1, 20),
        ("OTP_TTL_SECONDS", 1, 900),
        ("RESEND_COOLDOWN_SECONDS", 1, 3_600),
        ("SIGNUP_CODES_PER_PHONE_PER_DAY", 1, 100),
        ("SIGNUP_TTL_SECONDS", 1, 2_592_000),
        ("VERIFIED_SHARE_PERCENT", 0, 90),
    ];
    for (name, least, most) in ranges {
        for number in [least, most] {
            let _ = signup(&[(name, &number.to_string())]);
        }
        let fault = format!("the settings are wrong: {name} must be a whole number from {least} to {most}");
        let outside = [(least - 1).to_string(), (most + 1).to_string()];
        let malformed = ["x", " 7", "7.0", "1e1", "0x8", "99999999999999999999"].map(str::to_owned);
        for text in outside.iter().chain(&malformed) {
            assert_eq!(message(&[(name, text)]), fault, "{text}");
        }
    }
}

#[test]
fn a_lock_leaves_room_for_the_tries_of_four_codes() {
    let fault = |attempts| message(&[("OTP_MAX_ATTEMPTS", attempts), ("MAX_CONSECUTIVE_FAILURES", "40")]);
    let expected = "the settings are wrong: MAX_CONSECUTIVE_FAILURES must be at least four times OTP_MAX_ATTEMPTS, which is 11";
    assert_eq!(fault("11"), expected);
    let _ = signup(&[("OTP_MAX_ATTEMPTS", "10"), ("MAX_CONSECUTIVE_FAILURES", "40")]);
}

/// Signup answers at once: that a name is taken is seen there anyway.
#[test]
fn answers_of_send_and_resend_alone_have_a_step() {
    let step = |given: Option<&str>| {
        let read = |name: &str| {
            if name == "SEND_ANSWER_STEP_MILLISECONDS" { given.map(str::to_owned) } else { lookup(&[])(name) }
        };
        TextingSettings::read(read)
            .map(|texting| texting.answer_step.as_millis())
            .map_err(|faults| faults.to_string())
    };
    assert_eq!([None, Some("0"), Some("10000")].map(step), [Ok(1_000), Ok(0), Ok(10_000)]);
    for wrong in ["10001", "", "-1", "1s"] {
        assert!(step(Some(wrong)).unwrap_err().contains("SEND_ANSWER_STEP_MILLISECONDS"), "{wrong:?}");
        let _ = signup(&[("SEND_ANSWER_STEP_MILLISECONDS", wrong)]);
    }
}

/// Case 29: faults of several kinds, and none of the values.
#[test]
fn malformed_settings_are_named_at_once_without_their_values() {
    let given = [
        ("ANDROID_APP_HASH", "canary"),
        ("APP_CHECK_BASE_URL", "canary.example"),
        ("APP_CHECK_MODE", "canary"),
        ("APP_CHECK_PROJECT_NUMBER", "canary"),
        ("APP_NAME", "{canary}"),
        ("AWS_ENDPOINT_URL_DYNAMODB", "ftp://canary"),
        ("COURIER_BASE_URL", "https://canary.example/?q"),
        ("COURIER_TEMPLATE_ID", "a canary"),
        ("COURIER_TOKEN", "a canary"),
        ("LIMITS_TABLE", "a canary"),
        ("LOCALES", "canary"),
        ("METRICS_NAMESPACE", "AWS/canary"),
        ("ORIGIN_SECRETS", "canary"),
        ("OTP_ALPHABET", "canary"),
        ("OTP_DOMAIN", "https://canary"),
        ("OTP_LENGTH", "canary"),
        ("OTP_PEPPER", "canary"),
        ("TWILIO_MESSAGING_SERVICE_SID", "MGcanary"),
    ];
    let message = message(&given);
    for (name, _) in given {
        assert!(message.contains(&format!("{name} must ")), "{name}: {message}");
    }
    assert_eq!(message.matches("; ").count(), given.len() - 1, "{message}");
    assert!(!message.contains("canary"), "{message}");
}

#[test]
fn a_part_of_the_service_is_off_where_its_setting_is_empty() {
    for given in [&[][..], &[("ORIGIN_SECRETS", "")]] {
        assert!(matches!(signup(given).texting.base.front_door, FrontDoor::Open), "{given:?}");
    }
    let gated = signup(&[("ORIGIN_SECRETS", "the-secret-of-the-origin-is-long-enough")]);
    assert!(matches!(gated.texting.base.front_door, FrontDoor::Gated(_)));
    for given in [&[][..], &[("APP_CHECK_PROJECT_NUMBER", ""), ("APP_CHECK_MODE", "require")]] {
        assert!(signup(given).texting.attestation.is_none(), "{given:?}");
    }
}

/// A number alone must not shut out the apps that are out there.
#[test]
fn apps_are_only_taken_note_of_unless_more_is_asked() {
    let of = |mode: &[(&str, &str)]| {
        let project = ("APP_CHECK_PROJECT_NUMBER", "123456789");
        signup(&[&[project], mode].concat()).texting.attestation.unwrap()
    };
    for given in [&[][..], &[("APP_CHECK_MODE", "")], &[("APP_CHECK_MODE", "record")]] {
        assert_eq!(of(given).mode, AttestationMode::Record, "{given:?}");
    }
    let required = of(&[("APP_CHECK_MODE", "require")]);
    assert_eq!(required.mode, AttestationMode::Require);
    assert_eq!(required.base_url, "https://firebaseappcheck.googleapis.com");
}

#[test]
fn a_namespace_is_one_of_cloudwatchs() {
    assert_eq!(signup(&[]).texting.base.metrics_namespace, "countersign");
    let SignupSettings { texting, .. } = signup(&[("METRICS_NAMESPACE", "countersign-1/eu_west.#:")]);
    assert_eq!(texting.base.metrics_namespace, "countersign-1/eu_west.#:");
    for namespace in ["a b", "ä", "AWS/Lambda", "\"", &"a".repeat(256)] {
        let fault = message(&[("METRICS_NAMESPACE", namespace)]);
        assert!(fault.contains("METRICS_NAMESPACE must be up to 255 letters"), "{fault}");
    }
}

#[test]
fn a_pepper_has_32_bytes_in_base64() {
    let fault = |pepper: &str| message(&[("OTP_PEPPER", pepper)]);
    assert_eq!(fault("?"), "the settings are wrong: OTP_PEPPER must be base64");
    let short = STANDARD.encode([7; 31]);
    assert_eq!(fault(&short), "the settings are wrong: OTP_PEPPER must have 32 bytes or more");
    let _ = signup(&[("OTP_PEPPER", &STANDARD.encode([7; 32]))]);
}

#[test]
fn an_address_is_of_http_and_loses_its_last_slash() {
    let base_url = |url: &str| signup(&[("COURIER_BASE_URL", url)]).texting.account.base_url;
    assert_eq!(base_url("http://127.0.0.1:3001"), "http://127.0.0.1:3001");
    assert_eq!(base_url("https://courier.example/"), "https://courier.example");
    for url in [
        "courier.example",
        "ftp://courier.example",
        "https://",
        "https://a.example/?b",
        "https://a.example/#b",
    ] {
        let fault = "the settings are wrong: COURIER_BASE_URL must be an http or https address";
        assert_eq!(message(&[("COURIER_BASE_URL", url)]), fault, "{url}");
    }
}

#[test]
fn each_function_reads_only_its_own_settings() {
    let only_of_verify = |name: &str| {
        let own = name.starts_with("AWS_") || ["OTPS_TABLE", "OTP_PEPPER", "USERS_TABLE"].contains(&name);
        if own { lookup(&[])(name) } else { Some("\u{fffd}".to_owned()) }
    };
    let faults = VerifySettings::read(|name| only_of_verify(name).filter(|value| value != "\u{fffd}"));
    assert!(faults.is_ok(), "{faults:?}");
    let read = std::cell::RefCell::new(Vec::new());
    let _ = VerifySettings::read(|name| {
        read.borrow_mut().push(name.to_owned());
        lookup(&[])(name)
    });
    for name in ["COURIER_TOKEN", "LIMITS_TABLE", "APP_NAME", "ALLOWED_REGIONS", "OTP_TTL_SECONDS"] {
        assert!(!read.borrow().iter().any(|read| read == name), "{name}");
    }
}

#[test]
fn debug_shows_no_secret() {
    let shown = format!("{:?}", signup(&[("AWS_SESSION_TOKEN", "a-canary-of-a-session")]));
    assert!(!shown.contains("canary"), "{shown}");
}

#[test]
fn a_value_and_a_secret_for_it_are_one_too_many() {
    let message = VerifySettings::read(|_| Some(String::new())).unwrap_err().to_string();
    let fault = "OTP_PEPPER_SECRET_ARN is set, and so is OTP_PEPPER: set one of them";
    assert!(message.contains(fault), "{message}");
}

/// Each enabled language is named whose text does not fit with this app's settings, with all other faults.
#[test]
fn languages_whose_texts_do_not_fit_are_named_at_once() {
    let domain = format!("{}.example.com", "d".repeat(60));
    let given = [
        ("APP_NAME", "A Name That Has Thirty Letters"),
        ("LOCALES", "en,de,ru,zh-Hant"),
        ("OTP_DOMAIN", &domain),
        ("OTP_LENGTH", "10"),
        ("OTP_TTL_SECONDS", "0"),
    ];
    assert_eq!(
        message(&given),
        "the settings are wrong: LOCALES has texts that are too long with this app's settings: \
         ru with OTP_DOMAIN has 155 characters where 134 fit, \
         zh-Hant with OTP_DOMAIN has 136 characters where 134 fit; \
         OTP_TTL_SECONDS must be a whole number from 1 to 900"
    );
    let euros = "€".repeat(15);
    let hash = ("ANDROID_APP_HASH", "FA+9qCX9VSu");
    let android = [hash, ("APP_NAME", &euros), ("LOCALES", "bn"), ("OTP_LENGTH", "10")];
    assert_eq!(
        message(&android),
        "the settings are wrong: LOCALES has texts that are too long with this app's settings: \
         bn with ANDROID_APP_HASH has 142 bytes where 140 fit"
    );
}

/// Where a template in Courier has the words, their length is its designer's matter.
#[test]
fn a_template_of_couriers_may_be_as_long_as_it_likes() {
    let domain = format!("{}.{}.com", "d".repeat(60), "e".repeat(60));
    let given = [("LOCALES", "*"), ("OTP_DOMAIN", domain.as_str())];
    assert!(message(&given).contains("LOCALES has texts that are too long"));
    let texting = signup(&[given[0], given[1], ("COURIER_TEMPLATE_ID", "nt_01k")]).texting;
    assert_eq!(texting.account.template.unwrap().as_str(), "nt_01k");
}
