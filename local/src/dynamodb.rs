//! The embedded DynamoDB, and the tables of the template in any DynamoDB.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType, TableStatus,
    TimeToLiveSpecification, TimeToLiveStatus,
};
use dynoxide::Database;
use tokio::net::TcpListener;
use tokio::time::{MissedTickBehavior, interval, sleep};

use crate::clock::Clock;
use crate::template::Table;

/// AWS deletes what has expired within days. Here it is soon enough to be seen and seldom enough to cost nothing.
const SWEEP_EVERY: Duration = Duration::from_secs(10);

/// A new table on AWS is ready within seconds; one that is not after so many polls never will be.
const READY_POLLS: u32 = 120;
const READY_POLL_EVERY: Duration = Duration::from_millis(500);

/// The place where the embedded DynamoDB keeps its items.
#[derive(Clone, Debug)]
pub enum Keep {
    /// In memory, on this clock.
    InMemory(Clock),
    /// In this file, on the machine's clock.
    InFile(PathBuf),
}

/// The reason why there is no DynamoDB to work with.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be used.
    #[error("the data file {path} cannot be opened: {cause}")]
    File {
        /// The file as it was given.
        path: PathBuf,
        /// The cause.
        cause: String,
    },
    /// The embedded DynamoDB failed.
    #[error("the embedded DynamoDB failed: {0}")]
    Embedded(String),
    /// DynamoDB refused something, or did not answer.
    #[error("{attempt} failed: {cause}")]
    Call {
        /// The operation.
        attempt: String,
        /// The chain of causes.
        cause: String,
    },
    /// A table did not become ready.
    #[error("the table {0} does not become active")]
    NotActive(String),
}

/// A DynamoDB of this process, which AWS SDKs reach over HTTP.
pub struct Embedded {
    database: Database,
    address: SocketAddr,
}

impl Embedded {
    /// Serves a DynamoDB on `listener` until `shutdown` resolves.
    ///
    /// # Errors
    ///
    /// When the file cannot be opened or the listener has no address.
    pub fn start(
        listener: TcpListener,
        keep: Keep,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Result<Self, Error> {
        let embedded = |cause: dynoxide::DynoxideError| Error::Embedded(cause.to_string());
        let database = match keep {
            Keep::InMemory(clock) => Database::memory_with_clock(Arc::new(clock)).map_err(embedded)?,
            Keep::InFile(path) => open(path)?,
        };
        let address = listener.local_addr().map_err(|cause| Error::Embedded(cause.to_string()))?;
        let (served, swept) = (database.clone(), database.clone());
        tokio::spawn(async move {
            let sweeping = tokio::spawn(sweep_forever(swept));
            if let Err(cause) = dynoxide::server::serve_with_shutdown(listener, served, shutdown).await {
                tracing::error!(cause, "the embedded DynamoDB ended");
            }
            sweeping.abort();
        });
        Ok(Self { database, address })
    }

    /// Returns the address that it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Deletes at once what has expired, and returns the number of those items.
    ///
    /// # Errors
    ///
    /// When the database fails.
    pub fn sweep(&self) -> Result<usize, Error> {
        self.database.sweep_ttl().map_err(|cause| Error::Embedded(cause.to_string()))
    }
}

impl fmt::Debug for Embedded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Embedded").field("address", &self.address).finish_non_exhaustive()
    }
}

fn open(path: PathBuf) -> Result<Database, Error> {
    let opened = match path.to_str() {
        Some(text) => Database::new(text).map_err(|cause| cause.to_string()),
        None => Err("its name is not UTF-8".to_owned()),
    };
    opened.map_err(|cause| Error::File { path, cause })
}

async fn sweep_forever(database: Database) {
    let mut every = interval(SWEEP_EVERY);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        let database = database.clone();
        match tokio::task::spawn_blocking(move || database.sweep_ttl()).await {
            Ok(Ok(_)) => {}
            Ok(Err(cause)) => tracing::warn!(%cause, "a sweep of expired items failed"),
            Err(cause) => tracing::warn!(%cause, "a sweep of expired items panicked"),
        }
    }
}

/// Creates those of `tables` that do not exist, and has each expire its items.
///
/// A table that exists is left as it is, so this may run at every start and in two places at once.
///
/// # Errors
///
/// Names the table for which DynamoDB refused.
pub async fn create_tables(client: &Client, tables: &[Table]) -> Result<(), Error> {
    for table in tables {
        create(client, table).await?;
        wait_until_active(client, &table.name()).await?;
        expire_items(client, table).await?;
    }
    Ok(())
}

async fn create(client: &Client, table: &Table) -> Result<(), Error> {
    let attempt = || format!("creating the table {}", table.name());
    let key_type = ScalarAttributeType::from(table.key_type.as_str());
    let attribute =
        AttributeDefinition::builder().attribute_name(&table.key).attribute_type(key_type).build();
    let key = KeySchemaElement::builder().attribute_name(&table.key).key_type(KeyType::Hash).build();
    let answer = client
        .create_table()
        .table_name(table.name())
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(attribute.map_err(|cause| failed(attempt(), &cause))?)
        .key_schema(key.map_err(|cause| failed(attempt(), &cause))?)
        .send()
        .await;
    match answer {
        Ok(_) => Ok(()),
        Err(refusal) if refusal.code() == Some("ResourceInUseException") => Ok(()),
        Err(cause) => Err(failed(attempt(), &cause)),
    }
}

async fn wait_until_active(client: &Client, name: &str) -> Result<(), Error> {
    for _ in 0..READY_POLLS {
        let answer = client.describe_table().table_name(name).send().await;
        let description = answer.map_err(|cause| failed(format!("reading the table {name}"), &cause))?;
        if description.table().and_then(|table| table.table_status()) == Some(&TableStatus::Active) {
            return Ok(());
        }
        sleep(READY_POLL_EVERY).await;
    }
    Err(Error::NotActive(name.to_owned()))
}

/// Enables expiry after asking whether it is: AWS refuses to enable what is enabled.
async fn expire_items(client: &Client, table: &Table) -> Result<(), Error> {
    let attempt = || format!("having the table {} expire its items", table.name());
    let answer = client.describe_time_to_live().table_name(table.name()).send().await;
    let answer = answer.map_err(|cause| failed(attempt(), &cause))?;
    let status = answer.time_to_live_description().and_then(|ttl| ttl.time_to_live_status());
    if matches!(status, Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling)) {
        return Ok(());
    }
    let ttl = TimeToLiveSpecification::builder().enabled(true).attribute_name(&table.ttl).build();
    client
        .update_time_to_live()
        .table_name(table.name())
        .time_to_live_specification(ttl.map_err(|cause| failed(attempt(), &cause))?)
        .send()
        .await
        .map_err(|cause| failed(attempt(), &cause))?;
    Ok(())
}

fn failed(attempt: String, cause: &(impl std::error::Error + 'static)) -> Error {
    let mut chain = cause.to_string();
    let mut next = cause.source();
    while let Some(cause) = next {
        chain = format!("{chain}: {cause}");
        next = cause.source();
    }
    Error::Call { attempt, cause: chain }
}
