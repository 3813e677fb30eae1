//! What `docs/operations.md` has an operator do by symptom, besides looking, unlocking and forgetting.

use aws_sdk_dynamodb::types::AttributeValue;
use tests::service::{Service, text};

use super::{ADA, BOB, OPERATIONS, locked};
use crate::pages::between;

const CANADIAN: &str = "+14165550143";
const OTHER_CANADIAN: &str = "+14165550144";

const LOCKED: &str = "### Somebody gets no code\n";
const SPIKE: &str = "### The codes or the bill spike\n";

/// What the scan under `heading` says with `flag`.
fn said(heading: &str, flag: &str) -> &'static str {
    let command = between(between(OPERATIONS, heading, "\n### "), "aws dynamodb scan", "```");
    between(between(command, flag, "\n"), "'", "'")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_finds_whose_challenge_was_locked() {
    let service = locked().await;
    service.sign_up("bob", BOB).await;
    let id = text(&service.otp("ada").await.unwrap(), "otpId").to_owned();
    assert_eq!(said(LOCKED, "--query"), "Items[].username.S");
    let scan = service.dynamodb().scan().table_name("otps");
    let scan = scan.filter_expression(said(LOCKED, "--filter-expression"));
    let items = scan.expression_attribute_values(":otp", AttributeValue::S(id)).send().await.unwrap().items;
    let found: Vec<_> = items.iter().flatten().map(|item| text(item, "username")).collect();
    assert_eq!(found, ["ada"]);
}

/// Who signed up before that midnight is not counted.
#[tokio::test(flavor = "multi_thread")]
async fn the_page_counts_the_signups_of_the_day_by_region_and_status() {
    let service = Service::start().await;
    service.user_of_yesterday("ada", ADA).await;
    service.sign_up("bob", BOB).await;
    service.sign_up("eve", CANADIAN).await;
    assert_eq!(service.verify("eve", &service.code_to(CANADIAN)).await.status, 200);
    assert_eq!(said(SPIKE, "--expression-attribute-names"), r##"{"#r":"region","#s":"status"}"##);
    assert_eq!(said(SPIKE, "--query"), "Items[].[region.S, status.S]");
    let midnight = (service.now() / 86_400 * 86_400).to_string();
    let scan = service.dynamodb().scan().table_name("users");
    let scan = scan.filter_expression(said(SPIKE, "--filter-expression"));
    let scan = scan.expression_attribute_values(":midnight", AttributeValue::N(midnight));
    let scan = scan.projection_expression(said(SPIKE, "--projection-expression"));
    let scan = scan.expression_attribute_names("#r", "region").expression_attribute_names("#s", "status");
    let items = scan.send().await.unwrap().items.unwrap();
    let mut counted: Vec<_> = items.iter().map(|item| (text(item, "region"), text(item, "status"))).collect();
    counted.sort_unstable();
    assert_eq!(counted, [("CA", "VERIFIED"), ("US", "PENDING")]);
}

/// Whoever signed up before is not shut out by it.
#[tokio::test(flavor = "multi_thread")]
async fn a_region_that_is_left_out_has_no_more_signups_and_its_users_are_still_sent_codes() {
    let service = Service::with(&[("ALLOWED_REGIONS", "US,CA")]).await;
    service.user_of_yesterday("ada", CANADIAN).await;
    assert_eq!(service.sign_up("bob", OTHER_CANADIAN).await.status, 201);
    let service = service.restarted_with(&[("ALLOWED_REGIONS", "US")]).await;
    assert_eq!(service.sign_up("eve", "+14165550145").await.outcome(), "400 invalid_request");
    service.tick(30);
    assert_eq!(service.send("ada").await.outcome(), "202 OTP sent successfully");
    assert_eq!(service.resend("bob").await.outcome(), "202 OTP sent successfully");
    assert_eq!(service.verify("bob", &service.code_to(OTHER_CANADIAN)).await.outcome(), "200 User verified");
}
