//! The audit: one line in the log for each change of state.
//!
//! A line names the challenge and the request, never the username, the phone or the address. It is written once the
//! change is known to be stored: a write whose answer was lost leaves none.

use crate::domain::challenge::DeliveryOutcome;
use crate::domain::code::OtpId;
use crate::event::Event;
use crate::metrics;
use crate::trace::{Trace, milliseconds};

/// The target that the lines of the audit are filtered by.
const TARGET: &str = "countersign::audit";

/// Records the `event` that happened to the challenge `otp` in the request of `trace`: counts it, and writes its line.
///
/// A text that was not accepted is a warning; so is a lock, since only an operator can undo it.
pub fn record(trace: &Trace, otp: OtpId, event: Event) {
    metrics::count(event);
    let request = trace.request();
    match event {
        Event::UserCreated { contested } => {
            tracing::info!(target: TARGET, request, %otp, event = "user_created", contested, "audit");
        }
        Event::CodeIssued { call, recipient, .. } => {
            let (call, recipient) = (call.as_str(), recipient.as_str());
            tracing::info!(target: TARGET, request, %otp, event = "code_issued", call, recipient, "audit");
        }
        Event::CodeSuperseded { by } => {
            tracing::info!(target: TARGET, request, %otp, event = "code_superseded", %by, "audit");
        }
        Event::TextSettled { outcome, tries, last_status, took, .. } => {
            let milliseconds = milliseconds(took);
            macro_rules! text {
                ($level:ident, $event:literal) => {
                    tracing::$level!(target: TARGET, request, %otp, event = $event, tries, last_status, milliseconds, "audit")
                };
            }
            match outcome {
                DeliveryOutcome::Sent => text!(info, "text_accepted"),
                DeliveryOutcome::Failed => text!(warn, "text_failed"),
                DeliveryOutcome::Unknown => text!(warn, "text_unknown"),
            }
        }
        Event::CodeConfirmed => {
            tracing::info!(target: TARGET, request, %otp, event = "code_confirmed", "audit");
        }
        Event::UserVerified => {
            tracing::info!(target: TARGET, request, %otp, event = "user_verified", "audit");
        }
        Event::UserLocked => tracing::warn!(target: TARGET, request, %otp, event = "user_locked", "audit"),
    }
}
