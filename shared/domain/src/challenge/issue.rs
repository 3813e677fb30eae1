//! The rules by which a code may be issued, and the row that an issue leaves.

use super::{Challenge, ChallengeStatus, IssuedCode};
use crate::account::AccountId;
use crate::call::Call;
use crate::code::OtpId;
use crate::idempotency::KeyHash;
use crate::mac::{Mac, PepperId};
use crate::policy::Policy;
use crate::refusal::{Cap, Refusal};
use crate::time::{HOUR, Timestamp};

/// A challenge about to be issued: what was drawn, whom it is for, and who asked.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Its id, drawn at random.
    pub id: OtpId,
    /// The MAC of its code, or of nothing.
    pub mac: Mac,
    /// The pepper of that MAC.
    pub pepper: PepperId,
    /// The account that it is for.
    pub account: AccountId,
    /// True when that account is contested.
    pub contested: bool,
    /// The call that asks for it.
    pub call: Call,
    /// The idempotency key that came with it.
    pub key: Option<KeyHash>,
}

impl Challenge {
    /// Issues the first code of a new account. Whatever the username's row held before is of no more concern.
    #[must_use]
    pub fn first(draft: Draft, policy: &Policy, now: Timestamp) -> Self {
        Self::replacing(None, draft, policy, now)
    }

    /// Issues a code in the place of `before`, the newest challenge of the same account, or says why not. The request may
    /// name, as `asked`, a code of the account that it knows.
    ///
    /// Whatever code was live is superseded: only the newest is ever accepted.
    ///
    /// # Errors
    /// In this order: [`Refusal::OtpSuperseded`], [`Refusal::OtpIdRequired`], [`Refusal::Locked`],
    /// [`Refusal::OtpPending`] (send), [`Refusal::RateLimited`], [`Refusal::ResendTooSoon`].
    pub fn issue(
        before: Option<&Self>,
        asked: Option<OtpId>,
        draft: Draft,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        match asked {
            Some(asked) if !before.is_some_and(|before| before.has_issued(asked, now)) => {
                return Err(Refusal::OtpSuperseded { attempts_remaining: None });
            }
            None if draft.contested => return Err(Refusal::OtpIdRequired),
            Some(_) | None => {}
        }
        if let Some(before) = before {
            before.may_be_replaced(draft.call, draft.pepper, policy, now)?;
        }
        Ok(Self::replacing(before, draft, policy, now))
    }

    /// Returns whether `id` is that of a code of the last hour, a failed one included.
    fn has_issued(&self, id: OtpId, now: Timestamp) -> bool {
        self.last_hours(now).any(|code| code.id == id)
    }

    fn may_be_replaced(
        &self,
        call: Call,
        pepper: PepperId,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        if self.is_locked(policy) {
            return Err(Refusal::Locked);
        }
        if call == Call::Send && self.is_live(pepper, policy, now) {
            return Err(Refusal::OtpPending { retry_after: now.until(self.valid_until) });
        }
        let capped_until = self.capped_until(policy, now);
        if now < capped_until {
            return Err(Refusal::RateLimited { cap: Cap::Username, retry_after: now.until(capped_until) });
        }
        let cooling_until = self.cooling_until(policy, now);
        if now < cooling_until {
            return Err(Refusal::ResendTooSoon { retry_after: now.until(cooling_until) });
        }
        Ok(())
    }

    fn replacing(before: Option<&Self>, draft: Draft, policy: &Policy, now: Timestamp) -> Self {
        let Draft { id, mac, pepper, account, contested, call, key } = draft;
        Self {
            account,
            contested,
            newest: IssuedCode { id, mac, at: now, status: ChallengeStatus::Pending, call, key },
            earlier: before.map(|before| before.last_hours(now).cloned().collect()).unwrap_or_default(),
            pepper,
            attempts: 0,
            failures: before.map_or(0, |before| before.failures),
            valid_until: now.plus(policy.code_ttl),
            delivery: None,
        }
    }

    /// Returns the first moment from `now` on at which the hour before it holds fewer codes than the cap.
    fn capped_until(&self, policy: &Policy, now: Timestamp) -> Timestamp {
        let cap = policy.codes_per_username_per_hour as usize;
        match self.last_hours(now).count().checked_sub(cap) {
            Some(over) => self.last_hours(now).nth(over).map_or(now, |code| code.at.plus(HOUR)),
            None => now,
        }
    }

    /// Returns the first moment from `now` on at which both the cooldown and the wait of a run of failures are over.
    fn cooling_until(&self, policy: &Policy, now: Timestamp) -> Timestamp {
        // Never before the newest code, even where nothing slows down: a request that took long to come here may have an
        // older `now`, and a row holds its codes in the order of their issue.
        let slowed_until = self.newest.at.plus(policy.slowdown_after(self.failures));
        self.cooldown_until(policy, now.max(slowed_until))
    }

    /// Returns the first moment from `now` on at which the cooldown is over. As codes leave the hour the wait since
    /// the last one shrinks, so this is not always the wait that the codes of this moment ask for.
    fn cooldown_until(&self, policy: &Policy, now: Timestamp) -> Timestamp {
        let since_confirmed = self.issued().fold(Vec::new(), |mut counted, code| {
            match code.status {
                ChallengeStatus::Confirmed => counted.clear(),
                ChallengeStatus::Pending => counted.push(code.at),
                ChallengeStatus::Rejected => {}
            }
            counted
        });
        let Some(last) = since_confirmed.last() else { return now };
        // Each is waited for until it leaves the hour, or until it and the later ones have been waited for long enough. That
        // is never longer for fewer codes.
        let waited_for = (1..).zip(since_confirmed.iter().rev()).map(|(counted, first)| {
            let over = last.plus(policy.cooldown_after(counted));
            over.min(first.plus(HOUR))
        });
        waited_for.fold(now, Timestamp::max)
    }

    /// Returns the seconds until a resend will be accepted, as far as this username's own codes decide.
    #[must_use]
    pub fn resend_after(&self, policy: &Policy, now: Timestamp) -> i64 {
        let uncapped = self.capped_until(policy, now);
        now.until(self.cooling_until(policy, uncapped))
    }

    /// Returns whether this call with this key already succeeded within the last hour.
    #[must_use]
    pub fn answered(&self, call: Call, key: KeyHash, now: Timestamp) -> bool {
        self.last_hours(now).any(|code| {
            code.call == call
                && code.key == Some(key)
                // A signup succeeds even if its text does not; send and resend do not.
                && (code.status != ChallengeStatus::Rejected || call == Call::Signup)
        })
    }
}
