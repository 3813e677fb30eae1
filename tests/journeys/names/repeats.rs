//! Repeating a send or a resend with its idempotency key.

use std::sync::Arc;

use futures::future::join_all;
use local::courier::{Behaviour, Script};
use serde_json::json;
use tests::answer::Answer;
use tests::proxy::{Match, Operation};
use tests::service::Service;

use super::{ADA, ada};
use crate::expected::{invalid_otp, locked, otp_pending, resend_too_soon, told};

async fn ask(service: &Service, path: &str, key: &str) -> Answer {
    service.call(path).key(key).json(&json!({ "username": "ada" })).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_send_or_resend_is_answered_as_before_and_sends_no_text() {
    let service = ada(&[]).await;
    let texts = service.courier().count();
    let sent = ask(&service, "/send", "key-1").await;
    assert_eq!(sent.status, 202, "{sent:?}");
    let before = service.everything().await;
    assert_eq!(told(&ask(&service, "/send", "key-1").await), told(&sent));
    assert_eq!(told(&ask(&service, "/send", "key-2").await), otp_pending(600));
    assert_eq!(told(&service.send("ada").await), otp_pending(600));
    assert_eq!(
        told(&ask(&service, "/resend", "key-1").await),
        resend_too_soon(30),
        "a key is its call's own"
    );
    assert_eq!(service.everything().await, before);
    assert_eq!(service.courier().count(), texts + 1);

    service.tick(30);
    let resent = ask(&service, "/resend", "key-1").await;
    assert_eq!(resent.status, 202, "{resent:?}");
    assert_eq!(told(&ask(&service, "/resend", "key-1").await), told(&resent));
    assert_eq!(told(&ask(&service, "/send", "key-1").await), told(&resent), "the state of the newest code");
    assert_eq!(told(&ask(&service, "/resend", "key-2").await), resend_too_soon(60));
    assert_eq!(service.courier().count(), texts + 2);

    service.tick(3_570);
    let afresh = ask(&service, "/send", "key-1").await;
    assert_eq!(afresh.status, 202, "forgotten after an hour: {afresh:?}");
    assert_ne!(afresh.body["otp"]["id"], resent.body["otp"]["id"]);
    assert_eq!(service.courier().count(), texts + 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_failed_or_was_refused_is_not_remembered() {
    let service = ada(&[]).await;
    let texts = service.courier().count();
    service.courier().play(Script::of([Behaviour::answer(400)]));
    let failed = ask(&service, "/send", "key-1").await;
    assert_eq!(failed.outcome(), "503 sms_unavailable");
    let sent = ask(&service, "/send", "key-1").await;
    assert_eq!((sent.status, &sent.body["otp"]["delivery"]), (202, &json!("SENT")), "{sent:?}");
    assert_eq!(service.courier().count(), texts + 1);

    assert_eq!(told(&ask(&service, "/resend", "key-2").await), resend_too_soon(30));
    service.tick(30);
    assert_eq!(ask(&service, "/resend", "key-2").await.status, 202);
    assert_eq!(service.courier().count(), texts + 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_comes_before_a_repeated_key_but_the_shape_of_the_request() {
    let caps = [
        ("MAX_CONSECUTIVE_FAILURES", "20"),
        ("CODES_PER_USERNAME_PER_HOUR", "1"),
        ("CODES_PER_ADDRESS_PER_HOUR", "1"),
        // One for VERIFIED users, and one for others.
        ("DAILY_BUDGET_DOLLARS", "2"),
    ];
    let service = ada(&caps).await;
    let sent = ask(&service, "/resend", "key-1").await;
    assert_eq!(sent.status, 202, "{sent:?}");
    service.set("otps", "ada", "failures", 19).await;
    assert_eq!(told(&service.verify("ada", &service.wrong_code(ADA, 0)).await), invalid_otp(0));
    assert_eq!(told(&ask(&service, "/resend", "key-2").await), locked());
    let mut repeated = told(&sent);
    repeated.1["otp"]["resendAfter"] = json!(86_400);
    assert_eq!(
        told(&ask(&service, "/resend", "key-1").await),
        repeated,
        "but for the wait that the run imposes"
    );
    let unknown =
        service.call("/resend").key("key-1").json(&json!({ "username": "ada", "role": "admin" })).await;
    assert_eq!((unknown.status, unknown.broken()), (400, vec!["role:unknown".to_owned()]));
}

/// An unknown name remembers keys, too.
#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_send_for_an_unknown_name_is_answered_as_before() {
    let service = Service::start().await;
    let first = ask(&service, "/send", "key-1").await;
    assert_eq!(first.status, 202, "{first:?}");
    assert_eq!(told(&ask(&service, "/send", "key-1").await), told(&first));
    assert_eq!(told(&ask(&service, "/send", "key-2").await), otp_pending(600));
    assert_eq!(service.courier().count(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_at_once_with_one_key_both_succeed_with_one_text() {
    let service = Arc::new(ada(&[]).await);
    for path in ["/send", "/resend"] {
        for round in 0..5 {
            service.tick(86_400);
            let texts = service.courier().count();
            let both = service.proxy.hold(Match::every(Operation::TransactWriteItems).times(2));
            let asking = [0, 1].map(|_| {
                let service = Arc::clone(&service);
                tokio::spawn(async move { ask(&service, path, "key-1").await })
            });
            both.arrived(2).await;
            both.release();
            let answers: Vec<_> = join_all(asking).await.into_iter().map(|answer| answer.unwrap()).collect();
            let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
            assert_eq!(statuses, [202, 202], "{path} {round}: {answers:?}");
            assert_eq!(answers[0].body["otp"]["id"], answers[1].body["otp"]["id"]);
            assert_eq!(service.courier().count(), texts + 1, "{path} {round}");
        }
    }
}
