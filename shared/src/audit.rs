//! The audit: one line in the log for each change of state.
//!
//! A line names the challenge and the request, never the username, the phone or the address. It is written once the
//! change is known to be stored: a write whose answer was lost leaves none.

use std::time::Duration;

use crate::domain::call::Call;
use crate::domain::challenge::Outcome;
use crate::domain::code::OtpId;
use crate::domain::recipient::RecipientKind;
use crate::metrics;
use crate::trace::{Trace, milliseconds};

/// A change of state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Signup stored a user, PENDING, with this challenge.
    UserCreated {
        /// Whether signups with different passwords have claimed the name.
        contested: bool,
    },
    /// A code was stored and counted.
    CodeIssued {
        /// By which call.
        call: Call,
        /// The kind of its recipient: see [`Recipient::kind`](crate::domain::recipient::Recipient::kind).
        recipient: RecipientKind,
    },
    /// A code that was still live gave way to a newer one.
    CodeSuperseded {
        /// The newer one.
        by: OtpId,
    },
    /// What is known of the text has been settled.
    TextSettled {
        /// What is known.
        outcome: Outcome,
        /// How often Courier was asked.
        tries: u32,
        /// The status of the last answer, if it was a refusal.
        last_status: Option<u16>,
        /// How long all of it took.
        took: Duration,
    },
    /// The right code was typed.
    CodeConfirmed,
    /// The user is VERIFIED from now on, for the first time or once more.
    UserVerified,
    /// The last wrong code before the lock was typed.
    UserLocked,
}

/// Writes the line of `event`, and counts it, which happened to the challenge `otp` in the request of `trace`.
///
/// A text that was not accepted is a warning; so is a lock, since only an operator can undo it.
pub fn tell(trace: &Trace, otp: OtpId, event: Event) {
    metrics::changed(event);
    let request = trace.request();
    match event {
        Event::UserCreated { contested } => {
            tracing::info!(request, %otp, event = "user_created", contested, "audit");
        }
        Event::CodeIssued { call, recipient } => {
            let (call, recipient) = (call.name(), recipient.name());
            tracing::info!(request, %otp, event = "code_issued", call, recipient, "audit");
        }
        Event::CodeSuperseded { by } => {
            tracing::info!(request, %otp, event = "code_superseded", %by, "audit");
        }
        Event::TextSettled { outcome, tries, last_status, took } => {
            let milliseconds = milliseconds(took);
            macro_rules! text {
                ($level:ident, $event:literal) => {
                    tracing::$level!(request, %otp, event = $event, tries, last_status, milliseconds, "audit")
                };
            }
            match outcome {
                Outcome::Sent => text!(info, "text_accepted"),
                Outcome::Failed => text!(warn, "text_failed"),
                Outcome::Unknown => text!(warn, "text_unknown"),
            }
        }
        Event::CodeConfirmed => tracing::info!(request, %otp, event = "code_confirmed", "audit"),
        Event::UserVerified => tracing::info!(request, %otp, event = "user_verified", "audit"),
        Event::UserLocked => tracing::warn!(request, %otp, event = "user_locked", "audit"),
    }
}
