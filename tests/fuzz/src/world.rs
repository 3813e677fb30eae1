//! The four functions with all that they call, in one process: DynamoDB without a socket, and the stand-in for Courier.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use lambda_http::request::LambdaRequest;
use lambda_http::{Body, Request, Response};
use local::clock::Clock as LocalClock;
use local::courier::{Behaviour, Courier, OnText, Script};
use local::settings::Settings;
use local::template::Template;
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::config::{SignupSettings, TextingSettings, VerifySettings};
use shared::context::{CallContext, SignupContext, TextingContext};
use shared::http;
use shared::store::{Limits, Store};
use tests::service::{A_DOLLAR_A_TEXT, NOON, PASSWORD};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

use crate::contract::{Contract, Secrets};
use crate::tables::{Row, Tables};

/// The calls.
pub const CALLS: [&str; 4] = ["signup", "send", "resend", "verify"];

/// The user who is VERIFIED when an input begins, and its number.
pub const VERIFIED: (&str, &str) = ("ada", "+12025550143");

/// The user who is PENDING then, with a live code, and its number.
pub const PENDING: (&str, &str) = ("bob", "+61491570006");

/// Texts that are sent before the first input: after fewer, one that only seems to be sent takes up to 400 ms.
const TEXTS: usize = 8;

/// The token between the functions and the stand-in.
const TOKEN: &str = "a-token-of-nobody";

/// What differs from the template's settings. A code of ten digits is none that an answer has by chance.
const SETTINGS: [(&str, &str); 9] = [
    ("ANDROID_APP_HASH", "FA+9qCX9VSu"),
    ("APP_NAME", "Fuzz"),
    ("AWS_ACCESS_KEY_ID", "a"),
    ("AWS_SECRET_ACCESS_KEY", "b"),
    ("COURIER_TOKEN", TOKEN),
    ("LOCALES", "*"),
    ("OTP_DOMAIN", "example.com"),
    ("OTP_LENGTH", "10"),
    ("SEND_ANSWER_STEP_MILLISECONDS", "0"),
];

/// The functions, and what they work on.
pub struct World {
    runtime: Runtime,
    functions: Functions,
    tables: Arc<Tables>,
    courier: Courier,
    texted: Arc<Mutex<Vec<Texted>>>,
    now: Arc<AtomicU64>,
    contract: Contract,
    /// What is stored and was texted when an input begins, and when that is.
    beginning: (Vec<Row>, Vec<Texted>, u64),
}

struct Functions {
    signup: SignupContext,
    send: TextingContext,
    resend: TextingContext,
    verify: CallContext,
}

/// A code that was texted.
#[derive(Clone, Debug)]
pub struct Texted {
    /// The number that it went to.
    pub to: String,
    /// The code.
    pub code: String,
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World").finish_non_exhaustive()
    }
}

impl World {
    /// Boots the functions as a cold start does, and has two people sign up.
    #[must_use]
    pub fn start() -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let texted: Arc<Mutex<Vec<Texted>>> = Arc::default();
        let (tables, now) = (Tables::empty(), Arc::new(AtomicU64::new(NOON)));
        let (functions, courier) = runtime.block_on(async {
            let courier = courier(Arc::clone(&texted)).await;
            (Functions::boot(&tables, &courier, &now).await, courier)
        });
        let beginning = Default::default();
        let contract = Contract::read(CALLS);
        let mut world = Self { runtime, functions, tables, courier, texted, now, contract, beginning };
        world.populate();
        world
    }

    fn populate(&mut self) {
        let call = |call, body| self.call(call, &body).status().as_u16();
        let sign_up = |(username, number): (&str, &str)| {
            let body =
                json!({ "username": username, "password": PASSWORD, "mobileNo": number, "name": "Ada" });
            assert_eq!(call("signup", body), 201);
        };
        sign_up(VERIFIED);
        let otp = &self.texted()[0].code;
        assert_eq!(call("verify", json!({ "username": VERIFIED.0, "otp": otp })), 200);
        while self.texted().len() < TEXTS {
            self.tick(3_600);
            assert_eq!(call("send", json!({ "username": VERIFIED.0 })), 202);
        }
        self.tick(3_600);
        sign_up(PENDING);
        self.tick(60);
        self.beginning = (self.tables.rows(), self.texted(), self.now.load(Ordering::Relaxed));
    }

    /// Makes all what it was when the last input began.
    pub fn begin(&self) {
        let (rows, texted, now) = &self.beginning;
        self.tables.restore(rows);
        self.texted.lock().unwrap_or_else(PoisonError::into_inner).clone_from(texted);
        self.now.store(*now, Ordering::Relaxed);
        self.courier.play(Script::default());
    }

    /// Lets so much time pass.
    pub fn tick(&self, seconds: u64) {
        self.now.fetch_add(seconds, Ordering::Relaxed);
    }

    /// Has Courier refuse the next text.
    pub fn refuse_a_text(&self) {
        self.courier.play(Script::of([Behaviour::answer(400)]));
    }

    /// Returns the codes that were texted, the newest last.
    #[must_use]
    pub fn texted(&self) -> Vec<Texted> {
        self.texted.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Has a function answer a call with this body.
    pub fn call(&self, call: &'static str, body: &Value) -> Response<Body> {
        self.answer(call, serde_json::from_value(event(call, &body.to_string())).expect("an event"))
    }

    /// Has a function answer an event as Lambda's runtime hands it over, and holds the answer to the contract.
    ///
    /// # Panics
    /// Where the answer breaks it.
    pub fn answer(&self, call: &'static str, event: LambdaRequest) -> Response<Body> {
        let request = Request::from(http::without_unread_parts(event));
        let given = number_in(request.body());
        let answer = self.runtime.block_on(self.functions.answer(call, request));
        let phones = [VERIFIED.1, PENDING.1].map(str::to_owned).into_iter().chain(given).collect();
        let codes = self.texted().into_iter().map(|text| text.code).collect();
        self.contract.check(call, &answer, &Secrets { codes, phones });
        answer
    }
}

impl Functions {
    async fn boot(tables: &Arc<Tables>, courier: &Courier, now: &Arc<AtomicU64>) -> Self {
        let address = format!("http://{}", courier.address());
        let template = Template::of_this_repository().expect("a template");
        // To DynamoDB goes what warms the connections, and nothing else: the tables take its place below.
        let addresses = ["AWS_ENDPOINT_URL_DYNAMODB", "COURIER_BASE_URL"].map(|name| (name, address.clone()));
        let given = SETTINGS.into_iter().chain(A_DOLLAR_A_TEXT).map(|(name, value)| (name, value.to_owned()));
        let given: Vec<_> = given.chain(addresses).collect();
        let find =
            move |name: &str| given.iter().find(|(given, _)| *given == name).map(|(_, value)| value.clone());
        let settings = Settings::new(&template, Arc::new(find));
        let lookup = |name: &str| settings.get(name);

        let now = Arc::clone(now);
        let clock =
            Clock::reading(move || SystemTime::UNIX_EPOCH + Duration::from_secs(now.load(Ordering::Relaxed)));
        let client = tables.client();
        let store = Store::new(client.clone(), "users".to_owned(), "otps".to_owned());
        let within = |mut texting: TextingContext| {
            texting.context.store = store.clone();
            texting.limits = Limits::new(client.clone(), "limits".to_owned());
            texting
        };
        let texting = || async {
            let settings = TextingSettings::read(lookup).expect("settings");
            within(TextingContext::connect(settings, clock.clone()).await.expect("a context"))
        };
        let signup = SignupSettings::read(lookup).expect("settings");
        let signup = SignupContext::connect(signup, clock.clone()).await.expect("a context");
        let verify = VerifySettings::read(lookup).expect("settings");
        let mut verify = CallContext::connect(verify, clock.clone()).await.expect("a context");
        verify.store = store.clone();
        Self {
            signup: SignupContext { texting: within(signup.texting) },
            send: texting().await,
            resend: texting().await,
            verify,
        }
    }

    async fn answer(&self, call: &str, request: Request) -> Response<Body> {
        match call {
            "signup" => signup::answer(&self.signup, request).await,
            "send" => send::answer(&self.send, request).await,
            "resend" => resend::answer(&self.resend, request).await,
            "verify" => verify::answer(&self.verify, request).await,
            other => unreachable!("{other} is no call"),
        }
    }
}

/// Starts the stand-in, which tells of each text.
async fn courier(texted: Arc<Mutex<Vec<Texted>>>) -> Courier {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let on_text: OnText = Arc::new(move |text| {
        let code = text.code().expect("a code").to_owned();
        texted.lock().unwrap_or_else(PoisonError::into_inner).push(Texted { to: text.to.clone(), code });
    });
    Courier::start(listener, TOKEN, LocalClock::default(), Some(on_text), std::future::pending())
        .expect("an address")
}

/// Returns the event of a call with this body.
#[must_use]
pub fn event(call: &str, body: &str) -> Value {
    json!({
        "version": "2.0",
        "routeKey": format!("POST /{call}"),
        "rawPath": format!("/{call}"),
        "rawQueryString": "",
        "headers": { "content-type": "application/json" },
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "fuzz",
            "http": { "method": "POST", "path": format!("/{call}"), "protocol": "HTTP/1.1", "sourceIp": "192.0.2.7", "userAgent": "" },
            "requestId": "a-request",
            "routeKey": format!("POST /{call}"),
            "stage": "$default",
        },
        "body": body,
        "isBase64Encoded": false,
    })
}

/// Returns what may be a number in a body: its answer must not have it.
fn number_in(body: &[u8]) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let number = body["mobileNo"].as_str()?;
    (number.starts_with('+') && number.len() > 7).then(|| number.to_owned())
}
