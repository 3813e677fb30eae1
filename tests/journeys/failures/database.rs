//! DynamoDB throttles, fails, resets or stalls: before the write, at it, and after it. (26)

use futures::future::join_all;
use local::courier::Behaviour;
use tests::proxy::{Call, FOREVER, Fault, Match, Operation};
use tests::service::{Row, Service, number, text};

use super::{ADA, BOB, adas_code_works, script, with_ada};
use crate::expected::{otp_pending, told};

/// The client request tokens of the transactions since the record was last taken, each with what the client was answered.
fn tokens(calls: &[Call]) -> Vec<&str> {
    let transactions = calls.iter().filter(|call| call.operation == Operation::TransactWriteItems);
    transactions.map(|call| call.body["ClientRequestToken"].as_str().expect("a token")).collect()
}

fn count(calls: &[Call], operation: &Operation) -> usize {
    calls.iter().filter(|call| call.operation == *operation).count()
}

fn all_faults_before() -> [Fault; 4] {
    [Fault::Throttle, Fault::ServerError, Fault::ResetBefore, Fault::StallBefore(FOREVER)]
}

/// Every `fault` was met, what is stored is as `before`, and nobody was texted since the signup.
async fn nothing_came_of(fault: &Fault, service: &Service, before: [Vec<Row>; 3]) {
    assert_eq!(service.proxy.unmet_faults(), []);
    service.proxy.clear_faults();
    assert_eq!(service.everything().await, before, "{fault:?}");
    assert_eq!(service.courier().count(), 1, "{fault:?}: the signup's text only");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_not_texted() {
    join_all(all_faults_before().map(async |fault| {
        let service = with_ada(&[]).await;
        service.sweep();
        let before = service.everything().await;
        service.proxy.inject(Match::every(Operation::BatchGetItem), fault.clone());
        let answer = service.send("ada").await;
        assert_eq!((answer.outcome().as_str(), answer.retry_after()), ("503 unavailable", 1), "{fault:?}");
        nothing_came_of(&fault, &service, before).await;
    }))
    .await;
}

/// DynamoDB may answer a batch of reads in part, and a row that it left out is not a row that is not there: a user would
/// seem unknown, and a live code would be forgotten.
#[tokio::test(flavor = "multi_thread")]
async fn rows_that_are_left_unread_are_read_again() {
    for table in ["users", "otps"] {
        let service = with_ada(&[]).await;
        assert_eq!(service.send("ada").await.status, 202);
        service.proxy.inject(Operation::BatchGetItem, Fault::Unprocessed(table));
        let _ = service.proxy.take_calls();
        let answer = service.send("ada").await;
        assert_eq!(told(&answer), otp_pending(600), "{table}");
        let calls: Vec<_> = service.proxy.calls().iter().map(|call| call.tables.clone()).collect();
        assert_eq!(calls.len(), 2, "{calls:?}");
        assert_eq!(calls[1], [table], "only what is missing is asked for again");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_stay_unread_are_unavailable() {
    for table in ["users", "otps"] {
        let service = with_ada(&[]).await;
        service.sweep();
        let before = service.everything().await;
        service.proxy.inject(Match::every(Operation::BatchGetItem), Fault::Unprocessed(table));
        let answer = service.send("ada").await;
        assert_eq!((answer.outcome().as_str(), answer.retry_after()), ("503 unavailable", 1), "{table}");
        service.proxy.clear_faults();
        assert_eq!(service.everything().await, before);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_written_is_not_texted() {
    let faults = [Fault::ServerError, Fault::ResetBefore, Fault::StallBefore(FOREVER)];
    join_all(faults.map(async |fault| {
        let service = with_ada(&[]).await;
        service.sweep();
        let before = service.everything().await;
        service.proxy.inject(Match::every(Operation::TransactWriteItems), fault.clone());
        let (send, signup) = tokio::join!(service.send("ada"), service.sign_up("bob", BOB));
        for answer in [send, signup] {
            assert_eq!(
                (answer.outcome().as_str(), answer.retry_after()),
                ("503 unavailable", 1),
                "{fault:?}"
            );
        }
        nothing_came_of(&fault, &service, before).await;
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_whose_answer_is_lost_reads_as_the_success_that_it_was() {
    let faults = [Fault::ResetAfter, Fault::ServerErrorAfter, Fault::StallAfter(FOREVER), Fault::Throttle];
    join_all(faults.map(async |fault| {
        let service = with_ada(&[]).await;
        service.proxy.inject(Operation::TransactWriteItems, fault.clone());
        let answer = service.send("ada").await;
        assert_eq!(answer.outcome(), "202 OTP sent successfully", "{fault:?}");
        let calls = service.proxy.take_calls();
        let [first, second] = tokens(&calls)[..] else { panic!("{fault:?}: {calls:?}") };
        assert_eq!(first, second, "{fault:?}: the same write");
        assert_eq!(service.courier().count(), 2, "{fault:?}: the signup's text and one more");
        assert_eq!(text(&service.otp("ada").await.unwrap(), "otpId"), answer.body["otp"]["id"]);
        assert!(adas_code_works(&service).await, "{fault:?}");

        service.proxy.inject(Operation::TransactWriteItems, fault.clone());
        assert_eq!(service.sign_up("bob", BOB).await.outcome(), "201 OTP sent successfully", "{fault:?}");
        assert_eq!(service.courier().count(), 3, "{fault:?}");
        assert_eq!(service.proxy.unmet_faults(), []);
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmation_whose_answer_is_lost_is_one_confirmation() {
    for fault in [Fault::ResetAfter, Fault::ServerErrorAfter] {
        let service = Service::start().await;
        service.sign_up("ada", ADA).await;
        service.proxy.inject(Operation::TransactWriteItems, fault.clone());
        assert!(adas_code_works(&service).await, "{fault:?}");
        assert_eq!(service.proxy.unmet_faults(), []);
        let again = service.verify("ada", &service.code_to(ADA)).await;
        assert_eq!(again.outcome(), "409 otp_already_used");
    }
}

/// Whoever is told 503 has a row without a text at most, and the way on is the ordinary one.
#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_is_never_answered_sends_no_text() {
    let service = with_ada(&[]).await;
    service.proxy.inject(Match::every(Operation::TransactWriteItems), Fault::ResetAfter);
    assert_eq!(service.send("ada").await.outcome(), "503 unavailable");
    assert_eq!(service.courier().count(), 1, "the signup's text only");
    assert_eq!(service.proxy.unmet_faults(), []);
    service.proxy.clear_faults();
    assert_eq!(service.send("ada").await.outcome(), "409 otp_pending");
    service.tick(30);
    assert_eq!(service.resend("ada").await.outcome(), "202 OTP sent successfully");
    assert!(adas_code_works(&service).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_that_cannot_be_recorded_is_a_delivery() {
    let faults = [
        Fault::ServerError,
        Fault::ResetBefore,
        Fault::ResetAfter,
        Fault::StallBefore(FOREVER),
        Fault::Refuse { status: 400, error: "AccessDeniedException" },
    ];
    join_all(faults.map(async |fault| {
        let service = with_ada(&[]).await;
        service.proxy.inject(Match::every(Operation::UpdateItem).on("otps"), fault.clone());
        let answer = service.send("ada").await;
        assert_eq!(answer.outcome(), "202 OTP sent successfully", "{fault:?}");
        assert_eq!(answer.body["otp"]["delivery"], "SENT", "{fault:?}");
        assert_eq!(service.proxy.unmet_faults(), []);
        service.proxy.clear_faults();
        assert!(adas_code_works(&service).await, "{fault:?}");
    }))
    .await;
}

/// Case 40: whoever was told that the text failed can ask for another one at once, though the record of it met a fault.
#[tokio::test(flavor = "multi_thread")]
async fn a_failure_whose_record_is_lost_once_is_a_failure() {
    let faults = [
        Fault::Throttle,
        Fault::ServerError,
        Fault::ServerErrorAfter,
        Fault::ResetBefore,
        Fault::ResetAfter,
        Fault::StallBefore(FOREVER),
        Fault::StallAfter(FOREVER),
        Fault::Conflict(None),
    ];
    join_all(faults.map(async |fault| {
        let service = with_ada(&[]).await;
        let lose_the_record = || {
            script(&service, [Behaviour::answer(400)]);
            service.proxy.inject(Match::first(Operation::UpdateItem).on("otps"), fault.clone());
        };
        lose_the_record();
        assert_eq!(service.send("ada").await.outcome(), "503 sms_unavailable", "{fault:?}");
        assert_eq!(service.proxy.unmet_faults(), []);
        assert_eq!(service.send("ada").await.outcome(), "202 OTP sent successfully", "{fault:?}");
        assert!(adas_code_works(&service).await, "{fault:?}");

        lose_the_record();
        assert_eq!(service.sign_up("bob", BOB).await.body["otp"]["delivery"], "FAILED", "{fault:?}");
        assert_eq!(service.proxy.unmet_faults(), []);
        assert_eq!(service.send("bob").await.outcome(), "202 OTP sent successfully", "{fault:?}");
    }))
    .await;
}

/// The guess may have been paid for, so it is not paid for again, and nothing is compared.
#[tokio::test(flavor = "multi_thread")]
async fn a_try_that_may_have_been_taken_is_not_taken_again() {
    let faults = [
        (Fault::ResetAfter, 1),
        (Fault::ServerErrorAfter, 1),
        (Fault::StallAfter(FOREVER), 1),
        (Fault::ServerError, 0),
        (Fault::ResetBefore, 0),
        (Fault::StallBefore(FOREVER), 0),
    ];
    join_all(faults.map(async |(fault, taken)| {
        let service = Service::start().await;
        service.sign_up("ada", ADA).await;
        let _ = service.proxy.take_calls();
        service.proxy.inject(Operation::UpdateItem, fault.clone());
        let answer = service.verify("ada", &service.code_to(ADA)).await;
        assert_eq!((answer.outcome().as_str(), answer.retry_after()), ("503 unavailable", 1), "{fault:?}");
        let calls = service.proxy.take_calls();
        assert_eq!(calls.len(), 1, "{fault:?}: {calls:?}");
        assert_eq!(service.proxy.unmet_faults(), []);
        assert_eq!(number(&service.otp("ada").await.unwrap(), "attempts"), taken, "{fault:?}");
        assert_eq!(text(&service.user("ada").await.unwrap(), "status"), "PENDING");
        assert!(adas_code_works(&service).await, "{fault:?}: the next try has it");
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_try_that_was_throttled_is_taken_again() {
    let service = Service::start().await;
    service.sign_up("ada", ADA).await;
    let _ = service.proxy.take_calls();
    service.proxy.inject(Match::first(Operation::UpdateItem).times(4), Fault::Throttle);
    assert!(adas_code_works(&service).await);
    assert_eq!(count(&service.proxy.take_calls(), &Operation::UpdateItem), 5);
    assert_eq!(service.proxy.unmet_faults(), []);
    assert_eq!(number(&service.otp("ada").await.unwrap(), "attempts"), 1);
}
