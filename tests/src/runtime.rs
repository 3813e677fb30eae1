//! The functions as Lambda runs them: each binary in a process of its own, under a runtime API of the tests.
//!
//! A process has the environment that `template.yaml` gives the function, the database behind the proxy and the
//! stand-in of a [`Service`], and the machine's clock. It can be killed at any moment, and it dies with its handle.

use std::collections::BTreeMap;
use std::fmt;
use std::process::{ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::Request;
use local::clock::Clock;
use local::gateway::event::{Call, arn};
use local::settings::{Environment, Lookup, Settings};
use local::template::{Function, Template};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::answer::Answer;
use crate::service::{A_DOLLAR_A_TEXT, Service};
use api::{Answered, Api, Invocation};

mod api;
pub mod binaries;

/// Where Lambda says how much to log, if its logging is so configured.
const LOG_LEVEL: &str = "AWS_LAMBDA_LOG_LEVEL";

/// Far above what a start or a call takes: a test that waits longer waits for nothing.
const PATIENCE: Duration = Duration::from_secs(30);

/// The functions of the template, with the settings that they get.
pub struct Functions {
    template: Template,
    settings: Settings,
}

impl fmt::Debug for Functions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Functions").field("template", &self.template).finish_non_exhaustive()
    }
}

impl Functions {
    /// The functions with the database and the texts of `service`, and with `given` settings besides.
    ///
    /// # Panics
    /// When the template is broken.
    #[must_use]
    pub fn of(service: &Service, given: &[(&str, &str)]) -> Self {
        let template = Template::of_this_repository().expect("a template");
        let given: BTreeMap<String, String> = A_DOLLAR_A_TEXT
            .iter()
            .chain(given)
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let lookup: Lookup = Arc::new(move |name| given.get(name).cloned());
        let mut settings = Settings::new(&template, lookup);
        settings.set("AWS_ENDPOINT_URL_DYNAMODB", service.proxy.url());
        settings.set("COURIER_BASE_URL", service.addresses().courier.clone());
        settings.set("AWS_ACCESS_KEY_ID", "local");
        settings.set("AWS_SECRET_ACCESS_KEY", "local");
        Self { template, settings }
    }

    /// Starts the function behind `POST /<name>` and waits until it asks for its first event.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start(&self, name: &str) -> Process {
        self.start_as(name, Command::new(binaries::executable(name).await)).await
    }

    /// Starts `program` in the place of the function's own binary, and waits until it asks for its first event.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start_as(&self, name: &str, program: Command) -> Process {
        self.try_start_as(name, program)
            .await
            .unwrap_or_else(|output| panic!("{name} does not start: {output}"))
    }

    /// Starts `program` in the place of the function's own binary, and waits until it asks for its first event.
    ///
    /// # Errors
    /// What it wrote, when it does not start.
    pub async fn try_start_as(&self, name: &str, program: Command) -> Result<Process, String> {
        let mut process = self.spawn(name, program).await;
        let started = tokio::select! {
            () = process.api.asked() => true,
            _ = process.child.wait() => false,
            () = tokio::time::sleep(PATIENCE) => false,
        };
        process.start = process.spawned.elapsed();
        if started { Ok(process) } else { Err(process.output()) }
    }

    /// Runs a function that is not going to start, and answers how it ended.
    ///
    /// # Panics
    /// When it runs on.
    pub async fn fail(&self, name: &str) -> (ExitStatus, String) {
        let mut process = self.spawn(name, Command::new(binaries::executable(name).await)).await;
        let ended = tokio::time::timeout(PATIENCE, process.child.wait()).await;
        let status = ended.expect("an end").expect("a status");
        (status, process.all_output().await)
    }

    async fn spawn(&self, name: &str, mut program: Command) -> Process {
        let function = self.template.functions.iter().find(|function| function.binary == name);
        let function = function.expect("a function of the template").clone();
        let api = Api::start().await;
        let spawned = Instant::now();
        let mut child = program
            .env_clear()
            .envs(self.settings.environment(&function))
            .envs(of_lambda(&function, &api))
            .envs(self.settings.get(LOG_LEVEL).map(|level| (LOG_LEVEL, level)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("a process");
        let output = Arc::default();
        let readers = vec![
            read(child.stdout.take().expect("a pipe"), &output),
            read(child.stderr.take().expect("a pipe"), &output),
        ];
        Process { function, child, api, output, readers, spawned, start: Duration::ZERO }
    }
}

/// What Lambda itself puts into a function's environment.
fn of_lambda(function: &Function, api: &Api) -> Environment {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    Environment::from([
        pair("AWS_LAMBDA_RUNTIME_API", &api.address.to_string()),
        pair("AWS_LAMBDA_FUNCTION_NAME", &function.name),
        pair("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        pair("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", &function.memory.to_string()),
        pair("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
        pair("AWS_LAMBDA_LOG_GROUP_NAME", &format!("/aws/lambda/{}", function.name)),
        pair("AWS_LAMBDA_LOG_STREAM_NAME", "stream"),
        pair("AWS_EXECUTION_ENV", "AWS_Lambda_provided.al2023"),
        pair("LANG", "en_US.UTF-8"),
        pair("TZ", ":UTC"),
        pair("_HANDLER", "bootstrap"),
    ])
}

/// Standard output and standard error, as far as they were written.
type Output = Arc<Mutex<String>>;

fn read(mut pipe: impl AsyncRead + Send + Unpin + 'static, output: &Output) -> JoinHandle<()> {
    let output = Arc::clone(output);
    tokio::spawn(async move {
        let mut bytes = [0; 4_096];
        while let Ok(length @ 1..) = pipe.read(&mut bytes).await {
            let text = String::from_utf8_lossy(&bytes[..length]);
            output.lock().unwrap_or_else(PoisonError::into_inner).push_str(&text);
        }
    })
}

/// A function in a process of its own.
#[derive(Debug)]
pub struct Process {
    function: Function,
    child: Child,
    api: Api,
    output: Output,
    readers: Vec<JoinHandle<()>>,
    spawned: Instant,
    start: Duration,
}

/// A call that the process works on.
#[derive(Debug)]
#[must_use = "the call goes on, but its answer is lost"]
pub struct Underway(oneshot::Receiver<Answered>);

impl Underway {
    /// Waits for the answer.
    ///
    /// # Panics
    /// When none comes.
    pub async fn answer(self) -> Answer {
        let answered = tokio::time::timeout(PATIENCE, self.0).await;
        let answered = answered.expect("an answer in time").expect("a living process");
        let answer = answered.unwrap_or_else(|error| panic!("the runtime reports {error:?}"));
        let answer: Value = serde_json::from_slice(&answer).expect("JSON");
        let headers = answer["headers"].as_object().into_iter().flatten();
        let text = answer["body"].as_str().unwrap_or_default().to_owned();
        Answer {
            status: answer["statusCode"]
                .as_u64()
                .and_then(|status| status.try_into().ok())
                .expect("a status"),
            headers: headers
                .map(|(name, value)| (name.to_lowercase(), value.as_str().unwrap_or_default().to_owned()))
                .collect(),
            body: serde_json::from_str(&text).unwrap_or_default(),
            text,
        }
    }
}

impl Process {
    /// Posts `body` to the function and waits for its answer.
    pub async fn post(&self, body: &Value) -> Answer {
        self.begin(body).answer().await
    }

    /// Posts `body` with a further header and waits for the answer.
    pub async fn post_with(&self, body: &Value, name: &str, value: &str) -> Answer {
        self.begin_with(body, &[(name, value)]).answer().await
    }

    /// Posts `body` to the function and lets it work.
    ///
    /// # Panics
    /// When the template gives the function no route.
    pub fn begin(&self, body: &Value) -> Underway {
        self.begin_with(body, &[])
    }

    fn begin_with(&self, body: &Value, headers: &[(&str, &str)]) -> Underway {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let id = format!("00000000-0000-4000-8000-{:012x}", COUNT.fetch_add(1, Ordering::Relaxed));
        let route = self.function.routes.first().expect("a route");
        let mut request = Request::builder()
            .method(route.method.as_str())
            .uri(&route.path)
            .header("host", "api.example.com")
            .header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).expect("a request").into_parts();
        let body = body.to_string();
        let now = Clock::System.millisecond();
        let call = Call {
            route,
            parts: &parts,
            body: body.as_bytes(),
            source: "192.0.2.1".to_owned(),
            request_id: &id,
            now,
        };
        let timeout = i64::try_from(self.function.timeout.as_millis()).expect("a timeout");
        Underway(self.api.hand_out(Invocation {
            event: call.event().to_string(),
            arn: arn(&self.function),
            deadline_ms: now + timeout,
            id,
        }))
    }

    /// The time from its spawning until it asked for its first event.
    #[must_use]
    pub fn start(&self) -> Duration {
        self.start
    }

    /// The id that the operating system knows it by.
    ///
    /// # Panics
    /// When it has ended.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id().expect("a living process")
    }

    /// Asks the process to end, as a meter around it needs to report, and answers all that it wrote.
    ///
    /// # Panics
    /// When it was not alive, or lives on.
    pub async fn terminate(mut self) -> String {
        let id = i32::try_from(self.id()).ok().and_then(Pid::from_raw).expect("an id");
        kill_process(id, Signal::TERM).expect("a signal");
        let ended = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        ended.expect("an end").expect("a status");
        self.all_output().await
    }

    /// Kills the process at once, as the loss of its machine would, and waits until it is gone.
    ///
    /// # Panics
    /// When it cannot be killed, or was not alive.
    pub async fn kill(mut self) -> String {
        assert!(self.child.try_wait().expect("a state").is_none(), "it ended by itself: {}", self.output());
        self.child.kill().await.expect("a kill");
        self.all_output().await
    }

    /// What it wrote so far, to standard output and standard error.
    #[must_use]
    pub fn output(&self) -> String {
        self.output.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn all_output(mut self) -> String {
        for reader in self.readers.drain(..) {
            reader.await.expect("a reader");
        }
        self.output()
    }
}

/// The body of a call that names only a username.
#[must_use]
pub fn named(username: &str) -> Value {
    json!({ "username": username })
}

/// Waits until `happened`, which another process or the network brings about.
///
/// # Panics
/// When it does not within 30 seconds.
pub async fn until(what: &str, mut happened: impl FnMut() -> bool) {
    let waiting = async {
        while !happened() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    let waited = tokio::time::timeout(PATIENCE, waiting).await;
    assert!(waited.is_ok(), "in {PATIENCE:?} it did not happen that {what}");
}
