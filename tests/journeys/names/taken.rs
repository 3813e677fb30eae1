//! Names that somebody has or had.

use serde_json::json;
use tests::proxy::{Match, Operation};
use tests::service::{PASSWORD, Service, number, signup, text};

use super::{ADA, BOB};
use crate::expected::{invalid_otp, rate_limited, told, username_taken, verified};

const ELSEWHERE: &str = "198.51.100.7";

/// Case 17: the name of a VERIFIED user is refused in any case, whatever the details, the own ones included, and nothing of
/// the account changes.
#[tokio::test(flavor = "multi_thread")]
async fn a_taken_name_stays_as_it_is() {
    let service = Service::start().await;
    assert_eq!(service.sign_up("Alice", ADA).await.status, 201);
    let right = service.code_to(ADA);
    assert_eq!(told(&service.verify("alice", &right).await), verified("alice"));
    let (users, otps) = (service.rows("users").await, service.rows("otps").await);
    for username in ["alice", "Alice", "ALICE"] {
        for phone in [ADA, BOB] {
            for (password, name) in [(PASSWORD, "Ada"), ("quite another harbour", "Eve")] {
                let details =
                    json!({ "username": username, "password": password, "mobileNo": phone, "name": name });
                let answer = service.call("/signup").from(ELSEWHERE).json(&details).await;
                assert_eq!(told(&answer), username_taken());
                let keyed = service.call("/signup").from(ELSEWHERE).key("key-1").json(&details).await;
                assert_eq!(told(&keyed), username_taken());
            }
        }
    }
    assert_eq!(service.rows("users").await, users);
    assert_eq!(service.rows("otps").await, otps);
    assert_eq!(service.courier().count(), 1);
}

/// Case 17: names cannot be looked up without end, and the limit does not tell either: not whether a name is taken, nor
/// whether a PENDING user has it.
#[tokio::test(flavor = "multi_thread")]
async fn the_101st_probe_of_an_hour_learns_nothing() {
    let service = Service::start().await;
    assert_eq!(service.sign_up("alice", ADA).await.status, 201);
    assert_eq!(told(&service.verify("alice", &service.code_to(ADA)).await), verified("alice"));
    assert_eq!(service.sign_up("pending", BOB).await.status, 201);
    service.tick(600);
    let probe = |username: &'static str| {
        let call = service.call("/signup").from(ELSEWHERE);
        async move { told(&call.json(&signup(username, BOB)).await) }
    };
    for nth in 0..100 {
        assert_eq!(probe("alice").await, username_taken(), "probe {nth}");
    }
    let before = service.everything().await;
    for username in ["alice", "pending", "nobody"] {
        assert_eq!(probe(username).await, rate_limited(3_000));
    }
    assert_eq!(service.everything().await, before);
    assert_eq!(service.courier().count(), 2);
    let elsewhere = service.call("/signup").from("198.51.100.8").json(&signup("alice", BOB)).await;
    assert_eq!(told(&elsewhere), username_taken());

    service.tick(3_000);
    assert_eq!(probe("alice").await, username_taken(), "in the next hour");
}

/// Whoever signs up after a PENDING user begins anew: nothing of the account before it passes on.
#[tokio::test(flavor = "multi_thread")]
async fn a_pending_user_is_replaced_by_whoever_signs_up_next() {
    let service = Service::start().await;
    assert_eq!(service.sign_up("ada", ADA).await.status, 201);
    let old = service.code_to(ADA);
    for nth in 0..3 {
        assert_eq!(told(&service.verify("ada", &service.wrong_code(ADA, nth)).await), invalid_otp(4 - nth));
    }
    let before = service.user("ada").await.unwrap();
    service.tick(1);
    let body = json!({ "username": "ada", "password": PASSWORD, "mobileNo": BOB, "name": "Bo" });
    let answer = service.post("/signup", body).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    assert_eq!(answer.body["otp"]["resendAfter"], 30);

    let user = service.user("ada").await.unwrap();
    assert_eq!((text(&user, "mobileNo"), text(&user, "name")), (BOB, "Bo"));
    assert_eq!(number(&user, "createdAt"), i64::try_from(service.now()).unwrap());
    assert_ne!(user["accountId"], before["accountId"]);
    let otp = service.otp("ada").await.unwrap();
    assert_eq!(otp["accountId"], user["accountId"]);
    assert_eq!((number(&otp, "attempts"), number(&otp, "failures")), (0, 0));
    assert_eq!(otp["issued"].as_l().unwrap().len(), 1);
    assert_eq!(told(&service.verify("ada", &old).await), invalid_otp(4), "no code of this account");
    assert_eq!(told(&service.verify("ada", &service.code_to(BOB)).await), verified("ada"));
    service.tick(86_400 + 900);
    assert_eq!(told(&service.sign_up("ada", ADA).await), username_taken(), "a verified user stays");
}

/// A user whose time is up is like an unknown one: the answers are the same, and no text goes out.
#[tokio::test(flavor = "multi_thread")]
async fn a_user_whose_time_is_up_gets_no_text() {
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

/// Case 17: the last count of the hour is whose call takes it, however long ago the other one looked at the name.
#[tokio::test(flavor = "multi_thread")]
async fn a_probe_that_is_overtaken_at_the_last_count_is_limited() {
    let service = Service::with(&[("CODES_PER_ADDRESS_PER_HOUR", "4")]).await;
    assert_eq!(service.sign_up("ada", "+12025550143").await.status, 201);
    assert_eq!(service.verify("ada", &service.code_to("+12025550143")).await.status, 200);
    let probe = async || service.sign_up("ada", "+13055550143").await.outcome();
    let counting = service.proxy.hold(Match::first(Operation::UpdateItem).on("limits"));
    let others = async {
        counting.arrived(1).await;
        assert_eq!(service.sign_up("bob", "+12125550143").await.status, 201);
        assert_eq!(service.sign_up("eve", "+13035550143").await.status, 201);
        assert_eq!(probe().await, "409 username_taken", "the fourth");
        counting.release();
    };
    let (overtaken, ()) = tokio::join!(probe(), others);
    assert_eq!(overtaken, "429 rate_limited");
}
