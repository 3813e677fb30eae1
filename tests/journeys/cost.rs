//! What each outcome costs: the calls to DynamoDB, in order, with the units that it reports.
//!
//! The figures stand in [`table::COSTS`] and nowhere else; the table of `docs/costs.md` is made from them.

mod abuse;
mod price;
pub(crate) mod scenes;
mod table;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::json;
use table::{COSTS, Cost};
use tests::proxy::{Call, Operation};
use tests::rows::put_verified_user;
use tests::service::Service;

use crate::pages;
use crate::texting::phone;

#[tokio::test(flavor = "multi_thread")]
async fn every_outcome_costs_what_the_table_says() {
    let seen = scenes::play().await;
    let seen: Vec<_> = seen
        .iter()
        .map(|(scene, calls)| {
            format!("{scene}: {}", calls.iter().map(Call::to_string).collect::<Vec<_>>().join(" → "))
        })
        .collect();
    let expected: Vec<_> =
        COSTS.iter().map(|cost| format!("{}: {}", cost.scene(), cost.trips.join(" → "))).collect();
    assert!(seen == expected, "seen\n{}\nbut expected\n{}", seen.join("\n"), expected.join("\n"));
}

/// Each call with each answer that a scene prices, such as `422 invalid_otp`.
pub(crate) fn answers() -> BTreeSet<(&'static str, &'static str)> {
    COSTS.iter().map(|cost| (cost.call, cost.answer)).collect()
}

/// Every item is touched by its key, and so many of them, however many users there are.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_grows_with_the_number_of_users() {
    let by_key = ["BatchGetItem", "GetItem", "TransactWriteItems", "UpdateItem"];
    for call in COSTS.iter().flat_map(|cost| cost.trips) {
        assert!(by_key.contains(&call.split(' ').next().unwrap()), "{call}");
    }
    let alone = Service::start().await;
    let among_others = Service::start().await;
    for nth in 0..500 {
        let name = format!("other{nth}");
        put_verified_user(&among_others, &name, &phone(nth)).await;
        if nth % 10 == 0 {
            assert_eq!(
                among_others.call("/send").from("192.0.2.9").json(&json!({ "username": name })).await.status,
                202
            );
        }
    }
    assert_eq!(verification(&among_others).await, verification(&alone).await);
}

/// What a signup, a wrong code, another code and the right one ask of DynamoDB.
async fn verification(service: &Service) -> Vec<String> {
    const ADA: &str = "+13055550143";
    let _ = service.proxy.take_calls();
    let signed_up = service.sign_up("ada", ADA).await;
    let wrong = service.verify("ada", &service.wrong_code(ADA, 0)).await;
    service.tick(30);
    let resent = service.resend("ada").await;
    let verified = service.verify("ada", &service.code_to(ADA)).await;
    assert_eq!([&signed_up, &wrong, &resent, &verified].map(|answer| answer.status), [201, 422, 202, 200]);
    service.proxy.take_calls().iter().map(Call::to_string).collect()
}

/// The rows of the design's table, in its order, each as an outcome of [`COSTS`], with the round trips that it names.
const DESIGN: [(&str, &str, &str, usize); 9] = [
    ("signup", "201", "a free name", 2),
    ("signup", "201", "a PENDING name", 4),
    ("signup", "201", "the very same", 3),
    ("send", "202", "a code before", 3),
    ("resend", "202", "a live code", 3),
    ("send", "202", "an unknown username", 3),
    ("verify", "422 invalid_otp", "", 1),
    ("verify", "200", "", 2),
    ("verify", "409 otp_already_used", "", 2),
];

/// Only the number of round trips makes a client wait, so the design counts those; no other outcome of a call takes more.
#[test]
fn the_round_trips_are_those_of_the_design() {
    for (call, answer, when, designed) in DESIGN {
        let mut costs = COSTS.iter();
        let cost = costs.find(|cost| (cost.call, cost.answer, cost.when) == (call, answer, when)).unwrap();
        assert_eq!(cost.trips.len(), designed, "{call} {answer} ({when})");
    }
    for Cost { call, answer, when, trips } in COSTS {
        let most = DESIGN.iter().filter(|designed| designed.0 == *call).map(|designed| designed.3).max();
        assert!(Some(trips.len()) <= most, "{call} {answer} ({when}): {trips:?}");
    }
}

/// Only a consistent read sees the code that was issued a moment ago.
#[tokio::test(flavor = "multi_thread")]
async fn user_and_code_are_read_consistently_with_one_call() {
    let service = Service::start().await;
    assert_eq!(service.send("ada").await.status, 202);
    let calls = service.proxy.take_calls();
    let reads: Vec<_> = calls.iter().filter(|call| call.operation == Operation::BatchGetItem).collect();
    let [read] = &reads[..] else { panic!("{calls:?}") };
    let row = json!({ "ConsistentRead": true, "Keys": [{ "username": { "S": "ada" } }] });
    assert_eq!(read.body["RequestItems"], json!({ "users": row, "otps": row }));
}

#[test]
fn the_page_has_the_table() {
    pages::holds("costs.md", "cost", &markdown());
}

fn markdown() -> String {
    let mut text = String::from(
        "Units as DynamoDB counts them: a read unit is 4 KiB read consistently, a write unit 1 KiB written, and a\n\
         transaction pays twice. The calls stand in sequence, so each is a round trip. A call without figures failed\n\
         its condition: the embedded DynamoDB reports no units for it, but AWS charges the writes of a failed\n\
         condition like any other. What a send does to `users` is a check, which counts like a write.\n\n\
         | call | answer | when | round trips | DynamoDB |\n| --- | --- | --- | --: | --- |\n",
    );
    for Cost { call, answer, when, trips } in COSTS {
        let calls = if trips.is_empty() { "none".to_owned() } else { trips.join(" → ") };
        let count = trips.len();
        writeln!(text, "| {call} | {answer} | {when} | {count} | {calls} |").expect("a string takes all");
    }
    text
}
