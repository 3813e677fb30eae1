//! What a process sees of the world: its ways to DynamoDB and to Courier, its clock and its dice all end here.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::{RetryConfig, RetryPartition, TokenBucket};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use local::settings::Settings;
use local::template::Template;
use rand::Rng as _;
use rand::rngs::StdRng;
use serde_json::Value;
use shared::clock::Clock;
use shared::config::SignupSettings;
use shared::context::SignupContext;
use shared::random::Random;
use shared::store::{Limits, Store};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

use super::process::{Reply, Step, Text};
use crate::within;

/// What the process that is being run sees of the world.
pub(super) struct Stage {
    pub(super) now: SystemTime,
    pub(super) dice: StdRng,
    pub(super) asks: mpsc::UnboundedSender<Asked>,
}

/// What a process asks, and waits to be answered.
pub(super) struct Asked {
    pub(super) step: Step,
    pub(super) reply: oneshot::Sender<Reply>,
}

/// Boots the functions, with their ways to DynamoDB and Courier, their clock and their dice ending at `stage`.
pub(super) async fn connect(settings: &[(&str, &str)], stage: &Arc<Mutex<Stage>>) -> SignupContext {
    let mut given: HashMap<String, String> =
        settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    for (name, value) in [
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_SECRET_ACCESS_KEY", "local"),
        // Nothing listens there; the start does not depend on it.
        ("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:9"),
        ("SEND_ANSWER_STEP_MILLISECONDS", "0"),
    ] {
        given.insert(name.to_owned(), value.to_owned());
    }
    given.insert("COURIER_BASE_URL".to_owned(), courier(Arc::clone(stage)).await);
    let template = Template::of_this_repository().expect("the template");
    let settings = Settings::new(&template, Arc::new(move |name| given.get(name).cloned()));
    let settings = SignupSettings::read(|name| settings.get(name)).expect("settings");
    let (users, otps) = (settings.texting.base.users_table.clone(), settings.texting.base.otps_table.clone());
    let limits = settings.texting.limits_table.clone();
    let clock = {
        let stage = Arc::clone(stage);
        Clock::reading(move || lock(&stage).now)
    };
    let mut signup = SignupContext::connect(settings, clock).await.expect("a context");
    let client = client(stage);
    signup.texting.context.store = Store::new(client.clone(), users, otps);
    signup.texting.limits = Limits::new(client, limits);
    let dice = Arc::clone(stage);
    signup.texting.random = Random::filling(move |bytes| lock(&dice).dice.fill_bytes(bytes));
    signup
}

/// The client of DynamoDB whose requests end at `stage`. It repeats as often as a function's own, and at once.
fn client(stage: &Arc<Mutex<Stage>>) -> Client {
    let stage = Arc::clone(stage);
    let answer = move |operation, body| {
        let stage = Arc::clone(&stage);
        async move {
            match ask(&stage, Step::Asks(operation, body)).await {
                Reply::Answered(status, body) => Some((status, body)),
                Reply::Lost => None,
            }
        }
    };
    let config = within::client(answer)
        .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_micros(1)))
        // A bucket would tell one run of a process from another.
        .retry_partition(RetryPartition::custom("stage").token_bucket(TokenBucket::unlimited()).build());
    Client::from_conf(config.build())
}

/// Starts a Courier whose requests end at `stage`, and returns its address.
async fn courier(stage: Arc<Mutex<Stage>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let router = Router::new().route("/send", post(take_text)).with_state(stage);
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

async fn take_text(
    State(stage): State<Arc<Mutex<Stage>>>,
    headers: HeaderMap,
    body: String,
) -> (StatusCode, String) {
    let body: Value = serde_json::from_str(&body).expect("JSON");
    let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).expect("a text").to_owned();
    let key = headers["idempotency-key"].to_str().expect("a key");
    let (id, _) = key.split_once(':').expect("<otpId>:<n>");
    let text =
        Text { to: text("/message/to/phone_number"), id: id.to_owned(), code: text("/message/to/data/otp") };
    match ask(&stage, Step::Texts(text)).await {
        Reply::Answered(status, body) => (StatusCode::from_u16(status).expect("a status"), body),
        Reply::Lost => {
            unreachable!("what Courier does not answer is asked for again, by the clock of the machine")
        }
    }
}

/// Ends a step, and waits for the next one; forever, if this was the last.
async fn ask(stage: &Mutex<Stage>, step: Step) -> Reply {
    let (reply, replied) = oneshot::channel();
    drop(lock(stage).asks.send(Asked { step, reply }));
    match replied.await {
        Ok(reply) => reply,
        Err(_) => std::future::pending().await,
    }
}

pub(super) fn lock(stage: &Mutex<Stage>) -> std::sync::MutexGuard<'_, Stage> {
    stage.lock().unwrap_or_else(PoisonError::into_inner)
}
