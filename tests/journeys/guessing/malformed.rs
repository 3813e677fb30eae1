//! What is no code at all.

use serde_json::json;
use tests::service::number;

use super::{ADA, ada};
use crate::expected::{broken, told, verified};

/// Case 8: what is malformed is refused before anything is read, and costs no try.
#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_code_costs_no_try_and_no_read() {
    let service = ada(&[]).await;
    let length = ("length", "A code has 6 characters.");
    let format = ("format", "A code is made of the digits 0 to 9.");
    let kind = ("type", "This field is a string.");
    let cases = [
        (json!(""), length),
        (json!(null), kind),
        (json!(true), kind),
        (json!(123_456), kind),
        (json!(1e5), kind),
        (json!(["1"]), kind),
        (json!({ "$ne": "" }), kind),
        (json!(" 123456"), length),
        (json!("123456 "), length),
        (json!("+12345"), format),
        (json!("-12345"), format),
        (json!("12 456"), format),
        (json!("0x1234"), format),
        (json!("12345\u{0}"), format),
        (json!("１２３４５６"), format),
        (json!("12345"), length),
        (json!("1234567"), length),
        (json!("1".repeat(3_000)), length),
    ];
    for (otp, (rule, detail)) in cases {
        let answer = service.post("/verify", json!({ "username": "ada", "otp": otp })).await;
        assert_eq!(told(&answer), broken("otp", rule, detail), "{otp}");
    }
    let absent = service.post("/verify", json!({ "username": "ada" })).await;
    assert_eq!(told(&absent), broken("otp", "required", "This field is required."));
    assert_eq!(service.proxy.take_calls(), []);
    assert_eq!(number(&service.otp("ada").await.unwrap(), "attempts"), 0);
}

/// Case 8: an alphanumeric code is folded, and nothing else is.
#[tokio::test(flavor = "multi_thread")]
async fn an_alphanumeric_code_may_be_typed_in_capitals() {
    let service = ada(&[("OTP_ALPHABET", "alphanumeric"), ("OTP_LENGTH", "8")]).await;
    let detail = "A code is made of the digits 0 to 9 and the letters a to z.";
    for otp in ["1234567!", "abcdefgé", "\u{212a}bcdefgh"] {
        assert_eq!(told(&service.verify("ada", otp).await), broken("otp", "format", detail), "{otp}");
    }
    let capitals = service.code_to(ADA).to_ascii_uppercase();
    assert_eq!(told(&service.verify("ada", &capitals).await), verified("ada"));
}
