//! Every outcome of every call, once.

use local::courier::{Behaviour, Script};
use serde_json::{Value, json};
use tests::answer::Answer;
use tests::proxy::Call;
use tests::service::{Service, signup};

const ADA: &str = "+12025550143";
const BOB: &str = "+12125550143";
const EVE: &str = "+13055550143";

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
    refusals_of_limits(&mut seen).await;
    budget(&mut seen).await;
    courier(&mut seen).await;
    verifies(&mut seen).await;
    locked(&mut seen).await;
    shapes(&mut seen).await;
    seen
}

async fn signups(seen: &mut Seen) {
    let service =
        Service::with(&[("CODES_PER_PHONE_PER_DAY", "1"), ("CODES_PER_ADDRESS_PER_HOUR", "4")]).await;
    let keyed = async |body: Value| service.call("/signup").key("k").json(&body).await;
    scene(seen, &service, "signup", "a free name", keyed(signup("ada", ADA))).await;
    scene(seen, &service, "signup", "the same key again", keyed(signup("ada", ADA))).await;
    scene(seen, &service, "signup", "the same key, other details", keyed(signup("ada", BOB))).await;
    scene(seen, &service, "signup", "", service.sign_up("ada", BOB)).await;
    let other_key = service.call("/signup").key("other");
    scene(seen, &service, "signup", "with a key", other_key.json(&signup("ada", BOB))).await;
    scene(seen, &service, "signup", "the phone's cap", service.sign_up("bob", ADA)).await;
    service.sign_up("bob", BOB).await;
    scene(seen, &service, "signup", "the address's cap", service.sign_up("eve", EVE)).await;
    scene(seen, &service, "signup", "a taken name, the address's cap", service.sign_up("ada", EVE)).await;
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
    service.tick(30);
    scene(seen, &service, "resend", "a live code", service.resend("ada")).await;
    service.tick(600);
    scene(seen, &service, "send", "the username's cap", service.send("ada")).await;
    scene(seen, &service, "resend", "the username's cap", service.resend("ada")).await;
    service.tick(3_600);
    scene(seen, &service, "send", "a code before", service.send("ada")).await;
    scene(seen, &service, "send", "a name that nobody has", service.send("nobody")).await;
    service.tick(30);
    scene(seen, &service, "resend", "a name that nobody has", service.resend("nobody")).await;
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

/// The budget has one code in each shard, so the 17th finds one full, reads all sixteen, and finds them full.
async fn budget(seen: &mut Seen) {
    let service = Service::with(&[("DAILY_SMS_BUDGET", "16")]).await;
    service.user_of_yesterday("ada", ADA).await;
    for nth in 0..16 {
        let answer = service.sign_up(&format!("user-{nth}"), &format!("+121255501{nth:02}")).await;
        assert_eq!(answer.status, 201, "{answer:?}");
    }
    scene(seen, &service, "signup", "", service.sign_up("eve", EVE)).await;
    scene(seen, &service, "send", "", service.send("ada")).await;
    scene(seen, &service, "resend", "", service.resend("ada")).await;
}

async fn courier(seen: &mut Seen) {
    let service = Service::start().await;
    service.user_of_yesterday("ada", ADA).await;
    service.courier().play(Script::always(Behaviour::answer(401)));
    scene(seen, &service, "signup", "the text failed", service.sign_up("bob", BOB)).await;
    scene(seen, &service, "signup", "Courier is down", service.sign_up("eve", EVE)).await;
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
    let other = json!({ "username": "ada", "otp": code, "otpId": "AAAAAAAAAAAAAAAAAAAAAA" });
    scene(seen, &service, "verify", "another `otpId`", service.post("/verify", other)).await;
    scene(seen, &service, "verify", "", service.verify("ada", &code)).await;
    scene(seen, &service, "verify", "", service.verify("ada", &code)).await;
    for nth in 0..5 {
        service.verify("ada", &service.wrong_code(ADA, nth)).await;
    }
    scene(seen, &service, "verify", "", service.verify("ada", &code)).await;
    service.tick(600);
    scene(seen, &service, "verify", "", service.verify("ada", &code)).await;

    let service = Service::with(&[("SIGNUP_TTL_SECONDS", "900"), ("OTP_TTL_SECONDS", "900")]).await;
    service.sign_up("ada", ADA).await;
    service.tick(870);
    service.resend("ada").await;
    service.tick(30);
    scene(seen, &service, "verify", "the user has expired", service.verify("ada", &service.code_to(ADA)))
        .await;
}

async fn locked(seen: &mut Seen) {
    let service = Service::with(&[("MAX_CONSECUTIVE_FAILURES", "1")]).await;
    service.sign_up("ada", ADA).await;
    service.verify("ada", &service.wrong_code(ADA, 0)).await;
    scene(seen, &service, "send", "", service.send("ada")).await;
    scene(seen, &service, "resend", "", service.resend("ada")).await;
    scene(seen, &service, "verify", "", service.verify("ada", &service.code_to(ADA))).await;
}

async fn shapes(seen: &mut Seen) {
    let service = Service::start().await;
    for call in ["signup", "send", "resend", "verify"] {
        let path = format!("/{call}");
        scene(seen, &service, call, "", service.post(&path, json!({}))).await;
        let long = "x".repeat(5_000);
        scene(seen, &service, call, "", service.post(&path, json!({ "username": long }))).await;
        scene(seen, &service, call, "", service.call(&path).header("content-type", "text/plain").raw("{}"))
            .await;
    }
}
