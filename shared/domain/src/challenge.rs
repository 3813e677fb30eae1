//! The state machine of a challenge: when a code may be issued, and what a typed code means.
//!
//! ```text
//!             right code                       right code again
//! PENDING ────────────────▶ CONFIRMED ────────────────────────▶ otp_already_used
//!    │ the text surely failed
//!    └────────────────────▶ REJECTED
//! ```
//!
//! A username has one row: the newest challenge of its account. Issuing replaces it, and keeps of the account what the
//! rules still need: the last hour's codes, to tell an earlier code from a wrong one, to know their ids, and to make the
//! next one wait; and the run of wrong codes, which only a right one ends.

mod issue;
mod judge;
#[cfg(test)]
mod tests;

use std::str::FromStr;

use super::account::AccountId;
use super::call::Call;
use super::code::OtpId;
use super::idempotency::KeyHash;
use super::mac::{Mac, PepperId};
use super::policy::{LONGEST_CODE_TTL, Policy};
use super::time::{DAY, HOUR, Timestamp};

pub use issue::Draft;
pub use judge::{Verdict, Wrong};

/// The time that a row with wrong codes stays, in seconds: longer than a year, so that waiting does not end the run.
const FAILURES_ARE_KEPT: i64 = 400 * DAY;

/// The newest challenge of an account.
#[derive(Clone, Debug)]
pub struct Challenge {
    account: AccountId,
    contested: bool,
    newest: IssuedCode,
    earlier: Vec<IssuedCode>,
    pepper: PepperId,
    attempts: u32,
    failures: u32,
    valid_until: Timestamp,
    delivery: Option<Delivery>,
}

/// A code that was issued, and what has become of it.
#[derive(Clone, Debug)]
pub struct IssuedCode {
    /// Its public name.
    pub id: OtpId,
    /// The MAC of the code, the only trace of it that is kept.
    pub mac: Mac,
    /// The moment of its issue.
    pub at: Timestamp,
    /// Its status.
    pub status: ChallengeStatus,
    /// The call that asked for it.
    pub call: Call,
    /// The idempotency key that came with that call.
    pub key: Option<KeyHash>,
}

/// The parts of a challenge, as a row holds them.
#[derive(Debug)]
pub struct StoredChallenge {
    /// See [`Challenge::account`].
    pub account: AccountId,
    /// See [`Challenge::is_contested`].
    pub contested: bool,
    /// The codes that it remembers, the newest last.
    pub issued: Vec<IssuedCode>,
    /// See [`Challenge::pepper`].
    pub pepper: PepperId,
    /// See [`Challenge::attempts`].
    pub attempts: u32,
    /// See [`Challenge::failures`].
    pub failures: u32,
    /// See [`Challenge::valid_until`].
    pub valid_until: Timestamp,
    /// See [`Challenge::delivery`].
    pub delivery: Option<Delivery>,
}

/// The fault of a row that no challenge was stored as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inconsistent(pub &'static str);

/// The status of a challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChallengeStatus {
    /// The right code has not been typed yet.
    Pending,
    /// The right code was typed.
    Confirmed,
    /// The text surely never left.
    Rejected,
}

impl ChallengeStatus {
    /// Returns its name in answers and stored rows.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Confirmed => "CONFIRMED",
            Self::Rejected => "REJECTED",
        }
    }
}

impl FromStr for ChallengeStatus {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        [Self::Pending, Self::Confirmed, Self::Rejected]
            .into_iter()
            .find(|status| status.as_str() == name)
            .ok_or(())
    }
}

/// The delivery of a code's text, as far as it is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its outcome.
    pub outcome: DeliveryOutcome,
    /// The messenger's name for the text.
    pub request_id: Option<String>,
    /// The number of requests that the messenger got.
    pub tries: u32,
}

/// The outcome of a text, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryOutcome {
    /// The messenger took it.
    Sent,
    /// It surely was not taken.
    Failed,
    /// It may or may not have been taken.
    Unknown,
}

impl DeliveryOutcome {
    /// Returns its name in answers, stored rows and logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "SENT",
            Self::Failed => "FAILED",
            Self::Unknown => "UNKNOWN",
        }
    }
}

impl FromStr for DeliveryOutcome {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        [Self::Sent, Self::Failed, Self::Unknown]
            .into_iter()
            .find(|outcome| outcome.as_str() == name)
            .ok_or(())
    }
}

impl Challenge {
    /// Returns the challenge that a row holds.
    ///
    /// # Errors
    /// When no challenge is stored so: without a code, with codes that are not in the order of their issue, with a life
    /// that no code has, or contested without an account.
    pub fn restore(stored: StoredChallenge) -> Result<Self, Inconsistent> {
        let StoredChallenge {
            account,
            contested,
            mut issued,
            pepper,
            attempts,
            failures,
            valid_until,
            delivery,
        } = stored;
        if !issued.is_sorted_by_key(|code| code.at) {
            return Err(Inconsistent("codes that are not in the order of their issue"));
        }
        let newest = issued.pop().ok_or(Inconsistent("no code"))?;
        if !(1..=LONGEST_CODE_TTL).contains(&newest.at.until(valid_until)) {
            return Err(Inconsistent("a life that no code has"));
        }
        if contested && account == AccountId::UNKNOWN {
            return Err(Inconsistent("contested without an account"));
        }
        Ok(Self {
            account,
            contested,
            newest,
            earlier: issued,
            pepper,
            attempts,
            failures,
            valid_until,
            delivery,
        })
    }

    /// Returns whether a code is waiting that can still be typed: PENDING, within its life, with attempts left, and
    /// made with the pepper in use.
    #[must_use]
    pub fn is_live(&self, pepper: PepperId, policy: &Policy, now: Timestamp) -> bool {
        self.newest.status == ChallengeStatus::Pending
            && now < self.valid_until
            && self.attempts < policy.max_attempts
            && self.pepper == pepper
    }

    /// Returns whether so many wrong codes were typed in a row that only an operator helps.
    #[must_use]
    pub fn is_locked(&self, policy: &Policy) -> bool {
        self.failures >= policy.max_consecutive_failures
    }

    /// Returns the moment from which nothing reads the row any more.
    #[must_use]
    pub fn expires_at(&self, now: Timestamp) -> Timestamp {
        let unread = self.kept_for_codes();
        if self.failures > 0 { unread.max(Self::kept_for_failures(now)) } else { unread }
    }

    /// Returns the moment until which a row stays in which an attempt was taken at `now`.
    #[must_use]
    pub fn kept_for_failures(now: Timestamp) -> Timestamp {
        now.plus(FAILURES_ARE_KEPT)
    }

    /// Returns the moment until which a row stays whose run of failures has ended.
    #[must_use]
    pub fn kept_for_codes(&self) -> Timestamp {
        self.valid_until.plus(HOUR)
    }

    /// Returns the account that it is of.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// Returns whether the account is contested, so that a code is typed with its id or not at all.
    #[must_use]
    pub fn is_contested(&self) -> bool {
        self.contested
    }

    /// Returns the newest code, the only one that is accepted.
    #[must_use]
    pub fn newest(&self) -> &IssuedCode {
        &self.newest
    }

    /// Returns the codes of the hour before the newest one was issued, the latest last.
    #[must_use]
    pub fn earlier(&self) -> &[IssuedCode] {
        &self.earlier
    }

    /// Returns the pepper of the newest code's MAC.
    #[must_use]
    pub fn pepper(&self) -> PepperId {
        self.pepper
    }

    /// Returns the number of attempts taken at the newest code.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Returns the number of attempts since the last right code, over all codes.
    #[must_use]
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// Returns the delivery of the newest code's text, as far as it is recorded.
    #[must_use]
    pub fn delivery(&self) -> Option<&Delivery> {
        self.delivery.as_ref()
    }

    /// Returns its public name.
    #[must_use]
    pub fn id(&self) -> OtpId {
        self.newest.id
    }

    /// Returns its status.
    #[must_use]
    pub fn status(&self) -> ChallengeStatus {
        self.newest.status
    }

    /// Returns the first moment at which the code is no longer accepted.
    #[must_use]
    pub fn valid_until(&self) -> Timestamp {
        self.valid_until
    }

    /// Returns the seconds of life that the code was issued with.
    #[must_use]
    pub fn expires_in(&self) -> i64 {
        self.newest.at.until(self.valid_until)
    }

    /// Returns the outcome of its text, as far as it is recorded.
    #[must_use]
    pub fn outcome(&self) -> DeliveryOutcome {
        self.delivery.as_ref().map_or(DeliveryOutcome::Unknown, |delivery| delivery.outcome)
    }

    /// Records the delivery of its text: a challenge whose text surely failed is REJECTED.
    #[must_use]
    pub fn delivered(mut self, delivery: Delivery) -> Self {
        if delivery.outcome == DeliveryOutcome::Failed && self.newest.status == ChallengeStatus::Pending {
            self.newest.status = ChallengeStatus::Rejected;
        }
        self.delivery = Some(delivery);
        self
    }

    /// Returns the codes that the row remembers, the newest last.
    fn issued(&self) -> impl DoubleEndedIterator<Item = &IssuedCode> {
        self.earlier.iter().chain(std::iter::once(&self.newest))
    }

    /// Returns those of the hour before `now`.
    fn last_hours(&self, now: Timestamp) -> impl DoubleEndedIterator<Item = &IssuedCode> {
        self.issued().filter(move |code| code.at.within_hour_before(now))
    }
}
