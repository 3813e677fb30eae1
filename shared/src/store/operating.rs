//! The writes of an operator: the run of wrong codes is ended, or a username forgotten.

use aws_sdk_dynamodb::types::{ConditionCheck, Delete, TransactWriteItem, Update};

use super::item::{account, number, text, timestamp};
use super::transaction::{EXPECT_COMPLETE, Written, commit};
use super::{Failure, Store};
use crate::clock::Deadline;
use crate::domain::challenge::Challenge;
use crate::domain::user::User;
use crate::domain::username::Username;

const UNLOCK: &str = "unlock the username";
const FORGET: &str = "forget the username";

/// The condition of a row that must still be missing.
const STILL_MISSING: &str = "attribute_not_exists(username)";

/// The outcome of an operator's write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperatorWrite {
    /// All of it was written.
    Done,
    /// Nothing was: a row is no longer the one that was read.
    Overtaken,
}

impl Store {
    /// Ends a username's run of wrong codes, and with it its lock and the long life of its row, if no code was issued and
    /// none was typed since its challenge was `read`.
    ///
    /// It is a transaction of one item: one whose answer was lost is repeated and still reads as done.
    ///
    /// # Errors
    /// When DynamoDB does not answer in time; the write may have happened all the same.
    pub async fn unlock(
        &self,
        username: &Username,
        read: &Challenge,
        deadline: Deadline,
    ) -> Result<OperatorWrite, Failure> {
        self.operate(UNLOCK, vec![self.end_run(username, read)], deadline).await
    }

    /// Deletes a username's user and challenge, both or neither, if both are still what was read: the user's account and
    /// status, the newest code, and that a row was missing.
    ///
    /// # Errors
    /// When DynamoDB does not answer in time; the write may have happened all the same.
    pub async fn forget(
        &self,
        username: &Username,
        user: Option<&User>,
        challenge: Option<&Challenge>,
        deadline: Deadline,
    ) -> Result<OperatorWrite, Failure> {
        let items = vec![self.delete_user(username, user), self.delete_otp(username, challenge)];
        self.operate(FORGET, items, deadline).await
    }

    async fn operate(
        &self,
        attempted: &'static str,
        items: Vec<TransactWriteItem>,
        deadline: Deadline,
    ) -> Result<OperatorWrite, Failure> {
        Ok(match commit(&self.client, attempted, items, deadline).await? {
            Written::All => OperatorWrite::Done,
            Written::Nothing(_) => OperatorWrite::Overtaken,
        })
    }

    fn end_run(&self, username: &Username, read: &Challenge) -> TransactWriteItem {
        let otp = Update::builder()
            .table_name(&self.otps)
            .key("username", text(username.as_str()))
            .update_expression("SET failures = :none, expiresAt = :unread")
            .condition_expression("otpId = :id AND failures = :read")
            .expression_attribute_values(":none", number(0))
            .expression_attribute_values(":unread", timestamp(read.kept_for_codes()))
            .expression_attribute_values(":id", text(read.id().to_string()))
            .expression_attribute_values(":read", number(read.failures()))
            .build()
            .expect(EXPECT_COMPLETE);
        TransactWriteItem::builder().update(otp).build()
    }

    fn delete_user(&self, username: &Username, read: Option<&User>) -> TransactWriteItem {
        let Some(read) = read else { return still_missing(&self.users, username) };
        let delete = Delete::builder()
            .table_name(&self.users)
            .key("username", text(username.as_str()))
            .condition_expression("accountId = :read AND #status = :status")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":read", account(read.account))
            .expression_attribute_values(":status", text(read.status.as_str()));
        TransactWriteItem::builder().delete(delete.build().expect(EXPECT_COMPLETE)).build()
    }

    fn delete_otp(&self, username: &Username, read: Option<&Challenge>) -> TransactWriteItem {
        let Some(read) = read else { return still_missing(&self.otps, username) };
        let delete = Delete::builder()
            .table_name(&self.otps)
            .key("username", text(username.as_str()))
            .condition_expression("otpId = :id")
            .expression_attribute_values(":id", text(read.id().to_string()));
        TransactWriteItem::builder().delete(delete.build().expect(EXPECT_COMPLETE)).build()
    }
}

fn still_missing(table: &str, username: &Username) -> TransactWriteItem {
    let check = ConditionCheck::builder()
        .table_name(table)
        .key("username", text(username.as_str()))
        .condition_expression(STILL_MISSING);
    TransactWriteItem::builder().condition_check(check.build().expect(EXPECT_COMPLETE)).build()
}
