//! Wrong codes on purpose, and codes that their owner did not ask for.

use serde_json::json;
use shared::domain::policy::Policy;
use shared::domain::time::DAY;
use tests::service::{Service, number};

use super::{ADA, Attacker, OWN_ADDRESS, cost};
use crate::expected::{locked, rate_limited, resend_too_soon, told, verified};

/// When it goes fastest, in seconds after noon: at 22:00 UTC ten codes count for the old day, and ten for the new one.
const FASTEST: u64 = 36_000;

/// A VERIFIED user, ada, who has not been sent a code for a day.
async fn ada() -> Service {
    let service = Service::start().await;
    service.user_of_yesterday("ada", ADA).await;
    service
}

impl Attacker<'_> {
    /// Has a code sent to ada as soon as one is to be had, and uses up its tries.
    async fn burn_a_code(&self) {
        self.next_code(OWN_ADDRESS, "ada").await;
        for nth in 0..5 {
            self.type_wrong("ada", ADA, nth).await;
        }
    }

    /// Burns `codes` codes; answers how long the next one waits after each.
    async fn burn(&self, codes: usize) -> Vec<i64> {
        let mut waits = Vec::new();
        for _ in 0..codes {
            self.burn_a_code().await;
            waits.push(self.service.resend("ada").await.retry_after());
        }
        waits
    }
}

/// The code that the owner asked for is no better than one that the attacker asked for.
#[tokio::test(flavor = "multi_thread")]
async fn five_guesses_use_up_the_owners_code() {
    let service = ada().await;
    service.send("ada").await;
    let attacker = Attacker::of(&service);
    for nth in 0..5 {
        attacker.type_wrong("ada", ADA, nth).await;
    }
    cost("A code of the owner's is used up", attacker.costs());
    assert_eq!(service.verify("ada", &service.code_to(ADA)).await.outcome(), "410 otp_exhausted");
    service.tick(30);
    assert_eq!(service.resend("ada").await.status, 202);
    assert_eq!(told(&service.verify("ada", &service.code_to(ADA)).await), verified("ada"));
}

#[tokio::test(flavor = "multi_thread")]
async fn five_codes_are_all_that_a_name_has_in_an_hour_and_ten_in_a_day() {
    let service = ada().await;
    let attacker = Attacker::of(&service);
    attacker.burn(5).await;
    cost("A VERIFIED user is sent no code for an hour", attacker.costs());
    assert_eq!(told(&service.send("ada").await), rate_limited(3_150), "an hour after the first");

    attacker.burn(5).await;
    cost("A VERIFIED user is sent no code until midnight (UTC)", attacker.costs());
    let midnight = 43_200 - i64::try_from(attacker.costs().seconds).unwrap();
    service.tick(3_600);
    assert_eq!(told(&service.send("ada").await), rate_limited(midnight - 3_600));
    service.tick(u64::try_from(midnight).unwrap() - 3_600);
    assert_eq!(service.send("ada").await.status, 202);
}

/// Case 39: to lock a name takes more than three days at the defaults, and the owner waits ever longer for a code.
#[tokio::test(flavor = "multi_thread")]
async fn to_lock_a_name_takes_more_than_four_days() {
    let service = ada().await;
    service.tick(FASTEST);
    let attacker = Attacker::of(&service);
    let mut waits = attacker.burn(15).await;
    cost("A VERIFIED user waits 8 h 32 min for each code", attacker.costs());
    assert_eq!(told(&service.resend("ada").await), resend_too_soon(30_720));

    waits.extend(attacker.burn(4).await);
    attacker.burn_a_code().await;
    cost("A VERIFIED name is locked", attacker.costs());
    for path in ["/send", "/resend"] {
        assert_eq!(told(&service.post(path, json!({ "username": "ada" })).await), locked(), "{path}");
    }
    assert_eq!(told(&service.verify("ada", &service.code_to(ADA)).await), locked());

    // Before, the cooldown and the caps are longer, or answer first.
    assert_eq!(waits[11..], [3_840, 7_680, 15_360, 30_720, 61_440, DAY, DAY, DAY], "{waits:?}");
    // However it is done, 19 times a code has to wait for what was typed before it.
    let policy = Policy::default();
    let least: i64 = (1..20).map(|codes| policy.slowdown_after(5 * codes)).sum();
    assert_eq!(least, 382_050);
    let took = i64::try_from(attacker.costs().seconds).unwrap();
    assert!(least <= took && 4 * DAY < least, "{took}");
}

/// Case 39: one right code in between ends the run: what was typed before it counts for nothing.
#[tokio::test(flavor = "multi_thread")]
async fn one_right_code_ends_the_run() {
    let service = ada().await;
    let attacker = Attacker::of(&service);
    attacker.burn(19).await;
    attacker.next_code(OWN_ADDRESS, "ada").await;
    for nth in 0..4 {
        attacker.type_wrong("ada", ADA, nth).await;
    }
    assert_eq!(number(&service.otp("ada").await.unwrap(), "failures"), 99);
    assert_eq!(told(&service.verify("ada", &service.code_to(ADA)).await), verified("ada"));
    assert_eq!(number(&service.otp("ada").await.unwrap(), "failures"), 0);

    let before = attacker.costs().seconds;
    assert_eq!(attacker.burn(1).await, [30], "like the first code of a day");
    assert_eq!(attacker.costs().seconds, before, "at once");
}
