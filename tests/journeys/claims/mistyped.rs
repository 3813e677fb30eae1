//! The same person once more: a mistyped number, a lost answer, a button tapped twice.

use serde_json::json;
use tests::service::{PASSWORD, Row, Service, number};

use super::{ADA, BOB, EVES, changing_nothing, claim, details, is_contested, verify};
use crate::expected::{
    invalid_otp, otp_superseded, rate_limited, sms_budget_spent, told, username_taken, verified,
};

/// Case 32: the right number a second later is a new account, and not contested.
#[tokio::test(flavor = "multi_thread")]
async fn a_mistyped_number_is_mended_by_signing_up_again() {
    let service = Service::start().await;
    let mistyped = claim(&service, PASSWORD, BOB).await;
    service.tick(1);
    let right = claim(&service, PASSWORD, ADA).await;
    assert!(!is_contested(&service).await);
    assert_eq!(verify(&service, &mistyped.code, Some(&mistyped.id)).await, otp_superseded(None));
    assert_eq!(verify(&service, &right.code, Some(&mistyped.id)).await, otp_superseded(None));
    assert_eq!(verify(&service, &mistyped.code, None).await, invalid_otp(4));
    assert_eq!(verify(&service, &mistyped.code, Some(&right.id)).await, invalid_otp(3));
    assert_eq!(verify(&service, &right.code, None).await, verified("ada"));
}

/// Another `name` is another signup, too, and leaves the account uncontested: the password is the same.
#[tokio::test(flavor = "multi_thread")]
async fn another_name_of_the_person_is_another_signup() {
    let service = Service::start().await;
    let first = claim(&service, PASSWORD, ADA).await;
    let mut other = details(PASSWORD, ADA);
    other["name"] = json!("Ada Lovelace");
    let answer = service.post("/signup", other).await;
    assert_eq!((answer.status, &answer.body["user"]["name"]), (201, &json!("Ada Lovelace")));
    assert_ne!(answer.body["otp"]["id"], first.id.as_str());
    assert_eq!(service.courier().count(), 2);
    assert!(!is_contested(&service).await);
}

/// The rows of `limits` that changed since `before`, each with how much was counted.
async fn counted_since(service: &Service, before: &[Row]) -> Vec<i64> {
    let after = service.rows("limits").await;
    let count = |rows: &[Row], key| {
        let row = rows.iter().find(|row| row["key"] == key);
        row.map_or(0, |row| if row.contains_key("count") { number(row, "count") } else { 0 })
    };
    let changed = after.iter().filter(|row| !before.contains(row));
    changed.map(|row| count(&after, row["key"].clone()) - count(before, row["key"].clone())).collect()
}

/// Case 32: the very same signup is answered with the state of its code, and stores and texts nothing. It counts once
/// against the address.
#[tokio::test(flavor = "multi_thread")]
async fn the_very_same_signup_is_answered_with_the_same_id_and_sends_no_text() {
    let service = Service::start().await;
    let first = service.post("/signup", details(PASSWORD, ADA)).await;
    let [users, otps, limits] = service.everything().await;
    for (nth, key) in [None, Some("key-1"), None].into_iter().enumerate() {
        let call = key.into_iter().fold(service.call("/signup"), tests::service::Call::key);
        assert_eq!(told(&call.json(&details(PASSWORD, ADA)).await), told(&first));
        assert_eq!(counted_since(&service, &limits).await, [i64::try_from(nth).unwrap() + 1]);
    }
    assert_eq!((service.rows("users").await, service.rows("otps").await), (users, otps));
    assert_eq!(service.courier().count(), 1);

    service.tick(20);
    let mut later = told(&first);
    later.1["otp"]["resendAfter"] = json!(10);
    assert_eq!(told(&service.post("/signup", details(PASSWORD, ADA)).await), later);
    let newest = told(&{
        service.tick(10);
        service.resend("ada").await
    });
    let again = service.post("/signup", details(PASSWORD, ADA)).await;
    assert_eq!(again.body["otp"], newest.1["otp"], "the state of the newest code");
    assert_eq!(service.courier().count(), 2);
}

/// A code that is dead is no reason to answer with it: the same signup is then a new account.
#[tokio::test(flavor = "multi_thread")]
async fn the_very_same_signup_is_a_new_one_when_its_code_is_dead() {
    for dead in ["too old", "used up", "never texted"] {
        let service = Service::start().await;
        if dead == "never texted" {
            service.courier().play(local::courier::Script::of([local::courier::Behaviour::answer(400)]));
        }
        let first = service.post("/signup", details(PASSWORD, ADA)).await;
        assert_eq!(first.status, 201);
        match dead {
            "too old" => service.tick(600),
            "used up" => {
                for nth in 0..5 {
                    let wrong = service.wrong_code(ADA, nth);
                    assert_eq!(verify(&service, &wrong, None).await, invalid_otp(4 - nth));
                }
            }
            _ => assert_eq!(first.body["otp"]["delivery"], "FAILED"),
        }
        let second = claim(&service, PASSWORD, ADA).await;
        assert_ne!(first.body["otp"]["id"], second.id.as_str(), "{dead}");
        assert!(!is_contested(&service).await, "{dead}");
        assert_eq!(verify(&service, &second.code, None).await, verified("ada"), "{dead}");
    }
}

/// Case 32: with a cap full, a lost answer is found again by its key alone.
#[tokio::test(flavor = "multi_thread")]
async fn with_the_caps_full_a_lost_answer_is_found_by_its_key_alone() {
    let until_midnight = 43_200;
    for (setting, value, refused) in [
        ("SIGNUP_CODES_PER_PHONE_PER_DAY", "1", rate_limited(until_midnight)),
        ("CODES_PER_ADDRESS_PER_HOUR", "1", rate_limited(3_600)),
        // One for VERIFIED users, and one for signups.
        ("DAILY_BUDGET_DOLLARS", "2", sms_budget_spent(until_midnight)),
    ] {
        let service = Service::with(&[(setting, value)]).await;
        let keyed = async || service.call("/signup").key("key-1").json(&details(PASSWORD, ADA)).await;
        let first = keyed().await;
        assert_eq!(first.status, 201, "{first:?}");
        changing_nothing(&service, async {
            assert_eq!(told(&service.post("/signup", details(PASSWORD, ADA)).await), refused, "{setting}");
            let other_key = service.call("/signup").key("key-2").json(&details(PASSWORD, ADA)).await;
            assert_eq!(told(&other_key), refused, "{setting}");
            assert_eq!(told(&keyed().await), told(&first), "{setting}");
            // Nor do the caps let through whom the key is not for.
            let other = service.call("/signup").key("key-1").json(&details(EVES, ADA)).await;
            assert_eq!(told(&other), refused, "{setting}");
        })
        .await;
    }
}

/// The caps come before the word that a name is taken only where they are the address's; see case 17.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_phone_does_not_hide_that_a_name_is_taken() {
    let service = Service::with(&[("SIGNUP_CODES_PER_PHONE_PER_DAY", "1")]).await;
    let code = claim(&service, PASSWORD, ADA).await;
    assert_eq!(verify(&service, &code.code, None).await, verified("ada"));
    assert_eq!(told(&service.post("/signup", details(PASSWORD, ADA)).await), username_taken());
}
