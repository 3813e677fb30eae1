//! Whether a code may be issued, and what the row holds afterwards.

use super::{Call, Challenge, Issue, Status, Superseded};
use crate::domain::code::OtpId;
use crate::domain::idempotency::KeyHash;
use crate::domain::mac::{Mac, PepperId};
use crate::domain::policy::Policy;
use crate::domain::refusal::{Cap, Refusal};
use crate::domain::time::{HOUR, Timestamp};

/// A challenge about to be issued: what was drawn and who asked.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Its id, drawn at random.
    pub id: OtpId,
    /// The MAC of its code, or of nothing.
    pub mac: Mac,
    /// The pepper of that MAC.
    pub pepper: PepperId,
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

    /// Issues a code in the place of `before`, or says why not.
    ///
    /// Whatever code was live is superseded: only the newest is ever accepted.
    ///
    /// # Errors
    /// In this order: [`Refusal::Locked`], [`Refusal::OtpPending`] (send), [`Refusal::RateLimited`],
    /// [`Refusal::ResendTooSoon`].
    pub fn issue(
        before: Option<&Self>,
        draft: Draft,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        if let Some(before) = before {
            before.may_be_replaced(draft.call, draft.pepper, policy, now)?;
        }
        Ok(Self::replacing(before, draft, policy, now))
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
        let mut issues: Vec<_> = before.map(Self::history).into_iter().flatten().collect();
        issues.retain(|issue| issue.at.within_hour_before(now));
        issues.push(Issue { at: now, outcome: Status::Pending, call: draft.call, key: draft.key });

        let mut superseded = Vec::new();
        if let Some(before) = before {
            superseded.clone_from(&before.superseded);
            if before.status != Status::Rejected {
                superseded.push(Superseded {
                    id: before.id,
                    mac: before.mac.clone(),
                    issued_at: before.issued_at,
                });
            }
            superseded.retain(|code| code.issued_at.within_hour_before(now));
        }

        Self {
            id: draft.id,
            status: Status::Pending,
            mac: draft.mac,
            pepper: draft.pepper,
            superseded,
            attempts: 0,
            failures: before.map_or(0, |before| before.failures),
            issued_at: now,
            valid_until: now.plus(policy.code_ttl),
            issues,
            delivery: None,
        }
    }

    /// The last hour's codes with what became of each, the newest last.
    fn history(&self) -> impl Iterator<Item = Issue> {
        let newest = self.issues.len().saturating_sub(1);
        self.issues.iter().enumerate().map(move |(at, issue)| {
            let outcome = if at == newest { self.status } else { issue.outcome };
            Issue { outcome, ..issue.clone() }
        })
    }

    /// The first moment from `now` on at which the hour before it holds fewer codes than the cap.
    fn capped_until(&self, policy: &Policy, now: Timestamp) -> Timestamp {
        let cap = policy.codes_per_username_per_hour as usize;
        let recent: Vec<_> = self.issues.iter().filter(|issue| issue.at.within_hour_before(now)).collect();
        match recent.len().checked_sub(cap) {
            Some(over) => recent.get(over).map_or(now, |issue| issue.at.plus(HOUR)),
            None => now,
        }
    }

    /// The first moment from `now` on at which the cooldown is over. As codes leave the hour the wait since the
    /// last one shrinks, so this is not always the wait that the codes of this moment ask for.
    fn cooling_until(&self, policy: &Policy, now: Timestamp) -> Timestamp {
        let since_confirmed = self.history().fold(Vec::new(), |mut counted, issue| {
            match issue.outcome {
                Status::Confirmed => counted.clear(),
                Status::Pending => counted.push(issue.at),
                Status::Rejected => {}
            }
            counted
        });
        let mut at = now;
        loop {
            let counted = || since_confirmed.iter().filter(|issued_at| issued_at.within_hour_before(at));
            let Some(last) = counted().next_back() else { return at };
            let over = last.plus(policy.cooldown_after(counted().count()));
            if over <= at {
                return at;
            }
            let one_leaves = counted().next().map_or(over, |first| first.plus(HOUR));
            at = over.min(one_leaves);
        }
    }

    /// Seconds until a resend will be accepted, as far as this username's own codes decide.
    #[must_use]
    pub fn resend_after(&self, policy: &Policy, now: Timestamp) -> i64 {
        let uncapped = self.capped_until(policy, now);
        now.until(self.cooling_until(policy, uncapped))
    }

    /// Whether this call with this key already succeeded within the last hour.
    #[must_use]
    pub fn answered(&self, call: Call, key: KeyHash, now: Timestamp) -> bool {
        self.history().any(|issue| {
            issue.call == call
                && issue.key == Some(key)
                && issue.at.within_hour_before(now)
                // A signup succeeds even if its text does not; send and resend do not.
                && (issue.outcome != Status::Rejected || call == Call::Signup)
        })
    }
}
