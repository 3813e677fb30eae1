//! One call of the API as a process that is run from step to step.
//!
//! It is the function's own code, with its SDK and its HTTP client: whatever it asks of DynamoDB or of Courier ends the
//! step, and what is answered begins the next one. Its clock stands still, and its dice are thrown by a seed, so that what
//! it does follows from the answers that it got. A process is not kept waiting, but run again from its beginning with the
//! answers so far; each step is taken once, and remembered.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use lambda_http::{Body, Response};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use shared::context::SignupContext;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;

use super::careless;
use super::stage::{Asked, Stage, connect, lock};
use crate::proxy::Operation;

/// A call, with all that its process depends on beside the answers that it gets.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Request {
    /// What is called.
    pub(super) call: Call,
    /// The body of the request.
    pub(super) body: String,
    /// When it came, in seconds since the epoch.
    pub(super) now: u64,
    /// The seed of what it draws.
    pub(super) dice: u64,
}

/// What is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Call {
    /// `POST /signup`
    SignUp,
    /// `POST /send`
    Send,
    /// `POST /resend`
    Resend,
    /// `POST /verify`
    Verify,
    /// A `verify` that is no part of the service: it compares before it takes the attempt.
    CarelessVerify,
}

/// What a process does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// It asks DynamoDB.
    Asks(Operation, Value),
    /// It asks Courier to send a text.
    Texts(Text),
    /// It answers, with this status and body, and ends.
    Answers(u16, Value),
}

/// A text, as Courier is asked for it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Text {
    /// The phone.
    pub(super) to: String,
    /// The id of the code.
    pub(super) id: String,
    /// The code.
    pub(super) code: String,
}

/// What a process is answered.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Reply {
    /// By DynamoDB or Courier: a status and a body.
    Answered(u16, String),
    /// Nothing: the connection broke.
    Lost,
}

/// A process that has come so far: a request, and the replies to what it asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Point(usize);

/// Runs processes, and remembers them.
pub(super) struct Processes {
    runtime: Runtime,
    context: SignupContext,
    stage: Arc<Mutex<Stage>>,
    begun: HashMap<Request, Point>,
    replied: HashMap<(Point, Reply), Point>,
    come: Vec<Come>,
}

/// How a process came so far, and what it does next.
struct Come {
    request: Arc<Request>,
    replies: Vec<Reply>,
    next: Arc<Step>,
}

impl Processes {
    /// Boots the functions with these `settings`.
    ///
    /// # Panics
    /// When they do not start.
    #[must_use]
    pub(super) fn boot(settings: &[(&str, &str)]) -> Self {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().build().expect("a runtime");
        let (asks, _) = mpsc::unbounded_channel();
        let stage = Stage { now: UNIX_EPOCH, dice: StdRng::seed_from_u64(0), asks };
        let stage = Arc::new(Mutex::new(stage));
        let context = runtime.block_on(connect(settings, &stage));
        Self { runtime, context, stage, begun: HashMap::new(), replied: HashMap::new(), come: Vec::new() }
    }

    /// Returns how many points processes came to.
    #[must_use]
    pub(super) fn points(&self) -> usize {
        self.come.len()
    }

    /// Returns what the process at `point` is of, and what it does next.
    #[must_use]
    pub(super) fn at(&self, point: Point) -> (Arc<Request>, Arc<Step>) {
        let Come { request, next, .. } = &self.come[point.0];
        (Arc::clone(request), Arc::clone(next))
    }

    /// Returns the replies that the process at `point` got.
    #[must_use]
    pub(super) fn replies(&self, point: Point) -> &[Reply] {
        &self.come[point.0].replies
    }

    /// Begins the process of `request`.
    pub(super) fn begin(&mut self, request: &Request) -> Point {
        if let Some(point) = self.begun.get(request) {
            return *point;
        }
        let point = self.come_to(Arc::new(request.clone()), Vec::new());
        self.begun.insert(request.clone(), point);
        point
    }

    /// Gives the process at `point` a reply.
    pub(super) fn reply(&mut self, point: Point, reply: Reply) -> Point {
        if let Some(next) = self.replied.get(&(point, reply.clone())) {
            return *next;
        }
        let Come { request, replies, .. } = &self.come[point.0];
        let replies = replies.iter().chain([&reply]).cloned().collect();
        let next = self.come_to(Arc::clone(request), replies);
        self.replied.insert((point, reply), next);
        next
    }

    fn come_to(&mut self, request: Arc<Request>, replies: Vec<Reply>) -> Point {
        let (asks, asked) = mpsc::unbounded_channel();
        {
            let mut stage = lock(&self.stage);
            stage.now = UNIX_EPOCH + Duration::from_secs(request.now);
            stage.dice = StdRng::seed_from_u64(request.dice);
            stage.asks = asks;
        }
        let next = self.runtime.block_on(self.run(&request, &replies, asked));
        self.come.push(Come { request, replies, next: Arc::new(next) });
        Point(self.come.len() - 1)
    }

    /// Runs the process of `request` until it has had these `replies`, and returns what it does then.
    ///
    /// # Panics
    /// When it does otherwise than before.
    async fn run(
        &self,
        request: &Request,
        replies: &[Reply],
        mut asked: mpsc::UnboundedReceiver<Asked>,
    ) -> Step {
        let mut tokens = Vec::new();
        let mut answer = std::pin::pin!(answer(&self.context, request));
        let mut point = self.begun.get(request).copied();
        for nth in 0.. {
            let ask = tokio::select! {
                answered = &mut answer => {
                    assert_eq!(nth, replies.len(), "{request:?} ended early: {answered:?}");
                    return answered;
                }
                ask = asked.recv() => ask.expect("the stage has the other end"),
            };
            let step = with_plain_token(ask.step, request, &mut tokens);
            let Some(reply) = replies.get(nth) else { return step };
            if let Some(before) = point {
                assert_eq!(*self.come[before.0].next, step, "{request:?} does not follow from its answers");
            }
            point = point.and_then(|point| self.replied.get(&(point, reply.clone())).copied());
            drop(ask.reply.send(reply.clone()));
        }
        unreachable!("a process that never ends")
    }
}

/// Numbers the client request tokens of a process, which are drawn anew each time it is run.
fn with_plain_token(step: Step, request: &Request, tokens: &mut Vec<String>) -> Step {
    let Step::Asks(operation, mut body) = step else { return step };
    if let Some(token) = body["ClientRequestToken"].as_str() {
        let number = tokens.iter().position(|known| known == token).unwrap_or_else(|| {
            tokens.push(token.to_owned());
            tokens.len() - 1
        });
        body["ClientRequestToken"] = json!(format!("{:x}-{number}", request.dice));
    }
    Step::Asks(operation, body)
}

async fn answer(signup: &SignupContext, request: &Request) -> Step {
    let texting = &signup.texting;
    let event = lambda_http::request::from_str(&event(request).to_string()).expect("an event");
    let response = match request.call {
        Call::SignUp => signup::answer(signup, event).await,
        Call::Send => send::answer(texting, event).await,
        Call::Resend => resend::answer(texting, event).await,
        Call::Verify => verify::answer(&texting.context, event).await,
        Call::CarelessVerify => careless::answer(&texting.context, event).await,
    };
    read(&response)
}

fn read(response: &Response<Body>) -> Step {
    Step::Answers(response.status().as_u16(), serde_json::from_slice(response.body()).expect("JSON"))
}

impl Call {
    /// Whether a code is typed.
    #[must_use]
    pub(super) const fn types(self) -> bool {
        matches!(self, Self::Verify | Self::CarelessVerify)
    }

    /// Its path.
    #[must_use]
    pub(super) const fn path(self) -> &'static str {
        match self {
            Self::SignUp => "/signup",
            Self::Send => "/send",
            Self::Resend => "/resend",
            Self::Verify | Self::CarelessVerify => "/verify",
        }
    }
}

fn event(request: &Request) -> Value {
    let path = request.call.path();
    json!({
        "version": "2.0",
        "routeKey": format!("POST {path}"),
        "rawPath": path,
        "rawQueryString": "",
        "headers": { "content-type": "application/json" },
        "requestContext": {
            "http": {
                "method": "POST", "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "",
            },
            "requestId": "a-process",
            "routeKey": format!("POST {path}"),
            "stage": "$default",
        },
        "body": request.body,
        "isBase64Encoded": false,
    })
}
