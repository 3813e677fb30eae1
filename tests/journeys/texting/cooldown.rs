//! One user, again and again.

use tests::service::Service;

const PHONE: &str = "+12025550143";

/// Asks for another code as soon as that is possible: `wait` seconds after the last one, and not one earlier.
async fn resend_after(service: &Service, wait: u64, refusal: &str) {
    let asked_at_once = service.resend("ada").await;
    assert_eq!(asked_at_once.outcome(), refusal);
    assert_eq!(asked_at_once.retry_after(), i64::try_from(wait).unwrap());
    service.tick(wait - 1);
    let a_second_early = service.resend("ada").await;
    assert_eq!((a_second_early.outcome().as_str(), a_second_early.retry_after()), (refusal, 1));
    service.tick(1);
    assert_eq!(service.resend("ada").await.outcome(), "202 OTP sent successfully", "after {wait} seconds");
}

/// Case 11: the cooldown doubles, `Retry-After` is exact, and the sixth code in an hour is refused.
#[tokio::test(flavor = "multi_thread")]
async fn resends_wait_twice_as_long_each_time_and_the_sixth_for_the_hour() {
    let service = Service::with(&[("SIGNUP_CODES_PER_PHONE_PER_DAY", "6")]).await;
    let first = service.sign_up("ada", PHONE).await;
    assert_eq!(first.body["otp"]["resendAfter"], 30);
    for wait in [30, 60, 120, 240] {
        resend_after(&service, wait, "429 resend_too_soon").await;
    }
    assert_eq!(service.courier().count(), 5);
    // The first of the five leaves the hour 3,600 seconds after it was issued; 450 have passed.
    resend_after(&service, 3_600 - 450, "429 rate_limited").await;
    assert_eq!(service.courier().count(), 6);
}

/// Case 11: what an answer says under `resendAfter` is when the next resend is accepted.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_says_when_the_next_code_can_be_had() {
    let service = Service::with(&[("SIGNUP_CODES_PER_PHONE_PER_DAY", "8")]).await;
    let mut answer = service.sign_up("ada", PHONE).await;
    let mut waits = Vec::new();
    for _ in 0..7 {
        let wait = answer.body["otp"]["resendAfter"].as_u64().unwrap();
        waits.push(wait);
        service.tick(wait - 1);
        assert_eq!(service.resend("ada").await.status, 429, "{waits:?}");
        service.tick(1);
        answer = service.resend("ada").await;
        assert_eq!(answer.status, 202, "{waits:?}");
    }
    assert_eq!(waits[..5], [30, 60, 120, 240, 3_150]);
}

/// Case 11: the cooldown stops at ten times the first.
#[tokio::test(flavor = "multi_thread")]
async fn the_cooldown_grows_to_ten_times_the_first() {
    let service = Service::with(&[
        ("RESEND_COOLDOWN_SECONDS", "100"),
        ("CODES_PER_USERNAME_PER_HOUR", "20"),
        ("SIGNUP_CODES_PER_PHONE_PER_DAY", "100"),
    ])
    .await;
    service.sign_up("ada", PHONE).await;
    for wait in [100, 200, 400, 800, 1_000, 1_000] {
        resend_after(&service, wait, "429 resend_too_soon").await;
    }
}

/// Case 11: a live code is pending exactly as long as it lives.
#[tokio::test(flavor = "multi_thread")]
async fn a_live_code_is_pending_to_its_last_second() {
    let service = Service::start().await;
    service.sign_up("ada", PHONE).await;
    let pending = service.send("ada").await;
    assert_eq!((pending.outcome().as_str(), pending.retry_after()), ("409 otp_pending", 600));
    service.tick(599);
    let pending = service.send("ada").await;
    assert_eq!((pending.outcome().as_str(), pending.retry_after()), ("409 otp_pending", 1));
    service.tick(1);
    assert_eq!(service.send("ada").await.outcome(), "202 OTP sent successfully");
}
