//! Guessing the password of a PENDING user by signing up with its details.

use tests::proxy::{Fault, Match, Operation};
use tests::service::{PASSWORD, Row, Service, number};

use super::{ADA, BOB, EVES, changing_nothing, claim, details, is_contested, otp, user};
use crate::expected::{rate_limited, sms_budget_spent, told};

/// Signs up with the right password and with a wrong one, each with no room in some cap: both get `refused`, and nothing
/// tells one from the other.
async fn learns_nothing(service: &Service, refused: &(u16, serde_json::Value)) {
    changing_nothing(service, async {
        let _ = service.proxy.take_calls();
        let mut work = Vec::new();
        for password in [PASSWORD, EVES] {
            for key in [None, Some("key-1")] {
                let call = key.into_iter().fold(service.call("/signup"), tests::service::Call::key);
                assert_eq!(told(&call.json(&details(password, ADA)).await), *refused, "{password} {key:?}");
            }
            work.push(service.proxy.take_calls().iter().map(ToString::to_string).collect::<Vec<_>>());
        }
        assert_eq!(work[0], work[1]);
    })
    .await;
}

/// Case 39a: with the phone's cap, the address's or the signups' budget used up, the answer is the same whatever the
/// password.
#[tokio::test(flavor = "multi_thread")]
async fn with_a_limit_reached_no_password_is_compared() {
    for (setting, value, refused) in [
        ("SIGNUP_CODES_PER_PHONE_PER_DAY", "1", rate_limited(43_200)),
        ("CODES_PER_ADDRESS_PER_HOUR", "1", rate_limited(3_600)),
        // One for VERIFIED users, and one for signups, of whose dollar each shard has a part.
        ("DAILY_BUDGET_DOLLARS", "2", sms_budget_spent(43_200)),
    ] {
        let service = Service::with(&[(setting, value)]).await;
        claim(&service, PASSWORD, ADA).await;
        learns_nothing(&service, &refused).await;
    }
}

/// Case 39a: a budget is used up when all of its shards together have no room, however it is spread; and one that has room
/// is not.
#[tokio::test(flavor = "multi_thread")]
async fn a_budget_of_many_shards_is_used_up_for_every_password_or_for_none() {
    let service = Service::with(&[("DAILY_BUDGET_DOLLARS", "8")]).await;
    for nth in 0..3 {
        let phone = format!("+1303555{:04}", 100 + nth);
        assert_eq!(service.sign_up(&format!("user-{nth}"), &phone).await.status, 201);
    }
    claim(&service, PASSWORD, ADA).await;
    for _ in 0..4 {
        learns_nothing(&service, &sms_budget_spent(43_200)).await;
    }

    for _ in 0..4 {
        let service = Service::with(&[("DAILY_BUDGET_DOLLARS", "6")]).await;
        assert_eq!(service.sign_up("bob", BOB).await.status, 201);
        claim(&service, PASSWORD, ADA).await;
        claim(&service, EVES, ADA).await;
        learns_nothing(&service, &sms_budget_spent(43_200)).await;
    }
}

/// Case 39a: while it is not known whether a cap has room, because others are at it, no password is compared.
#[tokio::test(flavor = "multi_thread")]
async fn under_contention_a_full_cap_is_found_before_a_password_is_compared() {
    // The counters come after user and challenge: phone, address, shard.
    for (counter, setting, value, refused) in [
        (2, "SIGNUP_CODES_PER_PHONE_PER_DAY", "1", rate_limited(43_200)),
        (3, "CODES_PER_ADDRESS_PER_HOUR", "1", rate_limited(3_600)),
        (4, "DAILY_BUDGET_DOLLARS", "0.000002", sms_budget_spent(43_200)),
    ] {
        for password in [PASSWORD, EVES] {
            // So cheap that each shard has whole texts, and a pot of one is one row.
            let service = Service::with(&[(setting, value), ("SMS_PRICES", "*:0.000001")]).await;
            claim(&service, PASSWORD, ADA).await;
            changing_nothing(&service, async {
                let contended = Match::every(Operation::TransactWriteItems).times(2);
                service.proxy.inject(contended, Fault::ConflictBeside(counter));
                let answer = service.post("/signup", details(password, ADA)).await;
                assert_eq!(told(&answer), refused, "{setting}");
                assert_eq!(service.proxy.unmet_faults(), []);
            })
            .await;
        }
    }
}

fn counts(limits: &[Row]) -> i64 {
    limits.iter().filter(|row| row.contains_key("count")).map(|row| number(row, "count")).sum()
}

/// Case 39a: with room in every cap, a right guess counts against the address alone, and a wrong one replaces the account
/// that was guessed at, which its phone is told.
#[tokio::test(flavor = "multi_thread")]
async fn a_guess_counts_or_replaces_the_account() {
    let service = Service::start().await;
    claim(&service, PASSWORD, ADA).await;
    let before = service.everything().await;
    assert_eq!(service.post("/signup", details(PASSWORD, ADA)).await.status, 201);
    let after = service.everything().await;
    assert_eq!((&after[0], &after[1]), (&before[0], &before[1]));
    let changed: Vec<_> = after[2].iter().filter(|row| !before[2].contains(row)).collect();
    assert_eq!((changed.len(), counts(&after[2])), (1, counts(&before[2]) + 1));
    assert_eq!(service.courier().count(), 1);

    for (password, phone) in [(EVES, ADA), (PASSWORD, BOB), (EVES, BOB)] {
        let guessed_at = user(&service).await["accountId"].clone();
        let counted = counts(&service.rows("limits").await);
        claim(&service, password, phone).await;
        assert_ne!(user(&service).await["accountId"], guessed_at);
        assert_eq!(number(&otp(&service).await, "failures"), 0);
        assert_eq!(counts(&service.rows("limits").await), counted + 2, "phone and address");
    }
    assert!(is_contested(&service).await);
}
