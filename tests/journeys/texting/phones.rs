//! Many usernames on one phone.

use std::collections::BTreeSet;

use serde_json::json;
use tests::service::{Row, Service};

use super::verified_on;
use crate::expected::{rate_limited, told};

const PHONE: &str = "+12025550143";

/// Other spellings of [`PHONE`], none of which counts as another phone.
const SPELLINGS: [&str; 5] =
    ["+1 202 555 0143", "12025550143", "+112025550143", "+1202555014\u{ff13}", "tel:+12025550143"];

/// Case 12: the sixth code of a day for signups and PENDING users is refused, whoever asks, until the next UTC day
/// begins.
#[tokio::test(flavor = "multi_thread")]
async fn the_sixth_signup_code_of_a_day_for_one_phone_waits_for_midnight() {
    let service = Service::start().await;
    for nth in 0..5 {
        assert_eq!(service.sign_up(&format!("user{nth}"), PHONE).await.status, 201, "{nth}");
    }
    assert_eq!(told(&service.sign_up("user5", PHONE).await), rate_limited(43_200));

    service.tick(600);
    for call in ["/signup", "/send", "/resend"] {
        let mut body = json!({ "username": "user0" });
        if call == "/signup" {
            body = tests::service::signup("user0", PHONE);
        }
        assert_eq!(told(&service.post(call, body).await), rate_limited(42_600), "{call}");
    }
    for spelling in SPELLINGS {
        assert_eq!(service.sign_up("user5", spelling).await.broken(), ["mobileNo:format"], "{spelling}");
    }

    service.tick(42_599);
    assert_eq!(told(&service.send("user0").await), rate_limited(1));
    assert_eq!(service.courier().count(), 5);
    service.tick(1);
    assert_eq!(service.send("user0").await.status, 202);
    assert_eq!(service.sign_up("user5", PHONE).await.status, 201);
}

/// Sends the ten codes of a day to the VERIFIED users `ada` and `bob` of one phone, in 3,000 seconds.
async fn ten_codes(service: &Service) {
    for round in 0..5 {
        for name in ["ada", "bob"] {
            assert_eq!(service.send(name).await.status, 202, "{name}, round {round}");
        }
        service.tick(600);
    }
}

/// Case 12: the eleventh code of a day for the VERIFIED users of one phone is refused, whoever asks, until the next UTC
/// day begins.
#[tokio::test(flavor = "multi_thread")]
async fn the_eleventh_code_of_a_day_for_the_verified_users_of_one_phone_waits_for_midnight() {
    let service = Service::start().await;
    verified_on(&service, &[("ada", PHONE), ("bob", PHONE), ("eve", PHONE)]).await;
    let texts = service.courier().count();
    ten_codes(&service).await;
    for call in ["/send", "/resend"] {
        let refused = service.post(call, json!({ "username": "eve" })).await;
        assert_eq!(told(&refused), rate_limited(40_200), "{call}");
    }
    service.tick(40_199);
    assert_eq!(told(&service.send("eve").await), rate_limited(1));
    assert_eq!(service.courier().count(), texts + 10);
    service.tick(1);
    assert_eq!(service.send("eve").await.status, 202);
}

/// The counters that changed from `before` to `after`.
fn moved(before: &[Row], after: &[Row]) -> BTreeSet<Vec<u8>> {
    let changed = after.iter().filter(|row| !before.contains(row));
    changed.map(|row| row["key"].as_b().unwrap().as_ref().to_vec()).collect()
}

/// Cases 12 and 39: five codes to strangers who sign up with the phone leave its VERIFIED users all ten of theirs, and
/// those ten leave the five; no counter but the address's and the budget's moves for both.
#[tokio::test(flavor = "multi_thread")]
async fn signups_and_verified_users_of_one_phone_count_apart() {
    let settings =
        [("DAILY_BUDGET_DOLLARS", "0"), ("ALLOWED_REGIONS", "*"), ("CODES_PER_ADDRESS_PER_HOUR", "0")];
    for strangers_first in [true, false] {
        let service = Service::with(&settings).await;
        verified_on(&service, &[("ada", PHONE), ("bob", PHONE), ("eve", PHONE)]).await;
        let before = service.rows("limits").await;
        let [mut of_strangers, mut of_owners] = [BTreeSet::new(), BTreeSet::new()];
        for strangers in [strangers_first, !strangers_first] {
            let so_far = service.rows("limits").await;
            if strangers {
                for nth in 0..5 {
                    let answer = service.sign_up(&format!("stranger{nth}"), PHONE).await;
                    assert_eq!(answer.status, 201, "{nth}");
                }
                assert_eq!(service.sign_up("stranger5", PHONE).await.outcome(), "429 rate_limited");
                of_strangers = moved(&so_far, &service.rows("limits").await);
            } else {
                ten_codes(&service).await;
                assert_eq!(service.send("eve").await.outcome(), "429 rate_limited");
                of_owners = moved(&so_far, &service.rows("limits").await);
            }
        }
        assert_eq!((of_strangers.len(), of_owners.len()), (1, 1), "one counter each");
        assert!(of_strangers.is_disjoint(&of_owners), "the same counter");
        assert_eq!(service.rows("limits").await.len(), before.len() + 2);
    }
}

/// Case 12: the codes of one phone leave those of another alone.
#[tokio::test(flavor = "multi_thread")]
async fn one_phone_does_not_use_up_anothers_codes() {
    let caps = [("SIGNUP_CODES_PER_PHONE_PER_DAY", "1"), ("CODES_PER_PHONE_PER_DAY", "1")];
    let service = Service::with(&caps).await;
    assert_eq!(service.sign_up("ada", PHONE).await.status, 201);
    assert_eq!(service.sign_up("bob", PHONE).await.outcome(), "429 rate_limited");
    assert_eq!(service.sign_up("bob", "+12025550144").await.status, 201);
    for number in [PHONE, "+12025550144"] {
        let name = if number == PHONE { "ada" } else { "bob" };
        assert_eq!(service.verify(name, &service.code_to(number)).await.status, 200, "{name}");
    }
    assert_eq!(service.send("ada").await.status, 202);
    service.tick(600);
    assert_eq!(service.send("ada").await.outcome(), "429 rate_limited");
    assert_eq!(service.send("bob").await.status, 202);
}
