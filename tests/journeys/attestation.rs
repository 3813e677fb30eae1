//! The gate for apps: who is let in, what it costs those who are not, and where its keys come from.

mod keys;
mod tokens;

use local::app_check::Issuer;
use local::clock::Clock;
use serde_json::{Value, json};
use tests::answer::Answer;
use tests::service::{Call, NOON, Service, signup};
use tokio::net::TcpListener;

const ADA: &str = "+12025550143";

/// The number of the project whose apps are let in.
pub(crate) const PROJECT: &str = "123456789";

/// The header that brings a token.
pub(crate) const HEADER: &str = "x-firebase-appcheck";

/// The calls that the gate stands before.
const GATED: [&str; 3] = ["/signup", "/send", "/resend"];

/// A service behind the gate, and the issuer of tokens.
pub(crate) struct Gated {
    pub(crate) service: Service,
    pub(crate) issuer: Issuer,
}

impl Gated {
    /// A service that requires tokens.
    pub(crate) async fn start() -> Self {
        Self::with(issuer().await, "require", &[]).await
    }

    /// A service in `mode` that trusts `issuer`, with further settings.
    pub(crate) async fn with(issuer: Issuer, mode: &str, further: &[(&str, &str)]) -> Self {
        let url = issuer.url();
        let mut settings = vec![
            ("APP_CHECK_PROJECT_NUMBER", PROJECT),
            ("APP_CHECK_MODE", mode),
            ("APP_CHECK_BASE_URL", url.as_str()),
        ];
        settings.extend(further);
        Self { service: Service::with(&settings).await, issuer }
    }

    /// The claims of a token that is made now.
    fn claims(&self) -> Value {
        let mut claims = self.issuer.claims(PROJECT);
        claims["iat"] = json!(self.service.now());
        claims["exp"] = json!(self.service.now() + 3_600);
        claims
    }

    /// A token that is made now.
    pub(crate) fn token(&self) -> String {
        self.issuer.sign(&self.issuer.header(), &self.claims())
    }

    /// A call with a token.
    fn attested(&self, path: &str) -> Call {
        self.service.call(path).header(HEADER, &self.token())
    }

    async fn sign_up(&self) -> Answer {
        self.attested("/signup").json(&signup("ada", ADA)).await
    }
}

/// An issuer whose clock stands at noon.
pub(crate) async fn issuer() -> Issuer {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    Issuer::start(listener, Clock::manual(NOON).0, std::future::pending()).unwrap()
}

/// A body that the call takes.
fn body(path: &str) -> Value {
    if path == "/signup" { signup("ada", ADA) } else { json!({ "username": "ada" }) }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attested_app_goes_all_the_way() {
    let gated = Gated::start().await;
    assert_eq!(gated.sign_up().await.status, 201);
    gated.service.tick(30);
    assert_eq!(gated.attested("/resend").json(&body("/resend")).await.status, 202);
    let code = gated.service.code_to(ADA);
    assert_eq!(gated.service.verify("ada", &code).await.outcome(), "200 User verified", "without a token");
    gated.service.tick(60);
    assert_eq!(gated.attested("/send").json(&body("/send")).await.status, 202);
}

/// A token is no key: as long as it lasts, it is good for every call.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_can_be_used_again_for_its_hour() {
    let gated = Gated::start().await;
    let token = gated.token();
    for nth in 0..2 {
        let call = gated.service.call("/signup").header(HEADER, &token);
        let answer = call.json(&signup(&format!("user-{nth}"), &format!("+1202555014{nth}"))).await;
        assert_eq!(answer.status, 201, "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_brings_none_is_refused_before_anything_is_read_written_or_texted() {
    let gated = Gated::start().await;
    assert_eq!(gated.sign_up().await.status, 201);
    let before = gated.service.everything().await;
    let _ = gated.service.proxy.take_calls();
    for path in GATED {
        for name in ["ada", "nobody"] {
            let mut body = body(path);
            body["username"] = json!(name);
            let answer = gated.service.post(path, body).await;
            assert_eq!(answer.outcome(), "401 attestation_required", "{path} {name}");
        }
    }
    assert!(gated.service.proxy.take_calls().is_empty());
    assert_eq!(gated.service.courier().count(), 1);
    assert_eq!(gated.service.everything().await, before);
}

/// What a request is comes first, then who makes it, then whether it was answered before.
#[tokio::test(flavor = "multi_thread")]
async fn the_gate_stands_behind_the_form_and_before_the_key() {
    let gated = Gated::start().await;
    let keyed = async |call: Call| call.key("one").json(&body("/signup")).await;
    assert_eq!(keyed(gated.attested("/signup")).await.status, 201);
    assert_eq!(keyed(gated.service.call("/signup")).await.outcome(), "401 attestation_required");
    assert_eq!(keyed(gated.attested("/signup")).await.status, 201);
    for path in GATED {
        let call = || gated.service.call(path);
        assert_eq!(call().raw("{}").await.outcome(), "415 unsupported_media_type", "{path}");
        let long = json!({ "username": "x".repeat(5_000) });
        assert_eq!(call().json(&long).await.outcome(), "413 payload_too_large", "{path}");
        assert_eq!(call().json(&json!({})).await.outcome(), "400 invalid_request", "{path}");
        assert_eq!(call().json(&body(path)).await.outcome(), "401 attestation_required", "{path}");
    }
    let no_callers = "x".repeat(32);
    let behind = Gated::with(issuer().await, "require", &[("ORIGIN_SECRETS", &no_callers)]).await;
    assert_eq!(behind.sign_up().await.outcome(), "403 forbidden");
}

#[tokio::test(flavor = "multi_thread")]
async fn verify_never_wants_a_token_and_looks_at_none() {
    let gated = Gated::start().await;
    assert_eq!(gated.sign_up().await.status, 201);
    let fetches = gated.issuer.fetches();
    gated.service.tick(60);
    let mut header = gated.issuer.header();
    header["kid"] = json!("unknown");
    let call = gated.service.call("/verify").header(HEADER, &gated.issuer.sign(&header, &gated.claims()));
    let code = gated.service.code_to(ADA);
    assert_eq!(call.json(&json!({ "username": "ada", "otp": code })).await.status, 200);
    assert_eq!(gated.issuer.fetches(), fetches);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_only_records_lets_everybody_in() {
    let gated = Gated::with(issuer().await, "record", &[]).await;
    assert_eq!(gated.service.sign_up("ada", ADA).await.status, 201);
    for token in ["", "garbage", &gated.token()] {
        gated.service.tick(900);
        let call = gated.service.call("/send").header(HEADER, token);
        assert_eq!(call.json(&body("/send")).await.status, 202, "{token:?}");
    }
}

/// Without the number of a project there is no gate, whatever else is set.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_project_no_token_is_looked_at_and_no_key_fetched() {
    let issuer = issuer().await;
    let url = issuer.url();
    let off = [
        ("APP_CHECK_PROJECT_NUMBER", ""),
        ("APP_CHECK_MODE", "require"),
        ("APP_CHECK_BASE_URL", url.as_str()),
    ];
    let service = Service::with(&off).await;
    assert_eq!(service.sign_up("ada", ADA).await.status, 201);
    service.tick(600);
    let long = "a".repeat(8_192);
    let call = service.call("/send").header(HEADER, "garbage").header(HEADER, &long);
    assert_eq!(call.json(&body("/send")).await.status, 202);
    assert_eq!(issuer.fetches(), 0);
}

/// As `cargo run` does it: the functions trust the stand-in beside them, and whoever asks it gets a token.
#[tokio::test(flavor = "multi_thread")]
async fn on_one_machine_a_token_can_be_had_for_the_asking() {
    let service =
        Service::with(&[("APP_CHECK_PROJECT_NUMBER", PROJECT), ("APP_CHECK_MODE", "require")]).await;
    assert_eq!(service.sign_up("ada", ADA).await.outcome(), "401 attestation_required");
    let given = service.call("/_local/app-check").raw("").await;
    assert_eq!((given.status, &given.body["ttl"]), (200, &json!("3600s")), "{given:?}");
    let call = service.call("/signup").header(HEADER, given.body["token"].as_str().unwrap());
    assert_eq!(call.json(&signup("ada", ADA)).await.status, 201);
    let foreign = service.call("/_local/app-check").header("origin", "http://example.com").raw("").await;
    assert_eq!(foreign.status, 403);
    let off = Service::start().await;
    assert_eq!(off.call("/_local/app-check").raw("").await.status, 404);
}
