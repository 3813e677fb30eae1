//! A run of wrong codes that an operator ends.

use serde_json::json;
use tests::answer::Answer;
use tests::proxy::{Match, Operation};
use tests::service::{Row, Service, number, text};

use super::{ADA, APPLIED, Exit, Report, as_if, audited, last, locked, operate};

async fn unlock(service: &Service, username: &str) -> Report {
    operate(service, &format!("unlock {username} {APPLIED}")).await
}

/// The row without what an unlock writes.
fn rest(mut row: Row) -> Row {
    row.retain(|name, _| !["failures", "expiresAt"].contains(&name.as_str()));
    row
}

/// Case 43: the lock is gone, and the long life of the row with it; nothing else has changed.
#[tokio::test(flavor = "multi_thread")]
async fn an_unlocked_user_is_sent_codes_and_verified() {
    let service = locked().await;
    let [users, mut otps, limits] = service.everything().await;
    let report = unlock(&service, "ada").await;
    assert_eq!((report.exit, last(&report)), (Exit::Done, "Ended the run of 100 wrong codes."));
    let otp = service.otp("ada").await.unwrap();
    assert_eq!(number(&otp, "failures"), 0);
    assert_eq!(number(&otp, "expiresAt"), number(&otp, "validUntil") + 3_600);
    assert_eq!(rest(otp.clone()), rest(otps.pop().unwrap()));
    assert_eq!(service.everything().await, [users, vec![otp.clone()], limits]);
    let expected = json!({
        "timestamp": "2026-01-06T12:00:00Z",
        "level": "INFO",
        "message": "audit",
        "event": "unlock",
        "operator": "grace",
        "otp": text(&otp, "otpId"),
        "result": "done",
        "target": "countersign::audit",
    });
    assert_eq!(audited(&report), expected);

    // The code that was sent before is still good, and so is the next.
    assert_eq!(service.verify("ada", &service.code_to(ADA)).await.outcome(), "200 User verified");
    service.tick(900);
    assert_eq!(service.send("ada").await.status, 202);
    assert_eq!(service.verify("ada", &service.code_to(ADA)).await.outcome(), "200 User verified");
}

/// Before it locks, a run makes each next code wait: that ends, too.
#[tokio::test(flavor = "multi_thread")]
async fn a_slowed_down_user_need_not_wait() {
    let service = Service::start().await;
    service.user_of_yesterday("ada", ADA).await;
    service.send("ada").await;
    as_if::failed(&service, "ada", 75).await;
    service.tick(600);
    assert_eq!(service.send("ada").await.outcome(), "429 resend_too_soon");
    assert_eq!(unlock(&service, "ada").await.exit, Exit::Done);
    assert_eq!(service.send("ada").await.status, 202);
}

/// An unknown username locks like any other, and is unlocked like any other: it is not made a user's by that.
#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_username_is_unlocked_alike() {
    let service = Service::start().await;
    service.send("nobody").await;
    as_if::failed(&service, "nobody", 100).await;
    assert_eq!(service.resend("nobody").await.outcome(), "403 locked");
    assert_eq!(unlock(&service, "nobody").await.exit, Exit::Done);
    service.tick(30);
    assert_eq!(service.resend("nobody").await.status, 202);
    assert_eq!(service.user("nobody").await, None);
}

/// A mistyped name does not become a row, and a name without a run is left alone.
#[tokio::test(flavor = "multi_thread")]
async fn where_there_is_no_run_nothing_is_written() {
    let service = Service::start().await;
    service.sign_up("ada", ADA).await;
    let before = service.everything().await;
    for (username, why) in [
        ("adaa", "Nothing is stored of this username."),
        ("ada", "Nothing was changed: there is no run of wrong codes to end."),
    ] {
        let report = unlock(&service, username).await;
        assert_eq!((report.exit, last(&report)), (Exit::Refused, why));
        assert!(report.audit.is_none());
    }
    assert_eq!(service.everything().await, before);
}

/// Case 43: what happens between an operator's read and its write is not overwritten, and the operator is told.
#[tokio::test(flavor = "multi_thread")]
async fn an_unlock_loses_against_whatever_comes_between() {
    for between in ["a guess", "a code", "the right code"] {
        let service = Service::start().await;
        service.user_of_yesterday("ada", ADA).await;
        service.send("ada").await;
        as_if::failed(&service, "ada", 10).await;
        service.tick(60);
        let meanwhile = async || -> Answer {
            match between {
                "a guess" => service.verify("ada", &service.wrong_code(ADA, 0)).await,
                "a code" => service.resend("ada").await,
                _ => service.verify("ada", &service.code_to(ADA)).await,
            }
        };
        let write = service.proxy.hold(Match::first(Operation::TransactWriteItems));
        let mut left = None;
        let in_between = async {
            write.arrived(1).await;
            meanwhile().await;
            left = service.otp("ada").await;
            write.release();
        };
        let (report, ()) = tokio::join!(unlock(&service, "ada"), in_between);
        assert_eq!(report.exit, Exit::Refused, "{between}");
        let lost = "Nothing was changed: a row is no longer the one above. Look again.";
        assert_eq!(last(&report), lost, "{between}");
        let line = audited(&report);
        assert_eq!((&line["result"], &line["level"]), (&json!("overtaken"), &json!("WARN")), "{between}");
        assert_eq!(service.otp("ada").await, left, "{between}");
        let failures = number(&left.unwrap(), "failures");
        assert_eq!(
            failures,
            if between == "a guess" {
                11
            } else if between == "a code" {
                10
            } else {
                0
            }
        );
    }
}
