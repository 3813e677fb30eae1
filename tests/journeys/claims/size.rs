//! What a row of many codes costs.

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::json;
use tests::proxy::Operation;
use tests::service::{PASSWORD, Row, Service};

use super::{ADA, EVES};

/// What DynamoDB counts of an attribute's value.
///
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>
fn size(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::B(bytes) => bytes.as_ref().len(),
        // Two digits are a byte, and there is one more.
        AttributeValue::N(number) => number.len().div_ceil(2) + 1,
        AttributeValue::Bool(_) => 1,
        AttributeValue::L(values) => 3 + values.iter().map(|value| 1 + size(value)).sum::<usize>(),
        AttributeValue::M(row) => 3 + row.len() + size_of_row(row),
        other => unreachable!("{other:?} is none of ours"),
    }
}

fn size_of_row(row: &Row) -> usize {
    row.iter().map(|(name, value)| name.len() + size(value)).sum()
}

/// The fullest row: the longest username, contested, with five codes of this hour, each with a key.
#[tokio::test(flavor = "multi_thread")]
async fn a_row_of_five_codes_with_keys_stays_within_a_write_unit() {
    let service = Service::with(&[("SIGNUP_CODES_PER_PHONE_PER_DAY", "6")]).await;
    let username = "a".repeat(64);
    let body =
        |password| json!({ "username": username, "password": password, "mobileNo": ADA, "name": "Ada" });
    assert_eq!(service.post("/signup", body(EVES)).await.status, 201);
    let mut answer = service.call("/signup").key("key-0").json(&body(PASSWORD)).await;
    let mut calls = Vec::new();
    for wait in [30, 60, 120, 240] {
        let id = answer.body["otp"]["id"].clone();
        let wrong = service.wrong_code(ADA, 0);
        for _ in 0..5 {
            let body = json!({ "username": username, "otp": wrong, "otpId": id });
            assert_eq!(service.post("/verify", body).await.code(), "invalid_otp");
        }
        service.tick(wait);
        let _ = service.proxy.take_calls();
        let resend = json!({ "username": username, "otpId": id });
        answer = service.call("/resend").key(&format!("key-{wait}")).json(&resend).await;
        assert_eq!(answer.status, 202, "{answer:?}");
        calls = service.proxy.take_calls();
    }
    let row = service.otp(&username).await.unwrap();
    assert_eq!(row["contested"], AttributeValue::Bool(true));
    let codes = row["issued"].as_l().unwrap();
    let keyed = codes.iter().filter(|code| code.as_m().unwrap().contains_key("key"));
    assert_eq!((codes.len(), keyed.count()), (5, 5));
    assert!(row["delivery"].as_m().unwrap().contains_key("requestId"));
    assert!(size_of_row(&row) <= 1_024, "{} bytes", size_of_row(&row));

    // And so DynamoDB counts it.
    let of = |operation| calls.iter().filter(move |call| call.operation == operation);
    let stored: Vec<_> = of(Operation::TransactWriteItems).map(|call| call.units["otps"]).collect();
    let recorded: Vec<_> = of(Operation::UpdateItem).map(|call| call.units["otps"]).collect();
    assert_eq!((stored, recorded), (vec![2.0], vec![1.0]));
}
