//! An unknown username is like one that somebody has VERIFIED, to anyone who cannot read the texts. (19)

mod attested;
mod forgotten;
mod pending;
mod script;
mod step;
mod stranger;

use local::courier::{Behaviour, Script};
use script::{Twins, wrong};

/// An id as they look, of no code.
const FOREIGN: &str = "AAAAAAAAAAAAAAAAAAAAAA";

const ADA: &str = "+12025550143";
const BOB: &str = "+12125550143";
const CAT: &str = "+13055550143";

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
    assert_eq!(twins.verify_id(FOREIGN).await, "422 otp_superseded");
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

/// Case 19: equal work. The check of the user is a write of the transaction, for a user who is not there, too.
#[tokio::test(flavor = "multi_thread")]
async fn every_call_asks_the_same_of_the_database() {
    let twins = Twins::start(&[]).await;
    assert_eq!(twins.send().await, "202");
    let issued =
        ["BatchGetItem otps 1 users 1", "TransactWriteItems limits 6 otps 2 users 2", "UpdateItem otps 1"];
    assert_eq!(twins.work(), issued);
    assert_eq!(twins.send().await, "409 otp_pending");
    assert_eq!(twins.work(), issued[..1]);
    assert_eq!(twins.foreign("/resend", FOREIGN).await, "422 otp_superseded");
    assert_eq!(twins.work(), issued[..1]);
    assert_eq!(twins.verify(&wrong(0)).await, "422 invalid_otp");
    assert_eq!(twins.work(), ["UpdateItem otps 1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_eleventh_code_of_a_day_is_the_same() {
    let twins = Twins::start(&[]).await;
    for _ in 0..10 {
        assert_eq!(twins.send().await, "202");
        twins.tick(900);
    }
    assert_eq!(twins.send().await, "429 rate_limited");
    assert_eq!(twins.resend().await, "429 rate_limited");
    // They began at noon.
    twins.tick(43_200 - 9_000 - 1);
    assert_eq!(twins.send().await, "429 rate_limited");
    twins.tick(1);
    assert_eq!(twins.send().await, "202");
}

/// Seconds that the next code waits after five, ten, fifteen … wrong codes in a row.
const SLOWED: [u64; 19] = [
    0, 0, 0, 0, 30, 60, 120, 240, 480, 960, 1_920, 3_840, 7_680, 15_360, 30_720, 61_440, 86_400, 86_400,
    86_400,
];

/// Case 19, over a run of wrong codes: it slows both down, and locks both at the hundredth.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_of_wrong_codes_is_the_same_up_to_the_lock() {
    let twins = Twins::start(&[]).await;
    // Late in the evening, so that no day has eleven codes.
    twins.tick(37_800);
    for code in 0..20 {
        assert_eq!(twins.send().await, "202", "code {code}");
        for nth in 0..5 {
            assert_eq!(twins.verify(&wrong(nth)).await, "422 invalid_otp");
        }
        let Some(slowed) = SLOWED.get(code) else { break };
        // With less than that the cooldown and the cap of the hour refuse.
        let wait = (*slowed).max(900);
        if *slowed > 900 {
            twins.tick(wait - 1);
            assert_eq!(twins.resend().await, "429 resend_too_soon", "code {code}");
            twins.tick(1);
        } else {
            twins.tick(wait);
        }
    }
    assert_eq!(twins.send().await, "403 locked");
    assert_eq!(twins.resend().await, "403 locked");
    assert_eq!(twins.verify(&wrong(0)).await, "403 locked");
    twins.tick(300 * 86_400);
    twins.service.sweep();
    assert_eq!(twins.send().await, "403 locked");
    assert_eq!(twins.own("/resend", 0).await, "422 otp_superseded");
    assert_eq!(twins.verify_own().await, "422 otp_superseded");
}

/// Case 35's answer on every call that takes an `otpId`, beside what an own one does.
#[tokio::test(flavor = "multi_thread")]
async fn ids_are_the_same() {
    let twins = Twins::start(&[]).await;
    let foreign = async || {
        assert_eq!(twins.foreign("/send", FOREIGN).await, "422 otp_superseded");
        assert_eq!(twins.foreign("/resend", FOREIGN).await, "422 otp_superseded");
        assert_eq!(twins.verify_id(FOREIGN).await, "422 otp_superseded");
    };
    foreign().await;
    assert_eq!(twins.send().await, "202");
    foreign().await;
    assert_eq!(twins.own("/send", 0).await, "409 otp_pending");
    assert_eq!(twins.own("/resend", 0).await, "429 resend_too_soon");
    assert_eq!(twins.verify_own().await, "422 invalid_otp");
    twins.tick(30);
    assert_eq!(twins.own("/resend", 0).await, "202");
    twins.tick(60);
    // An earlier code of the hour names the account as well.
    assert_eq!(twins.own("/resend", 1).await, "202");
    twins.tick(600);
    foreign().await;
    assert_eq!(twins.verify_own().await, "410 otp_expired");
    twins.tick(3_000);
    foreign().await;
    assert_eq!(twins.own("/send", 0).await, "422 otp_superseded");
    assert_eq!(twins.verify_own().await, "422 otp_superseded");
    assert_eq!(twins.send().await, "202");
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

/// An unknown name looks at the pot of VERIFIED users, and only they spend it.
#[tokio::test(flavor = "multi_thread")]
async fn when_the_pot_of_verified_users_is_spent_both_are_refused() {
    // Three codes of a day for signups and PENDING users, one for VERIFIED ones.
    let twins = Twins::start(&[("DAILY_BUDGET_DOLLARS", "4"), ("VERIFIED_SHARE_PERCENT", "25")]).await;
    for name in ["nobody", "no-one"] {
        assert_eq!(twins.service.send(name).await.status, 202, "an unknown name spends nothing");
    }
    assert_eq!(twins.service.sign_up("third", BOB).await.status, 201);
    assert_eq!(twins.service.verify("third", &twins.service.code_to(BOB)).await.status, 200);
    assert_eq!(twins.service.send("third").await.status, 202);
    assert_eq!(twins.send().await, "503 sms_budget_spent");
    assert_eq!(twins.resend().await, "503 sms_budget_spent");
    assert_eq!(twins.verify("123456").await, "404 otp_not_found");
    assert_eq!(twins.service.sign_up("fourth", CAT).await.status, 201, "the other pot has room");
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
