//! One conditional update, retried only while it surely was not applied.

use aws_sdk_dynamodb::config::Config;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::operation::update_item::{UpdateItemError, UpdateItemOutput};

use super::Failure;
use super::failure::is_busy;
use super::item::Item;
use super::transaction::{PATIENCE, Pauses};
use crate::clock::Deadline;

/// The reason why an update was not written, as far as is known.
pub(super) enum Unwritten {
    /// Its condition failed; this is the row that it met, where there is one and the update asked for it.
    Refused(Option<Item>),
    /// DynamoDB failed; it may even have been written.
    Failed(Failure),
}

/// Sends an update without the SDK's own retries: it counts, and one that lost its answer would count twice.
pub(super) async fn send_once(
    write: &UpdateItemFluentBuilder,
) -> Result<UpdateItemOutput, SdkError<UpdateItemError>> {
    let once = Config::builder().retry_config(RetryConfig::disabled());
    write.clone().customize().config_override(once).send().await
}

/// Sends an update, with retries while DynamoDB says that it is busy and did nothing.
///
/// Any other failure ends it: an update that may have been applied is not applied twice.
pub(super) async fn retry_while_busy<F>(
    attempted: &'static str,
    deadline: Deadline,
    send: impl Fn() -> F,
) -> Result<UpdateItemOutput, Unwritten>
where
    F: Future<Output = Result<UpdateItemOutput, SdkError<UpdateItemError>>>,
{
    let deadline = deadline.within(PATIENCE);
    let mut pauses = Pauses::default();
    loop {
        let out_of_time = || Unwritten::Failed(Failure::out_of_time(attempted));
        let error = match deadline.run(send()).await.map_err(|_| out_of_time())? {
            Ok(output) => return Ok(output),
            Err(error) => error,
        };
        if let Some(UpdateItemError::ConditionalCheckFailedException(refused)) = error.as_service_error() {
            return Err(Unwritten::Refused(refused.item.clone()));
        }
        if !error.code().is_some_and(is_busy) {
            return Err(Unwritten::Failed(Failure::of(attempted, error)));
        }
        if !pauses.before_write(deadline).await {
            return Err(out_of_time());
        }
    }
}
