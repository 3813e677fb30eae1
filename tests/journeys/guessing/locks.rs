//! A lock is told to who operates the service, however the try ended that brought it.

use serde_json::{Value, json};
use tests::lines::Lines;
use tests::proxy::{Fault, Match, Operation};
use tests::runtime::{Functions, Process};
use tests::service::{Service, number, signup, text};

use super::ADA;
use crate::expected::{otp_not_found, told, unavailable};

/// The user "ada" of real functions, one failure before the lock.
async fn before_the_lock() -> (Service, Process, Process) {
    let service = Service::start().await;
    let functions = Functions::of(&service, &[]);
    let (signup_function, verify) = tokio::join!(functions.start("signup"), functions.start("verify"));
    assert_eq!(signup_function.post(&signup("ada", ADA)).await.status, 201);
    service.set("otps", "ada", "failures", 99).await;
    (service, signup_function, verify)
}

fn right(service: &Service) -> Value {
    json!({ "username": "ada", "otp": service.code_to(ADA) })
}

/// The events and the count of locks that a verify function has told.
async fn ended(verify: Process) -> (Vec<Value>, u64) {
    let lines = Lines::of(&verify.kill().await);
    let events = lines.events.iter().map(|event| event["event"].clone()).collect();
    (events, lines.sum("UsersLocked", None))
}

/// Case 42: after 99 failures the right code meets a DynamoDB that fails at the confirmation: the try is counted, and the
/// lock that it brought is told.
#[tokio::test(flavor = "multi_thread")]
async fn a_lock_is_told_though_the_last_code_was_right() {
    let (service, _signup, verify) = before_the_lock().await;
    service.proxy.inject(Match::every(Operation::TransactWriteItems), Fault::ServerError);
    assert_eq!(told(&verify.post(&right(&service)).await), unavailable());
    service.proxy.clear_faults();
    let otp = service.otp("ada").await.unwrap();
    assert_eq!((text(&otp, "status"), number(&otp, "failures")), ("PENDING", 100));
    assert_eq!(verify.post(&right(&service)).await.outcome(), "403 locked");
    assert_eq!(ended(verify).await, (vec![json!("user_locked")], 1));
}

/// Case 42: the same where the user has gone meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn a_lock_is_told_though_there_is_no_user_to_verify() {
    let (service, _signup, verify) = before_the_lock().await;
    service.set("users", "ada", "expiresAt", 1).await;
    assert_eq!(told(&verify.post(&right(&service)).await), otp_not_found());
    assert_eq!(ended(verify).await, (vec![json!("user_locked")], 1));
}

/// Case 42: the right code that is confirmed brings no lock, nor does the same one typed again.
#[tokio::test(flavor = "multi_thread")]
async fn no_lock_is_told_where_the_run_has_ended() {
    let (service, _signup, verify) = before_the_lock().await;
    assert_eq!(verify.post(&right(&service)).await.outcome(), "200 User verified");
    service.set("otps", "ada", "failures", 99).await;
    assert_eq!(verify.post(&right(&service)).await.outcome(), "409 otp_already_used");
    assert_eq!(number(&service.otp("ada").await.unwrap(), "failures"), 0);
    assert_eq!(ended(verify).await, (vec![json!("code_confirmed"), json!("user_verified")], 0));
}

/// Case 42: where the end of the run fails after the right code was typed again, the lock that remains is told.
#[tokio::test(flavor = "multi_thread")]
async fn a_lock_is_told_where_the_run_could_not_be_ended() {
    let (service, _signup, verify) = before_the_lock().await;
    assert_eq!(verify.post(&right(&service)).await.outcome(), "200 User verified");
    service.set("otps", "ada", "failures", 99).await;
    // The first update takes the try.
    service.proxy.inject(Match::every(Operation::UpdateItem).skip(1), Fault::ServerError);
    assert_eq!(verify.post(&right(&service)).await.outcome(), "409 otp_already_used");
    assert_eq!(number(&service.otp("ada").await.unwrap(), "failures"), 100);
    let events = ["code_confirmed", "user_verified", "user_locked"].map(Value::from).to_vec();
    assert_eq!(ended(verify).await, (events, 1));
}
