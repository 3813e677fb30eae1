//! Rows written as if something had happened before, where playing it would take a test hundreds of calls, or a clock that
//! it cannot move.

use aws_sdk_dynamodb::types::AttributeValue;
use tests::service::{Row, Service, number};

/// Writes into the row of a username's codes that `failures` wrong ones were typed in a row, none of them of the newest.
pub(crate) async fn failed(service: &Service, username: &str, failures: u32) {
    let values = [(":failures", AttributeValue::N(failures.to_string()))];
    write(service, username, "SET failures = :failures", values).await;
}

/// Moves what stands in a row about when a username's codes were issued `seconds` into the past, as if that time had gone
/// by.
pub(crate) async fn aged(service: &Service, username: &str, seconds: i64) {
    let earlier =
        |row: &Row, attribute: &str| AttributeValue::N((number(row, attribute) - seconds).to_string());
    let row = service.otp(username).await.expect("a row");
    let issued = row["issued"].as_l().expect("a list").iter().map(|code| {
        let mut code = code.as_m().expect("a map").clone();
        code.insert("at".to_owned(), earlier(&code, "at"));
        AttributeValue::M(code)
    });
    let values = [(":issued", AttributeValue::L(issued.collect())), (":at", earlier(&row, "issuedAt"))];
    write(service, username, "SET issued = :issued, issuedAt = :at", values).await;
}

async fn write<const N: usize>(
    service: &Service,
    username: &str,
    update: &str,
    values: [(&str, AttributeValue); N],
) {
    let values = values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let written = service
        .dynamodb()
        .update_item()
        .table_name("otps")
        .key("username", AttributeValue::S(username.to_owned()))
        .update_expression(update)
        .condition_expression("attribute_exists(username)")
        .set_expression_attribute_values(Some(values))
        .send();
    written.await.expect("an update");
    let _ = service.proxy.take_calls();
}
