//! Items that transactions hold.

use std::time::{Duration, Instant};

use futures::future::join_all;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::BLINK;
use super::bench::{Bench, add, get, key, put, transaction};

/// Far longer than any test waits.
const HOUR: Duration = Duration::from_hours(1);

/// What a test waits for an answer that comes at once, unless the call is held.
const PATIENCE: Duration = Duration::from_secs(30);

async fn ask(bench: &Bench, operation: &str, body: &Value) -> (u16, Value) {
    timeout(PATIENCE, bench.call(operation, body)).await.expect("an answer at once").unwrap()
}

/// Begins a transaction that puts the user alice, checks bob and deletes carol, and does not end while the test lasts.
async fn ongoing(bench: &Bench) -> JoinHandle<()> {
    bench.proxy.contend(Some(HOUR));
    let mut write = transaction(&[put("users", "alice"), check("bob"), delete("carol")]);
    write["ClientRequestToken"] = json!("the-first");
    let request = Bench::request(&bench.proxy.url(), "TransactWriteItems", &write);
    let (client, began) = (bench.client.clone(), bench.proxy.calls().len());
    let under_way = tokio::spawn(async move { drop(client.request(request).await) });
    while bench.proxy.calls().get(began).is_none_or(|call| call.applied.is_none()) {
        tokio::task::yield_now().await;
    }
    under_way
}

fn check(username: &str) -> Value {
    let condition = "attribute_not_exists(username)";
    json!({ "ConditionCheck": { "TableName": "users", "Key": key(username), "ConditionExpression": condition } })
}

fn delete(username: &str) -> Value {
    json!({ "Delete": { "TableName": "users", "Key": key(username) } })
}

fn update(username: &str) -> Value {
    let mut update = add(username);
    update["TableName"] = json!("users");
    json!({ "Update": update })
}

/// The answer to a transaction that is cancelled where `met` is true.
fn cancelled(met: &[bool]) -> Value {
    let codes: Vec<_> = met.iter().map(|met| if *met { "TransactionConflict" } else { "None" }).collect();
    let reason = |code: &&str| match *code {
        "None" => json!({ "Code": "None" }),
        code => json!({ "Code": code, "Message": "Transaction is ongoing for the item" }),
    };
    let codes_in_brackets = format!("[{}]", codes.join(", "));
    json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message": format!(
            "Transaction cancelled, please refer cancellation reasons for specific reasons {codes_in_brackets}"
        ),
        "CancellationReasons": codes.iter().map(reason).collect::<Vec<_>>(),
    })
}

fn rejected() -> Value {
    json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionConflictException",
        "message": "Transaction is ongoing for the item",
    })
}

#[tokio::test]
async fn a_transaction_is_cancelled_at_the_items_of_another() {
    let bench = Bench::new().await;
    let _ongoing = ongoing(&bench).await;
    let table = [
        (vec![put("otps", "alice"), put("users", "alice")], vec![false, true]),
        (vec![check("alice"), update("bob"), check("carol"), check("dan")], vec![true, true, true, false]),
        (vec![update("carol"), delete("bob")], vec![true, true]),
    ];
    for (items, met) in table {
        let answer = ask(&bench, "TransactWriteItems", &transaction(&items)).await;
        assert_eq!(answer, (400, cancelled(&met)));
        let call = bench.proxy.take_calls().pop().unwrap();
        assert_eq!((call.fault, call.applied), (None, None));
    }
    let read = |table: &str, username: &str| json!({ "Get": { "TableName": table, "Key": key(username) } });
    let reads = transaction(&[read("users", "alice"), read("otps", "alice")]);
    let answer = ask(&bench, "TransactGetItems", &reads).await;
    assert_eq!(answer, (400, cancelled(&[true, false])));
}

#[tokio::test]
async fn a_cancelled_transaction_holds_none_of_its_items() {
    let bench = Bench::new().await;
    let _ongoing = ongoing(&bench).await;
    let write = transaction(&[put("otps", "alice"), put("users", "alice")]);
    assert_eq!(ask(&bench, "TransactWriteItems", &write).await.0, 400);
    assert_eq!(ask(&bench, "UpdateItem", &add("alice")).await, (200, json!({})));
}

#[tokio::test]
async fn a_write_of_an_item_of_a_transaction_is_rejected() {
    let bench = Bench::new().await;
    let _ongoing = ongoing(&bench).await;
    for username in ["alice", "bob", "carol"] {
        let of_one = |item: Value, action: &str| item[action].clone();
        for (operation, body) in [
            ("PutItem", of_one(put("users", username), "Put")),
            ("UpdateItem", of_one(update(username), "Update")),
            ("DeleteItem", of_one(delete(username), "Delete")),
        ] {
            assert_eq!(ask(&bench, operation, &body).await, (400, rejected()), "{operation}");
            assert_eq!(bench.proxy.take_calls().pop().unwrap().applied, None);
        }
    }
    let of_another_table = ask(&bench, "UpdateItem", &add("alice")).await;
    assert_eq!(of_another_table, (200, json!({})));
}

#[tokio::test]
async fn a_read_passes_a_transaction() {
    let bench = Bench::new().await;
    let _ongoing = ongoing(&bench).await;
    let (status, answer) = ask(&bench, "GetItem", &get("alice")).await;
    assert_eq!((status, answer), (200, json!({ "Item": key("alice") })));
    let batch = json!({ "RequestItems": { "users": { "Keys": [key("alice")], "ConsistentRead": true } } });
    let (status, answer) = ask(&bench, "BatchGetItem", &batch).await;
    assert_eq!((status, &answer["Responses"]), (200, &json!({ "users": [key("alice")] })));
}

#[tokio::test]
async fn writes_of_one_item_never_meet() {
    let bench = Bench::new().await;
    bench.proxy.contend(Some(HOUR));
    let update = add("alice");
    let answers = join_all((0..50).map(|_| ask(&bench, "UpdateItem", &update))).await;
    assert!(answers.into_iter().all(|answer| answer == (200, json!({}))));
    assert_eq!(bench.count("alice").await, 50);
}

#[tokio::test]
async fn a_token_under_way_is_in_progress() {
    let bench = Bench::new().await;
    let _ongoing = ongoing(&bench).await;
    let mut write = transaction(&[put("otps", "dan")]);
    write["ClientRequestToken"] = json!("the-first");
    let answer = ask(&bench, "TransactWriteItems", &write).await;
    let expected = json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionInProgressException",
        "message": "The transaction with the given request token is already in progress",
    });
    assert_eq!(answer, (400, expected));
}

/// Whether it is committed, or cancelled because a condition failed.
#[tokio::test]
async fn the_end_of_a_transaction_lets_its_items_go() {
    let bench = Bench::new().await;
    bench.proxy.contend(Some(BLINK));
    let mut write = transaction(&[put("users", "alice")]);
    write["ClientRequestToken"] = json!("a-token");
    let start = Instant::now();
    assert_eq!(ask(&bench, "TransactWriteItems", &write).await, (200, json!({})));
    assert!(start.elapsed() >= BLINK);
    assert_eq!(ask(&bench, "TransactWriteItems", &write).await.0, 200, "the same token again");
    write["ClientRequestToken"] = json!("another-token");
    let (status, answer) = ask(&bench, "TransactWriteItems", &write).await;
    assert_eq!((status, &answer["CancellationReasons"][0]["Code"]), (400, &json!("ConditionalCheckFailed")));
    let deleted = delete("alice")["Delete"].clone();
    assert_eq!(ask(&bench, "DeleteItem", &deleted).await, (200, json!({})));
}

#[tokio::test]
async fn without_contention_nobody_is_refused() {
    let bench = Bench::new().await;
    let under_way = ongoing(&bench).await;
    bench.proxy.contend(None);
    let deleted = delete("alice")["Delete"].clone();
    assert_eq!(ask(&bench, "DeleteItem", &deleted).await, (200, json!({})));
    under_way.abort();
}
