//! Two parties at one username: whoever reads the texts of a phone verifies no password of a stranger's. (31)

use serde_json::json;
use tests::crowd;
use tests::parties::run;
use tests::service::{Service, signup, text};

const ADA: &str = "+12025550143";

const SEED: u64 = 31;

const ORDERS: usize = 500;

/// Case 31, over random orders of the calls of both. `cargo bench -p tests --bench parties -- 50 <batch>` tells the story
/// of a counterexample again.
#[tokio::test(flavor = "multi_thread")]
async fn an_owner_verifies_no_account_whose_password_a_stranger_set() {
    let _turn = crowd::turn().await;
    let tally = run(SEED, ORDERS, None).await;
    if let Some(counterexample) = tally.counterexample {
        panic!("with seed {SEED}, {counterexample}");
    }
    assert_eq!(tally.orders, ORDERS);
    assert!(tally.contested * 10 >= ORDERS, "few orders met a contested account: {tally:?}");
    assert!(tally.confirmed * 50 >= ORDERS, "few owners verified after a stranger's signup: {tally:?}");
}

/// Case 31, its limit: an owner who sends no ids is safe for the day of the account, which `createdAt` tells. A repeated
/// signup that is answered with the same account does not begin another day.
#[tokio::test(flavor = "multi_thread")]
async fn without_ids_the_day_is_that_of_the_account() {
    let service = Service::start().await;
    let created = service.sign_up("ada", ADA).await;
    assert_eq!(created.status, 201);
    service.tick(86_400 - 60);
    assert_eq!(service.send("ada").await.status, 202);
    service.tick(30);
    let repeated = service.sign_up("ada", ADA).await;
    assert_eq!(repeated.status, 201);
    assert_eq!(repeated.body["user"]["createdAt"], created.body["user"]["createdAt"]);

    service.tick(30 + 900);
    let mut strangers = signup("ada", ADA);
    strangers["password"] = json!("seven magpies on a wet roof");
    assert_eq!(service.post("/signup", strangers).await.status, 201);
    let hash = service.user("ada").await.map(|user| text(&user, "passwordHash").to_owned());
    let typed = json!({ "username": "ada", "otp": service.code_to(ADA) });
    let with_id =
        json!({ "username": "ada", "otp": service.code_to(ADA), "otpId": repeated.body["otp"]["id"] });
    assert_eq!(service.post("/verify", with_id).await.outcome(), "422 otp_superseded");
    assert_eq!(service.post("/verify", typed).await.outcome(), "200 User verified");
    assert_eq!(service.user("ada").await.map(|user| text(&user, "passwordHash").to_owned()), hash);
}
