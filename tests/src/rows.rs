//! Rows that a test puts into the tables itself.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;

use crate::service::Service;

/// Stores a user as a signup and a right code of yesterday leave it, for a test that needs many, or that a signup would
/// disturb. Nobody knows its password.
pub async fn put_verified_user(service: &Service, username: &str, number: &str) {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let yesterday = AttributeValue::N((service.now() - 86_400).to_string());
    let put = service.dynamodb().put_item().table_name("users");
    let put = put.item("username", text(username)).item("name", text("Ada")).item("mobileNo", text(number));
    let put = put.item("accountId", AttributeValue::B(Blob::new([1; 16]))).item("status", text("VERIFIED"));
    let put = put.item("passwordHash", text("of nobody's password")).item("createdAt", yesterday.clone());
    let put = put.item("updatedAt", yesterday.clone()).item("verifiedAt", yesterday);
    put.send().await.expect("a put");
}
