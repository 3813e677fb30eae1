//! The whole service in one process: the gateway, the four functions, the embedded DynamoDB behind the recording
//! proxy, and the Courier stand-in, all on free ports and on one clock that a test moves.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use local::clock::{Clock, ManualClock};
use local::courier::{Courier, OnText};
use local::dynamodb::{Embedded, Keep};
use local::secrets::Secrets;
use local::settings::Lookup;
use local::stack::{Options, Stack};
use local::terminal::Addresses;
use serde_json::{Value, json};
use shared::domain::money::Prices;
use tokio::net::TcpListener;

use crate::answer::Answer;
use crate::proxy::Proxy;

/// When every test begins: 2026-01-05, a Monday, at noon UTC.
pub const NOON: u64 = 1_767_614_400;

/// A password that passes.
pub const PASSWORD: &str = "a quiet harbour at dawn";

/// What texts cost in tests, and may cost in a day: a budget of so many dollars is one of so many texts. Regions whose
/// fictitious numbers the tests have get as many as they like.
pub const A_DOLLAR_A_TEXT: [(&str, &str); 3] =
    [("SMS_PRICES", "*:1"), ("DAILY_BUDGET_DOLLARS", "1000"), ("ALLOWED_REGIONS", "*,US:500000,AU:500000")];

/// What texts cost, and may cost in a day, where nothing else is set: as the template has it.
pub const AS_DEPLOYED: [(&str, &str); 3] =
    [("SMS_PRICES", Prices::DEFAULT), ("DAILY_BUDGET_DOLLARS", "10"), ("ALLOWED_REGIONS", "*")];

/// The header by which a test says from where a request comes.
const SOURCE: &str = "x-pretended-source";

/// A row, as DynamoDB holds it.
pub type Row = HashMap<String, AttributeValue>;

/// A running service.
#[derive(Debug)]
pub struct Service {
    /// The proxy before the database: what was called, and what shall fail.
    pub proxy: Proxy,
    stack: Stack,
    database: Embedded,
    clock: Arc<ManualClock>,
    http: reqwest::Client,
}

impl Service {
    /// Starts a service with the default settings.
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// Starts a service with these `settings`, as a developer would give them in the environment.
    pub async fn with(settings: &[(&str, &str)]) -> Self {
        Self::telling(settings, None).await
    }

    /// Starts a service with these `settings` that tells `on_text` of each text.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn telling(settings: &[(&str, &str)], on_text: Option<OnText>) -> Self {
        let (clock, hand) = Clock::manual(NOON);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let keep = Keep::InMemory(clock.clone());
        let database = Embedded::start(listener, keep, std::future::pending()).expect("a database");
        let proxy = Proxy::start(database.address()).await.expect("a proxy");
        let stack = stack(settings, clock, on_text, &proxy).await;
        Self { proxy, stack, database, clock: hand, http: client() }
    }

    /// The service after a deployment with other `settings`: what is stored stays, and so does the time. The stand-in
    /// for Courier begins with an empty inbox.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn restarted_with(self, settings: &[(&str, &str)]) -> Self {
        let Self { proxy, stack: old, database, clock: hand, http } = self;
        old.stop().await;
        let stack = stack(settings, Clock::Manual(Arc::clone(&hand)), None, &proxy).await;
        Self { proxy, stack, database, clock: hand, http }
    }

    /// Moves the clock on.
    pub fn tick(&self, seconds: u64) {
        self.clock.tick(Duration::from_secs(seconds));
    }

    /// What the clock shows, in seconds since the epoch.
    #[must_use]
    pub fn now(&self) -> u64 {
        use dynoxide::storage_backend::Clock as _;
        self.clock.now_unix_secs()
    }

    /// Deletes what has expired, as DynamoDB does some time or other.
    ///
    /// # Panics
    /// When the database fails.
    pub fn sweep(&self) {
        self.database.sweep().expect("a sweep");
    }

    /// Where the database itself listens, behind the proxy.
    #[must_use]
    pub fn database(&self) -> SocketAddr {
        self.database.address()
    }

    /// Where everything listens.
    #[must_use]
    pub fn addresses(&self) -> &Addresses {
        &self.stack.summary().addresses
    }

    /// The stand-in for Courier.
    ///
    /// # Panics
    /// When texts go elsewhere.
    #[must_use]
    pub fn courier(&self) -> &Courier {
        self.stack.courier().expect("the stand-in")
    }

    /// The stand-in for Secrets Manager, which the functions of the service itself do not ask.
    #[must_use]
    pub fn secrets(&self) -> &Secrets {
        self.stack.secrets()
    }

    /// Where the API is, such as `http://127.0.0.1:3000`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.stack.summary().addresses.api
    }

    /// A call of the API, to be completed and sent.
    #[must_use]
    pub fn call(&self, path: &str) -> Call {
        let url = format!("{}{path}", self.addresses().api);
        Call(self.http.post(url).header(SOURCE, "192.0.2.1"))
    }

    /// Posts `body` as JSON from the usual address.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(path).json(&body).await
    }

    /// Signs `username` up with the phone `number`.
    pub async fn sign_up(&self, username: &str, number: &str) -> Answer {
        self.post("/signup", signup(username, number)).await
    }

    /// Signs `username` up from its own network, and lets an hour and a day pass, so that no cap counts it any more.
    ///
    /// # Panics
    /// When it fails.
    pub async fn user_of_yesterday(&self, username: &str, number: &str) {
        let answer = self.sign_up(username, number).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        let answer = self.verify(username, &self.code_to(number)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        self.tick(86_400);
        let _ = self.proxy.take_calls();
    }

    /// Asks for a code.
    pub async fn send(&self, username: &str) -> Answer {
        self.post("/send", json!({ "username": username })).await
    }

    /// Asks for another code.
    pub async fn resend(&self, username: &str) -> Answer {
        self.post("/resend", json!({ "username": username })).await
    }

    /// Types a code.
    pub async fn verify(&self, username: &str, otp: &str) -> Answer {
        self.post("/verify", json!({ "username": username, "otp": otp })).await
    }

    /// The newest code that was texted to `number`.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn code_to(&self, number: &str) -> String {
        let text = self.courier().newest_to(number).expect("a text");
        text.code().expect("a code").to_owned()
    }

    /// A code that is not the newest one texted to `number`; another `nth` is another code.
    ///
    /// # Panics
    /// When there is no text.
    #[must_use]
    pub fn wrong_code(&self, number: &str, nth: u32) -> String {
        let right: u32 = self.code_to(number).parse().expect("digits");
        format!("{:06}", (right + 1 + nth) % 1_000_000)
    }

    /// The row of a user.
    pub async fn user(&self, username: &str) -> Option<Row> {
        self.row("users", username).await
    }

    /// The row of a username's newest challenge.
    pub async fn otp(&self, username: &str) -> Option<Row> {
        self.row("otps", username).await
    }

    async fn row(&self, table: &str, username: &str) -> Option<Row> {
        let key = AttributeValue::S(username.to_owned());
        let read = self.dynamodb().get_item().table_name(table).key("username", key).consistent_read(true);
        read.send().await.expect("a read").item
    }

    /// Sets a number in a username's row, as an operator might and no call of the API does.
    ///
    /// # Panics
    /// When the database fails.
    pub async fn set(&self, table: &str, username: &str, attribute: &str, value: i64) {
        let update = self.dynamodb().update_item().table_name(table).update_expression("SET #a = :value");
        let update = update.key("username", AttributeValue::S(username.to_owned()));
        let update = update.expression_attribute_names("#a", attribute);
        let update = update.expression_attribute_values(":value", AttributeValue::N(value.to_string()));
        update.condition_expression("attribute_exists(username)").send().await.expect("an update");
    }

    /// All rows of a table, sorted by their key.
    ///
    /// # Panics
    /// When the database fails.
    pub async fn rows(&self, table: &str) -> Vec<Row> {
        let mut rows = Vec::new();
        let mut from = None;
        loop {
            let scan = self.dynamodb().scan().table_name(table).consistent_read(true);
            let page = scan.set_exclusive_start_key(from).send().await.expect("a scan");
            rows.extend(page.items.unwrap_or_default());
            from = page.last_evaluated_key;
            if from.is_none() {
                break;
            }
        }
        // Not by all of its text: nested maps have no order of their own.
        rows.sort_by_cached_key(|row| format!("{:?} {:?}", row.get("username"), row.get("key")));
        rows
    }

    /// Everything that is stored, to compare before and after.
    pub async fn everything(&self) -> [Vec<Row>; 3] {
        [self.rows("users").await, self.rows("otps").await, self.rows("limits").await]
    }

    /// A client of the database. Its calls go through the proxy, too.
    #[must_use]
    pub fn dynamodb(&self) -> &Client {
        self.stack.dynamodb()
    }
}

/// A stack on the database behind `proxy`, whose record is empty when it is up.
async fn stack(settings: &[(&str, &str)], clock: Clock, on_text: Option<OnText>, proxy: &Proxy) -> Stack {
    let mut given: HashMap<String, String> =
        settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    given.insert("AWS_ENDPOINT_URL_DYNAMODB".to_owned(), proxy.url());
    for (name, value) in A_DOLLAR_A_TEXT {
        given.entry(name.to_owned()).or_insert_with(|| value.to_owned());
    }
    // Only the tests of likeness need it; the others would wait for nothing.
    given.entry("SEND_ANSWER_STEP_MILLISECONDS".to_owned()).or_insert_with(|| "0".to_owned());
    let environment: Lookup = Arc::new(move |name| given.get(name).cloned());
    let options = Options { environment, on_text, ..Options::of_a_test(clock) };
    let stack = Stack::start(options).await.expect("a stack");
    let _ = proxy.take_calls();
    stack
}

/// The body of a signup.
#[must_use]
pub fn signup(username: &str, number: &str) -> Value {
    json!({ "username": username, "password": PASSWORD, "mobileNo": number, "name": "Ada" })
}

/// The text of an attribute.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn text<'a>(row: &'a Row, attribute: &str) -> &'a str {
    row[attribute].as_s().expect("a text")
}

/// The number in an attribute.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn number(row: &Row, attribute: &str) -> i64 {
    row[attribute].as_n().expect("a number").parse().expect("a number")
}

/// A request that is being put together.
#[derive(Debug)]
pub struct Call(reqwest::RequestBuilder);

impl Call {
    /// From another address than the usual one.
    ///
    /// # Panics
    /// When a header cannot hold it.
    #[must_use]
    pub fn from(self, address: &str) -> Self {
        let mut headers = reqwest::header::HeaderMap::new();
        headers.insert(SOURCE, address.parse().expect("an address"));
        Self(self.0.headers(headers))
    }

    /// With a header.
    #[must_use]
    pub fn header(self, name: &str, value: &str) -> Self {
        Self(self.0.header(name, value))
    }

    /// With an idempotency key.
    #[must_use]
    pub fn key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    /// Sends `body` as JSON.
    pub async fn json(self, body: &Value) -> Answer {
        self.header("content-type", "application/json").raw(body.to_string()).await
    }

    /// Sends `body` as it is, with no content type of its own.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn raw(self, body: impl Into<Vec<u8>>) -> Answer {
        Answer::read(self.0.body(body.into()).send().await.expect("an answer")).await
    }
}

fn client() -> reqwest::Client {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("TLS versions")
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let client = reqwest::Client::builder().tls_backend_preconfigured(tls).no_proxy();
    client.build().expect("a client")
}
