//! Repeating a signup with its idempotency key.

use std::sync::Arc;

use futures::future::join_all;
use local::courier::{Behaviour, Script};
use serde_json::{Value, json};
use tests::proxy::{Match, Operation};
use tests::service::{Service, signup};

use super::{ADA, BOB};
use crate::expected::{broken, told, username_taken, verified};
use crate::openapi;

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_signup_is_answered_as_before_and_sends_no_text() {
    let service = Service::start().await;
    let body = signup("ada", ADA);
    let first = service.call("/signup").key("key-1").json(&body).await;
    assert_eq!(first.status, 201, "{first:?}");
    let before = service.everything().await;
    for username in ["ada", "ADA"] {
        let again = service.call("/signup").key("key-1").json(&signup(username, ADA)).await;
        assert_eq!(told(&again), told(&first));
    }
    assert_eq!(service.everything().await, before);
    assert_eq!(service.courier().count(), 1);

    let bob = service.call("/signup").key("key-1").json(&signup("bob", BOB)).await;
    assert_eq!(bob.status, 201, "a key is its username's own: {bob:?}");
    assert_eq!(service.courier().count(), 2);
}

/// With other details it is no repeat but a later signup, whose key the new account remembers.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_with_other_details_signs_up_anew() {
    let service = Service::start().await;
    let keyed = async |body: &Value| service.call("/signup").key("key-1").json(body).await;
    let mut newest = keyed(&signup("ada", ADA)).await;
    assert_eq!(newest.status, 201, "{newest:?}");
    let others = [("password", "quite another harbour"), ("mobileNo", BOB), ("name", "Eve")];
    for (nth, (field, value)) in others.into_iter().enumerate() {
        let mut other = signup("ada", ADA);
        other[field] = json!(value);
        let answer = keyed(&other).await;
        assert_eq!(answer.status, 201, "another {field}: {answer:?}");
        assert_ne!(answer.body["otp"]["id"], newest.body["otp"]["id"], "another {field}");
        assert_eq!(service.courier().count(), nth + 2, "another {field}");
        newest = answer;
        let before = service.everything().await;
        assert_eq!(told(&keyed(&other).await), told(&newest), "another {field}, repeated");
        assert_eq!(service.everything().await, before);
        assert_eq!(service.courier().count(), nth + 2, "another {field}, repeated");
    }
}

/// The name being VERIFIED, a key with other details finds it taken.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_with_other_details_finds_a_verified_name_taken() {
    let service = Service::start().await;
    assert_eq!(service.call("/signup").key("key-1").json(&signup("ada", ADA)).await.status, 201);
    assert_eq!(told(&service.verify("ada", &service.code_to(ADA)).await), verified("ada"));
    let (users, otps) = (service.rows("users").await, service.rows("otps").await);
    for (field, value) in [("password", "quite another harbour"), ("mobileNo", BOB), ("name", "Eve")] {
        let mut other = signup("ada", ADA);
        other[field] = json!(value);
        let answer = service.call("/signup").key("key-1").json(&other).await;
        assert_eq!(told(&answer), username_taken(), "another {field}");
    }
    assert_eq!((service.rows("users").await, service.rows("otps").await), (users, otps));
    assert_eq!(service.courier().count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_signup_shows_the_newest_code_and_is_forgotten_after_an_hour() {
    let service = Service::start().await;
    let repeat = || service.call("/signup").key("key-1");
    let body = signup("ada", ADA);
    assert_eq!(repeat().json(&body).await.status, 201);
    service.tick(30);
    let resent = service.resend("ada").await;
    let again = repeat().json(&body).await;
    assert_eq!((again.status, &again.body["otp"]), (201, &resent.body["otp"]));

    assert_eq!(told(&service.verify("ada", &service.code_to(ADA)).await), verified("ada"));
    let again = repeat().json(&body).await;
    assert_eq!((again.status, &again.body["user"]["status"]), (201, &json!("VERIFIED")));
    assert!(openapi::is_documented("signup", &again), "{again:?}");
    assert_eq!(
        (&again.body["otp"]["id"], &again.body["otp"]["status"]),
        (&resent.body["otp"]["id"], &json!("CONFIRMED"))
    );

    service.tick(3_569);
    assert_eq!(repeat().json(&body).await.status, 201);
    service.tick(1);
    assert_eq!(told(&repeat().json(&body).await), username_taken());
    assert_eq!(service.courier().count(), 2);
}

/// A signup whose text failed is a success: it is remembered, and repeating it sends no text either.
#[tokio::test(flavor = "multi_thread")]
async fn a_signup_whose_text_failed_is_remembered() {
    let service = Service::start().await;
    service.courier().play(Script::of([Behaviour::answer(400)]));
    let body = signup("ada", ADA);
    let first = service.call("/signup").key("key-1").json(&body).await;
    assert_eq!((first.status, &first.body["otp"]["delivery"]), (201, &json!("FAILED")), "{first:?}");
    let again = service.call("/signup").key("key-1").json(&body).await;
    assert_eq!(again.status, 201);
    assert_eq!(again.body["otp"]["id"], first.body["otp"]["id"]);
    assert_eq!(
        (&again.body["otp"]["delivery"], &again.body["message"]),
        (&json!("FAILED"), &first.body["message"])
    );
    assert_eq!((service.courier().count(), service.courier().keys().len()), (0, 1));
}

/// No cap comes before the key: the address has no room left for a new signup, and the repeat needs none.
#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_signup_needs_no_room_in_any_cap() {
    let caps = [
        ("CODES_PER_ADDRESS_PER_HOUR", "1"),
        ("SIGNUP_CODES_PER_PHONE_PER_DAY", "1"),
        // One for signups, and one for VERIFIED users.
        ("DAILY_BUDGET_DOLLARS", "2"),
    ];
    let service = Service::with(&caps).await;
    let body = signup("ada", ADA);
    let first = service.call("/signup").key("key-1").json(&body).await;
    assert_eq!(first.status, 201, "{first:?}");
    assert_eq!(service.sign_up("bob", BOB).await.outcome(), "429 rate_limited");
    assert_eq!(told(&service.call("/signup").key("key-1").json(&body).await), told(&first));
    assert_eq!(service.courier().count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_signups_at_once_with_one_key_both_succeed_with_one_text() {
    let service = Arc::new(Service::start().await);
    for round in 0..5 {
        let (username, phone) = (format!("ada-{round}"), format!("+1303555{:04}", 100 + round));
        let both = service.proxy.hold(Match::every(Operation::TransactWriteItems).times(2));
        let signing = [0, 1].map(|_| {
            let (service, body) = (Arc::clone(&service), signup(&username, &phone));
            tokio::spawn(async move { service.call("/signup").key("key-1").json(&body).await })
        });
        both.arrived(2).await;
        both.release();
        let answers: Vec<_> = join_all(signing).await.into_iter().map(|answer| answer.unwrap()).collect();
        assert_eq!(answers.iter().map(|answer| answer.status).collect::<Vec<_>>(), [201, 201], "{answers:?}");
        assert_eq!(answers[0].body["otp"]["id"], answers[1].body["otp"]["id"]);
        assert_eq!(answers[0].body["user"], answers[1].body["user"]);
        assert_eq!(service.courier().count(), round + 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_key_is_named_on_every_call_that_takes_one() {
    let service = Service::start().await;
    let length = ("length", "An idempotency key has 1 to 64 characters.");
    let format = ("format", "An idempotency key is made of visible ASCII characters.");
    let long = "k".repeat(65);
    for (key, (rule, detail)) in [("", length), (&*long, length), ("a key", format), ("a\tkey", format)] {
        let named = json!({ "username": "ada" });
        for (path, body) in [("/signup", &signup("ada", ADA)), ("/send", &named), ("/resend", &named)] {
            let answer = service.call(path).key(key).json(body).await;
            assert_eq!(told(&answer), broken("Idempotency-Key", rule, detail), "{path} {key:?}");
        }
    }
    assert_eq!(service.proxy.take_calls(), []);
    let longest = "~".repeat(64);
    assert_eq!(service.call("/signup").key(&longest).json(&signup("ada", ADA)).await.status, 201);
}
