//! The part of an answer that tells of a challenge.

use serde::Serialize;

use crate::context::TextingContext;
use crate::domain::challenge::{Challenge, DeliveryOutcome};
use crate::domain::policy::Policy;
use crate::domain::time::Timestamp;

/// The part of an answer that tells of a challenge.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Otp {
    id: String,
    status: &'static str,
    delivery: &'static str,
    expires_at: String,
    expires_in: i64,
    resend_after: i64,
}

impl Otp {
    /// Returns the state of `challenge` at `now`.
    #[must_use]
    pub fn of(challenge: &Challenge, policy: &Policy, now: Timestamp) -> Self {
        Self {
            id: challenge.id().to_string(),
            status: challenge.status().as_str(),
            delivery: challenge.outcome().as_str(),
            expires_at: challenge.valid_until().to_string(),
            expires_in: challenge.expires_in(),
            resend_after: challenge.resend_after(policy, now),
        }
    }
}

/// The output of send and resend.
#[derive(Debug, Serialize)]
pub struct SendOutput {
    success: bool,
    message: &'static str,
    otp: Otp,
}

impl SendOutput {
    pub(super) fn of(texting: &TextingContext, challenge: &Challenge, now: Timestamp) -> Self {
        let otp = Otp::of(challenge, &texting.context.policy, now);
        Self { success: true, message: message(challenge.outcome()), otp }
    }
}

/// Returns the words that people read of a text's outcome.
#[must_use]
pub fn message(outcome: DeliveryOutcome) -> &'static str {
    match outcome {
        DeliveryOutcome::Sent => "OTP sent successfully",
        DeliveryOutcome::Failed => "OTP could not be sent; call /send for another one",
        DeliveryOutcome::Unknown => "OTP issued; whether its text was sent is not known",
    }
}
