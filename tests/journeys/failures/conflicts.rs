//! Others are at the same rows. (28)

use tests::proxy::{Fault, Match, Operation};
use tests::service::{Service, number};

use super::{ADA, BOB, adas_code_works, with_ada};

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_meets_others_is_repeated() {
    for at in [None, Some(0), Some(1)] {
        let service = with_ada(&[]).await;
        service.proxy.inject(Match::first(Operation::TransactWriteItems).times(3), Fault::Conflict(at));
        assert_eq!(service.send("ada").await.outcome(), "202 OTP sent successfully");
        let calls = service.proxy.take_calls();
        let writes: Vec<_> =
            calls.iter().filter(|call| call.operation == Operation::TransactWriteItems).collect();
        assert_eq!(writes.len(), 4);
        assert!(
            writes.iter().all(|write| write.body == writes[0].body),
            "the same write under the same token"
        );
        assert_eq!(service.courier().count(), 2, "the signup's text and one more");
        assert_eq!(service.proxy.unmet_faults(), []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_that_meets_a_transaction_is_repeated() {
    let service = Service::start().await;
    service.sign_up("ada", ADA).await;
    service.proxy.inject(Match::first(Operation::UpdateItem).times(3), Fault::Conflict(None));
    assert!(adas_code_works(&service).await);
    assert_eq!(number(&service.otp("ada").await.unwrap(), "attempts"), 1);
    assert_eq!(service.proxy.unmet_faults(), []);
}

/// Takes the store's whole patience.
#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_without_end_is_a_busy_service() {
    let service = with_ada(&[]).await;
    assert_eq!(service.send("ada").await.status, 202);
    service.tick(30);
    // The database does so every ten seconds anyway.
    service.sweep();
    let before = service.everything().await;
    service.proxy.inject(Match::every(Operation::TransactWriteItems), Fault::Conflict(None));
    service.proxy.inject(Match::every(Operation::UpdateItem), Fault::Conflict(None));
    let code = service.code_to(ADA);
    let answers = tokio::join!(
        service.sign_up("bob", BOB),
        service.send("nobody"),
        service.resend("ada"),
        service.verify("ada", &code)
    );
    for answer in <[_; 4]>::from(answers) {
        assert_eq!((answer.outcome().as_str(), answer.retry_after()), ("503 unavailable", 1));
    }
    assert_eq!(service.proxy.unmet_faults(), []);
    service.proxy.clear_faults();
    assert_eq!(service.everything().await, before);
    assert_eq!(service.courier().count(), 2);
}

/// What a failed condition says does not change by waiting.
#[tokio::test(flavor = "multi_thread")]
async fn a_failed_condition_outranks_a_conflict() {
    let service = with_ada(&[]).await;
    service.proxy.inject(Operation::TransactWriteItems, Fault::ConflictBeside(1));
    assert_eq!(service.sign_up("ada", BOB).await.outcome(), "409 username_taken");
    let calls = service.proxy.take_calls();
    assert_eq!(calls.iter().filter(|call| call.operation == Operation::TransactWriteItems).count(), 1);
    assert_eq!(service.proxy.unmet_faults(), []);
}
