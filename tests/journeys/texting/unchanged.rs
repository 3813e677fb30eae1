//! What is refused changes nothing: no counter moves, no code is replaced, no text is sent.

use local::courier::{Behaviour, Script};
use tests::service::{Service, signup};

use super::{counted, phone};
use crate::as_if;

const PHONE: &str = "+12025550143";

/// Asks for a code and is refused; nothing changes.
async fn refused(service: &Service, path: &str, outcome: &str) {
    let (before, texts) = (service.everything().await, service.courier().count());
    let answer = match path {
        "/signup" => service.sign_up("new-user", PHONE).await,
        path => service.post(path, serde_json::json!({ "username": "ada" })).await,
    };
    assert_eq!(answer.outcome(), outcome, "{path}");
    assert_eq!(service.everything().await, before, "{path}: {outcome}");
    assert_eq!(service.courier().count(), texts, "{path}: {outcome}");
}

async fn with_ada(settings: &[(&str, &str)]) -> Service {
    let service = Service::with(settings).await;
    assert_eq!(service.sign_up("ada", PHONE).await.status, 201);
    service
}

/// Of case 10: a live code, and the cooldown.
#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_because_of_the_last_code_changes_nothing() {
    let service = with_ada(&[("OTP_MAX_ATTEMPTS", "1")]).await;
    refused(&service, "/send", "409 otp_pending").await;
    refused(&service, "/resend", "429 resend_too_soon").await;
    let wrong = service.wrong_code(PHONE, 0);
    assert_eq!(service.verify("ada", &wrong).await.body["attemptsRemaining"], 0);
    refused(&service, "/send", "429 resend_too_soon").await;
}

/// Of cases 11 to 14: every cap and the budget.
#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_because_of_a_limit_changes_nothing() {
    for (setting, outcome) in [
        ("CODES_PER_USERNAME_PER_HOUR", "429 rate_limited"),
        ("SIGNUP_CODES_PER_PHONE_PER_DAY", "429 rate_limited"),
        ("CODES_PER_ADDRESS_PER_HOUR", "429 rate_limited"),
        ("DAILY_BUDGET_DOLLARS", "503 sms_budget_spent"),
    ] {
        let service = with_ada(&[(setting, "1"), ("VERIFIED_SHARE_PERCENT", "0")]).await;
        service.tick(600);
        for path in ["/send", "/resend"] {
            refused(&service, path, outcome).await;
        }
        if setting != "CODES_PER_USERNAME_PER_HOUR" {
            refused(&service, "/signup", outcome).await;
        }
    }
}

/// Of case 4: a username that many wrong codes in a row have slowed down.
#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_because_of_a_run_of_failures_changes_nothing() {
    let service = with_ada(&[]).await;
    as_if::failed(&service, "ada", 75).await;
    service.tick(30_719);
    for path in ["/send", "/resend"] {
        refused(&service, path, "429 resend_too_soon").await;
    }
    service.tick(1);
    assert_eq!(service.send("ada").await.outcome(), "202 OTP sent successfully");
}

/// Of case 4: a locked username.
#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_because_of_the_lock_changes_nothing() {
    let service = with_ada(&[]).await;
    as_if::failed(&service, "ada", 99).await;
    assert_eq!(service.verify("ada", &service.wrong_code(PHONE, 0)).await.outcome(), "422 invalid_otp");
    for path in ["/send", "/resend"] {
        refused(&service, path, "403 locked").await;
    }
}

/// Of case 25: the breaker, which opens in each function by itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_because_courier_is_down_changes_nothing() {
    let service = with_ada(&[]).await;
    service.tick(600);
    service.courier().play(Script::always(Behaviour::answer(401)));
    let failed = service.sign_up("bob", &phone(1)).await;
    assert_eq!((failed.status, &failed.body["otp"]["delivery"]), (201, &"FAILED".into()));
    for path in ["/send", "/resend"] {
        let opening = service.post(path, serde_json::json!({ "username": "ada" })).await;
        assert_eq!(opening.outcome(), "503 sms_unavailable");
    }
    for path in ["/send", "/resend", "/signup"] {
        refused(&service, path, "503 sms_unavailable").await;
    }
    let requests = service.courier().keys().len();
    service.tick(29);
    refused(&service, "/send", "503 sms_unavailable").await;
    assert_eq!(service.courier().keys().len(), requests, "nobody asked Courier");
}

/// Of case 17: a signup that is refused because the name is taken counts once at its address, and changes nothing
/// else.
#[tokio::test(flavor = "multi_thread")]
async fn a_taken_name_counts_once_at_the_address() {
    let service = with_ada(&[]).await;
    assert_eq!(service.verify("ada", &service.code_to(PHONE)).await.status, 200);
    let [users, otps, limits] = service.everything().await;
    let taken = service.call("/signup").from("198.51.100.7").json(&signup("Ada", &phone(1))).await;
    assert_eq!(taken.outcome(), "409 username_taken");
    let [users_after, otps_after, limits_after] = service.everything().await;
    assert_eq!((users_after, otps_after), (users, otps));
    let new: Vec<_> = limits_after.iter().filter(|row| !limits.contains(row)).cloned().collect();
    assert_eq!((new.len(), counted(&new), counted(&limits_after)), (1, 1, counted(&limits) + 1));
    assert_eq!(service.courier().count(), 1);
}
