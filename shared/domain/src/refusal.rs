//! Refusals: every reason for which the rules say no.

use super::sum::Sum;

/// The refusal of a well-formed request.
///
/// Waits are whole seconds from now, until the moment at which the same request would no longer be refused for
/// this reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Signup: a VERIFIED user has this username.
    UsernameTaken,
    /// Send, resend and verify: the account is contested, and the call names no code of it.
    OtpIdRequired,
    /// Send: a code is live.
    OtpPending {
        /// The rest of its life.
        retry_after: i64,
    },
    /// Send and resend: the cooldown since the last code, or the wait that a run of wrong codes imposes.
    ResendTooSoon {
        /// The rest of the longer one.
        retry_after: i64,
    },
    /// A cap is reached.
    RateLimited {
        /// The cap.
        cap: Cap,
        /// Until it has room again.
        retry_after: i64,
    },
    /// The day's budget has no room for the text.
    BudgetSpent {
        /// The sum that is full. A caller is not told.
        full: Sum,
        /// Until the next UTC day.
        retry_after: i64,
    },
    /// Too many wrong codes in a row; an operator has to unlock the username, or, while its user is PENDING, another signup
    /// replaces the account.
    Locked,
    /// Verify: no code is waiting.
    OtpNotFound,
    /// Verify: the code is too old.
    OtpExpired,
    /// Verify: the code's attempts are used up.
    OtpExhausted,
    /// Verify: the code was right, and was confirmed before.
    OtpAlreadyUsed,
    /// Verify: a wrong code, which cost an attempt.
    InvalidOtp {
        /// Attempts left.
        attempts_remaining: u32,
    },
    /// Verify: the code of an earlier text, or an id that is not the newest challenge's. Send and resend: an id that is
    /// none of this account's last hour.
    OtpSuperseded {
        /// Attempts left at the newest code; absent when none was spent.
        attempts_remaining: Option<u32>,
    },
}

/// The cap on codes that is reached. A caller is not told: it would tell whose phone a username has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cap {
    /// Codes per username in any hour.
    Username,
    /// Codes per phone and UTC day, to VERIFIED users or to all others.
    Phone,
    /// Codes per source address and clock hour.
    Address,
}

impl Cap {
    /// Returns its name in logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Username => "username",
            Self::Phone => "phone",
            Self::Address => "address",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cap_has_the_name_that_logs_have() {
        assert_eq!(
            [Cap::Username, Cap::Phone, Cap::Address].map(Cap::as_str),
            ["username", "phone", "address"]
        );
    }
}
