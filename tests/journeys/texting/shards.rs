//! The rows that the day's budget is spread over: none of them pays for more than its part.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tests::proxy::Operation;
use tests::service::{Service, number};

use super::phone;

const SPENT: &str = "503 sms_budget_spent";
const OWNER: &str = "+12025550143";

/// Who asks for a text: a VERIFIED user, or a signup.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Who {
    Owner,
    Stranger,
}

impl Who {
    async fn asks(self, service: &Service) -> String {
        match self {
            Self::Owner => service.send("owner").await.outcome(),
            Self::Stranger => service.sign_up("stranger", &phone(0)).await.outcome(),
        }
    }

    /// The sums that the text adds to.
    fn sums(self) -> &'static [&'static str] {
        match self {
            Self::Owner => &["verified"],
            Self::Stranger => &["US", "others"],
        }
    }
}

/// A service whose budget pays for no text, where the owner signed up yesterday.
async fn without_money(regions: &str) -> Service {
    let service = Service::start().await;
    service.user_of_yesterday("owner", OWNER).await;
    service.restarted_with(&[("DAILY_BUDGET_DOLLARS", "1"), ("ALLOWED_REGIONS", regions)]).await
}

/// The keys of the day's rows, which are all read when a text is refused.
async fn rows_of_the_day(service: &Service, who: Who) -> Vec<Blob> {
    let _ = service.proxy.take_calls();
    assert_eq!(who.asks(service).await, SPENT);
    let calls = service.proxy.take_calls();
    let mut reads = calls.iter().filter(|call| call.operation == Operation::BatchGetItem);
    let read = reads.rfind(|call| call.tables == ["limits"]).expect("a read of the budget");
    let keys = read.body["RequestItems"]["limits"]["Keys"].as_array().expect("keys");
    let key = |key: &Value| Blob::new(STANDARD.decode(key["key"]["B"].as_str().unwrap()).unwrap());
    keys.iter().map(key).collect()
}

/// Writes into each of the rows that so much is spent of each of these sums.
async fn spend(service: &Service, rows: &[Blob], sums: &[&str], each: u64) {
    for key in rows {
        let mut put = service.dynamodb().put_item().table_name("limits");
        put = put.item("key", AttributeValue::B(key.clone()));
        for sum in sums {
            put = put.item(*sum, AttributeValue::N(each.to_string()));
        }
        put.send().await.expect("a put");
    }
}

/// Case 14: where only the room was looked at, a row has sums of zero, and has room for no text that is dearer than the day.
#[tokio::test(flavor = "multi_thread")]
async fn a_row_of_zeros_pays_for_no_text_that_the_day_does_not() {
    for (regions, who) in [("*", Who::Owner), ("*", Who::Stranger), ("*,US:1000", Who::Stranger)] {
        let service = without_money(regions).await;
        let rows = rows_of_the_day(&service, who).await;
        assert_eq!(rows.len(), 16);
        spend(&service, &rows, who.sums(), 0).await;
        let before = service.everything().await;
        assert_eq!(who.asks(&service).await, SPENT, "{regions}");
        assert_eq!(service.everything().await, before);
    }
}

/// Case 14: each of sixteen rows holds one text. The first pays for it, and one in which the least there is was spent does not.
#[tokio::test(flavor = "multi_thread")]
async fn a_row_pays_for_all_of_its_part_and_no_more() {
    for who in [Who::Owner, Who::Stranger] {
        let service = without_money("*,US:8").await;
        let rows = rows_of_the_day(&service, who).await;
        let budget = [("DAILY_BUDGET_DOLLARS", "32"), ("ALLOWED_REGIONS", "*,US:8")];
        let service = service.restarted_with(&budget).await;
        spend(&service, &rows, who.sums(), 0).await;
        let answer = who.asks(&service).await;
        assert!(answer.ends_with("OTP sent successfully"), "{answer}");

        let service = without_money("*,US:8").await;
        let rows = rows_of_the_day(&service, who).await;
        let service = service.restarted_with(&budget).await;
        spend(&service, &rows, &who.sums()[who.sums().len() - 1..], 1).await;
        let answer = who.asks(&service).await;
        assert!(answer.ends_with("OTP sent successfully"), "{answer}");
        for row in service.rows("limits").await.iter().filter(|row| !row.contains_key("count")) {
            let spent = ["verified", "others"].into_iter().find(|sum| row.contains_key(*sum)).unwrap();
            assert!(number(row, spent) <= 1_000_000, "{row:?}");
        }
    }
}

/// Case 14: of a region that has one text in each row, none has a second.
#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_has_its_text_of_a_region_has_no_other() {
    let service = without_money("*,US:8").await;
    let rows = rows_of_the_day(&service, Who::Stranger).await;
    let budget = [("DAILY_BUDGET_DOLLARS", "1000"), ("ALLOWED_REGIONS", "*,US:8")];
    let service = service.restarted_with(&budget).await;
    spend(&service, &rows, &["US"], 1).await;
    assert_eq!(Who::Stranger.asks(&service).await, SPENT);
}
