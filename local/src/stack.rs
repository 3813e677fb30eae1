//! Everything at once: the three servers, the tables between them, and the functions behind the gateway.

mod handlers;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use axum::http::HeaderName;
use shared::https::{self, Https};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::app_check::Issuer;
use crate::clock::Clock;
use crate::courier::{Courier, OnText};
use crate::dynamodb::{self, Embedded, Keep, create_tables};
use crate::flags::Flags;
use crate::gateway::{Cors, Gateway};
use crate::origin::Names;
use crate::page::{Apps, Arrivals, Page};
use crate::secrets::Secrets;
use crate::settings::{Lookup, Settings};
use crate::template::{self, Template};
use crate::terminal::{Addresses, Items, Start};

/// The options of a stack.
#[derive(Clone)]
pub struct Options {
    /// The flags: the addresses to listen on, and the place of the items.
    pub flags: Flags,
    /// The developer's settings, which are stronger than all others.
    pub environment: Lookup,
    /// The time. With a data file the embedded DynamoDB expires items by the machine's clock all the same.
    pub clock: Clock,
    /// The callback that is told of each text that the stand-in accepts.
    pub on_text: Option<OnText>,
    /// See [`Gateway::pretended_source`].
    pub pretended_source: Option<HeaderName>,
}

impl Options {
    /// Returns the options of a test: free ports, in memory, on `clock`, with no settings but the template's and this
    /// machine's.
    #[must_use]
    pub fn of_a_test(clock: Clock) -> Self {
        Self {
            flags: Flags::any_ports(),
            environment: Arc::new(|_| None),
            clock,
            on_text: None,
            pretended_source: Some(HeaderName::from_static("x-pretended-source")),
        }
    }
}

/// The setting that names a DynamoDB in the place of the embedded one.
const DYNAMODB: &str = "AWS_ENDPOINT_URL_DYNAMODB";

/// The reason why a stack did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Another program listens where we would.
    #[error("port {port} is in use, and {purpose} wants it: name another with {flag} <PORT>")]
    PortInUse {
        /// The port.
        port: u16,
        /// The server that would have listened there.
        purpose: &'static str,
        /// The flag that names another port.
        flag: &'static str,
    },
    /// An address cannot be listened on.
    #[error("{purpose} cannot listen on {host}, port {port} ({flag}): {cause}")]
    Listen {
        /// The address.
        host: String,
        /// The port.
        port: u16,
        /// The server that would have listened there.
        purpose: &'static str,
        /// The flag that names another port.
        flag: &'static str,
        /// The error of the operating system.
        cause: std::io::Error,
    },
    /// DynamoDB cannot be called.
    #[error(transparent)]
    Https(#[from] https::Error),
    /// The stand-in did not start.
    #[error("the Courier stand-in does not start: {0}")]
    Courier(std::io::Error),
    /// The stand-in for Secrets Manager did not start.
    #[error("the Secrets Manager stand-in does not start: {0}")]
    Secrets(std::io::Error),
    /// The stand-in for the issuer of App Check tokens did not start.
    #[error("the App Check stand-in does not start: {0}")]
    AppCheck(std::io::Error),
    /// The template does not describe what can be run.
    #[error(transparent)]
    Template(#[from] template::Error),
    /// A setting that is used before any function checks it is wrong.
    #[error("{name} {fault}")]
    Setting {
        /// The name of the setting.
        name: &'static str,
        /// The form that it should have.
        fault: String,
    },
    /// There is no DynamoDB, or not with our tables.
    #[error(transparent)]
    DynamoDb(#[from] dynamodb::Error),
    /// A function refused to start, as it would on Lambda.
    #[error("{function} does not start: {cause}")]
    Function {
        /// Its logical name.
        function: String,
        /// The error that it gives.
        cause: String,
    },
}

/// A running stack. It ends when it is dropped, or in an orderly way with [`Stack::stop`].
pub struct Stack {
    start: Start,
    client: Client,
    embedded: Option<Embedded>,
    courier: Option<Arc<Courier>>,
    secrets: Secrets,
    stop: watch::Sender<bool>,
    gateway: JoinHandle<()>,
}

impl Stack {
    /// Starts everything; when this returns, all of it answers.
    ///
    /// # Errors
    ///
    /// When a port is in use, a setting is wrong, or a DynamoDB that the developer named does not answer.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let Options { flags, environment, clock, on_text, pretended_source } = options;
        let template = Template::of_this_repository()?;
        let mut settings = Settings::new(&template, environment);
        let host = flags.host.as_str();
        let (stop, stopped) = watch::channel(false);

        let (api, api_address) = listen(host, flags.port, "the API", "--port").await?;
        let given = settings.get(DYNAMODB);
        if let Some(fault) = given.as_deref().and_then(|url| shared::config::address(url).err()) {
            return Err(StartError::Setting { name: DYNAMODB, fault });
        }
        let own_dynamodb = given.is_none();
        let embedded = if own_dynamodb {
            let (listener, _) =
                listen(host, flags.dynamodb_port, "the embedded DynamoDB", "--dynamodb-port").await?;
            Some(Embedded::start(listener, keep(&flags, &clock), until(stopped.clone()))?)
        } else {
            None
        };
        let arrivals = Arrivals::default();
        let courier = if settings.get("COURIER_BASE_URL").is_none() {
            let (listener, _) =
                listen(host, flags.courier_port, "the Courier stand-in", "--courier-port").await?;
            let token = settings.get("COURIER_TOKEN").unwrap_or_default();
            let (clock, on_text) = (clock.clone(), Some(arrivals.telling(on_text)));
            let courier = Courier::start(listener, &token, clock, on_text, until(stopped.clone()))
                .map_err(StartError::Courier)?;
            Some(Arc::new(courier))
        } else {
            None
        };

        let (listener, _) =
            listen(host, flags.secrets_port, "the Secrets Manager stand-in", "--secrets-port").await?;
        let secrets = Secrets::start(listener, settings.public_secrets(), until(stopped.clone()))
            .map_err(StartError::Secrets)?;

        let apps = apps(&settings, &flags, &clock, until(stopped.clone())).await?;
        if let Some(apps) = &apps {
            settings.set("APP_CHECK_BASE_URL", apps.issuer.url());
        }
        if let Some(embedded) = &embedded {
            settings.set(DYNAMODB, url(embedded.address()));
        }
        if let Some(courier) = &courier {
            settings.set("COURIER_BASE_URL", url(courier.address()));
        }
        if settings.get("AWS_ACCESS_KEY_ID").is_none() {
            // An embedded DynamoDB wants a signature, but anyone's.
            settings.set("AWS_ACCESS_KEY_ID", "local");
            settings.set("AWS_SECRET_ACCESS_KEY", "local");
        }

        let client = client(&settings)?;
        create_tables(&client, &template.tables).await?;
        let dispatch = handlers::handlers(&template.functions, &settings, &clock).await?;
        let setting = |name| settings.get(name).unwrap_or_default();
        let calls = template.functions.iter().flat_map(|function| &function.routes);
        let start = Start {
            calls: calls.map(|route| format!("{} {}", route.method, route.path)).collect(),
            addresses: Addresses {
                api: url(api_address),
                dynamodb: setting(DYNAMODB),
                courier: setting("COURIER_BASE_URL"),
                secrets: url(secrets.address()),
            },
            items: match (&embedded, &flags.data) {
                (None, _) => Items::Elsewhere,
                (Some(_), Some(file)) => Items::InFile(file.display().to_string()),
                (Some(_), None) => Items::InMemory,
            },
            texts_go_out: courier.is_none(),
            looks_at_apps: apps.is_some(),
        };
        let page = Page {
            courier: courier.clone(),
            apps,
            arrivals,
            clock: clock.clone(),
            items: start.items.clone(),
            stopped: stopped.clone(),
        };
        let cors = flags.cors_origin.zip(template.cors).map(|(origin, allowed)| Cors { origin, allowed });
        let gateway = Gateway { functions: template.functions, dispatch, clock, cors, pretended_source };
        let router = gateway.router(page.router(&settings));
        let router = Names::new(host, api_address).guard(router);
        let gateway = tokio::spawn(Gateway::serve(router, api, until(stopped)));
        Ok(Self { start, client, embedded, courier, secrets, stop, gateway })
    }

    /// Returns the addresses of everything, and what else a start has to tell.
    #[must_use]
    pub fn summary(&self) -> &Start {
        &self.start
    }

    /// Returns a client of the DynamoDB in use.
    #[must_use]
    pub fn dynamodb(&self) -> &Client {
        &self.client
    }

    /// Returns the embedded DynamoDB, unless the developer named another.
    #[must_use]
    pub fn embedded(&self) -> Option<&Embedded> {
        self.embedded.as_ref()
    }

    /// Returns the Courier stand-in, unless texts go elsewhere.
    #[must_use]
    pub fn courier(&self) -> Option<&Courier> {
        self.courier.as_deref()
    }

    /// Returns the Secrets Manager stand-in.
    #[must_use]
    pub fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// Stops to listen, and waits until the calls under way are answered.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        let _ = self.gateway.await;
    }
}

impl fmt::Debug for Stack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stack").field("start", &self.start).finish_non_exhaustive()
    }
}

/// Resolves when the stack is stopped or dropped.
async fn until(mut stopped: watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

async fn listen(
    host: &str,
    port: u16,
    purpose: &'static str,
    flag: &'static str,
) -> Result<(TcpListener, SocketAddr), StartError> {
    let listening = async {
        let listener = TcpListener::bind((host, port)).await?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    };
    listening.await.map_err(|cause: std::io::Error| {
        if cause.kind() == std::io::ErrorKind::AddrInUse {
            StartError::PortInUse { port, purpose, flag }
        } else {
            StartError::Listen { host: host.to_owned(), port, purpose, flag, cause }
        }
    })
}

/// Starts the stand-in for the issuer of App Check tokens, if they are looked at and the developer names no other issuer.
async fn apps(
    settings: &Settings,
    flags: &Flags,
    clock: &Clock,
    stopped: impl Future<Output = ()> + Send + 'static,
) -> Result<Option<Apps>, StartError> {
    let project = settings.get("APP_CHECK_PROJECT_NUMBER").filter(|number| !number.is_empty());
    let (Some(project), None) = (project, settings.get("APP_CHECK_BASE_URL")) else { return Ok(None) };
    // Only the functions in here ask it, and by one address alone: it stands in each token.
    let everywhere = flags.host.parse().is_ok_and(|address: IpAddr| address.is_unspecified());
    let host = if everywhere { "127.0.0.1" } else { flags.host.as_str() };
    let port = flags.app_check_port;
    let (listener, _) = listen(host, port, "the App Check stand-in", "--app-check-port").await?;
    let issuer = Issuer::start(listener, clock.clone(), stopped).map_err(StartError::AppCheck)?;
    Ok(Some(Apps { issuer, project }))
}

fn keep(flags: &Flags, clock: &Clock) -> Keep {
    match &flags.data {
        Some(file) => Keep::InFile(file.clone()),
        None => Keep::InMemory(clock.clone()),
    }
}

/// Returns the URL by which this machine reaches a listener on `address`.
fn url(mut address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    format!("http://{address}")
}

/// Makes a client for what no function does: creating tables, and looking into them in tests.
fn client(settings: &Settings) -> Result<Client, StartError> {
    let setting = |name| settings.get(name).unwrap_or_default();
    let https = Https::new(settings.get("SSL_CERT_FILE").as_deref().map(Path::new))?;
    let credentials = Credentials::new(
        setting("AWS_ACCESS_KEY_ID"),
        setting("AWS_SECRET_ACCESS_KEY"),
        settings.get("AWS_SESSION_TOKEN"),
        None,
        "settings",
    );
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(https.for_aws())
        .region(Region::new(setting("AWS_REGION")))
        .endpoint_url(setting(DYNAMODB))
        .credentials_provider(credentials)
        .build();
    Ok(Client::from_conf(config))
}

#[cfg(test)]
mod tests;
