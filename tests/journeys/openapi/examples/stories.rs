//! The stories in which the examples happen. The clock stands at noon when each begins.

use local::courier::{Behaviour, Script};
use serde_json::{Value, json};
use tests::proxy::{Fault, Match};
use tests::service::{Service, signup};

use super::{Replay, Request, as_json};
use crate::as_if;
use crate::attestation::Gated;
use crate::openapi::CALLS;

/// The phone of the examples.
const PHONE: &str = "+12025550143";

pub(super) async fn tell(replay: &mut Replay) {
    for call in CALLS {
        shapes(replay, call).await;
        faults(replay, call).await;
    }
    signups(replay).await;
    for call in ["send", "resend"] {
        issues(replay, call).await;
        refusals(replay, call).await;
    }
    for call in ["signup", "send", "resend"] {
        limits(replay, call).await;
    }
    verifies(replay).await;
    wrong_codes(replay).await;
}

/// The example of a call that has what must be there.
fn right(call: &str) -> Request {
    Request::of(if call == "verify" { "byUsername" } else { "minimal" })
}

async fn signed_up(settings: &[(&str, &str)]) -> Service {
    let service = Service::with(settings).await;
    assert_eq!(service.sign_up("ada", PHONE).await.status, 201);
    service
}

/// Two signups for one name, with different passwords.
async fn contested() -> Service {
    let service = signed_up(&[]).await;
    let mut other = signup("ada", PHONE);
    other["password"] = json!("another quiet harbour");
    assert_eq!(service.post("/signup", other).await.status, 201);
    service
}

async fn shapes(replay: &mut Replay, call: &str) {
    let gated = Service::with(&[("ORIGIN_SECRETS", "a-secret-that-no-caller-here-brings")]).await;
    replay.play(&gated, call, right(call), "403 forbidden").await;
    if call != "verify" {
        let attested = Gated::start().await.service;
        replay.play(&attested, call, right(call), "401 attestationRequired").await;
    }

    let service = Service::start().await;
    let path = format!("/{call}");
    let answer = as_json(service.call(&path), "[]").await;
    replay.compare(call, &answer, "400 notAnObject");
    let mut broken: Value = serde_json::from_str(&replay.body(call, right(call))).unwrap();
    broken["username"] = json!("");
    broken["role"] = json!("admin");
    replay.compare(call, &service.post(&path, broken).await, "400 brokenFields");
    let answer = as_json(service.call(&path), " ".repeat(5_000)).await;
    replay.compare(call, &answer, "413 payloadTooLarge");
    let answer = service.call(&path).header("content-type", "text/plain").raw("{}").await;
    replay.compare(call, &answer, "415 unsupportedMediaType");
    let slash = as_json(service.call(&format!("{path}/")), replay.body(call, right(call))).await;
    replay.compare(call, &slash, "404 noSuchCall");
}

async fn faults(replay: &mut Replay, call: &str) {
    let service = Service::start().await;
    service.proxy.inject(Match::any(), Fault::ServerError);
    replay.play(&service, call, right(call), "503 unavailable").await;
    service.proxy.clear_faults();
    service.proxy.inject(Match::any(), Fault::Refuse { status: 400, error: "ValidationException" });
    replay.play(&service, call, right(call), "500 internal").await;
}

async fn signups(replay: &mut Replay) {
    let service = Service::start().await;
    replay.play(&service, "signup", right("signup"), "201 sent").await;
    let other = replay.send(&service, "signup", Request::of("forAndroid")).await;
    assert_eq!(other.outcome(), "201 OTP sent successfully");
    service.verify("ada", &service.code_to(PHONE)).await;
    replay.play(&service, "signup", right("signup"), "409 usernameTaken").await;

    let service = Service::start().await;
    service.courier().play(Script::always(Behaviour::answer(401)));
    replay.play(&service, "signup", right("signup"), "201 failed").await;
}

/// Codes of send and resend, ten minutes after the first one.
async fn issues(replay: &mut Replay, call: &str) {
    let service = signed_up(&[]).await;
    service.tick(600);
    let first = replay.play(&service, call, right(call), "202 sent").await;
    service.tick(600);
    let own = Request::of("ownAccount").otp_id(first.body["otp"]["id"].as_str().unwrap());
    assert_eq!(replay.send(&service, call, own).await.outcome(), "202 OTP sent successfully");

    let service = signed_up(&[]).await;
    service.tick(600);
    service.courier().play(Script::always(Behaviour::answer(504)));
    replay.play(&service, call, right(call), "202 unknown").await;
}

async fn refusals(replay: &mut Replay, call: &str) {
    let service = signed_up(&[]).await;
    if call == "send" {
        replay.play(&service, call, right(call), "409 otpPending").await;
    }
    // Its `otpId` is that of the file, which nobody was answered.
    replay.play(&service, call, Request::of("ownAccount"), "422 foreignId").await;
    as_if::failed(&service, "ada", 100).await;
    replay.play(&service, call, right(call), "403 locked").await;

    replay.play(&contested().await, call, right(call), "409 otpIdRequired").await;

    // A code that ends before its cooldown does: send, too, can be too soon.
    let service = signed_up(&[("OTP_TTL_SECONDS", "30"), ("RESEND_COOLDOWN_SECONDS", "60")]).await;
    service.tick(30);
    replay.play(&service, call, right(call), "429 resendTooSoon").await;
}

/// What is used up at noon is so ten minutes later.
async fn limits(replay: &mut Replay, call: &str) {
    let first = if call == "signup" { "grace" } else { "ada" };
    for (setting, value, example) in [
        ("SIGNUP_CODES_PER_PHONE_PER_DAY", "1", "429 rateLimited"),
        ("DAILY_BUDGET_DOLLARS", "2", "503 smsBudgetSpent"),
    ] {
        let service = Service::with(&[(setting, value)]).await;
        assert_eq!(service.sign_up(first, PHONE).await.status, 201);
        service.tick(600);
        replay.play(&service, call, right(call), example).await;
    }

    let service = signed_up(&[]).await;
    service.tick(600);
    service.courier().play(Script::always(Behaviour::answer(401)));
    assert_eq!(service.sign_up("grace", "+12125550143").await.status, 201);
    replay.play(&service, call, right(call), "503 smsUnavailable").await;
}

async fn verifies(replay: &mut Replay) {
    let service = Service::start().await;
    replay.play(&service, "verify", right("verify"), "404 otpNotFound").await;
    let signed_up = service.sign_up("ada", PHONE).await;
    let code = service.code_to(PHONE);
    let known = Request::of("byId").otp(&code);
    replay.play(&service, "verify", known.clone(), "422 foreignId").await;
    let known = known.otp_id(signed_up.body["otp"]["id"].as_str().unwrap());
    replay.play(&service, "verify", known, "200 verified").await;
    let again = right("verify").otp(&code);
    replay.play(&service, "verify", again.clone(), "409 otpAlreadyUsed").await;
    service.tick(600);
    replay.play(&service, "verify", again, "410 otpExpired").await;
}

async fn wrong_codes(replay: &mut Replay) {
    let service = signed_up(&[]).await;
    let wrong = right("verify").otp(service.wrong_code(PHONE, 0));
    replay.play(&service, "verify", wrong, "422 invalidOtp").await;
    let earlier = right("verify").otp(service.code_to(PHONE));
    service.tick(30);
    service.resend("ada").await;
    replay.play(&service, "verify", earlier, "422 earlierCode").await;
    for nth in 0..4 {
        service.verify("ada", &service.wrong_code(PHONE, nth)).await;
    }
    let right_code = || right("verify").otp(service.code_to(PHONE));
    replay.play(&service, "verify", right_code(), "410 otpExhausted").await;
    as_if::failed(&service, "ada", 100).await;
    replay.play(&service, "verify", right_code(), "403 locked").await;

    let service = contested().await;
    let code = service.code_to(PHONE);
    replay.play(&service, "verify", right("verify").otp(code), "409 otpIdRequired").await;
}
