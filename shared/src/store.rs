//! Users, challenges and limits in DynamoDB: every write is conditional on what was decided from.
//!
//! One rule runs through all of it: a decision is taken outside, by a pure function, and the write that carries
//! it out commits only if nothing changed since. `users` and `otps` hold the rows, `limits` the
//! counters; `issuing` and `attempts` are the writes of the calls, `operating` those of an operator, `transaction` and
//! `update` how a write is carried out under contention, `batch` how several rows are read at once.

mod attempts;
mod batch;
mod failure;
mod issuing;
mod item;
mod limits;
mod operating;
mod otps;
mod transaction;
mod update;
mod users;

use aws_sdk_dynamodb::Client;

pub use attempts::{Attempt, AttemptResult, ConfirmResult};
pub use failure::Failure;
pub use issuing::{Issue, IssueResult, Met, SignUp, SignUpResult};
pub use limits::Limits;
pub use operating::OperatorWrite;

use item::Item;

use crate::clock::Deadline;
use crate::domain::challenge::Challenge;
use crate::domain::user::User;
use crate::domain::username::Username;

const READ_BOTH: &str = "read the user and the challenge";

/// The tables of users and challenges.
#[derive(Clone, Debug)]
pub struct Store {
    client: Client,
    users: String,
    otps: String,
}

impl Store {
    /// Opens the store in the tables `users` and `otps`.
    #[must_use]
    pub fn new(client: Client, users: String, otps: String) -> Self {
        Self { client, users, otps }
    }

    /// Reads what is known of a username: both rows with one call, consistently.
    ///
    /// They are no snapshot. A write between them is seen by the ids of the accounts, or met by the conditions of the write
    /// that follows.
    ///
    /// # Errors
    /// When DynamoDB does not answer in time, or holds a malformed item.
    pub async fn load(
        &self,
        username: &Username,
        deadline: Deadline,
    ) -> Result<(Option<User>, Option<Challenge>), Failure> {
        let keys = [(self.users.as_str(), vec![key(username)]), (self.otps.as_str(), vec![key(username)])];
        let found = batch::read(&self.client, READ_BOTH, keys, deadline).await?;
        let row = |table| found.get(table).and_then(|rows| rows.first());
        Ok((
            read_row(READ_BOTH, row(&self.users), users::from_item)?,
            read_row(READ_BOTH, row(&self.otps), otps::from_item)?,
        ))
    }

    /// Opens the connection to DynamoDB by a read that finds nothing, so that the first request need not.
    ///
    /// It is of no consequence whether that succeeds.
    pub async fn warm(&self) {
        let read = self.client.get_item().table_name(&self.otps).key("username", item::text("-"));
        drop(Box::pin(read.send()).await);
    }
}

/// Reads with `from_item` what an answer holds, which may be no row.
fn read_row<T>(
    attempted: &'static str,
    row: Option<&Item>,
    from_item: impl FnOnce(&Item) -> Result<T, item::Malformed>,
) -> Result<Option<T>, Failure> {
    row.map(from_item).transpose().map_err(|error| Failure::malformed(attempted, error))
}

/// Returns the key of a username's row, which both tables have in common.
fn key(username: &Username) -> Item {
    Item::from([("username".to_owned(), item::text(username.as_str()))])
}
