//! Users, challenges and limits in DynamoDB: every write is conditional on what was decided from.
//!
//! One rule runs through all of it: a decision is taken outside, by a pure function, and the write that carries
//! it out commits only if nothing changed since. `users` and `otps` hold the rows, `limits` the
//! counters; `issuing` and `attempts` are the writes of the calls, `transaction` and `update` how a write is carried
//! out under contention.

mod attempts;
mod failure;
mod issuing;
mod item;
mod limits;
mod otps;
mod transaction;
mod update;
mod users;

use aws_sdk_dynamodb::Client;

pub use attempts::{Attempt, AttemptResult, ConfirmResult};
pub use failure::Failure;
pub use issuing::{Issue, IssueResult, Met, SignUp, SignUpResult};
pub use limits::Limits;

use item::Item;

use crate::clock::Deadline;
use crate::domain::challenge::Challenge;
use crate::domain::user::User;
use crate::domain::username::Username;

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

    /// Reads what is known of a username: two consistent reads at once.
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
        tokio::try_join!(self.user(username, deadline), self.challenge(username, deadline))
    }

    /// Reads a username's row of `table`, consistently.
    async fn row(
        &self,
        attempted: &'static str,
        table: &str,
        username: &Username,
        deadline: Deadline,
    ) -> Result<Option<Item>, Failure> {
        let key = item::text(username.as_str());
        let read = self.client.get_item().table_name(table).key("username", key).consistent_read(true);
        let answer = deadline.run(read.send()).await.map_err(|_| Failure::out_of_time(attempted))?;
        Ok(answer.map_err(|error| Failure::of(attempted, error))?.item)
    }

    /// Opens the connection to DynamoDB by a read that finds nothing, so that the first request need not.
    ///
    /// It is of no consequence whether that succeeds.
    pub async fn warm(&self) {
        let read = self.client.get_item().table_name(&self.otps).key("username", item::text("-"));
        drop(Box::pin(read.send()).await);
    }
}
