//! Clients, logging and the loop of events: made once per cold start, before the first request.

use std::panic;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_smithy_http_client::tls;
use lambda_http::request::LambdaRequest;
use lambda_http::tower::ServiceExt as _;
use lambda_http::{Adapter, Body, LambdaEvent, Request, Response, service_fn};
use thiserror::Error;
use tracing::Level;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use crate::clock::Clock;
use crate::config;
use crate::courier::{self, Courier};
use crate::domain::mac::Pepper;
use crate::domain::phone::Regions;
use crate::domain::policy::Policy;
use crate::domain::sms::{AppName, OtpDomain};
use crate::error::causes;
use crate::http;
use crate::https;
use crate::metrics::Emitter;
use crate::secrets::{self, Secrets};
use crate::store::{Limits, Store};

/// The longest that connecting to DynamoDB may take; within a region it takes a few milliseconds.
const CONNECT: Duration = Duration::from_secs(1);

/// The longest that one attempt at a call may take. DynamoDB's own slowest answers come within a second.
const ATTEMPT: Duration = Duration::from_millis(1_500);

/// The longest that a call may take with its repetitions, so that a request survives one stalled connection and
/// still ends in time.
const OPERATION: Duration = Duration::from_secs(4);

/// How often a call is attempted, and the first pause between two attempts.
const ATTEMPTS: u32 = 3;
const FIRST_BACKOFF: Duration = Duration::from_millis(50);
const LONGEST_BACKOFF: Duration = Duration::from_millis(500);

/// The crates whose events may be shown at every level. Those of others can hold bodies below `info`.
const OURS: [&str; 5] = ["shared", "signup", "send", "resend", "verify"];

/// What every call needs.
#[derive(Clone, Debug)]
pub struct World {
    /// Users and challenges.
    pub store: Store,
    /// The key of every MAC.
    pub pepper: Pepper,
    /// The numbers.
    pub policy: Policy,
    /// What tells the time.
    pub clock: Clock,
    /// Whether a request came since the start.
    served: Arc<AtomicBool>,
}

/// What a call needs that texts.
#[derive(Debug)]
pub struct Texting {
    /// What every call needs.
    pub world: World,
    /// The counters.
    pub limits: Limits,
    /// The way to the phones.
    pub courier: Courier,
    /// Whom texts come from.
    pub app: AppName,
    /// Where phones fill codes in.
    pub domain: Option<OtpDomain>,
    /// The answers of send and resend leave at whole multiples of this; zero is no step.
    pub answer_step: Duration,
}

/// What signup needs.
#[derive(Debug)]
pub struct Signup {
    /// What a call needs that texts.
    pub texting: Texting,
    /// The regions whose phones are texted.
    pub regions: Regions,
}

/// Why a function does not start.
#[derive(Debug, Error)]
pub enum Error {
    /// Settings are wrong.
    #[error(transparent)]
    Settings(#[from] config::Faults),
    /// Courier cannot be called.
    #[error(transparent)]
    Courier(#[from] courier::Error),
    /// A secret cannot be read.
    #[error(transparent)]
    Secret(#[from] secrets::Error),
    /// No server can be called over HTTPS.
    #[error(transparent)]
    Https(#[from] https::Error),
}

impl World {
    /// Connects to what the settings of verify name.
    ///
    /// # Errors
    /// When the pepper cannot be read.
    pub async fn connect(settings: config::Base, clock: Clock) -> Result<Self, Error> {
        let (client, secrets) = aws(&settings.aws);
        Self::with(client, &secrets, settings, clock).await
    }

    /// Reads the pepper while the connection to DynamoDB is being opened.
    async fn with(
        client: Client,
        secrets: &Secrets,
        settings: config::Base,
        clock: Clock,
    ) -> Result<Self, Error> {
        let store = Store::new(client, settings.users_table, settings.otps_table);
        let (pepper, ()) = tokio::join!(secrets.resolve(settings.pepper, config::pepper), store.warm());
        Ok(Self { store, pepper: pepper?, policy: settings.policy, clock, served: Arc::default() })
    }

    /// Whether the request that asks is the first since the start.
    pub(crate) fn is_cold(&self) -> bool {
        !self.served.swap(true, Ordering::Relaxed)
    }
}

impl Texting {
    /// Connects to what the settings of send and resend name.
    ///
    /// # Errors
    /// When no certificate authority can be read, or a secret cannot, or the HTTPS client cannot be made.
    pub async fn connect(settings: config::Texting, clock: Clock) -> Result<Self, Error> {
        let tls = https::tls()?;
        let (client, secrets) = aws(&settings.base.aws);
        let limits = Limits::new(client.clone(), settings.limits_table);
        let (world, courier) = tokio::join!(
            World::with(client, &secrets, settings.base, clock.clone()),
            Courier::connect(settings.account, settings.token, &secrets, tls, clock),
        );
        Ok(Self {
            world: world?,
            limits,
            courier: courier?,
            app: settings.app,
            domain: settings.domain,
            answer_step: settings.answer_step,
        })
    }
}

impl Signup {
    /// Connects to what the settings of signup name, and builds the tables that judge phones and passwords:
    /// during the start Lambda lends a whole core.
    ///
    /// # Errors
    /// When no certificate authority can be read, or a secret cannot, or the HTTPS client cannot be made.
    pub async fn connect(settings: config::Signup, clock: Clock) -> Result<Self, Error> {
        let tables = tokio::task::spawn_blocking(|| {
            crate::domain::phone::warm();
            crate::domain::password::warm();
        });
        let texting = Texting::connect(settings.texting, clock).await?;
        // A panic in there would only mean that the tables are built at their first use.
        let _ = tables.await;
        Ok(Self { texting, regions: settings.regions })
    }
}

/// Clients of DynamoDB and Secrets Manager with bounded time: every call ends within [`OPERATION`].
fn aws(aws: &config::Aws) -> (Client, Secrets) {
    let http = aws_smithy_http_client::Builder::new()
        .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring))
        .pool_idle_timeout(https::IDLE)
        .build_https();
    let credentials = Credentials::new(
        &aws.access_key_id,
        aws.secret_access_key.as_str(),
        aws.session_token.as_deref().cloned(),
        None,
        "environment",
    );
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(ATTEMPT)
        .operation_timeout(OPERATION)
        .build();
    let retries = RetryConfig::standard()
        .with_max_attempts(ATTEMPTS)
        .with_initial_backoff(FIRST_BACKOFF)
        .with_max_backoff(LONGEST_BACKOFF);
    let mut config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(http.clone())
        .region(Region::new(aws.region.clone()))
        .credentials_provider(credentials.clone())
        .timeout_config(timeouts.clone())
        .retry_config(retries.clone());
    config.set_endpoint_url(aws.dynamodb.clone());
    let mut secrets = aws_sdk_secretsmanager::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(http)
        .region(Region::new(aws.region.clone()))
        .credentials_provider(credentials)
        .timeout_config(timeouts)
        .retry_config(retries);
    secrets.set_endpoint_url(aws.secrets_manager.clone());
    let secrets = aws_sdk_secretsmanager::Client::from_conf(secrets.build());
    (Client::from_conf(config.build()), Secrets::new(secrets))
}

/// Sends the log to standard output as JSON, for AWS's log service: what `AWS_LAMBDA_LOG_LEVEL` or `RUST_LOG`
/// asks for, else `info`; of other people's crates never more than that.
pub fn log() {
    let level = config::environment("AWS_LAMBDA_LOG_LEVEL").or_else(|| config::environment("RUST_LOG"));
    let asked = EnvFilter::builder().parse_lossy(level.as_deref().unwrap_or("info"));
    let harmless = filter_fn(|event| {
        let of = event.target().split("::").next().unwrap_or_default();
        *event.level() <= Level::INFO || OURS.contains(&of)
    });
    // A line says all of it itself: the runtime's spans would only repeat the ids.
    let lines = tracing_subscriber::fmt::layer().json().flatten_event(true);
    let lines = lines.with_current_span(false).with_span_list(false);
    tracing_subscriber::registry().with(lines.with_filter(harmless)).with(asked).init();
    // Where it was is enough to find it: what it says may quote what a caller sent.
    panic::set_hook(Box::new(|panic| {
        let location = panic.location().map(ToString::to_string);
        tracing::error!(location, "panicked");
    }));
}

/// How the process ends: a failure is logged, so that an operator finds it among the other lines.
#[must_use]
pub fn end(result: Result<(), lambda_http::Error>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(causes = causes(&*error), "the function does not run");
            ExitCode::FAILURE
        }
    }
}

/// Answers Lambda's events with `answer` until the process ends; after each, writes what was counted in it.
///
/// # Errors
/// When Lambda's runtime API is gone.
pub async fn run<H, F>(emitter: Emitter, answer: H) -> Result<(), lambda_http::Error>
where
    H: Fn(Request) -> F,
    F: Future<Output = Response<Body>> + Send,
{
    let service = service_fn(|request| {
        let answer = answer(request);
        async move {
            let answer = answer.await;
            emitter.emit();
            Ok::<_, lambda_http::Error>(answer)
        }
    });
    let service = Adapter::from(service);
    let service = service.map_request(|event: LambdaEvent<LambdaRequest>| LambdaEvent {
        payload: http::essential(event.payload),
        context: event.context,
    });
    lambda_http::lambda_runtime::run(service).await
}
