//! The proxy in front of the embedded DynamoDB.

use std::io::{self, Read, Write};
use std::time::{Duration, Instant};

use futures::future::join_all;
use serde_json::json;
use tokio::time::timeout;

use super::{Call, FOREVER, Fault, Match, Operation, Outcome};
use bench::{Bench, add, add_if_there, get, key, outcome, put, transaction};

pub(super) mod bench;
mod contention;

/// Long beside a call to the embedded database, short for a test.
const BLINK: Duration = Duration::from_millis(200);

#[tokio::test]
async fn a_call_is_recorded_with_its_units_and_the_client_does_not_see_them() {
    let bench = Bench::new().await;
    let (status, answer) = bench.call("UpdateItem", &add("alice")).await.unwrap();
    assert_eq!((status, answer), (200, json!({})));
    let call = bench.only_call();
    assert_eq!(call.to_string(), "UpdateItem otps 1");
    assert_eq!(
        call,
        Call {
            operation: Operation::UpdateItem,
            tables: vec!["otps".to_owned()],
            body: add("alice"),
            fault: None,
            units: [("otps".to_owned(), 1.0)].into(),
            applied: Some(outcome(200, "")),
            answered: Some(outcome(200, "")),
        }
    );
}

#[tokio::test]
async fn a_client_that_asks_for_the_units_gets_them() {
    let bench = Bench::new().await;
    let mut read = get("alice");
    read["ReturnConsumedCapacity"] = json!("TOTAL");
    let (_, answer) = bench.call("GetItem", &read).await.unwrap();
    assert_eq!(answer["ConsumedCapacity"]["TableName"], "users");
    read["ReturnConsumedCapacity"] = json!("NONE");
    let (_, answer) = bench.call("GetItem", &read).await.unwrap();
    assert_eq!(answer, json!({}));
    let work: Vec<_> = bench.proxy.calls().iter().map(Call::to_string).collect();
    assert_eq!(work, ["GetItem users 1", "GetItem users 1"]);
}

#[tokio::test]
async fn a_transaction_is_recorded_with_the_units_of_each_table() {
    let bench = Bench::new().await;
    let write = transaction(&[put("users", "alice"), put("otps", "alice"), put("otps", "bob")]);
    let (status, answer) = bench.call("TransactWriteItems", &write).await.unwrap();
    assert_eq!((status, answer), (200, json!({})));
    let call = bench.only_call();
    assert_eq!(call.tables, ["users", "otps"]);
    assert_eq!(call.to_string(), "TransactWriteItems otps 4 users 2");
    assert!((call.total_units() - 6.0).abs() < f64::EPSILON);
}

#[tokio::test]
async fn a_cancelled_transaction_is_recorded_with_its_reasons() {
    let bench = Bench::new().await;
    bench.call("TransactWriteItems", &transaction(&[put("users", "alice")])).await.unwrap();
    let write = transaction(&[put("otps", "alice"), put("users", "alice")]);
    let (status, answer) = bench.call("TransactWriteItems", &write).await.unwrap();
    assert_eq!((status, &answer["CancellationReasons"][1]["Item"]), (400, &key("alice")));
    let expected = Outcome {
        status: 400,
        error: Some("TransactionCanceledException".to_owned()),
        reasons: vec!["None".to_owned(), "ConditionalCheckFailed".to_owned()],
    };
    let call = bench.proxy.take_calls().pop().unwrap();
    assert_eq!((call.applied, call.answered), (Some(expected.clone()), Some(expected)));
    assert_eq!(call.units, [].into());
}

#[tokio::test]
async fn an_operation_on_tables_passes_unchanged() {
    let bench = Bench::new().await;
    let (status, answer) = bench.call("DescribeTable", &json!({ "TableName": "users" })).await.unwrap();
    assert_eq!((status, &answer["Table"]["TableName"]), (200, &json!("users")));
    let call = bench.only_call();
    assert_eq!(call.operation, Operation::Other("DescribeTable".to_owned()));
    assert_eq!(call.to_string(), "DescribeTable users");
}

#[tokio::test]
async fn a_refused_call_is_answered_by_the_proxy_and_not_applied() {
    let bench = Bench::new().await;
    let table = [
        (Fault::Throttle, 400, "ProvisionedThroughputExceededException"),
        (Fault::ServerError, 500, "InternalServerError"),
        (Fault::Refuse { status: 400, error: "ThrottlingException" }, 400, "ThrottlingException"),
        (Fault::Conflict(None), 400, "TransactionConflictException"),
    ];
    for (fault, status, error) in table {
        bench.proxy.inject(Operation::UpdateItem, fault.clone());
        let (answered, body) = bench.call("UpdateItem", &add("alice")).await.unwrap();
        assert_eq!(answered, status);
        assert!(body["__type"].as_str().unwrap().ends_with(&format!("#{error}")), "{body}");
        let call = bench.only_call();
        assert_eq!((call.fault, call.applied), (Some(fault), None));
        assert_eq!(call.answered, Some(outcome(status, error)));
    }
    assert_eq!(bench.count("alice").await, 0);
    assert_eq!(bench.proxy.unmet_faults(), []);
}

#[tokio::test]
async fn a_server_error_may_come_after_the_call_was_applied() {
    let bench = Bench::new().await;
    bench.proxy.inject(Operation::UpdateItem, Fault::ServerErrorAfter);
    let (status, _) = bench.call("UpdateItem", &add("alice")).await.unwrap();
    assert_eq!((status, bench.count("alice").await), (500, 1));
    let call = bench.only_call();
    assert_eq!((call.applied.unwrap().status, call.answered.unwrap().status), (200, 500));
}

#[tokio::test]
async fn a_reset_before_loses_the_call_and_a_reset_after_its_answer() {
    let bench = Bench::new().await;
    for (fault, applied) in [(Fault::ResetBefore, 0), (Fault::ResetAfter, 1)] {
        bench.proxy.inject(Operation::UpdateItem, fault);
        bench.call("UpdateItem", &add("alice")).await.unwrap_err();
        assert_eq!(bench.count("alice").await, applied);
        let call = bench.only_call();
        assert_eq!((call.applied.is_some(), call.answered), (applied == 1, None));
    }
}

#[tokio::test]
async fn a_reset_is_seen_as_a_reset() {
    let bench = Bench::new().await;
    bench.proxy.inject(Match::any(), Fault::ResetBefore);
    let address = bench.proxy.url().trim_start_matches("http://").to_owned();
    let read = tokio::task::spawn_blocking(move || {
        let mut stream = std::net::TcpStream::connect(address)?;
        stream.write_all(b"POST / HTTP/1.1\r\nhost: a\r\nx-amz-target: DynamoDB_20120810.GetItem\r\n\r\n")?;
        stream.read(&mut [0])
    });
    assert_eq!(read.await.unwrap().unwrap_err().kind(), io::ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn a_stall_outlasts_the_client_and_applies_the_call_or_not() {
    let bench = Bench::new().await;
    for (fault, applied) in [(Fault::StallBefore(FOREVER), 0), (Fault::StallAfter(FOREVER), 1)] {
        bench.proxy.inject(Operation::UpdateItem, fault);
        timeout(BLINK, bench.call("UpdateItem", &add("alice"))).await.unwrap_err();
        assert_eq!(bench.count("alice").await, applied);
    }
    for fault in [Fault::StallBefore(BLINK), Fault::StallAfter(BLINK)] {
        bench.proxy.inject(Operation::UpdateItem, fault);
        let start = Instant::now();
        bench.call("UpdateItem", &add("alice")).await.unwrap_err();
        assert!(start.elapsed() >= BLINK);
    }
    assert_eq!(bench.count("alice").await, 2);
}

#[tokio::test]
async fn a_delayed_call_is_applied_late_even_if_the_client_hung_up() {
    let bench = Bench::new().await;
    bench.proxy.inject(Match::every(Operation::UpdateItem).times(2), Fault::Delay(BLINK));
    let start = Instant::now();
    bench.call("UpdateItem", &add("alice")).await.unwrap();
    assert!(start.elapsed() >= BLINK);
    timeout(BLINK / 4, bench.call("UpdateItem", &add("alice"))).await.unwrap_err();
    assert_eq!(bench.count("alice").await, 1);
    tokio::time::sleep(BLINK * 2).await;
    assert_eq!(bench.count("alice").await, 2);
    let call = bench.proxy.take_calls().pop().unwrap();
    assert_eq!((call.applied, call.answered), (Some(outcome(200, "")), None));
}

#[tokio::test]
async fn a_conflict_cancels_a_transaction_with_a_reason_for_every_item() {
    let bench = Bench::new().await;
    let write = transaction(&[put("users", "alice"), put("otps", "alice"), put("otps", "bob")]);
    let table = [
        (Some(1), ["None", "TransactionConflict", "None"]),
        (None, ["TransactionConflict", "TransactionConflict", "TransactionConflict"]),
    ];
    for (at, reasons) in table {
        bench.proxy.inject(Operation::TransactWriteItems, Fault::Conflict(at));
        let (status, answer) = bench.call("TransactWriteItems", &write).await.unwrap();
        assert_eq!(status, 400);
        let message = answer["Message"].as_str().unwrap();
        assert!(message.ends_with(&format!("[{}]", reasons.join(", "))), "{message}");
        assert_eq!(bench.only_call().answered.unwrap().reasons, reasons);
    }
    let (status, _) = bench.call("TransactWriteItems", &write).await.unwrap();
    assert_eq!(status, 200);
}

#[tokio::test]
async fn a_conflict_can_stand_beside_a_failed_condition() {
    let bench = Bench::new().await;
    bench.call("TransactWriteItems", &transaction(&[put("users", "alice")])).await.unwrap();
    bench.proxy.inject(Operation::TransactWriteItems, Fault::ConflictBeside(1));
    let write = transaction(&[put("users", "alice"), put("otps", "alice")]);
    let (_, answer) = bench.call("TransactWriteItems", &write).await.unwrap();
    let reasons = &answer["CancellationReasons"];
    assert_eq!((&reasons[0]["Code"], &reasons[0]["Item"]), (&json!("ConditionalCheckFailed"), &key("alice")));
    assert_eq!(reasons[1]["Code"], "TransactionConflict");
}

#[tokio::test]
async fn rules_count_the_calls_they_match_and_the_first_due_wins() {
    let bench = Bench::new().await;
    let updates = || Match::first(Operation::UpdateItem);
    bench.proxy.inject(updates().on("users"), Fault::ServerError);
    bench.proxy.inject(updates().containing("bob"), Fault::ServerError);
    bench.proxy.inject(updates(), Fault::Throttle);
    bench.proxy.inject(updates(), Fault::Conflict(None));
    bench.proxy.inject(updates().skip(3).times(2), Fault::Throttle);
    let mut statuses = Vec::new();
    for username in ["alice", "alice", "alice", "alice", "bob", "alice", "alice"] {
        let (status, _) = bench.call("UpdateItem", &add(username)).await.unwrap();
        statuses.push(status);
    }
    assert_eq!(statuses, [400, 400, 200, 400, 500, 400, 200]);
    assert_eq!(bench.proxy.unmet_faults(), [updates().on("users")]);
    bench.proxy.clear_faults();
    assert_eq!(bench.proxy.unmet_faults(), []);
}

#[tokio::test]
async fn a_held_call_waits_until_another_has_passed() {
    let bench = Bench::new().await;
    bench.call("UpdateItem", &add("alice")).await.unwrap();
    let hold = bench.proxy.hold(Operation::UpdateItem);
    let conditional = add_if_there("alice");
    let paused = bench.call("UpdateItem", &conditional);
    let meanwhile = async {
        hold.arrived(1).await;
        let delete = json!({ "TableName": "otps", "Key": key("alice") });
        bench.call("DeleteItem", &delete).await.unwrap();
        hold.release();
    };
    let (answer, ()) = tokio::join!(paused, meanwhile);
    let (status, body) = answer.unwrap();
    assert_eq!(status, 400);
    assert!(body["__type"].as_str().unwrap().ends_with("#ConditionalCheckFailedException"));
}

#[tokio::test]
async fn held_calls_are_released_one_by_one_in_order() {
    let bench = Bench::new().await;
    let hold = bench.proxy.hold(Match::every(Operation::UpdateItem));
    let conditional = add_if_there("alice");
    let second = async {
        hold.arrived(1).await;
        bench.call("UpdateItem", &add("alice")).await.unwrap().0
    };
    let test = async {
        hold.arrived(2).await;
        assert_eq!(bench.count("alice").await, 0);
        hold.release_one();
        while bench.proxy.calls()[0].applied.is_none() {
            tokio::task::yield_now().await;
        }
        hold.release_one();
    };
    let (first, second, ()) = tokio::join!(bench.call("UpdateItem", &conditional), second, test);
    assert_eq!((first.unwrap().0, second, hold.count()), (400, 200, 2));
    drop(hold);
    assert_eq!(bench.call("UpdateItem", &conditional).await.unwrap().0, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hundreds_of_connections_are_served_at_once() {
    let bench = Bench::new().await;
    let hold = bench.proxy.hold(Match::every(Operation::UpdateItem));
    let update = add("alice");
    let calls = join_all((0..200).map(|_| bench.call("UpdateItem", &update)));
    let release = async {
        hold.arrived(200).await;
        hold.release();
    };
    let (answers, ()) = tokio::join!(calls, release);
    assert!(answers.into_iter().all(|answer| answer.unwrap().0 == 200));
    assert_eq!((bench.count("alice").await, bench.proxy.calls().len()), (200, 200));
}

#[tokio::test]
async fn random_faults_follow_from_the_seed() {
    let bench = Bench::new().await;
    let mut runs = Vec::new();
    for seed in [1, 1, 2] {
        let faults = vec![(Fault::Throttle, 0.3), (Fault::ServerError, 0.2)];
        bench.proxy.inject_random(seed, faults);
        let mut statuses = Vec::new();
        for _ in 0..100 {
            statuses.push(bench.call("GetItem", &get("alice")).await.unwrap().0);
        }
        runs.push(statuses);
    }
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[0], runs[2]);
    let share = |status| runs[0].iter().filter(|seen| **seen == status).count();
    assert!((15..45).contains(&share(400)) && (8..35).contains(&share(500)), "{:?}", runs[0]);
    bench.proxy.clear_faults();
    assert_eq!(bench.call("GetItem", &get("alice")).await.unwrap().0, 200);
}

#[tokio::test]
async fn dropping_the_proxy_closes_its_connections() {
    let bench = Bench::new().await;
    bench.proxy.inject(Match::any(), Fault::StallBefore(FOREVER));
    let url = bench.proxy.url();
    let Bench { proxy, client, .. } = bench;
    let stalled = tokio::spawn(client.request(Bench::request(&url, "GetItem", &get("alice"))));
    while proxy.calls().is_empty() {
        tokio::task::yield_now().await;
    }
    drop(proxy);
    stalled.await.unwrap().unwrap_err();
}
