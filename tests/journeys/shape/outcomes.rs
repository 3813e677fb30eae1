//! Every outcome of the API, each with its documented shape.

use std::collections::BTreeSet;

use local::courier::{Behaviour, Script};
use serde_json::json;
use tests::answer::Answer;
use tests::proxy::{Fault, Match};
use tests::service::{Service, signup, text};

use super::{PHONE, assert_documented};
use crate::attestation::Gated;

/// The answers seen.
#[derive(Default)]
struct Seen(BTreeSet<String>);

impl Seen {
    fn saw(&mut self, outcome: &str, answer: &Answer) {
        assert_documented(answer);
        let seen = format!("{} {}", answer.status, answer.code());
        assert_eq!(seen.trim_end(), outcome, "{answer:?}");
        self.0.insert(outcome.to_owned());
    }
}

/// All that the API's table has.
const ALL: [&str; 24] = [
    "200",
    "201",
    "202",
    "400 invalid_request",
    "401 attestation_required",
    "403 forbidden",
    "403 locked",
    "404 otp_not_found",
    "409 otp_already_used",
    "409 otp_id_required",
    "409 otp_pending",
    "409 username_taken",
    "410 otp_exhausted",
    "410 otp_expired",
    "413 payload_too_large",
    "415 unsupported_media_type",
    "422 invalid_otp",
    "422 otp_superseded",
    "429 rate_limited",
    "429 resend_too_soon",
    "500 internal",
    "503 sms_budget_spent",
    "503 sms_unavailable",
    "503 unavailable",
];

/// Case 24: every answer of every status has the four headers and the documented shape.
#[tokio::test(flavor = "multi_thread")]
async fn every_outcome_has_the_documented_shape() {
    let mut seen = Seen::default();
    refusals_of_requests(&mut seen).await;
    outcomes_of_codes(&mut seen).await;
    outcomes_of_limits(&mut seen).await;
    outcomes_of_failures(&mut seen).await;
    let all: BTreeSet<_> = ALL.iter().map(|outcome| (*outcome).to_owned()).collect();
    assert_eq!(seen.0, all);
}

async fn refusals_of_requests(seen: &mut Seen) {
    let gated = Service::with(&[("ORIGIN_SECRETS", "a-secret-that-no-caller-here-brings")]).await;
    seen.saw("403 forbidden", &gated.sign_up("ada", PHONE).await);
    seen.saw("401 attestation_required", &Gated::start().await.service.sign_up("ada", PHONE).await);
    let service = Service::start().await;
    seen.saw("400 invalid_request", &service.post("/send", json!([])).await);
    seen.saw("413 payload_too_large", &super::post(&service, "/send", vec![b' '; 5_000]).await);
    seen.saw("415 unsupported_media_type", &service.call("/send").raw("{}").await);
    seen.saw("404 otp_not_found", &service.verify("ada", "123456").await);
    let body = signup("ada", PHONE);
    seen.saw("201", &service.call("/signup").key("k").json(&body).await);
    seen.saw("201", &service.call("/signup").key("k").json(&body).await);
    seen.saw("201", &service.sign_up("ada", PHONE).await);
    let mut other = body.clone();
    other["password"] = json!("quite another harbour");
    seen.saw("201", &service.post("/signup", other).await);
    for path in ["/send", "/resend"] {
        seen.saw("409 otp_id_required", &service.post(path, json!({ "username": "ada" })).await);
    }
    let (code, id) = (service.code_to(PHONE), text(&service.otp("ada").await.unwrap(), "otpId").to_owned());
    seen.saw("409 otp_id_required", &service.verify("ada", &code).await);
    let right = json!({ "username": "ada", "otp": code, "otpId": id });
    seen.saw("200", &service.post("/verify", right).await);
    seen.saw("409 username_taken", &service.sign_up("ada", PHONE).await);
}

async fn outcomes_of_codes(seen: &mut Seen) {
    let service = Service::with(&[("OTP_MAX_ATTEMPTS", "4"), ("MAX_CONSECUTIVE_FAILURES", "20")]).await;
    service.sign_up("ada", PHONE).await;
    seen.saw("409 otp_pending", &service.send("ada").await);
    let first = service.code_to(PHONE);
    seen.saw("429 resend_too_soon", &service.resend("ada").await);
    service.tick(30);
    seen.saw("202", &service.resend("ada").await);
    seen.saw("422 otp_superseded", &service.verify("ada", &first).await);
    seen.saw("200", &service.verify("ada", &service.code_to(PHONE)).await);
    seen.saw("409 otp_already_used", &service.verify("ada", &service.code_to(PHONE)).await);
    service.tick(600);
    seen.saw("410 otp_expired", &service.verify("ada", &service.code_to(PHONE)).await);
    seen.saw("202", &service.send("ada").await);
    let wrong = service.wrong_code(PHONE, 0);
    for _ in 0..4 {
        seen.saw("422 invalid_otp", &service.verify("ada", &wrong).await);
    }
    seen.saw("410 otp_exhausted", &service.verify("ada", &service.code_to(PHONE)).await);
    service.tick(600);
    seen.saw("202", &service.send("ada").await);
    service.set("otps", "ada", "failures", 18).await;
    let wrong = service.wrong_code(PHONE, 0);
    let mut last = service.verify("ada", &wrong).await;
    while last.status == 422 {
        last = service.verify("ada", &wrong).await;
    }
    seen.saw("403 locked", &last);
    seen.saw("403 locked", &service.send("ada").await);
    seen.saw("403 locked", &service.resend("ada").await);
}

async fn outcomes_of_limits(seen: &mut Seen) {
    let caps = [("SIGNUP_CODES_PER_PHONE_PER_DAY", "1"), ("DAILY_BUDGET_DOLLARS", "2")];
    let service = Service::with(&caps).await;
    seen.saw("201", &service.sign_up("ada", PHONE).await);
    seen.saw("429 rate_limited", &service.sign_up("bob", PHONE).await);
    seen.saw("503 sms_budget_spent", &service.sign_up("bob", "+12025550144").await);
}

async fn outcomes_of_failures(seen: &mut Seen) {
    let service = Service::start().await;
    service.sign_up("ada", PHONE).await;
    service.tick(600);
    service.proxy.inject(Match::any(), Fault::ServerError);
    seen.saw("503 unavailable", &service.send("ada").await);
    seen.saw("503 unavailable", &service.verify("ada", "123456").await);
    seen.saw("503 unavailable", &service.sign_up("bob", "+12025550144").await);
    service.proxy.clear_faults();
    service.proxy.inject(Match::any(), Fault::Refuse { status: 400, error: "ValidationException" });
    for path in ["/send", "/resend"] {
        seen.saw("500 internal", &service.post(path, json!({ "username": "ada" })).await);
    }
    seen.saw("500 internal", &service.verify("ada", "123456").await);
    seen.saw("500 internal", &service.sign_up("bob", "+12025550144").await);
    service.proxy.clear_faults();
    service.courier().play(Script::always(Behaviour::answer(401)));
    seen.saw("201", &service.sign_up("bob", "+12025550144").await);
    seen.saw("503 sms_unavailable", &service.send("ada").await);
    seen.saw("404 otp_not_found", &service.verify("ada", "123456").await);
}
