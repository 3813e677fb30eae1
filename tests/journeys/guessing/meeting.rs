//! A resend that meets something: what happens to the row between its decision and its write is not forgotten.
//!
//! The write has four conditions: the code, its status, its tries and the run of failures are those that were read. Each has
//! a history here that it alone sees.

use local::courier::{Behaviour, Script};
use serde_json::Value;
use tests::answer::Answer;
use tests::proxy::{Match, Operation};
use tests::service::{Service, number, text};

use super::{ADA, ada};
use crate::expected::{invalid_otp, otp_already_used, resend_too_soon, sent, told, verified};

/// What a resend is answered that has decided, and whose write is held while `meanwhile` happens.
async fn resend_that_meets(service: &Service, meanwhile: impl Future<Output = ()>) -> Answer {
    let meanwhile = Box::pin(meanwhile);
    let storing = service.proxy.hold(Match::first(Operation::TransactWriteItems).containing("resend"));
    let meeting = async {
        storing.arrived(1).await;
        meanwhile.await;
        storing.release();
    };
    tokio::join!(service.resend("ada"), meeting).0
}

/// The reason for which DynamoDB refused the write of the challenge in the first resend since the calls were taken.
fn refused_for(service: &Service) -> String {
    let calls = service.proxy.take_calls();
    let is_resend = |body: &Value| body.to_string().contains("resend");
    let first =
        calls.iter().find(|call| call.operation == Operation::TransactWriteItems && is_resend(&call.body));
    let applied = first.expect("a resend").applied.as_ref().expect("an answer of DynamoDB");
    applied.reasons.get(1).cloned().unwrap_or_default()
}

const FAILED: &str = "ConditionalCheckFailed";

/// Asserts that the answer is a new code, and what its row says of tries, failures and the wait for the next code.
async fn is_issued(service: &Service, answer: &Answer, failures: i64, resend_after: i64) {
    let otp = service.otp("ada").await.unwrap();
    assert_eq!(told(answer), sent(text(&otp, "otpId"), service.now(), resend_after));
    assert_eq!((number(&otp, "attempts"), number(&otp, "failures")), (0, failures));
}

/// The user "ada" whose cooldown is over.
async fn rested() -> Service {
    let service = ada(&[]).await;
    service.tick(30);
    service
}

/// Wrong codes that are typed meanwhile are in the run with which the new code is issued.
#[tokio::test(flavor = "multi_thread")]
async fn a_guess_that_a_resend_meets_is_not_forgotten() {
    for guesses in [1, 5] {
        let service = rested().await;
        let wrong = service.wrong_code(ADA, 0);
        let answer = resend_that_meets(&service, async {
            for nth in 0..guesses {
                assert_eq!(told(&service.verify("ada", &wrong).await), invalid_otp(4 - nth));
            }
        })
        .await;
        assert_eq!(refused_for(&service), FAILED);
        is_issued(&service, &answer, i64::from(guesses), 60).await;
    }
}

/// Only the code differs: two resends at once decide from the same row, and one writes.
#[tokio::test(flavor = "multi_thread")]
async fn a_resend_that_meets_another_one_is_too_soon() {
    let service = rested().await;
    let mut other = None;
    let answer = resend_that_meets(&service, async { other = Some(service.resend("ada").await) }).await;
    assert_eq!(told(&answer), resend_too_soon(60));
    assert_eq!(refused_for(&service), FAILED);
    is_issued(&service, &other.unwrap(), 0, 60).await;
    assert_eq!(service.courier().count(), 2);
}

/// Only the status differs: the text of the code before surely failed, which imposes no wait.
#[tokio::test(flavor = "multi_thread")]
async fn a_resend_that_meets_the_failing_of_a_text_counts_it_as_failed() {
    let service = Service::start().await;
    service.courier().play(Script::of([Behaviour::answer(400)]));
    let recording = service.proxy.hold(Match::first(Operation::UpdateItem).on("otps"));
    let meeting = async {
        recording.arrived(1).await;
        service.tick(30);
        let failing = async {
            recording.release();
            tests::runtime::until("the failing is recorded", || {
                let calls = service.proxy.calls();
                let mut records = calls.iter().filter(|call| call.operation == Operation::UpdateItem);
                records.any(|call| call.applied.is_some())
            })
            .await;
        };
        resend_that_meets(&service, failing).await
    };
    let (signup, resent) = tokio::join!(service.sign_up("ada", ADA), meeting);
    assert_eq!((signup.status, &signup.body["otp"]["delivery"]), (201, &"FAILED".into()));
    assert_eq!(refused_for(&service), FAILED);
    is_issued(&service, &resent, 0, 30).await;
    let otp = service.otp("ada").await.unwrap();
    let earlier = otp["issued"].as_l().unwrap()[0].as_m().unwrap();
    assert_eq!(text(earlier, "outcome"), "REJECTED");
}

/// Only the tries differ: the right code was typed again, which leaves the run at 0.
#[tokio::test(flavor = "multi_thread")]
async fn a_resend_that_meets_the_right_code_again_decides_anew() {
    let service = rested().await;
    let right = service.code_to(ADA);
    assert_eq!(told(&service.verify("ada", &right).await), verified("ada"));
    let answer = resend_that_meets(&service, async {
        assert_eq!(told(&service.verify("ada", &right).await), otp_already_used());
    })
    .await;
    assert_eq!(refused_for(&service), FAILED);
    is_issued(&service, &answer, 0, 30).await;
}

/// Only the run of failures differs: an operator ended it, and the new code does not bring it back.
#[tokio::test(flavor = "multi_thread")]
async fn a_resend_that_meets_an_operator_keeps_what_was_unlocked() {
    let service = rested().await;
    service.set("otps", "ada", "failures", 24).await;
    let answer = resend_that_meets(&service, async { service.set("otps", "ada", "failures", 0).await }).await;
    assert_eq!(refused_for(&service), FAILED);
    is_issued(&service, &answer, 0, 60).await;
}

/// A confirmation changes all but the code: the new one waits no longer, and the run is over.
#[tokio::test(flavor = "multi_thread")]
async fn a_resend_that_meets_a_confirmation_begins_anew() {
    let service = rested().await;
    let right = service.code_to(ADA);
    assert_eq!(told(&service.verify("ada", &service.wrong_code(ADA, 0)).await), invalid_otp(4));
    let answer = resend_that_meets(&service, async {
        assert_eq!(told(&service.verify("ada", &right).await), verified("ada"));
    })
    .await;
    assert_eq!(refused_for(&service), FAILED);
    is_issued(&service, &answer, 0, 30).await;
}
