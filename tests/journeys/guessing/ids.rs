//! Codes that are typed with the id of their challenge.

use serde_json::{Value, json};
use tests::answer::Answer;
use tests::service::{Service, text};

use super::{ADA, BOB, ada};
use crate::expected::{broken, otp_superseded, told, verified};

async fn verify(service: &Service, otp: &str, otp_id: &Value) -> Answer {
    service.post("/verify", json!({ "username": "ada", "otp": otp, "otpId": otp_id })).await
}

#[tokio::test(flavor = "multi_thread")]
async fn with_an_id_only_that_challenge_counts() {
    let service = Service::start().await;
    let first = service.sign_up("ada", ADA).await.body["otp"]["id"].clone();
    let of_bob = service.sign_up("bob", BOB).await.body["otp"]["id"].clone();
    let first_code = service.code_to(ADA);
    service.tick(30);
    let second = service.resend("ada").await.body["otp"]["id"].clone();
    let right = service.code_to(ADA);

    let before = service.everything().await;
    for otp in [&right, &first_code] {
        assert_eq!(told(&verify(&service, otp, &first).await), otp_superseded(None));
        assert_eq!(told(&verify(&service, otp, &of_bob).await), otp_superseded(None));
    }
    assert_eq!(service.everything().await, before, "no try was spent");

    assert_eq!(told(&verify(&service, &first_code, &second).await), otp_superseded(Some(4)));
    assert_eq!(told(&verify(&service, &right, &second).await), verified("ada"));
    assert_eq!(text(&service.otp("ada").await.unwrap(), "status"), "CONFIRMED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_id_is_refused_before_anything_is_read() {
    let service = ada(&[]).await;
    let right = service.code_to(ADA);
    let format = "Give the `otp.id` of the answer that issued the code.";
    let cases = [
        (json!(""), "format", format),
        (json!("AAAA"), "format", format),
        (json!("A".repeat(23)), "format", format),
        (json!("=".repeat(22)), "format", format),
        (json!(null), "type", "This field is a string."),
        (json!(7), "type", "This field is a string."),
    ];
    for (otp_id, rule, detail) in cases {
        assert_eq!(told(&verify(&service, &right, &otp_id).await), broken("otpId", rule, detail), "{otp_id}");
    }
    assert_eq!(service.proxy.take_calls(), []);
}
