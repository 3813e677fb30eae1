//! The writes of a verification: an attempt is taken before a code is compared, and a right code is confirmed once.

use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update};

use super::item::{number, text, timestamp};
use super::otps;
use super::transaction::{Check, EXPECT_COMPLETE, Written, commit};
use super::update::{Unwritten, retry_while_busy, send_once};
use super::{Failure, Store, read_row};
use crate::clock::{Deadline, Moment};
use crate::domain::challenge::{Challenge, ChallengeStatus};
use crate::domain::code::OtpId;
use crate::domain::mac::PepperId;
use crate::domain::policy::Policy;
use crate::domain::time::Timestamp;
use crate::domain::username::Username;

const TAKE_ATTEMPT: &str = "take a try";
const CONFIRM: &str = "confirm the code";
const END_FAILURES: &str = "end the run of failures";

/// An attempt at a code, before it is paid for.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'a> {
    /// At the code of this username.
    pub username: &'a Username,
    /// At that of this id alone, if the request names one.
    pub asked: Option<OtpId>,
    /// Made with this pepper.
    pub pepper: PepperId,
}

/// The outcome of taking an attempt.
#[derive(Debug)]
pub enum AttemptResult {
    /// It is paid for; this is the row with it.
    Taken(Box<Challenge>),
    /// No attempt could be taken, and nothing changed; this is the row as it was.
    Refused(Option<Box<Challenge>>),
}

/// The outcome of confirming a code.
#[derive(Debug)]
pub enum ConfirmResult {
    /// The code is CONFIRMED and the user VERIFIED, both at once.
    Done,
    /// Nothing changed: the challenge is no longer the one that was compared, or no longer pending.
    Changed(Option<Box<Challenge>>),
    /// Nothing changed: the account has ended.
    NoUser,
}

impl Store {
    /// Takes an attempt at the newest code: the write that pays for a comparison, before it.
    ///
    /// Its condition is the whole rule: the code is PENDING or CONFIRMED, within its life, with attempts left, not
    /// locked, made with this pepper, and the one asked for, or, where none is, that of an account that is not
    /// contested. Two requests cannot pay with the same attempt.
    ///
    /// # Errors
    /// When DynamoDB does not answer in time. The attempt may have been taken all the same; it is not retried.
    pub async fn take_attempt(
        &self,
        attempt: Attempt<'_>,
        policy: &Policy,
        moment: Moment,
    ) -> Result<AttemptResult, Failure> {
        let Attempt { username, asked, pepper } = attempt;
        let now = moment.now();
        let condition = "#status IN (:pending, :confirmed) AND validUntil > :now \
                         AND attempts < :max AND failures < :cap AND pepperId = :pepper";
        let mut write = self
            .client
            .update_item()
            .table_name(&self.otps)
            .key("username", text(username.as_str()))
            .update_expression(
                "SET attempts = attempts + :one, failures = failures + :one, expiresAt = :kept",
            )
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":pending", otps::status(ChallengeStatus::Pending))
            .expression_attribute_values(":confirmed", otps::status(ChallengeStatus::Confirmed))
            .expression_attribute_values(":now", timestamp(now))
            .expression_attribute_values(":max", number(policy.max_attempts))
            .expression_attribute_values(":cap", number(policy.max_consecutive_failures))
            .expression_attribute_values(":pepper", otps::pepper(pepper))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":kept", timestamp(Challenge::kept_for_failures(now)))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        write = match asked {
            None => write.condition_expression(format!("{condition} AND attribute_not_exists(contested)")),
            Some(id) => write
                .condition_expression(format!("{condition} AND otpId = :id"))
                .expression_attribute_values(":id", text(id.to_string())),
        };
        match retry_while_busy(TAKE_ATTEMPT, moment.deadline, || send_once(&write)).await {
            Ok(output) => read_row(TAKE_ATTEMPT, output.attributes.as_ref(), otps::from_item)?
                .map(|row| AttemptResult::Taken(Box::new(row)))
                .ok_or_else(|| Failure::broken(TAKE_ATTEMPT, "the row is missing in the answer")),
            Err(Unwritten::Refused(row)) => Ok(AttemptResult::Refused(
                read_row(TAKE_ATTEMPT, row.as_ref(), otps::from_item)?.map(Box::new),
            )),
            Err(Unwritten::Failed(failure)) => Err(failure),
        }
    }

    /// Confirms the challenge whose code was compared and found right, and verifies its user: both or neither.
    ///
    /// # Errors
    /// When DynamoDB does not answer in time; the write may have happened all the same.
    pub async fn confirm(
        &self,
        username: &Username,
        compared: &Challenge,
        moment: Moment,
    ) -> Result<ConfirmResult, Failure> {
        let now = moment.now();
        let user = self.verify_user(username, compared.account(), now);
        let items = vec![self.confirm_otp(username, compared, now), user];
        match commit(&self.client, CONFIRM, items, moment.deadline).await? {
            Written::All => Ok(ConfirmResult::Done),
            Written::Nothing(checks) => match checks.into_iter().next() {
                Some(Check::Failed(row)) => Ok(ConfirmResult::Changed(
                    read_row(CONFIRM, row.as_ref(), otps::from_item)?.map(Box::new),
                )),
                _ => Ok(ConfirmResult::NoUser),
            },
        }
    }

    /// Ends the run of failures once more, and with it the long life of the row: the confirmed code was typed again.
    ///
    /// # Errors
    /// When DynamoDB does not answer in time; the write may have happened all the same.
    pub async fn end_failures(
        &self,
        username: &Username,
        compared: &Challenge,
        deadline: Deadline,
    ) -> Result<(), Failure> {
        let write = self
            .client
            .update_item()
            .table_name(&self.otps)
            .key("username", text(username.as_str()))
            .update_expression("SET failures = :none, expiresAt = :unread")
            .condition_expression("otpId = :id AND #status = :confirmed")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":confirmed", otps::status(ChallengeStatus::Confirmed))
            .expression_attribute_values(":none", number(0))
            .expression_attribute_values(":unread", timestamp(compared.kept_for_codes()))
            .expression_attribute_values(":id", text(compared.id().to_string()));
        match retry_while_busy(END_FAILURES, deadline, || write.clone().send()).await {
            Ok(_) | Err(Unwritten::Refused(_)) => Ok(()),
            Err(Unwritten::Failed(failure)) => Err(failure),
        }
    }

    /// Confirms the code if it is the one that was compared, still pending and alive; ends the run of failures.
    fn confirm_otp(&self, username: &Username, compared: &Challenge, now: Timestamp) -> TransactWriteItem {
        let otp = Update::builder()
            .table_name(&self.otps)
            .key("username", text(username.as_str()))
            .update_expression(
                "SET #status = :confirmed, failures = :none, expiresAt = :unread REMOVE contested",
            )
            .condition_expression("otpId = :id AND #status = :pending AND validUntil > :now")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":confirmed", otps::status(ChallengeStatus::Confirmed))
            .expression_attribute_values(":pending", otps::status(ChallengeStatus::Pending))
            .expression_attribute_values(":none", number(0))
            .expression_attribute_values(":unread", timestamp(compared.kept_for_codes()))
            .expression_attribute_values(":id", text(compared.id().to_string()))
            .expression_attribute_values(":now", timestamp(now))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .expect(EXPECT_COMPLETE);
        TransactWriteItem::builder().update(otp).build()
    }
}
