//! The meaning of a typed code, and the reasons why one cannot be compared or confirmed.

use subtle::{Choice, ConditionallySelectable as _, ConstantTimeEq as _};

use super::{Challenge, ChallengeStatus, IssuedCode};
use crate::code::{Code, OtpId};
use crate::mac::{Pepper, PepperId};
use crate::policy::Policy;
use crate::refusal::Refusal;
use crate::time::Timestamp;
use crate::username::Username;

/// The verdict on a typed code, after its attempt was paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The newest code, typed for the first time: it may be confirmed.
    Right,
    /// Anything else.
    Refused(Wrong),
}

/// The reason why a typed code confirms nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// The newest code, but it was confirmed before.
    AlreadyUsed,
    /// The code of an earlier text.
    Superseded,
    /// No code of ours.
    NoMatch,
}

impl Challenge {
    /// Returns the reason why no attempt could be taken at the challenge in `row`, which the failing condition returned.
    ///
    /// A foreign id is answered before anything is looked at that differs from one username to another.
    #[must_use]
    pub fn why_no_attempt(
        row: Option<&Self>,
        asked: Option<OtpId>,
        pepper: PepperId,
        policy: &Policy,
        now: Timestamp,
    ) -> Refusal {
        let remembered = row.is_some_and(|row| row.newest.at.within_hour_before(now));
        if asked.is_some_and(|asked| !remembered || row.is_none_or(|row| row.id() != asked)) {
            return Refusal::OtpSuperseded { attempts_remaining: None };
        }
        let Some(row) = row else { return Refusal::OtpNotFound };
        // Counted from its issue, not its end: after that hour no answer tells its state any more, so the username must be
        // like an unknown one.
        if row.contested && asked.is_none() && remembered {
            Refusal::OtpIdRequired
        } else if row.is_locked(policy) {
            Refusal::Locked
        } else if row.newest.status == ChallengeStatus::Rejected || !remembered {
            Refusal::OtpNotFound
        } else if row.valid_until <= now || row.pepper != pepper {
            Refusal::OtpExpired
        } else {
            Refusal::OtpExhausted
        }
    }

    /// Compares `code` with the newest code and the earlier ones that were texted, all of them in constant time.
    ///
    /// The attempt must have been taken before: `self` is the row that the taking returned.
    #[must_use]
    pub fn judge(&self, code: &Code, username: &Username, pepper: &Pepper) -> Verdict {
        let is = |issued: &IssuedCode| issued.mac.ct_eq(&code.mac(pepper, issued.id, username));
        let newest = is(&self.newest);
        let texted = self.earlier.iter().filter(|earlier| earlier.status != ChallengeStatus::Rejected);
        let earlier = texted.map(is).fold(Choice::from(0), |any, one| any | one);
        let mut verdict = 0_u8;
        verdict.conditional_assign(&1, earlier);
        verdict.conditional_assign(&2, newest);
        match (verdict, self.newest.status) {
            (2, ChallengeStatus::Pending) => Verdict::Right,
            (2, _) => Verdict::Refused(Wrong::AlreadyUsed),
            (1, _) => Verdict::Refused(Wrong::Superseded),
            _ => Verdict::Refused(Wrong::NoMatch),
        }
    }

    /// Returns the number of codes that will still be compared: the attempts left of this code, and of the run before the lock.
    #[must_use]
    pub fn attempts_remaining(&self, policy: &Policy) -> u32 {
        let of_code = policy.max_attempts.saturating_sub(self.attempts);
        of_code.min(policy.max_consecutive_failures.saturating_sub(self.failures))
    }

    /// Returns the reason why a right code could not be confirmed, given the row as the failing condition found it.
    #[must_use]
    pub fn why_not_confirmed(
        row: Option<&Self>,
        compared: OtpId,
        policy: &Policy,
        now: Timestamp,
    ) -> Refusal {
        match row {
            None => Refusal::OtpNotFound,
            Some(row) if row.id() != compared => {
                Refusal::OtpSuperseded { attempts_remaining: Some(row.attempts_remaining(policy)) }
            }
            Some(row) => match row.newest.status {
                ChallengeStatus::Confirmed => Refusal::OtpAlreadyUsed,
                ChallengeStatus::Pending if row.valid_until <= now => Refusal::OtpExpired,
                ChallengeStatus::Pending | ChallengeStatus::Rejected => Refusal::OtpNotFound,
            },
        }
    }
}
