//! The writes that issue a code: a new account's first, any further one, and what became of its text.

use aws_sdk_dynamodb::types::{Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem};

use super::item::{number, text};
use super::limits::{Counted, Limits};
use super::otps::{self, from_answer};
use super::transaction::{Check, EXPECT_COMPLETE};
use super::update::{Unwritten, repeat_while_busy};
use super::{Failure, Store, users};
use crate::clock::Deadline;
use crate::domain::challenge::{Challenge, Delivery, Outcome, Status};
use crate::domain::limit::Quota;
use crate::domain::refusal::{Cap, Refusal};
use crate::domain::time::Timestamp;
use crate::domain::user::User;
use crate::domain::username::Username;

const SIGN_UP: &str = "store the user and the first code";
const ISSUE: &str = "store the code";
const RECORD: &str = "record the delivery";

/// What became of storing a new user.
#[derive(Debug)]
pub enum SignedUp {
    /// User and code are stored, and counted.
    Stored,
    /// Nothing changed: somebody has the name.
    Taken(Box<User>),
    /// Nothing changed: a limit refused.
    Refused(Refusal),
}

/// What became of storing a further code.
#[derive(Debug)]
pub enum Issued {
    /// The code is stored, and counted.
    Stored,
    /// Nothing changed: the row is no longer the one that was decided from, but this one.
    Changed(Option<Box<Challenge>>),
    /// Nothing changed: a limit refused.
    Refused(Refusal),
}

impl Store {
    /// Stores a new user with the first code, if the name is free and no limit is reached: all or nothing.
    ///
    /// # Errors
    /// When DynamoDB does not answer in time; the write may have happened all the same.
    pub async fn sign_up(
        &self,
        limits: &Limits,
        user: &User,
        challenge: &Challenge,
        quota: &Quota,
        now: Timestamp,
        deadline: Deadline,
    ) -> Result<SignedUp, Failure> {
        let own = [self.put_user_if_free(user, now), self.put_otp(&user.username, challenge, now)];
        Ok(match limits.write_and_count(SIGN_UP, &own, quota, deadline).await? {
            Counted::Written => SignedUp::Stored,
            Counted::BudgetSpent => SignedUp::Refused(budget_spent(quota, now)),
            Counted::Blocked { own, phone, address } => match own.into_iter().next() {
                Some(Check::Failed(Some(item))) => match users::from_item(&item) {
                    Ok(owner) => SignedUp::Taken(Box::new(owner)),
                    Err(error) => return Err(Failure::malformed(SIGN_UP, error)),
                },
                _ if address => SignedUp::Refused(cap_reached(Cap::Address, quota, now)),
                _ if phone => SignedUp::Refused(cap_reached(Cap::Phone, quota, now)),
                _ => return Err(Failure::broken(SIGN_UP, "a condition failed without the row it met")),
            },
        })
    }

    /// Stores `next` in the place of `before`, if that is still the row and no limit is reached: all or nothing.
    ///
    /// # Errors
    /// When DynamoDB does not answer in time; the write may have happened all the same.
    #[expect(clippy::too_many_arguments, reason = "each is a part of the one write, and none has a default")]
    pub async fn issue(
        &self,
        limits: &Limits,
        username: &Username,
        before: Option<&Challenge>,
        next: &Challenge,
        quota: &Quota,
        now: Timestamp,
        deadline: Deadline,
    ) -> Result<Issued, Failure> {
        let own = [self.put_otp_if_unchanged(username, before, next, now)];
        Ok(match limits.write_and_count(ISSUE, &own, quota, deadline).await? {
            Counted::Written => Issued::Stored,
            Counted::BudgetSpent => Issued::Refused(budget_spent(quota, now)),
            Counted::Blocked { own, phone, address: _ } => match own.into_iter().next() {
                Some(Check::Failed(row)) => Issued::Changed(from_answer(ISSUE, row.as_ref())?.map(Box::new)),
                _ if phone => Issued::Refused(cap_reached(Cap::Phone, quota, now)),
                _ => Issued::Refused(cap_reached(Cap::Address, quota, now)),
            },
        })
    }

    /// Puts the first challenge of a new account, whatever the row holds: the account before it is gone.
    fn put_otp(&self, username: &Username, challenge: &Challenge, now: Timestamp) -> TransactWriteItem {
        let put = Put::builder()
            .table_name(&self.otps)
            .set_item(Some(otps::to_item(username, challenge, now)))
            .build()
            .expect(EXPECT_COMPLETE);
        TransactWriteItem::builder().put(put).build()
    }

    /// Puts `next` if the row is still what `before` was read from. A try taken meanwhile counts as a change:
    /// it would be forgotten.
    fn put_otp_if_unchanged(
        &self,
        username: &Username,
        before: Option<&Challenge>,
        next: &Challenge,
        now: Timestamp,
    ) -> TransactWriteItem {
        let put = Put::builder()
            .table_name(&self.otps)
            .set_item(Some(otps::to_item(username, next, now)))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let put = match before {
            None => put.condition_expression("attribute_not_exists(username)"),
            Some(before) => put
                .condition_expression(
                    "otpId = :id AND #status = :status AND attempts = :attempts AND failures = :failures",
                )
                .expression_attribute_names("#status", "status")
                .expression_attribute_values(":id", text(before.id.to_string()))
                .expression_attribute_values(":status", otps::status(before.status))
                .expression_attribute_values(":attempts", number(before.attempts))
                .expression_attribute_values(":failures", number(before.failures)),
        };
        TransactWriteItem::builder().put(put.build().expect(EXPECT_COMPLETE)).build()
    }

    /// Records what became of the text of `challenge`, if that is still the newest. A text that surely failed
    /// makes it REJECTED, unless it is no longer PENDING.
    ///
    /// # Errors
    /// When DynamoDB does not answer in time. The code works without the record.
    pub async fn record_delivery(
        &self,
        username: &Username,
        challenge: &Challenge,
        delivery: &Delivery,
        now: Timestamp,
        deadline: Deadline,
    ) -> Result<(), Failure> {
        let write = self
            .client
            .update_item()
            .table_name(&self.otps)
            .key("username", text(username.as_str()))
            .expression_attribute_values(":id", text(challenge.id.to_string()))
            .expression_attribute_values(":delivery", otps::delivery(delivery, now));
        let write = match delivery.outcome {
            Outcome::Sent | Outcome::Unknown => {
                write.update_expression("SET delivery = :delivery").condition_expression("otpId = :id")
            }
            Outcome::Failed => write
                .update_expression("SET delivery = :delivery, #status = :rejected")
                .condition_expression("otpId = :id AND #status = :pending")
                .expression_attribute_names("#status", "status")
                .expression_attribute_values(":rejected", otps::status(Status::Rejected))
                .expression_attribute_values(":pending", otps::status(Status::Pending)),
        };
        match repeat_while_busy(RECORD, deadline, || write.clone().send()).await {
            Ok(_) | Err(Unwritten::Refused(_)) => Ok(()),
            Err(Unwritten::Failed(failure)) => Err(failure),
        }
    }
}

fn cap_reached(cap: Cap, quota: &Quota, now: Timestamp) -> Refusal {
    let ends_at = match (cap, &quota.address) {
        (Cap::Address, Some(address)) => address.ends_at,
        _ => quota.phone.ends_at,
    };
    Refusal::RateLimited { cap, retry_after: now.until(ends_at) }
}

fn budget_spent(quota: &Quota, now: Timestamp) -> Refusal {
    let ends_at = quota.budget.as_ref().map_or(now, |budget| budget.ends_at);
    Refusal::BudgetSpent { retry_after: now.until(ends_at) }
}
