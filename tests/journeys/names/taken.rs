//! Names that somebody has, had, or is about to have.

use std::sync::Arc;

use futures::future::join_all;
use serde_json::json;
use tests::crowd;
use tests::service::{Service, number, signup, text};

use super::{ADA, BOB};
use crate::expected::{invalid_otp, rate_limited, told, username_taken, verified};

const ELSEWHERE: &str = "198.51.100.7";

/// Case 17: a taken name is refused in any case, whoever has it and however far they got, and nothing of the account
/// changes.
#[tokio::test(flavor = "multi_thread")]
async fn a_taken_name_stays_as_it_is() {
    let service = Service::start().await;
    assert_eq!(service.sign_up("Alice", ADA).await.status, 201);
    let right = service.code_to(ADA);
    for status in ["PENDING", "VERIFIED"] {
        let (users, otps) = (service.rows("users").await, service.rows("otps").await);
        assert_eq!(text(&users[0], "status"), status);
        for username in ["alice", "Alice", "ALICE"] {
            for phone in [ADA, BOB] {
                let other = json!({
                    "username": username, "password": "quite another harbour", "mobileNo": phone, "name": "Eve"
                });
                let answer = service.call("/signup").from(ELSEWHERE).json(&other).await;
                assert_eq!(told(&answer), username_taken());
            }
        }
        assert_eq!(service.rows("users").await, users);
        assert_eq!(service.rows("otps").await, otps);
        assert_eq!(service.courier().count(), 1);
        if status == "PENDING" {
            assert_eq!(told(&service.verify("alice", &right).await), verified("alice"));
        }
    }
}

/// Case 17: names cannot be looked up without end, and the limit does not tell either.
#[tokio::test(flavor = "multi_thread")]
async fn the_31st_probe_of_an_hour_learns_nothing() {
    let service = Service::start().await;
    assert_eq!(service.sign_up("alice", ADA).await.status, 201);
    service.tick(600);
    let probe = |username: &'static str| {
        let call = service.call("/signup").from(ELSEWHERE);
        async move { told(&call.json(&signup(username, BOB)).await) }
    };
    for nth in 0..30 {
        assert_eq!(probe("alice").await, username_taken(), "probe {nth}");
    }
    let before = service.everything().await;
    assert_eq!(probe("alice").await, rate_limited(3_000));
    assert_eq!(probe("nobody").await, rate_limited(3_000));
    assert_eq!(service.everything().await, before);
    assert_eq!(service.courier().count(), 1);
    let elsewhere = service.call("/signup").from("198.51.100.8").json(&signup("alice", BOB)).await;
    assert_eq!(told(&elsewhere), username_taken());

    service.tick(3_000);
    assert_eq!(probe("alice").await, username_taken(), "in the next hour");
}

/// Case 18: of fifty signups at once for one username one makes it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_signups_at_once_one_has_the_name() {
    let _turn = crowd::turn().await;
    let service = Arc::new(Service::with(&[("CODES_PER_ADDRESS_PER_HOUR", "0")]).await);
    for round in 0..3 {
        let signing = (0..50).map(|nth| {
            let service = Arc::clone(&service);
            let phone = format!("+1{}555{:04}", 303 + round, 100 + nth);
            let username = if nth % 2 == 0 { format!("Ada-{round}") } else { format!("ada-{round}") };
            tokio::spawn(async move { (phone.clone(), service.sign_up(&username, &phone).await) })
        });
        let answers = join_all(signing).await.into_iter().map(|answer| answer.unwrap());
        let (won, lost): (Vec<_>, Vec<_>) = answers.partition(|(_, answer)| answer.status == 201);
        assert_eq!((won.len(), lost.len()), (1, 49), "round {round}: {lost:?}");
        for (_, answer) in &lost {
            assert_eq!(told(answer), username_taken());
        }
        let (phone, answer) = &won[0];
        assert_eq!(service.courier().count(), round + 1, "one text");
        let (users, otps) = (service.rows("users").await, service.rows("otps").await);
        assert_eq!((users.len(), otps.len()), (round + 1, round + 1));
        let username = format!("ada-{round}");
        assert_eq!(text(&service.user(&username).await.unwrap(), "mobileNo"), phone);
        assert_eq!(answer.body["otp"]["id"], text(&service.otp(&username).await.unwrap(), "otpId"));
        assert_eq!(told(&service.verify(&username, &service.code_to(phone)).await), verified(&username));
    }
}

/// A user that never verified frees the name, to the second and before the row is gone; nothing of it passes on.
#[tokio::test(flavor = "multi_thread")]
async fn an_expired_user_is_replaced() {
    let service = Service::with(&[("SIGNUP_TTL_SECONDS", "900")]).await;
    assert_eq!(service.sign_up("ada", ADA).await.status, 201);
    let old = service.code_to(ADA);
    for nth in 0..3 {
        assert_eq!(told(&service.verify("ada", &service.wrong_code(ADA, nth)).await), invalid_otp(4 - nth));
    }
    service.tick(899);
    assert_eq!(told(&service.sign_up("ada", BOB).await), username_taken());
    service.tick(1);
    let body =
        json!({ "username": "ada", "password": "quite another harbour", "mobileNo": BOB, "name": "Bo" });
    let answer = service.post("/signup", body).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    assert_eq!(answer.body["otp"]["resendAfter"], 30);

    let user = service.user("ada").await.unwrap();
    assert_eq!((text(&user, "mobileNo"), text(&user, "name")), (BOB, "Bo"));
    assert_eq!(number(&user, "createdAt"), i64::try_from(service.now()).unwrap());
    let otp = service.otp("ada").await.unwrap();
    assert_eq!((number(&otp, "attempts"), number(&otp, "failures")), (0, 0));
    assert_eq!(told(&service.verify("ada", &old).await), invalid_otp(4), "nothing of ours any more");
    assert_eq!(told(&service.verify("ada", &service.code_to(BOB)).await), verified("ada"));
    service.tick(900);
    assert_eq!(told(&service.sign_up("ada", ADA).await), username_taken(), "a verified user stays");
}

/// Nobody is texted for a name that nobody has any more.
#[tokio::test(flavor = "multi_thread")]
async fn an_expired_user_gets_no_text() {
    let service = Service::with(&[("SIGNUP_TTL_SECONDS", "900")]).await;
    assert_eq!(service.sign_up("ada", ADA).await.status, 201);
    service.tick(899);
    assert_eq!(service.send("ada").await.status, 202);
    assert_eq!(service.courier().count(), 2);
    service.tick(60);
    assert_eq!(service.resend("ada").await.status, 202);
    assert_eq!(service.courier().count(), 2);
}

/// Whoever asks for codes for a free name keeps nobody from it, and leaves no wait and no failures to its owner.
#[tokio::test(flavor = "multi_thread")]
async fn a_signup_replaces_the_challenge_of_an_unknown_name() {
    let service = Service::start().await;
    assert_eq!(service.send("ada").await.status, 202);
    for nth in 0..5 {
        assert_eq!(told(&service.verify("ada", "000000").await), invalid_otp(4 - nth));
    }
    service.tick(30);
    assert_eq!(service.resend("ada").await.status, 202);
    assert_eq!(service.courier().count(), 0);

    let answer = service.sign_up("ada", ADA).await;
    assert_eq!((answer.status, &answer.body["otp"]["resendAfter"]), (201, &json!(30)), "{answer:?}");
    assert_eq!(service.courier().count(), 1);
    let otp = service.otp("ada").await.unwrap();
    assert_eq!((number(&otp, "attempts"), number(&otp, "failures")), (0, 0));
    assert_eq!(told(&service.verify("ada", &service.code_to(ADA)).await), verified("ada"));
}
