//! The functions as real processes: what they log, and on what they refuse to start. Cases 29, 30 and 42.

use local::courier::{Behaviour, Script};
use serde_json::json;
use tests::answer::Answer;
use tests::lines::Lines;
use tests::proxy::{Fault, Match, Operation};
use tests::runtime::{Functions, Process, named};
use tests::service::{NOON, Service};

const USERNAME: &str = "canary.user@example.com";
const PHONE: &str = "+12125550187";
const PASSWORD: &str = "canary-password-9f2c61";
const NAME: &str = "Canaryname Canarysurname";
const TOKEN: &str = "canary-token-71c0de";
/// 32 bytes that begin with the word.
const PEPPER: &str = "Y2FuYXJ5LXBlcHBlci1jYW5hcnktcGVwcGVyLTEyMzQ=";

const SETTINGS: &[(&str, &str)] =
    &[("COURIER_TOKEN", TOKEN), ("OTP_PEPPER", PEPPER), ("SEND_ANSWER_STEP_MILLISECONDS", "0")];

/// The four functions, started.
struct All {
    signup: Process,
    send: Process,
    resend: Process,
    verify: Process,
}

impl All {
    async fn start(service: &Service, further: &[(&str, &str)]) -> Self {
        let settings = [SETTINGS, further].concat();
        let functions = Functions::of(service, &settings);
        let (signup, send, resend, verify) = tokio::join!(
            functions.start("signup"),
            functions.start("send"),
            functions.start("resend"),
            functions.start("verify")
        );
        Self { signup, send, resend, verify }
    }

    async fn sign_up(&self, username: &str) -> Answer {
        let body = json!({ "username": username, "password": PASSWORD, "mobileNo": PHONE, "name": NAME });
        self.signup.post(&body).await
    }

    async fn type_code(&self, code: &str) -> Answer {
        self.verify.post(&json!({ "username": USERNAME, "otp": code })).await
    }

    /// Ends them all, and answers what each wrote.
    async fn end(self) -> Vec<(&'static str, String)> {
        vec![
            ("signup", self.signup.kill().await),
            ("send", self.send.kill().await),
            ("resend", self.resend.kill().await),
            ("verify", self.verify.kill().await),
        ]
    }
}

/// Whatever `texts` were, none of them nor any other secret stands in the log, which is JSON line by line.
fn is_clean(written: &[(&str, String)], codes: &[String]) {
    let digits = PHONE.trim_start_matches('+');
    let secrets =
        [USERNAME, PHONE, digits, &digits[1..], PASSWORD, TOKEN, PEPPER, "Canary", "canary", "$argon2"];
    for (function, log) in written {
        // Fails on what is neither a line of the log nor metrics.
        let _ = Lines::of(log);
        let found: Vec<_> = secrets.iter().copied().filter(|secret| log.contains(secret)).collect();
        assert!(found.is_empty(), "{function} wrote {found:?}: {log}");
        let told = codes.iter().any(|code| log.contains(code.as_str()));
        assert!(!told, "{function} wrote a code: {log}");
    }
}

/// The codes texted so far.
fn codes(service: &Service) -> Vec<String> {
    service.courier().texts().iter().filter_map(|text| Some(text.code()?.to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journey_leaves_one_line_per_request_and_no_secret() {
    let service = Service::with(SETTINGS).await;
    let all = All::start(&service, &[]).await;
    assert_eq!(all.sign_up(USERNAME).await.outcome(), "201 OTP sent successfully");
    assert_eq!(all.sign_up(USERNAME).await.outcome(), "201 OTP sent successfully", "the very same");
    assert_eq!(all.send.post(&named(USERNAME)).await.outcome(), "409 otp_pending");
    assert_eq!(all.resend.post(&named(USERNAME)).await.outcome(), "429 resend_too_soon");
    let code = service.code_to(PHONE);
    let wrong = service.wrong_code(PHONE, 0);
    assert_eq!(all.type_code(&wrong).await.outcome(), "422 invalid_otp");
    assert_eq!(all.type_code("not a code").await.outcome(), "400 invalid_request");
    assert_eq!(all.type_code(&code).await.outcome(), "200 User verified");
    assert_eq!(all.type_code(&code).await.outcome(), "409 otp_already_used");
    assert_eq!(all.sign_up(USERNAME).await.outcome(), "409 username_taken");
    let malformed = json!({ USERNAME: PASSWORD, "username": PHONE, "otp": [code, TOKEN], "name": NAME });
    for process in [&all.signup, &all.send, &all.resend, &all.verify] {
        // No address can be made of two hosts, and none is needed.
        assert_eq!(process.post_with(&malformed, "host", "a b").await.outcome(), "400 invalid_request");
    }
    let mut codes = codes(&service);
    codes.push(wrong);

    let written = all.end().await;
    is_clean(&written, &codes);
    let lines: Vec<_> =
        written.iter().map(|(function, log)| (*function, Lines::of(log).requests.len())).collect();
    assert_eq!(lines, [("signup", 4), ("send", 2), ("resend", 2), ("verify", 5)], "{written:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_failure_brings_a_secret_into_the_log() {
    let service = Service::with(SETTINGS).await;
    let all = All::start(&service, &[("AWS_LAMBDA_LOG_LEVEL", "trace")]).await;
    let echo = |text: &str| Behaviour::Answer {
        status: 400,
        body: Some(format!("{text} {PHONE} {NAME} {TOKEN}")),
        headers: [("x-echo".to_owned(), PHONE.to_owned())].into(),
    };
    service.courier().play(Script::of([echo("canary-answer")]));
    assert_eq!(all.sign_up(USERNAME).await.body["otp"]["delivery"], "FAILED");
    assert_eq!(all.send.post(&named(USERNAME)).await.outcome(), "202 OTP sent successfully");
    let code = service.code_to(PHONE);

    let every = |operation| Match::every(operation);
    service.proxy.inject(every(Operation::UpdateItem), Fault::ServerError);
    assert_eq!(all.type_code(&code).await.outcome(), "503 unavailable");
    service.proxy.clear_faults();
    let refused = Fault::Refuse { status: 400, error: "ValidationException" };
    service.proxy.inject(every(Operation::TransactWriteItems), refused);
    assert_eq!(all.type_code(&code).await.outcome(), "500 internal");
    assert_eq!(all.sign_up("canary.other@example.com").await.outcome(), "500 internal");
    service.proxy.clear_faults();
    service.proxy.inject(every(Operation::BatchGetItem), Fault::ResetBefore);
    assert_eq!(all.send.post(&named(USERNAME)).await.outcome(), "503 unavailable");
    assert_eq!(all.resend.post(&named(USERNAME)).await.outcome(), "503 unavailable");
    service.proxy.clear_faults();
    // A failed condition comes with the row that it met, and nothing about the row may be told.
    service.proxy.inject(every(Operation::UpdateItem), Fault::ServerErrorAfter);
    assert_eq!(all.type_code(&code).await.outcome(), "503 unavailable");
    service.proxy.clear_faults();

    let codes = codes(&service);
    let written = all.end().await;
    is_clean(&written, &codes);
    for (function, log) in &written {
        assert!(log.contains("\"level\":\"ERROR\""), "{function} tells nobody what failed: {log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_setting_stops_the_start_and_every_fault_is_named() {
    let service = Service::start().await;
    let wrong = [
        ("OTP_PEPPER", "canary pepper"),
        ("USERS_TABLE", ""),
        ("OTP_LENGTH", "canary-length"),
        ("COURIER_TOKEN", "canary\ntoken"),
        ("APP_NAME", "canary {{name}}"),
        ("COURIER_BASE_URL", "canary.example.com"),
        ("ALLOWED_REGIONS", "United States"),
    ];
    for (function, named) in [("signup", 7), ("send", 6), ("resend", 6), ("verify", 3)] {
        let (status, written) = Functions::of(&service, &wrong).fail(function).await;
        assert_eq!(status.code(), Some(1), "{function}: {written}");
        let lines = Lines::of(&written).others;
        let causes = lines.first().and_then(|line| line["causes"].as_str()).unwrap_or_default();
        assert!(causes.starts_with("the settings are wrong: "), "{function}: {written}");
        assert_eq!(lines.len(), 1, "{function}: {written}");
        for (name, _) in &wrong[..named] {
            assert!(written.contains(name), "{function} says nothing of {name}: {written}");
        }
        assert!(!written.contains("canary"), "{function} shows a value: {written}");
    }
    // Nobody was asked for anything: what was read of the database is the service's own start.
    assert!(service.proxy.calls().is_empty());
    assert_eq!(service.now(), NOON);
}

/// Amazon Root CA 3, valid until 2040.
const AUTHORITY: &str = "-----BEGIN CERTIFICATE-----
MIIBtjCCAVugAwIBAgITBmyf1XSXNmY/Owua2eiedgPySjAKBggqhkjOPQQDAjA5
MQswCQYDVQQGEwJVUzEPMA0GA1UEChMGQW1hem9uMRkwFwYDVQQDExBBbWF6b24g
Um9vdCBDQSAzMB4XDTE1MDUyNjAwMDAwMFoXDTQwMDUyNjAwMDAwMFowOTELMAkG
A1UEBhMCVVMxDzANBgNVBAoTBkFtYXpvbjEZMBcGA1UEAxMQQW1hem9uIFJvb3Qg
Q0EgMzBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABCmXp8ZBf8ANm+gBG1bG8lKl
ui2yEujSLtf6ycXYqm0fc4E7O5hrOXwzpcVOho6AF2hiRVd9RFgdszflZwjrZt6j
QjBAMA8GA1UdEwEB/wQFMAMBAf8wDgYDVR0PAQH/BAQDAgGGMB0GA1UdDgQWBBSr
ttvXBp43rDCGB5Fwx5zEGbF4wDAKBggqhkjOPQQDAgNJADBGAiEA4IWSoxe3jfkr
BqWTrBqYaGFy+uGh0PsceGCmQ5nFuMQCIQCcAu/xlJyzlvnrxir4tiz+OpAUFteM
YyRIHN8wfdVoOw==
-----END CERTIFICATE-----
";

/// Case 42: else every text would fail as if Courier were down.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_starts_without_the_certificate_authorities_that_are_asked_for() {
    let service = Service::start().await;
    let file = |name: &str, text: &str| {
        let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::write(&file, text).unwrap();
        file.to_str().unwrap().to_owned()
    };
    let begins = "-----BEGIN CERTIFICATE-----";
    let files = [
        (
            "/nowhere/authorities.pem".to_owned(),
            "cannot be read: I/O error: No such file or directory (os error 2)",
        ),
        (file("none.pem", "no certificate at all"), "there is no certificate authority in"),
        (file("garbled.pem", &format!("{begins}\ncanary\n")), "cannot be read: "),
        (
            file("foreign.pem", &format!("{begins}\nAAAA\n-----END CERTIFICATE-----\n")),
            "there is no certificate",
        ),
    ];
    for (path, fault) in &files {
        for function in ["signup", "send", "resend", "verify"] {
            let (status, written) = Functions::of(&service, &[("SSL_CERT_FILE", path)]).fail(function).await;
            assert_eq!(status.code(), Some(1), "{function}: {written}");
            let lines = Lines::of(&written).others;
            let last = lines.last().unwrap_or_else(|| panic!("{function}: {written}"));
            let causes = last["causes"].as_str().unwrap_or_default();
            assert!(last["level"] == "ERROR" && causes.contains(fault), "{function}: {causes}");
            assert!(causes.contains(path.as_str()) && !written.contains("canary"), "{function}: {written}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn certificate_authorities_that_cannot_be_read_beside_others_are_told() {
    let service = Service::start().await;
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("authority.pem");
    std::fs::write(
        &file,
        format!("{AUTHORITY}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
    )
    .unwrap();
    let some = [("SSL_CERT_FILE", file.to_str().unwrap())];
    let send = Functions::of(&service, &some).start("send").await;
    let written = send.kill().await;
    let told = Lines::of(&written)
        .others
        .into_iter()
        .find(|line| line["level"] == "WARN" && line["target"] == "shared::https");
    let told = told.unwrap_or_else(|| panic!("{written}"));
    assert_eq!(told["message"], "some certificate authorities cannot be read");
    assert_eq!((&told["ignored"], &told["file"]), (&json!(1), &json!(file.to_str().unwrap())));
}
