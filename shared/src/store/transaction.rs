//! One transaction, retried under contention.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::ProvideErrorMetadata as _;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{CancellationReason, TransactWriteItem};
use rand::RngExt as _;

use super::Failure;
use super::failure::is_busy;
use super::item::Item;
use crate::clock::Deadline;

/// The reason why a request builder of the SDK cannot fail here.
pub(super) const EXPECT_COMPLETE: &str = "every required member is given";

/// The first pause before a conflicting write is retried; each further one may be twice as long. A transaction takes
/// some 10 ms, so that is how long the winner needs.
const FIRST_PAUSE: Duration = Duration::from_millis(20);

/// The longest pause before a conflicting write is retried.
const LONGEST_PAUSE: Duration = Duration::from_millis(320);

/// The longest that a write may take with all its retries: a caller is better told to come back than kept waiting,
/// and a text still has to fit in.
pub(super) const PATIENCE: Duration = Duration::from_secs(4);

/// The time that a retry of a write must still have. Under contention DynamoDB answers in a small part of it.
const WORTH_A_RETRY: Duration = Duration::from_millis(500);

/// The outcome of a transaction.
pub(super) enum Written {
    /// All of it was written.
    All,
    /// None of it was, because conditions failed: for each item, whether its own did, and its row if asked for.
    Nothing(Vec<Check>),
}

/// The outcome of one item's condition.
#[derive(Debug)]
pub(super) enum Check {
    /// It held, or there was none.
    Held,
    /// It is not known: another transaction was at the item, or DynamoDB was too busy for it.
    Unknown,
    /// It failed; this is the row it met, where there is one and the item asked for it.
    Failed(Option<Item>),
}

impl Check {
    fn of(reason: &CancellationReason) -> Self {
        match reason.code() {
            Some("ConditionalCheckFailed") => Self::Failed(reason.item().cloned()),
            Some("TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded") => {
                Self::Unknown
            }
            _ => Self::Held,
        }
    }

    pub(super) fn unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }

    pub(super) fn failed(&self) -> bool {
        matches!(self, Self::Failed(_))
    }
}

/// Commits `items`, with retries under contention.
///
/// Every retry carries the same client request token, so one whose answer was lost is not written twice and reads as
/// the success that it was. A failed condition outranks a conflict: what it says will not change by waiting.
pub(super) async fn commit(
    client: &Client,
    attempted: &'static str,
    items: Vec<TransactWriteItem>,
    deadline: Deadline,
) -> Result<Written, Failure> {
    let token = token();
    let deadline = deadline.within(PATIENCE);
    let mut pauses = Pauses::default();
    loop {
        if deadline.remaining().is_zero() {
            return Err(Failure::out_of_time(attempted));
        }
        let write = client
            .transact_write_items()
            .set_transact_items(Some(items.clone()))
            .client_request_token(&token)
            .send();
        let written = deadline.run(write).await.map_err(|_| Failure::out_of_time(attempted))?;
        let Err(error) = written else { return Ok(Written::All) };
        if let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
            error.as_service_error()
        {
            let checks: Vec<_> = cancelled.cancellation_reasons().iter().map(Check::of).collect();
            if checks.iter().any(Check::failed) {
                return Ok(Written::Nothing(checks));
            }
            if !checks.iter().any(Check::unknown) {
                return Err(Failure::broken(
                    attempted,
                    "the transaction was cancelled for a reason unknown to us",
                ));
            }
        } else if !error.code().is_some_and(is_busy) {
            return Err(Failure::of(attempted, error));
        }
        if !pauses.before_write(deadline).await {
            return Err(Failure::out_of_time(attempted));
        }
    }
}

/// Draws a client request token: whoever repeats it means the same write.
fn token() -> String {
    format!("{:032x}", rand::rng().random::<u128>())
}

/// Exponential backoff with full jitter.
#[derive(Default)]
pub(super) struct Pauses(u32);

impl Pauses {
    pub(super) fn next(&mut self) -> Duration {
        let longest = FIRST_PAUSE.saturating_mul(1 << self.0.min(16)).min(LONGEST_PAUSE);
        self.0 += 1;
        rand::rng().random_range(Duration::ZERO..=longest)
    }

    /// Sleeps before a write is tried again, unless that leaves it too little time: one that is cut off may have been
    /// written all the same, and then a code is counted and never texted. Then it returns `false` at once.
    pub(super) async fn before_write(&mut self, deadline: Deadline) -> bool {
        deadline.less(WORTH_A_RETRY).sleep(self.next()).await
    }
}
