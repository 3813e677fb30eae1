//! A client of DynamoDB whose requests are answered in this process, without a socket.

use std::fmt;
use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::http::{HttpRequest, HttpResponse};
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};

/// Answers an operation with this body by a status and a body.
type Answerer = dyn Fn(&str, &[u8]) -> (u16, Vec<u8>) + Send + Sync;

/// Returns the client whose requests `answer` answers.
pub fn client(answer: impl Fn(&str, &[u8]) -> (u16, Vec<u8>) + Send + Sync + 'static) -> Client {
    let connector = SharedHttpConnector::new(Connector(Arc::new(answer)));
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(http_client_fn(move |_, _| connector.clone()))
        .region(Region::new("us-east-1"))
        .endpoint_url("http://within.example")
        .credentials_provider(Credentials::new("a", "b", None, None, "nobody's"))
        .retry_config(RetryConfig::disabled());
    Client::from_conf(config.build())
}

struct Connector(Arc<Answerer>);

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default();
        let (status, body) = (self.0)(operation, request.body().bytes().unwrap_or_default());
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status.try_into().expect("a status"), body.into())))
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connector")
    }
}
