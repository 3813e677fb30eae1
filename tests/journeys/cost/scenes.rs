//! Every outcome of every call, once.

use aws_sdk_dynamodb::types::AttributeValue;
use local::courier::{Behaviour, Script};
use serde_json::{Value, json};
use tests::answer::Answer;
use tests::proxy::Call;
use tests::service::{Service, signup};

use crate::as_if;
use crate::attestation::Gated;

const ADA: &str = "+12025550143";
const BOB: &str = "+12125550143";
const EVE: &str = "+13055550143";

/// The id of no code.
const FOREIGN: &str = "AAAAAAAAAAAAAAAAAAAAAA";

/// A scene, as the table names it, and the calls that it made.
pub(crate) type Seen = Vec<(String, Vec<Call>)>;

/// Plays one call, and writes down what it came to.
async fn scene(
    seen: &mut Seen,
    service: &Service,
    call: &str,
    when: &str,
    answer: impl Future<Output = Answer>,
) {
    let _ = service.proxy.take_calls();
    let answer = answer.await;
    let outcome = format!("{} {}", answer.status, answer.code());
    seen.push((format!("{call} {} ({when})", outcome.trim()), service.proxy.take_calls()));
}

pub(crate) async fn play() -> Seen {
    let mut seen = Seen::new();
    signups(&mut seen).await;
    issues(&mut seen).await;
    pending(&mut seen).await;
    refusals_of_limits(&mut seen).await;
    budget(&mut seen).await;
    courier(&mut seen).await;
    verifies(&mut seen).await;
    locked(&mut seen).await;
    shapes(&mut seen).await;
    seen
}

async fn signups(seen: &mut Seen) {
    let service = Service::start().await;
    let keyed = async |body: Value| service.call("/signup").key("k").json(&body).await;
    scene(seen, &service, "signup", "a free name", keyed(signup("ada", ADA))).await;
    scene(seen, &service, "signup", "the same key again", keyed(signup("ada", ADA))).await;
    scene(seen, &service, "signup", "the very same", service.sign_up("ada", ADA)).await;
    scene(seen, &service, "signup", "the same key, other details", keyed(signup("ada", BOB))).await;
    scene(seen, &service, "signup", "a PENDING name", service.sign_up("ada", ADA)).await;
    service.verify("ada", &service.code_to(ADA)).await;
    scene(seen, &service, "signup", "", service.sign_up("ada", BOB)).await;
    scene(seen, &service, "signup", "with a key", keyed(signup("ada", BOB))).await;

    let caps = [("SIGNUP_CODES_PER_PHONE_PER_DAY", "1"), ("CODES_PER_ADDRESS_PER_HOUR", "3")];
    let service = Service::with(&caps).await;
    service.sign_up("ada", ADA).await;
    scene(seen, &service, "signup", "the phone's cap", service.sign_up("bob", ADA)).await;
    scene(seen, &service, "signup", "a PENDING name, the phone's cap", service.sign_up("ada", ADA)).await;
    service.verify("ada", &service.code_to(ADA)).await;
    service.sign_up("bob", BOB).await;
    service.sign_up("ada", EVE).await;
    scene(seen, &service, "signup", "the address's cap", service.sign_up("eve", EVE)).await;
    scene(seen, &service, "signup", "a taken name, the address's cap", service.sign_up("ada", EVE)).await;
    scene(seen, &service, "signup", "a PENDING name, the address's cap", service.sign_up("bob", BOB)).await;
}

async fn issues(seen: &mut Seen) {
    let service = Service::with(&[("CODES_PER_USERNAME_PER_HOUR", "2")]).await;
    service.user_of_yesterday("ada", ADA).await;
    service.sweep();
    let keyed = async || service.call("/send").key("k").json(&json!({ "username": "ada" })).await;
    scene(seen, &service, "send", "no code before", keyed()).await;
    scene(seen, &service, "send", "the same key again", keyed()).await;
    scene(seen, &service, "send", "", service.send("ada")).await;
    scene(seen, &service, "resend", "", service.resend("ada")).await;
    let foreign = json!({ "username": "ada", "otpId": FOREIGN });
    scene(seen, &service, "send", "another `otpId`", service.post("/send", foreign.clone())).await;
    scene(seen, &service, "resend", "another `otpId`", service.post("/resend", foreign)).await;
    service.tick(30);
    scene(seen, &service, "resend", "a live code", service.resend("ada")).await;
    service.tick(600);
    scene(seen, &service, "send", "the username's cap", service.send("ada")).await;
    scene(seen, &service, "resend", "the username's cap", service.resend("ada")).await;
    service.tick(3_600);
    scene(seen, &service, "send", "a code before", service.send("ada")).await;
    scene(seen, &service, "send", "an unknown username", service.send("nobody")).await;
    service.tick(30);
    scene(seen, &service, "resend", "an unknown username", service.resend("nobody")).await;
}

/// The further codes of PENDING users, one of whom is contested.
async fn pending(seen: &mut Seen) {
    let service = Service::start().await;
    service.sign_up("ada", ADA).await;
    service.tick(600);
    scene(seen, &service, "send", "a PENDING user", service.send("ada")).await;
    let mut other_password = signup("ada", BOB);
    other_password["password"] = json!("another quiet harbour");
    let contested = service.post("/signup", other_password).await;
    service.tick(30);
    scene(seen, &service, "send", "", service.send("ada")).await;
    scene(seen, &service, "resend", "", service.resend("ada")).await;
    scene(seen, &service, "verify", "", service.verify("ada", &service.code_to(BOB))).await;
    let known = json!({ "username": "ada", "otpId": contested.body["otp"]["id"] });
    scene(seen, &service, "resend", "a contested user", service.post("/resend", known)).await;
}

async fn refusals_of_limits(seen: &mut Seen) {
    let service = Service::with(&[("CODES_PER_PHONE_PER_DAY", "1")]).await;
    service.user_of_yesterday("ada", ADA).await;
    service.send("ada").await;
    service.tick(600);
    scene(seen, &service, "send", "the phone's cap", service.send("ada")).await;
    let service = Service::with(&[("CODES_PER_ADDRESS_PER_HOUR", "1")]).await;
    service.user_of_yesterday("ada", ADA).await;
    service.send("ada").await;
    service.tick(600);
    scene(seen, &service, "send", "the address's cap", service.send("ada")).await;
}

/// Either pot has one code in each shard, so the 17th finds one full, reads all sixteen, and finds them full.
async fn budget(seen: &mut Seen) {
    let service = Service::with(&[("DAILY_BUDGET_DOLLARS", "32")]).await;
    let phone = |area: u32, nth: u32| format!("+1{area}55501{nth:02}");
    for nth in 0..16 {
        let (name, number) = (format!("owner-{nth}"), phone(415, nth));
        assert_eq!(service.sign_up(&name, &number).await.status, 201, "{name}");
        assert_eq!(service.verify(&name, &service.code_to(&number)).await.status, 200, "{name}");
    }
    service.tick(86_400);
    service.user_of_yesterday("ada", ADA).await;
    for nth in 0..16 {
        let name = format!("user-{nth}");
        assert_eq!(service.sign_up(&name, &phone(212, nth)).await.status, 201, "{name}");
        let name = format!("owner-{nth}");
        assert_eq!(service.send(&name).await.status, 202, "{name}");
    }
    scene(seen, &service, "signup", "", service.sign_up("eve", EVE)).await;
    scene(seen, &service, "signup", "a PENDING name", service.sign_up("user-0", EVE)).await;
    scene(seen, &service, "send", "", service.send("ada")).await;
    scene(seen, &service, "resend", "", service.resend("ada")).await;
}

async fn courier(seen: &mut Seen) {
    let service = Service::start().await;
    service.user_of_yesterday("ada", ADA).await;
    service.courier().play(Script::always(Behaviour::answer(401)));
    let keyed = async |body: Value| service.call("/signup").key("k").json(&body).await;
    scene(seen, &service, "signup", "the text failed", keyed(signup("bob", BOB))).await;
    scene(seen, &service, "signup", "Courier is down", service.sign_up("eve", EVE)).await;
    scene(seen, &service, "signup", "Courier is down, with a key", keyed(signup("eve", EVE))).await;
    scene(seen, &service, "signup", "Courier is down, the same key again", keyed(signup("bob", BOB))).await;
    scene(seen, &service, "send", "the text failed", service.send("ada")).await;
    scene(seen, &service, "send", "Courier is down", service.send("ada")).await;
}

async fn verifies(seen: &mut Seen) {
    let service = Service::start().await;
    scene(seen, &service, "verify", "no code", service.verify("ada", "123456")).await;
    service.sign_up("ada", ADA).await;
    let first = service.code_to(ADA);
    service.tick(30);
    service.resend("ada").await;
    let code = service.code_to(ADA);
    scene(seen, &service, "verify", "", service.verify("ada", &service.wrong_code(ADA, 0))).await;
    scene(seen, &service, "verify", "an earlier code", service.verify("ada", &first)).await;
    let other = json!({ "username": "ada", "otp": code, "otpId": FOREIGN });
    scene(seen, &service, "verify", "another `otpId`", service.post("/verify", other)).await;
    scene(seen, &service, "verify", "", service.verify("ada", &code)).await;
    scene(seen, &service, "verify", "", service.verify("ada", &code)).await;
    for nth in 0..5 {
        service.verify("ada", &service.wrong_code(ADA, nth)).await;
    }
    scene(seen, &service, "verify", "", service.verify("ada", &code)).await;
    service.tick(600);
    scene(seen, &service, "verify", "", service.verify("ada", &code)).await;

    let service = Service::start().await;
    service.sign_up("ada", ADA).await;
    let users = service.dynamodb().delete_item().table_name("users");
    users.key("username", AttributeValue::S("ada".to_owned())).send().await.unwrap();
    scene(
        seen,
        &service,
        "verify",
        "somebody deleted the user",
        service.verify("ada", &service.code_to(ADA)),
    )
    .await;
}

async fn locked(seen: &mut Seen) {
    let service = Service::start().await;
    service.sign_up("ada", ADA).await;
    as_if::failed(&service, "ada", 75).await;
    service.tick(600);
    scene(seen, &service, "send", "a run of wrong codes", service.send("ada")).await;
    as_if::failed(&service, "ada", 100).await;
    scene(seen, &service, "send", "", service.send("ada")).await;
    scene(seen, &service, "resend", "", service.resend("ada")).await;
    scene(seen, &service, "verify", "", service.verify("ada", &service.code_to(ADA))).await;
}

async fn shapes(seen: &mut Seen) {
    let service = Service::start().await;
    let gated = Service::with(&[("ORIGIN_SECRETS", "a-secret-that-no-caller-here-brings")]).await;
    let attested = Gated::start().await.service;
    for call in ["signup", "send", "resend", "verify"] {
        let path = format!("/{call}");
        scene(seen, &gated, call, "", gated.post(&path, json!({}))).await;
        if call != "verify" {
            let body = if call == "signup" { signup("ada", ADA) } else { json!({ "username": "ada" }) };
            scene(seen, &attested, call, "", attested.post(&path, body)).await;
        }
        scene(seen, &service, call, "", service.post(&path, json!({}))).await;
        let long = "x".repeat(5_000);
        scene(seen, &service, call, "", service.post(&path, json!({ "username": long }))).await;
        scene(seen, &service, call, "", service.call(&path).header("content-type", "text/plain").raw("{}"))
            .await;
    }
}
