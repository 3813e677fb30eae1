//! The writes that issue a code: a new account's first, any further one, and what became of its text.

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};

use super::item::{number, text};
use super::limits::{Counted, Limits, Room, Rooms};
use super::otps;
use super::transaction::{Check, EXPECT_COMPLETE, Pauses};
use super::update::{Unwritten, retry_while_busy};
use super::{Failure, Store, users};
use crate::clock::Moment;
use crate::domain::account::AccountId;
use crate::domain::challenge::{Challenge, ChallengeStatus, Delivery, DeliveryOutcome};
use crate::domain::limit::Quota;
use crate::domain::recipient::Recipient;
use crate::domain::refusal::{Cap, Refusal};
use crate::domain::sum::Sum;
use crate::domain::time::Timestamp;
use crate::domain::user::{User, UserStatus};
use crate::domain::username::Username;

const SIGN_UP: &str = "store the user and the first code";
const ISSUE: &str = "store the code";
const RECORD: &str = "record the delivery";

/// The write of a signup.
#[derive(Clone, Copy, Debug)]
pub struct SignUp<'a> {
    /// The new user.
    pub user: &'a User,
    /// The first challenge of its account.
    pub challenge: &'a Challenge,
    /// The account of a PENDING user that gives way, or none where the name is believed to be free.
    pub over: Option<AccountId>,
    /// The counters that it counts in.
    pub quota: &'a Quota,
}

/// The outcome of storing a new user.
#[derive(Debug)]
pub enum SignUpResult {
    /// User and code are stored, and counted.
    Stored,
    /// Nothing changed: this user has the name.
    Met(Box<Met>),
    /// Nothing changed: the user that was to give way is gone, and the name is free.
    Freed,
    /// Nothing changed: a limit refused.
    Refused(Refusal),
}

/// The user that a signup met.
#[derive(Debug)]
pub struct Met {
    /// The user who has the name.
    pub owner: User,
    /// The reason why the signup is refused whatever its password: the name is taken, or a limit is reached. None
    /// where the row of a PENDING user alone stood in the way.
    pub refusal: Option<Refusal>,
}

/// The write of a send or resend.
#[derive(Clone, Copy, Debug)]
pub struct Issue<'a> {
    /// The recipient of the code.
    pub recipient: &'a Recipient,
    /// The row that the new challenge replaces, whosever it is.
    pub row: Option<&'a Challenge>,
    /// The new challenge.
    pub next: &'a Challenge,
    /// The counters that it counts in.
    pub quota: &'a Quota,
}

/// The outcome of storing a further code.
#[derive(Debug)]
pub enum IssueResult {
    /// The code is stored, and counted.
    Stored,
    /// Nothing changed: user or challenge are no longer those that were decided from.
    Overtaken,
    /// Nothing changed: a limit refused.
    Refused(Refusal),
}

impl Store {
    /// Stores a new user with the first code, if the name is free or the account that gives way still has it, and no limit
    /// is reached: all or nothing.
    ///
    /// # Errors
    /// When DynamoDB does not answer in time; the write may have happened all the same.
    pub async fn sign_up(
        &self,
        limits: &Limits,
        sign_up: SignUp<'_>,
        moment: Moment,
    ) -> Result<SignUpResult, Failure> {
        let SignUp { user, challenge, over, quota } = sign_up;
        let (now, deadline) = (moment.now(), moment.deadline);
        let put_user = match over {
            None => self.put_user_if_free(user, now),
            Some(met) => self.put_user_over(user, met),
        };
        let own = [put_user, self.put_otp(&user.username, challenge, now)];
        let mut pauses = Pauses::default();
        loop {
            let (own, rooms) = match limits.write_and_count(SIGN_UP, &own, quota, deadline).await? {
                Counted::Written => return Ok(SignUpResult::Stored),
                Counted::BudgetSpent(full) => {
                    return Ok(SignUpResult::Refused(budget_spent(full, quota, now)));
                }
                Counted::Blocked { own, rooms } => (own, rooms),
            };
            let owner = match own.into_iter().next() {
                Some(Check::Failed(Some(item))) => {
                    users::from_item(&item).map_err(|error| Failure::malformed(SIGN_UP, error))?
                }
                Some(Check::Failed(None)) if over.is_some() => return Ok(SignUpResult::Freed),
                // Whether the name is taken is asked before its phone, and a repeat with its key before all.
                Some(Check::Unknown) => {
                    if deadline.sleep(pauses.next()).await {
                        continue;
                    }
                    return Err(Failure::out_of_time(SIGN_UP));
                }
                _ => {
                    let refusal = cap_reached(rooms, quota, now);
                    return refusal.map(SignUpResult::Refused).ok_or_else(|| unexplained(SIGN_UP));
                }
            };
            let refusal = match owner.status {
                _ if rooms.address == Room::Full => cap_reached(rooms, quota, now),
                UserStatus::Verified { .. } => Some(Refusal::UsernameTaken),
                UserStatus::Pending { .. } if rooms.phone == Room::Full => cap_reached(rooms, quota, now),
                // Only a signup that nothing else refuses may learn what a password compares to.
                UserStatus::Pending { .. } if rooms.any_unknown() => {
                    if deadline.sleep(pauses.next()).await {
                        continue;
                    }
                    return Err(Failure::out_of_time(SIGN_UP));
                }
                UserStatus::Pending { .. } => match &quota.charge {
                    Some(charge) if rooms.budget == Room::Full => {
                        let full = limits.draws_with_room(charge, deadline).await?.err();
                        full.map(|full| budget_spent(full, quota, now))
                    }
                    _ => None,
                },
            };
            return Ok(SignUpResult::Met(Box::new(Met { owner, refusal })));
        }
    }

    /// Stores the next challenge of a recipient in the place of the row, if both are still what was decided from and no
    /// limit is reached: all or nothing.
    ///
    /// # Errors
    /// When DynamoDB does not answer in time; the write may have happened all the same.
    pub async fn issue(
        &self,
        limits: &Limits,
        issue: Issue<'_>,
        moment: Moment,
    ) -> Result<IssueResult, Failure> {
        let (now, quota) = (moment.now(), issue.quota);
        let own = [self.check_recipient(issue.recipient, now), self.put_otp_if_unchanged(issue, now)];
        Ok(match limits.write_and_count(ISSUE, &own, quota, moment.deadline).await? {
            Counted::Written => IssueResult::Stored,
            Counted::BudgetSpent(full) => IssueResult::Refused(budget_spent(full, quota, now)),
            Counted::Blocked { own, .. } if own.iter().any(Check::failed) => IssueResult::Overtaken,
            Counted::Blocked { rooms, .. } => {
                // The API's order: a phone's cap comes first, since it holds for the whole day. Signup alone asks for the
                // address first, whose count also bounds how often names are looked up there.
                let address = if rooms.phone == Room::Full { Room::Left } else { rooms.address };
                let refusal = cap_reached(Rooms { address, ..rooms }, quota, now);
                IssueResult::Refused(refusal.ok_or_else(|| unexplained(ISSUE))?)
            }
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

    /// Puts the next challenge if the row is still what was read. An attempt taken meanwhile counts as a change: it
    /// would be forgotten.
    fn put_otp_if_unchanged(&self, issue: Issue<'_>, now: Timestamp) -> TransactWriteItem {
        let Issue { recipient, row, next, quota: _ } = issue;
        let put = Put::builder().table_name(&self.otps).set_item(Some(otps::to_item(
            recipient.username(),
            next,
            now,
        )));
        let put = match row {
            None => put.condition_expression("attribute_not_exists(username)"),
            Some(read) => put
                .condition_expression(
                    "otpId = :id AND #status = :status AND attempts = :attempts AND failures = :failures",
                )
                .expression_attribute_names("#status", "status")
                .expression_attribute_values(":id", text(read.id().to_string()))
                .expression_attribute_values(":status", otps::status(read.status()))
                .expression_attribute_values(":attempts", number(read.attempts()))
                .expression_attribute_values(":failures", number(read.failures())),
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
        moment: Moment,
    ) -> Result<(), Failure> {
        let write = self
            .client
            .update_item()
            .table_name(&self.otps)
            .key("username", text(username.as_str()))
            .expression_attribute_values(":id", text(challenge.id().to_string()))
            .expression_attribute_values(":delivery", otps::delivery(delivery, moment.now()));
        let write = match delivery.outcome {
            DeliveryOutcome::Sent | DeliveryOutcome::Unknown => {
                write.update_expression("SET delivery = :delivery").condition_expression("otpId = :id")
            }
            DeliveryOutcome::Failed => write
                .update_expression("SET delivery = :delivery, #status = :rejected")
                .condition_expression("otpId = :id AND #status = :pending")
                .expression_attribute_names("#status", "status")
                .expression_attribute_values(":rejected", otps::status(ChallengeStatus::Rejected))
                .expression_attribute_values(":pending", otps::status(ChallengeStatus::Pending)),
        };
        match retry_while_busy(RECORD, moment.deadline, || write.clone().send()).await {
            Ok(_) | Err(Unwritten::Refused(_)) => Ok(()),
            Err(Unwritten::Failed(failure)) => Err(failure),
        }
    }
}

/// Returns the cap that is reached, the address's before the phone's.
fn cap_reached(rooms: Rooms, quota: &Quota, now: Timestamp) -> Option<Refusal> {
    let refused = |cap, ends_at| Refusal::RateLimited { cap, retry_after: now.until(ends_at) };
    match &quota.address {
        Some(address) if rooms.address == Room::Full => Some(refused(Cap::Address, address.ends_at)),
        _ if rooms.phone == Room::Full => Some(refused(Cap::Phone, quota.phone.ends_at)),
        _ => None,
    }
}

fn unexplained(attempted: &'static str) -> Failure {
    Failure::broken(attempted, "a condition failed, and no limit and no row says why")
}

fn budget_spent(full: Sum, quota: &Quota, now: Timestamp) -> Refusal {
    let ends_at = quota.charge.as_ref().map_or(now, |charge| charge.ends_at);
    Refusal::BudgetSpent { full, retry_after: now.until(ends_at) }
}
