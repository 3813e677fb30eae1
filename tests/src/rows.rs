//! Rows that a test puts into the tables itself.

use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;

use crate::service::Service;

/// Stores a user as a signup and a right code of yesterday leave it, for a test that needs many, or that a signup would
/// disturb. Nobody knows its password.
pub async fn put_verified_user(service: &Service, username: &str, number: &str) {
    let yesterday = AttributeValue::N((service.now() - 86_400).to_string());
    let put = put_user(service, username, number, &yesterday).item("verifiedAt", yesterday);
    put.item("status", text("VERIFIED")).send().await.expect("a put");
}

/// Stores a user as a signup leaves it whose code is not waiting any more.
pub async fn put_pending_user(service: &Service, username: &str, number: &str) {
    let now = AttributeValue::N(service.now().to_string());
    let ends = AttributeValue::N((service.now() + 86_400 + 900).to_string());
    let put = put_user(service, username, number, &now).item("expiresAt", ends);
    put.item("status", text("PENDING")).send().await.expect("a put");
}

/// The put of a user in the United States, without its status.
fn put_user(service: &Service, username: &str, number: &str, at: &AttributeValue) -> PutItemFluentBuilder {
    let put = service.dynamodb().put_item().table_name("users");
    let put = put.item("username", text(username)).item("name", text("Ada")).item("mobileNo", text(number));
    let put = put.item("region", text("US")).item("accountId", AttributeValue::B(Blob::new([1; 16])));
    let put = put.item("passwordHash", text("of nobody's password"));
    put.item("createdAt", at.clone()).item("updatedAt", at.clone())
}

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}
