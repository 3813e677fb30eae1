//! The token and the pepper, read from Secrets Manager, and the token once more when Courier refuses it.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use local::clock::Clock;
use local::courier::{Behaviour, Courier, Delay, Script};
use serde_json::{Value, json};
use shared::clock::Deadline;
use shared::config;
use shared::context::TextingContext;
use shared::courier::Text;
use shared::domain::challenge::{Delivery, DeliveryOutcome};
use shared::domain::code::{Code, OtpId};
use shared::domain::person_name::PersonName;
use shared::domain::phone::MobileNumber;
use shared::domain::recipient::RecipientKind;
use shared::domain::region::Regions;
use shared::domain::sms::Reader;
use shared::domain::time::Timestamp;
use tests::runtime::until;
use tests::service::NOON;
use tokio::net::TcpListener;

const TOKEN_ARN: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:token";
const PEPPER_ARN: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:pepper";
const PEPPER: &str = "cGVwcGVyIGZvciBsb2NhbCB1c2UsIG5vIHNlY3JldCE=";

/// A stand-in for Secrets Manager, with the token's values to come; the last one stays.
#[derive(Clone)]
pub(crate) struct Secrets {
    url: String,
    tokens: Arc<Mutex<VecDeque<&'static str>>>,
    read: Arc<Mutex<Vec<String>>>,
}

impl Secrets {
    pub(crate) async fn start<const N: usize>(tokens: [&'static str; N]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let secrets = Self { url, tokens: Arc::new(Mutex::new(tokens.into())), read: Arc::default() };
        let router = Router::new().route("/", post(Self::answer)).with_state(secrets.clone());
        tokio::spawn(async { axum::serve(listener, router).await });
        secrets
    }

    #[expect(clippy::unused_async, reason = "a handler is async")]
    async fn answer(
        State(secrets): State<Self>,
        headers: HeaderMap,
        body: String,
    ) -> (StatusCode, Json<Value>) {
        assert_eq!(headers["x-amz-target"], "secretsmanager.GetSecretValue");
        let request: Value = serde_json::from_str(&body).unwrap();
        let arn = request["SecretId"].as_str().unwrap();
        secrets.read.lock().unwrap().push(arn.to_owned());
        let mut tokens = secrets.tokens.lock().unwrap();
        let value = match arn {
            PEPPER_ARN => Some(PEPPER),
            TOKEN_ARN if tokens.len() > 1 => tokens.pop_front(),
            TOKEN_ARN => tokens.front().copied(),
            _ => None,
        };
        match value {
            Some(value) => (StatusCode::OK, Json(json!({ "ARN": arn, "SecretString": value }))),
            None => (StatusCode::BAD_REQUEST, Json(json!({ "__type": "ResourceNotFoundException" }))),
        }
    }

    fn times_read(&self, arn: &str) -> usize {
        self.read.lock().unwrap().iter().filter(|read| *read == arn).count()
    }
}

pub(crate) async fn courier(token: &str) -> Courier {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    Courier::start(listener, token, Clock::manual(NOON).0, None, std::future::pending()).unwrap()
}

/// Boots what texts, as send does, with both secrets in the stand-in.
async fn boot(secrets: &Secrets, courier: &Courier) -> Result<TextingContext, shared::context::Error> {
    boot_to(secrets, courier.address()).await
}

/// The same, with Courier at this address.
pub(crate) async fn boot_to(
    secrets: &Secrets,
    courier: SocketAddr,
) -> Result<TextingContext, shared::context::Error> {
    let courier = format!("http://{courier}");
    let settings = config::TextingSettings::read(|name| {
        let value = match name {
            "AWS_REGION" => "us-east-1",
            "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => "local",
            // Nothing listens there; the start does not depend on it.
            "AWS_ENDPOINT_URL_DYNAMODB" => "http://127.0.0.1:9",
            "AWS_ENDPOINT_URL_SECRETS_MANAGER" => &secrets.url,
            "USERS_TABLE" | "OTPS_TABLE" | "LIMITS_TABLE" => "table",
            "COURIER_BASE_URL" => &courier,
            "COURIER_TOKEN_SECRET_ARN" => TOKEN_ARN,
            "OTP_PEPPER_SECRET_ARN" => PEPPER_ARN,
            "APP_NAME" => "Tests",
            "ALLOWED_REGIONS" => "*",
            _ => return None,
        };
        Some(value.to_owned())
    });
    TextingContext::connect(settings.unwrap(), shared::clock::Clock::system()).await
}

pub(crate) async fn text(texting: &TextingContext) -> Delivery {
    let name = PersonName::parse("Ada").unwrap();
    let format = texting.context.policy.code_format;
    let reader = Reader { language: texting.texts.default_language(), client: None };
    let text = Text {
        to: &MobileNumber::parse("+12025550143", &Regions::all()).unwrap(),
        wording: &texting.texts.wording(reader, &name),
        code: &Code::parse("493817", format).unwrap(),
        id: OtpId::parse("AAAAAAAAAAAAAAAAAAAAAA").unwrap(),
        life: 600,
        until: Deadline::after(std::time::Duration::from_mins(10)),
    };
    let now = Timestamp::from_second(i64::try_from(NOON).unwrap());
    let admission = texting.courier.admit(RecipientKind::Pending, now).unwrap();
    let deadline = Deadline::after(std::time::Duration::from_secs(14));
    texting.courier.send(admission, text, deadline).await.delivery
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_read_once_at_the_start() {
    let (secrets, courier) = (Secrets::start(["token-1"]).await, courier("token-1").await);
    let texting = boot(&secrets, &courier).await.unwrap();
    assert_eq!(texting.context.pepper.id(), config::pepper(PEPPER).unwrap().id());
    for _ in 0..3 {
        assert_eq!(text(&texting).await.outcome, DeliveryOutcome::Sent);
    }
    assert_eq!((secrets.times_read(TOKEN_ARN), secrets.times_read(PEPPER_ARN)), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_was_rotated_is_read_again_and_the_text_is_sent() {
    let (secrets, courier) = (Secrets::start(["token-1", "token-2"]).await, courier("token-2").await);
    let texting = boot(&secrets, &courier).await.unwrap();
    let delivery = text(&texting).await;
    assert_eq!((delivery.outcome, delivery.tries), (DeliveryOutcome::Sent, 2));
    assert_eq!(text(&texting).await.tries, 1);
    assert_eq!(secrets.times_read(TOKEN_ARN), 2);
    assert_eq!(courier.keys()[0].as_deref(), Some("AAAAAAAAAAAAAAAAAAAAAA:1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_stays_refused_is_read_again_once() {
    let (secrets, courier) = (Secrets::start(["token-1"]).await, courier("another").await);
    let texting = boot(&secrets, &courier).await.unwrap();
    assert_eq!(text(&texting).await.outcome, DeliveryOutcome::Failed);
    assert_eq!(secrets.times_read(TOKEN_ARN), 2);
    assert_eq!(courier.count(), 0);
}

/// Then a new token waits for a start: the operator's page says so.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_may_not_text_is_not_read_again() {
    let (secrets, courier) = (Secrets::start(["token-1", "token-2"]).await, courier("token-1").await);
    courier.play(Script::of([Behaviour::answer(403)]));
    let texting = boot(&secrets, &courier).await.unwrap();
    assert_eq!(text(&texting).await.outcome, DeliveryOutcome::Failed);
    assert_eq!((secrets.times_read(TOKEN_ARN), courier.count()), (1, 0));
}

/// Case 40: three requests in all, one with another token included. What was read serves the next text.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_rotated_before_the_last_try_is_worth_no_further_one() {
    let (secrets, courier) = (Secrets::start(["token-1", "token-2"]).await, courier("token-1").await);
    let texting = boot(&secrets, &courier).await.unwrap();
    let failures = Script::of([Behaviour::answer(500), Behaviour::answer(500)]);
    courier.play(Script { delay: Delay::of(300), ..failures });
    let (delivery, ()) = tokio::join!(text(&texting), async {
        until("the second try comes", || courier.keys().len() == 2).await;
        courier.rotate("token-2");
    });
    assert_eq!((delivery.outcome, delivery.tries), (DeliveryOutcome::Failed, 3));
    assert_eq!((courier.keys().len(), courier.count()), (2, 0), "the third was refused for its token");
    assert_eq!(secrets.times_read(TOKEN_ARN), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_cannot_be_used_stops_the_start_and_is_not_shown() {
    let courier = courier("token").await;
    let malformed = boot(&Secrets::start(["a token\twith a tab"]).await, &courier).await.unwrap_err();
    let message = malformed.to_string();
    assert_eq!(message, format!("the secret {TOKEN_ARN} must consist of visible ASCII characters"));
    let missing = boot(&Secrets::start([]).await, &courier).await.unwrap_err();
    assert!(
        missing.to_string().starts_with(&format!("the secret {TOKEN_ARN} could not be read")),
        "{missing}"
    );
}
