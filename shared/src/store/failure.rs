//! Failures of DynamoDB, for the log; a caller learns only whether a retry may help.

use std::error::Error as StdError;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::RequestId as _;
use thiserror::Error;

use super::item::Malformed;

type Source = Box<dyn StdError + Send + Sync>;

/// The error codes by which DynamoDB says that it did nothing and that a retry may work.
const BUSY: [&str; 5] = [
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ThrottlingException",
    "TransactionConflictException",
    "TransactionInProgressException",
];

/// A failing store: the operation, and the reason why it did not work.
#[derive(Debug, Error)]
pub enum Failure {
    /// DynamoDB was unreachable, too slow or too busy, or the rows stayed under contention.
    #[error("could not {attempted}")]
    Unavailable {
        /// The operation.
        attempted: &'static str,
        /// The reason why it did not work.
        source: Source,
    },
    /// DynamoDB understood and refused, or holds a malformed item: a fault of this service.
    #[error("could not {attempted}")]
    Broken {
        /// The operation.
        attempted: &'static str,
        /// The reason why it did not work.
        source: Source,
    },
}

/// The time of the request is up.
#[derive(Debug, Error)]
#[error("no answer in time")]
pub(super) struct OutOfTime;

/// A failing call, with what DynamoDB's error code says of it.
#[derive(Debug, Error)]
#[error("{code} (request {request})")]
struct Refused {
    code: String,
    request: String,
    #[source]
    source: Source,
}

impl Failure {
    /// Returns the failure to do `attempted` because the call to DynamoDB failed.
    pub(super) fn of<E>(attempted: &'static str, error: SdkError<E>) -> Self
    where
        E: StdError + ProvideErrorMetadata + Send + Sync + 'static,
    {
        let (SdkError::ServiceError(answer), Some(code)) = (&error, error.code()) else {
            return match error {
                SdkError::ConstructionFailure(_) => Self::Broken { attempted, source: describe(error) },
                _ => Self::Unavailable { attempted, source: describe(error) },
            };
        };
        let unavailable = is_busy(code) || answer.raw().status().is_server_error();
        let request = error.request_id().unwrap_or("unknown").to_owned();
        let source = Box::new(Refused { code: code.to_owned(), request, source: describe(error) });
        if unavailable { Self::Unavailable { attempted, source } } else { Self::Broken { attempted, source } }
    }

    pub(super) fn out_of_time(attempted: &'static str) -> Self {
        Self::Unavailable { attempted, source: Box::new(OutOfTime) }
    }

    /// Returns the failure to do `attempted` because the rows were under contention each time.
    #[must_use]
    pub fn overtaken(attempted: &'static str) -> Self {
        Self::Unavailable { attempted, source: "the rows were under contention each time".into() }
    }

    pub(super) fn malformed(attempted: &'static str, source: Malformed) -> Self {
        Self::Broken { attempted, source: Box::new(source) }
    }

    pub(super) fn broken(attempted: &'static str, what: &'static str) -> Self {
        Self::Broken { attempted, source: what.into() }
    }
}

/// Returns whether the error code says that nothing was done and that a retry may work.
pub(super) fn is_busy(code: &str) -> bool {
    BUSY.contains(&code)
}

/// Returns the error without the rows that a failing condition returns, which a log must not show.
fn describe<E>(error: SdkError<E>) -> Source
where
    E: StdError + Send + Sync + 'static,
{
    match error.into_source() {
        Ok(source) => source.to_string().into(),
        Err(error) => error.to_string().into(),
    }
}
