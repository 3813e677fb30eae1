//! Codes of earlier texts, and what a confirmation meets between its two writes.

use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::Value;
use tests::proxy::Operation;
use tests::service::{Service, number, text};

use super::{ADA, ada};
use crate::expected::{
    invalid_otp, otp_already_used, otp_expired, otp_not_found, otp_superseded, told, verified,
};

/// Case 5: the code of an earlier text costs a try and verifies nobody.
#[tokio::test(flavor = "multi_thread")]
async fn the_code_of_an_earlier_text_is_superseded() {
    let service = ada(&[]).await;
    let first = service.code_to(ADA);
    service.tick(30);
    assert_eq!(service.resend("ada").await.status, 202);
    let second = service.code_to(ADA);
    service.tick(60);
    assert_eq!(service.resend("ada").await.status, 202);

    assert_eq!(told(&service.verify("ada", &first).await), otp_superseded(Some(4)));
    assert_eq!(told(&service.verify("ada", &second).await), otp_superseded(Some(3)));
    assert_eq!(text(&service.user("ada").await.unwrap(), "status"), "PENDING");
    let otp = service.otp("ada").await.unwrap();
    assert_eq!((number(&otp, "attempts"), number(&otp, "failures")), (2, 2));
    assert_eq!(told(&service.verify("ada", &service.code_to(ADA)).await), verified("ada"));
    assert_eq!(told(&service.verify("ada", &first).await), otp_superseded(Some(1)));
}

/// Case 5: after an hour nobody remembers it, and it is merely wrong.
#[tokio::test(flavor = "multi_thread")]
async fn an_hour_old_code_is_wrong_and_no_longer_superseded() {
    let service = ada(&[]).await;
    let first = service.code_to(ADA);
    service.tick(3_600);
    assert_eq!(service.resend("ada").await.status, 202);
    assert_eq!(told(&service.verify("ada", &first).await), invalid_otp(4));
}

/// Types the right code, and lets `meanwhile` happen between the comparison and the confirmation.
async fn confirm_that_meets<F: Future<Output = ()>>(
    service: &Arc<Service>,
    meanwhile: impl FnOnce(Arc<Service>) -> F,
) -> (u16, Value) {
    let confirming = service.proxy.hold(Operation::TransactWriteItems);
    let (asking, code) = (Arc::clone(service), service.code_to(ADA));
    let asked = tokio::spawn(async move { asking.verify("ada", &code).await });
    confirming.arrived(1).await;
    meanwhile(Arc::clone(service)).await;
    confirming.release();
    told(&asked.await.unwrap())
}

/// Case 7: a confirmation that meets a resend between its two writes verifies nobody.
#[tokio::test(flavor = "multi_thread")]
async fn a_confirmation_that_a_resend_overtakes_confirms_nothing() {
    let service = Arc::new(ada(&[]).await);
    service.tick(30);
    let answer = confirm_that_meets(&service, async |service| {
        assert_eq!(service.resend("ada").await.status, 202);
    });
    assert_eq!(answer.await, otp_superseded(Some(5)));
    let user = service.user("ada").await.unwrap();
    assert_eq!((text(&user, "status"), user.get("verifiedAt")), ("PENDING", None));
    let otp = service.otp("ada").await.unwrap();
    assert_eq!((text(&otp, "status"), number(&otp, "failures")), ("PENDING", 1), "the try stays paid");
    assert_eq!(told(&service.verify("ada", &service.code_to(ADA)).await), verified("ada"));
}

/// Case 3: of two right codes that were both compared before either confirms, one confirms.
#[tokio::test(flavor = "multi_thread")]
async fn a_confirmation_that_another_overtakes_finds_the_code_used() {
    let service = Arc::new(ada(&[]).await);
    let answer = confirm_that_meets(&service, async |service| {
        assert_eq!(told(&service.verify("ada", &service.code_to(ADA)).await), verified("ada"));
        service.tick(1);
    });
    assert_eq!(answer.await, otp_already_used());
    assert_eq!(number(&service.otp("ada").await.unwrap(), "failures"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmation_that_comes_too_late_finds_the_code_expired() {
    let service = Arc::new(ada(&[]).await);
    service.tick(1);
    let now = i64::try_from(service.now()).unwrap();
    let answer =
        confirm_that_meets(&service, async |service| service.set("otps", "ada", "validUntil", now).await);
    assert_eq!(answer.await, otp_expired());
    assert_eq!(text(&service.otp("ada").await.unwrap(), "status"), "PENDING");
    assert_eq!(text(&service.user("ada").await.unwrap(), "status"), "PENDING");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmation_whose_challenge_is_gone_finds_no_code() {
    let service = Arc::new(ada(&[]).await);
    let answer = confirm_that_meets(&service, async |service| delete(&service, "otps").await);
    assert_eq!(answer.await, otp_not_found());
    assert_eq!(service.otp("ada").await, None);
    assert_eq!(text(&service.user("ada").await.unwrap(), "status"), "PENDING");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmation_whose_user_is_gone_brings_nobody_back() {
    let service = Arc::new(ada(&[]).await);
    let answer = confirm_that_meets(&service, async |service| delete(&service, "users").await);
    assert_eq!(answer.await, otp_not_found());
    assert_eq!(service.user("ada").await, None);
    assert_eq!(text(&service.otp("ada").await.unwrap(), "status"), "PENDING");
}

async fn delete(service: &Service, table: &str) {
    let delete = service.dynamodb().delete_item().table_name(table);
    delete.key("username", AttributeValue::S("ada".to_owned())).send().await.unwrap();
}

/// A user whose time is up is gone, though its row is still there and its code is still good. No code outlives its user,
/// so only a row that somebody changed shows that the confirmation looks.
#[tokio::test(flavor = "multi_thread")]
async fn a_user_whose_time_is_up_cannot_be_verified() {
    for (left, expected) in [(1, verified("ada")), (0, otp_not_found())] {
        let service = ada(&[]).await;
        let end = i64::try_from(service.now()).unwrap() + left;
        service.set("users", "ada", "expiresAt", end).await;
        assert_eq!(told(&service.verify("ada", &service.code_to(ADA)).await), expected, "{left} s left");
    }
}

/// Case 29a: after a rotation of the pepper the old codes read as expired and cost no try; a new one works.
#[tokio::test(flavor = "multi_thread")]
async fn a_code_of_a_rotated_pepper_is_expired() {
    let service = ada(&[]).await;
    let (old, wrong) = (service.code_to(ADA), service.wrong_code(ADA, 0));
    service.tick(30);
    let service =
        service.restarted_with(&[("OTP_PEPPER", "YW5vdGhlciBwZXBwZXIsIGZvciBvbmUgdGVzdCBvbmx5IQ==")]).await;
    let before = service.everything().await;
    assert_eq!(told(&service.verify("ada", &old).await), otp_expired());
    assert_eq!(told(&service.verify("ada", &wrong).await), otp_expired());
    assert_eq!(service.everything().await, before);

    assert_eq!(service.send("ada").await.status, 202, "no code is live");
    assert_eq!(told(&service.verify("ada", &service.code_to(ADA)).await), verified("ada"));
}
