//! The changes of state that are told of. What is done with one stands in [`crate::audit`] and [`crate::metrics`].

use std::time::Duration;

use crate::domain::call::Call;
use crate::domain::challenge::DeliveryOutcome;
use crate::domain::code::OtpId;
use crate::domain::money::MicroDollars;
use crate::domain::recipient::RecipientKind;

/// A change of state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Signup stored a user, PENDING, with this challenge.
    UserCreated {
        /// True when signups with different passwords have claimed the name.
        contested: bool,
    },
    /// A code was stored and counted.
    CodeIssued {
        /// The call.
        call: Call,
        /// The kind of its recipient: see [`Recipient::kind`](crate::domain::recipient::Recipient::kind).
        recipient: RecipientKind,
        /// The price of its text.
        spent: MicroDollars,
    },
    /// A code that was still live gave way to a newer one.
    CodeSuperseded {
        /// The newer one.
        by: OtpId,
    },
    /// The outcome of the text is settled, as far as it is known.
    TextSettled {
        /// The outcome.
        outcome: DeliveryOutcome,
        /// The segments that it has; unknown where a template in Courier has its words.
        segments: Option<u32>,
        /// The number of requests that Courier got.
        tries: u32,
        /// The status of the last answer, if it was a refusal.
        last_status: Option<u16>,
        /// The time that all of it took.
        took: Duration,
    },
    /// The right code was typed.
    CodeConfirmed,
    /// The user is VERIFIED from now on, for the first time or once more.
    UserVerified,
    /// The last wrong code before the lock was typed.
    UserLocked,
}
