//! A username that nobody has is like one that somebody has, to anyone who cannot read the texts. (19)

mod script;
mod stranger;

use local::courier::{Behaviour, Script};
use script::{Twins, wrong};
use tests::service::Service;

const ADA: &str = "+12025550143";
const BOB: &str = "+12125550143";

#[tokio::test(flavor = "multi_thread")]
async fn a_cold_verify_finds_no_code() {
    let twins = Twins::start(&[]).await;
    assert_eq!(twins.verify("123456").await, "404 otp_not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_hour_is_the_same() {
    let twins = Twins::start(&[]).await;
    assert_eq!(twins.verify("123456").await, "404 otp_not_found");
    assert_eq!(twins.send().await, "202");
    assert_eq!(twins.send().await, "409 otp_pending");
    assert_eq!(twins.resend().await, "429 resend_too_soon");
    assert_eq!(twins.verify_id("AAAAAAAAAAAAAAAAAAAAAA").await, "422 otp_superseded");
    for nth in 0..5 {
        assert_eq!(twins.verify(&wrong(nth)).await, "422 invalid_otp");
    }
    assert_eq!(twins.verify(&wrong(5)).await, "410 otp_exhausted");
    assert_eq!(twins.verify(&wrong(6)).await, "410 otp_exhausted");
    // Exhausted, so no longer pending: only the cooldown says no.
    assert_eq!(twins.send().await, "429 resend_too_soon");
    for wait in [30, 60, 120, 240] {
        twins.tick(wait - 1);
        assert_eq!(twins.resend().await, "429 resend_too_soon");
        twins.tick(1);
        assert_eq!(twins.resend().await, "202");
        assert_eq!(twins.verify(&wrong(7)).await, "422 invalid_otp");
    }
    assert_eq!(twins.resend().await, "429 rate_limited");
    twins.tick(599);
    assert_eq!(twins.verify(&wrong(8)).await, "422 invalid_otp");
    assert_eq!(twins.send().await, "409 otp_pending");
    twins.tick(1);
    assert_eq!(twins.verify(&wrong(8)).await, "410 otp_expired");
    assert_eq!(twins.send().await, "429 rate_limited");
    twins.tick(2_999);
    assert_eq!(twins.verify(&wrong(8)).await, "410 otp_expired");
    twins.tick(1);
    assert_eq!(twins.verify(&wrong(8)).await, "404 otp_not_found");
    assert_eq!(twins.send().await, "202");
    assert_eq!(
        twins.service.courier().count(),
        1 + 6,
        "the signup's text and one for each code of the known name"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_eleventh_code_of_a_day_and_the_hundredth_wrong_one_are_the_same() {
    let twins = Twins::start(&[]).await;
    for day in 0..2 {
        for _ in 0..10 {
            assert_eq!(twins.send().await, "202");
            for nth in 0..5 {
                assert_eq!(twins.verify(&wrong(nth)).await, "422 invalid_otp");
            }
            twins.tick(900);
        }
        let eleventh = if day == 0 { "429 rate_limited" } else { "403 locked" };
        assert_eq!(twins.send().await, eleventh);
        twins.tick(86_400 - 9_000);
    }
    assert_eq!(twins.send().await, "403 locked");
    assert_eq!(twins.resend().await, "403 locked");
    assert_eq!(twins.verify(&wrong(0)).await, "403 locked");
    twins.tick(300 * 86_400);
    twins.service.sweep();
    assert_eq!(twins.verify(&wrong(0)).await, "403 locked");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_key_is_answered_the_same() {
    let twins = Twins::start(&[]).await;
    assert_eq!(twins.keyed("/send", "one").await, "202");
    assert_eq!(twins.keyed("/send", "one").await, "202");
    assert_eq!(twins.keyed("/send", "two").await, "409 otp_pending");
    assert_eq!(twins.keyed("/resend", "one").await, "429 resend_too_soon");
    twins.tick(30);
    assert_eq!(twins.keyed("/resend", "one").await, "202");
    assert_eq!(twins.keyed("/resend", "one").await, "202");
    assert_eq!(twins.keyed("/send", "one").await, "202");
    assert_eq!(twins.service.courier().count(), 1 + 2);
    twins.tick(3_600);
    assert_eq!(twins.keyed("/send", "one").await, "202");
    assert_eq!(twins.service.courier().count(), 1 + 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_courier_is_down_both_are_refused() {
    let twins = Twins::start(&[]).await;
    twins.service.sign_up("third", BOB).await;
    twins.tick(3_600);
    twins.service.courier().play(Script::always(Behaviour::answer(503)));
    assert_eq!(twins.service.send("third").await.outcome(), "503 sms_unavailable");
    assert_eq!(twins.send().await, "503 sms_unavailable");
    twins.tick(29);
    assert_eq!(twins.send().await, "503 sms_unavailable");
    twins.tick(1);
    twins.service.courier().play(Script::default());
    assert_eq!(twins.send().await, "202");
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_budget_is_spent_both_are_refused() {
    let twins = Twins::start(&[("DAILY_SMS_BUDGET", "1")]).await;
    assert_eq!(twins.service.sign_up("third", BOB).await.status, 201);
    assert_eq!(twins.send().await, "503 sms_budget_spent");
    assert_eq!(twins.resend().await, "503 sms_budget_spent");
    assert_eq!(twins.verify("123456").await, "404 otp_not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_has_the_same_cap() {
    let twins = Twins::start(&[("CODES_PER_ADDRESS_PER_HOUR", "2")]).await;
    assert_eq!(twins.send().await, "202");
    twins.tick(30);
    assert_eq!(twins.resend().await, "202");
    twins.tick(60);
    assert_eq!(twins.resend().await, "429 rate_limited");
    assert_eq!(twins.verify(&wrong(0)).await, "422 invalid_otp");
}

/// A user who never typed the code is known, too.
#[tokio::test(flavor = "multi_thread")]
async fn a_pending_user_is_like_a_stranger_an_hour_after_the_signup() {
    let service = Service::start().await;
    service.sign_up("known", ADA).await;
    service.tick(3_600);
    let twins = Twins::of(service, ["known", "stray"]);
    twins.walk().await;
}

/// Somebody whose time to verify is up has gone, whether or not DynamoDB has deleted the row.
#[tokio::test(flavor = "multi_thread")]
async fn an_expired_user_is_like_a_stranger() {
    for sweeps in [false, true] {
        let service = Service::start().await;
        service.sign_up("gone", ADA).await;
        service.tick(86_400);
        if sweeps {
            service.sweep();
        }
        let twins = Twins::of(service, ["gone", "lost"]);
        twins.walk().await;
        assert_eq!(twins.service.courier().keys().len(), 1, "no text but the signup's");
    }
}
