//! A username that an operator forgets, for the person who asks for it.

use serde_json::{Value, json};
use tests::answer::Answer;
use tests::proxy::{Match, Operation};
use tests::service::{Service, text};

use super::{ADA, APPLIED, BOB, Exit, Report, audited, last, locked, operate};
use crate::expected::{otp_not_found, told};

const LOST: &str = "Nothing was changed: a row is no longer the one above. Look again.";

async fn forget(service: &Service) -> Report {
    operate(service, &format!("forget ada {APPLIED}")).await
}

async fn sign_up_again(service: &Service) -> Answer {
    let mut other = tests::service::signup("ada", BOB);
    other["password"] = json!("quite another harbour");
    service.post("/signup", other).await
}

/// Case 43: both rows go, those of others stay; the name is free, and its lock is gone with the rest.
#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_username_is_free_for_anyone() {
    let service = locked().await;
    service.sign_up("bob", BOB).await;
    let [users, otps, limits] = service.everything().await;
    let id = text(&service.otp("ada").await.unwrap(), "otpId").to_owned();
    let report = forget(&service).await;
    let done = "Deleted the user and the challenge, and with it the run of 100 wrong codes.";
    assert_eq!((report.exit, last(&report)), (Exit::Done, done));
    let expected = json!({
        "timestamp": "2026-01-06T12:00:00Z",
        "level": "INFO",
        "message": "audit",
        "event": "forget",
        "operator": "grace",
        "otp": id,
        "result": "done",
        "target": "countersign::audit",
    });
    assert_eq!(audited(&report), expected);
    let of_others = |rows: Vec<tests::service::Row>| -> Vec<_> {
        rows.into_iter().filter(|row| text(row, "username") != "ada").collect()
    };
    assert_eq!(service.everything().await, [of_others(users), of_others(otps), limits]);
    assert_eq!(last(&forget(&service).await), "Nothing is stored of this username.");

    let texts = service.courier().count();
    assert_eq!(service.send("ada").await.status, 202, "like any unknown username");
    assert_eq!(service.courier().count(), texts);
    let answer = sign_up_again(&service).await;
    assert_eq!(answer.outcome(), "201 OTP sent successfully");
    assert_eq!(answer.body["otp"]["resendAfter"], 30);
    assert_eq!(service.verify("ada", &service.code_to(BOB)).await.outcome(), "200 User verified");
}

/// Where one row is missing, the other one goes.
#[tokio::test(flavor = "multi_thread")]
async fn a_single_row_is_forgotten() {
    let service = Service::start().await;
    service.user_of_yesterday("ada", ADA).await;
    service.sweep();
    assert_eq!(service.otp("ada").await, None);
    let report = forget(&service).await;
    assert_eq!((report.exit, last(&report)), (Exit::Done, "Deleted the user."));
    assert_eq!(audited(&report).get("otp"), None);

    service.send("ada").await;
    let report = forget(&service).await;
    assert_eq!((report.exit, last(&report)), (Exit::Done, "Deleted the challenge."));
    let [users, otps, _] = service.everything().await;
    assert_eq!((users, otps), (vec![], vec![]));
}

/// What "ada" was when the operator looked, and what happens before the operator's write.
const RACES: [(&str, &str); 6] = [
    ("pending", "another signup"),
    ("pending", "its confirmation"),
    ("pending", "another code"),
    ("a stray code", "a signup"),
    ("a lone user", "a code"),
    ("ended", "a signup"),
];

async fn before(race: &str) -> Service {
    let service = Service::start().await;
    match race {
        "pending" => assert_eq!(service.sign_up("ada", ADA).await.status, 201),
        "a stray code" => assert_eq!(service.send("ada").await.status, 202),
        "a lone user" => {
            service.user_of_yesterday("ada", ADA).await;
            service.sweep();
        }
        _ => {
            service.sign_up("ada", ADA).await;
            service.tick(90_000);
        }
    }
    service.tick(60);
    service
}

async fn happens(service: &Service, race: &str) -> Answer {
    match race {
        "another signup" | "a signup" => sign_up_again(service).await,
        "its confirmation" => service.verify("ada", &service.code_to(ADA)).await,
        _ => service.resend("ada").await,
    }
}

/// Case 43: what came between the operator's read and its write is not deleted: no new account, and none of its rows.
#[tokio::test(flavor = "multi_thread")]
async fn a_forget_loses_against_whatever_comes_between() {
    for (was, race) in RACES {
        let what = format!("{was}, {race}");
        let service = before(was).await;
        let write = service.proxy.hold(Match::first(Operation::TransactWriteItems));
        let mut left = None;
        let in_between = async {
            write.arrived(1).await;
            let answer = happens(&service, race).await;
            assert!(answer.status < 300, "{what}: {answer:?}");
            left = Some(service.everything().await);
            write.release();
        };
        let (report, ()) = tokio::join!(forget(&service), in_between);
        assert_eq!((report.exit, last(&report)), (Exit::Refused, LOST), "{what}");
        assert_eq!(audited(&report)["result"], "overtaken", "{what}");
        assert_eq!(service.everything().await, left.unwrap(), "{what}");
    }
}

/// The two rows that are read may be of two accounts; neither is deleted then, whichever was read first.
#[tokio::test(flavor = "multi_thread")]
async fn a_torn_read_deletes_nothing() {
    for (was, first, whose) in [
        ("pending", "users", "of another account"),
        ("pending", "otps", "of another account"),
        ("a stray code", "users", "of a user who is gone"),
        ("a stray code", "otps", "of an unknown username"),
    ] {
        let what = format!("{was}, {first} first");
        let service = before(was).await;
        let tear = service.proxy.tear(first);
        let mut left = None;
        let in_between = async {
            tear.arrived(1).await;
            assert_eq!(sign_up_again(&service).await.status, 201);
            left = Some(service.everything().await);
            tear.release();
        };
        let (report, ()) = tokio::join!(forget(&service), in_between);
        assert_eq!((report.exit, last(&report)), (Exit::Refused, LOST), "{what}");
        assert!(report.shown.contains(&format!("\n             {whose}\n")), "{what}: {}", report.shown);
        assert_eq!(service.everything().await, left.unwrap(), "{what}");
    }
}

/// What came between the look and the change is seen by the id of the code that was shown.
#[tokio::test(flavor = "multi_thread")]
async fn only_what_was_shown_is_forgotten() {
    let service = before("pending").await;
    let shown = text(&service.otp("ada").await.unwrap(), "otpId").to_owned();
    assert_eq!(sign_up_again(&service).await.status, 201);
    let left = service.everything().await;
    let report = operate(&service, &format!("forget ada {APPLIED} --otp={shown}")).await;
    assert_eq!(
        (report.exit, last(&report)),
        (Exit::Refused, "Nothing was changed: the newest code is not that of --otp.")
    );
    assert!(report.audit.is_none());
    assert_eq!(service.everything().await, left);
    let now = text(&left[1][0], "otpId");
    assert_eq!(operate(&service, &format!("forget ada {APPLIED} --otp={now}")).await.exit, Exit::Done);
    assert_eq!(service.user("ada").await, None);
}

/// A guess does not stand in the way: the code that it was made at goes as well.
#[tokio::test(flavor = "multi_thread")]
async fn a_guess_does_not_keep_a_user() {
    let service = before("pending").await;
    let write = service.proxy.hold(Match::first(Operation::TransactWriteItems));
    let in_between = async {
        write.arrived(1).await;
        service.verify("ada", &service.wrong_code(ADA, 0)).await;
        write.release();
    };
    assert_eq!(tokio::join!(forget(&service), in_between).0.exit, Exit::Done);
    assert_eq!((service.user("ada").await, service.otp("ada").await), (None, None));
}

/// Case 43: a call that is under way when its username is forgotten brings nothing of it back.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_in_flight_brings_nothing_back() {
    // A confirmation: the attempt was taken, and the code compared.
    let in_flight = async |path: &str, body: Value, held: Match| -> (Service, Answer) {
        let service = Service::start().await;
        service.user_of_yesterday("ada", ADA).await;
        if path == "/verify" {
            service.send("ada").await;
        }
        let mut body = body;
        body["username"] = json!("ada");
        if path == "/verify" {
            body["otp"] = json!(service.code_to(ADA));
        }
        let write = service.proxy.hold(held);
        let in_between = async {
            write.arrived(1).await;
            assert_eq!(forget(&service).await.exit, Exit::Done, "{path}");
            write.release();
        };
        let (answer, ()) = tokio::join!(service.post(path, body), in_between);
        (service, answer)
    };
    let (service, answer) =
        in_flight("/verify", json!({}), Match::first(Operation::TransactWriteItems)).await;
    assert_eq!(told(&answer), otp_not_found());
    assert_eq!((service.user("ada").await, service.otp("ada").await), (None, None));

    // A code that was decided on, but not stored: it is for an unknown username now.
    let (service, answer) = in_flight("/send", json!({}), Match::first(Operation::TransactWriteItems)).await;
    assert_eq!(answer.status, 202);
    assert_eq!((service.user("ada").await, service.courier().count()), (None, 1), "yesterday's text alone");

    // The record of a text that went out.
    let (service, answer) = in_flight("/send", json!({}), Match::first(Operation::UpdateItem)).await;
    assert_eq!(answer.status, 202);
    assert_eq!((service.user("ada").await, service.otp("ada").await), (None, None));
    assert_eq!(service.verify("ada", &service.code_to(ADA)).await.outcome(), "404 otp_not_found");
}

/// Unlike the person's rows, what a phone was sent today stays counted: it is kept under a MAC, until midnight.
#[tokio::test(flavor = "multi_thread")]
async fn forgetting_gives_no_phone_more_codes() {
    let service = Service::start().await;
    for _ in 0..5 {
        assert_eq!(service.sign_up("ada", ADA).await.status, 201);
        assert_eq!(forget(&service).await.exit, Exit::Done);
    }
    assert_eq!(service.sign_up("ada", ADA).await.outcome(), "429 rate_limited");
}
