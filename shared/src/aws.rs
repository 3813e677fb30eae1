//! The clients of AWS, with bounded time.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};

use crate::config;
use crate::https::Https;
use crate::secrets::Secrets;

/// The longest that one request of a call may take. DynamoDB's own slowest answers come within a second.
const REQUEST: Duration = Duration::from_millis(1_500);

/// The longest that a call may take with its retries, so that a request of ours survives one stalled connection and
/// still ends in time.
const OPERATION: Duration = Duration::from_secs(4);

/// The most requests of one call, retries included, and the pauses between them.
const REQUESTS: u32 = 3;
const FIRST_BACKOFF: Duration = Duration::from_millis(50);
const LONGEST_BACKOFF: Duration = Duration::from_millis(500);

/// Makes the clients of DynamoDB and Secrets Manager, over `https` and with bounded time: every call ends within
/// [`OPERATION`].
pub(crate) fn clients(aws: &config::Aws, https: &Https) -> (Client, Secrets) {
    let http = https.for_aws();
    let credentials = Credentials::new(
        &aws.access_key_id,
        aws.secret_access_key.as_str(),
        aws.session_token.as_deref().cloned(),
        None,
        "environment",
    );
    let timeouts =
        TimeoutConfig::builder().operation_attempt_timeout(REQUEST).operation_timeout(OPERATION).build();
    let retries = RetryConfig::standard()
        .with_max_attempts(REQUESTS)
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
    (Client::from_conf(config.build()), Secrets::new(secrets.build()))
}
