//! PENDING users: for a while like unknown usernames, then unlike them, in the end unknown themselves.

use tests::service::Service;

use super::script::Twins;
use super::{ADA, FOREIGN};

const DAY: u64 = 86_400;

/// What the end of its last code adds to a PENDING user's day.
const LONGEST_CODE_TTL: u64 = 900;

/// A PENDING user of an hour ago, and nobody.
async fn twins() -> Twins {
    let service = Service::start().await;
    assert_eq!(service.sign_up("known", ADA).await.status, 201);
    service.tick(3_600);
    Twins::of(service, ["known", "stray"])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pending_user_is_like_a_stranger_an_hour_after_the_signup() {
    twins().await.walk().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pending_user_differs_by_the_cap_of_its_phone() {
    let twins = twins().await;
    for _ in 0..4 {
        assert_eq!(twins.send().await, "202");
        twins.tick(900);
    }
    assert_eq!(twins.service.send("known").await.outcome(), "429 rate_limited");
    assert_eq!(twins.service.send("stray").await.outcome(), "202 OTP sent successfully");
}

/// Case 33: the code that was live at the end of the day no longer counts.
#[tokio::test(flavor = "multi_thread")]
async fn a_pending_user_differs_by_its_end() {
    let twins = twins().await;
    twins.tick(DAY - 3_600 - 1);
    assert_eq!(twins.send().await, "202");
    twins.tick(1);
    assert_eq!(twins.service.send("known").await.outcome(), "202 OTP sent successfully");
    assert_eq!(twins.service.send("stray").await.outcome(), "409 otp_pending");
    assert_eq!(twins.service.courier().count(), 1 + 1, "no text after the end of the day");
}

/// A contested name demands an id; but a foreign one tells nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_contested_name_differs_by_the_id_that_it_demands() {
    let service = Service::start().await;
    let mut signup = tests::service::signup("known", ADA);
    assert_eq!(service.post("/signup", signup.clone()).await.status, 201);
    signup["password"] = "seven magpies on a wet roof".into();
    assert_eq!(service.post("/signup", signup).await.status, 201);
    service.tick(3_599);
    let twins = Twins::of(service, ["known", "stray"]);
    assert_eq!(twins.service.send("known").await.outcome(), "409 otp_id_required");
    assert_eq!(twins.service.resend("known").await.outcome(), "409 otp_id_required");
    assert_eq!(twins.service.verify("known", "123456").await.outcome(), "409 otp_id_required");
    for path in ["/send", "/resend"] {
        assert_eq!(twins.foreign(path, FOREIGN).await, "422 otp_superseded");
    }
    assert_eq!(twins.verify_id(FOREIGN).await, "422 otp_superseded");
    // An hour after its issue the code is forgotten, and with it what verify demands.
    twins.tick(1);
    assert_eq!(twins.verify("123456").await, "404 otp_not_found");
}

/// Case 33: whose day is over is like a stranger, whether its row is still there for its last code, is left over, or was
/// deleted.
#[tokio::test(flavor = "multi_thread")]
async fn a_user_whose_day_has_ended_is_like_a_stranger() {
    for (after, sweeps) in [
        (DAY, false),
        (DAY + LONGEST_CODE_TTL - 1, false),
        (DAY + LONGEST_CODE_TTL, false),
        (DAY + LONGEST_CODE_TTL + 1, true),
    ] {
        let service = Service::start().await;
        service.sign_up("gone", ADA).await;
        service.tick(after);
        if sweeps {
            service.sweep();
            assert_eq!(service.user("gone").await, None);
        }
        let twins = Twins::of(service, ["gone", "lost"]);
        twins.walk().await;
        assert_eq!(twins.service.courier().keys().len(), 1, "no text but the signup's");
    }
}
