//! The embedded DynamoDB within the process: its tables, what it answers, and the SDK's client without a socket.

use std::fmt;
use std::sync::Arc;

use aws_sdk_dynamodb::config::http::{HttpRequest, HttpResponse};
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Builder, Credentials, Region};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::result::ConnectorError;
use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::proxy::Operation;

/// Each table, with its key and the type of that.
pub const TABLES: [(&str, &str, &str); 3] =
    [("users", "username", "S"), ("otps", "username", "S"), ("limits", "key", "B")];

/// Returns the requests that make the tables.
pub fn definitions() -> impl Iterator<Item = Value> {
    TABLES.into_iter().map(|(table, key, kind)| {
        json!({
            "TableName": table, "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{ "AttributeName": key, "AttributeType": kind }],
            "KeySchema": [{ "AttributeName": key, "KeyType": "HASH" }],
        })
    })
}

/// Makes the tables, without an item.
#[must_use]
pub fn database() -> Database {
    let database = Database::memory().expect("a database");
    for made in definitions() {
        database.create_table(read(&made)).expect("a table");
    }
    database
}

/// Returns the request that `body` is.
#[must_use]
pub fn read<T: DeserializeOwned>(body: &Value) -> T {
    T::deserialize(body).expect("a request")
}

/// Carries out what a function asks for, and returns the status and the body of the answer.
#[must_use]
pub fn carry_out(database: &Database, operation: &Operation, body: &Value) -> (u16, Value) {
    match operation {
        Operation::GetItem => written(database.get_item(read(body))),
        Operation::BatchGetItem => written(database.batch_get_item(read(body))),
        Operation::UpdateItem => written(database.update_item(read(body))),
        Operation::TransactWriteItems => written(database.transact_write_items(read(body))),
        other => panic!("no function asks for {other}"),
    }
}

fn written(done: Result<impl Serialize, DynoxideError>) -> (u16, Value) {
    match done {
        Ok(answer) => (200, serde_json::to_value(&answer).expect("JSON")),
        Err(error) => (error.status_code(), serde_json::from_str(&error.to_json()).expect("JSON")),
    }
}

/// Returns the settings of a client whose requests `answer` answers, by a status and a body, or not at all: then the
/// connection broke. It repeats nothing.
pub fn client<F>(answer: impl Fn(Operation, Value) -> F + Send + Sync + 'static) -> Builder
where
    F: Future<Output = Option<(u16, String)>> + Send + 'static,
{
    let answer = Arc::new(move |operation, body| HttpConnectorFuture::new(respond(answer(operation, body))));
    let connector = SharedHttpConnector::new(Connector(answer));
    aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(http_client_fn(move |_, _| connector.clone()))
        .region(Region::new("us-east-1"))
        .endpoint_url("http://within.example")
        .credentials_provider(Credentials::new("a", "b", None, None, "nobody's"))
        .retry_config(RetryConfig::disabled())
}

async fn respond(
    answer: impl Future<Output = Option<(u16, String)>>,
) -> Result<HttpResponse, ConnectorError> {
    let (status, body) = answer.await.ok_or_else(|| ConnectorError::io("the connection broke".into()))?;
    Ok(HttpResponse::new(status.try_into().expect("a status"), body.into()))
}

type Answer = dyn Fn(Operation, Value) -> HttpConnectorFuture + Send + Sync;

struct Connector(Arc<Answer>);

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = Operation::from(target.rsplit('.').next().unwrap_or_default());
        let body = request.body().bytes().unwrap_or_default();
        (self.0)(operation, serde_json::from_slice(body).expect("the SDK's JSON"))
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connector")
    }
}
