//! What an answer says of a challenge.

use serde::Serialize;

use crate::context::TextingContext;
use crate::domain::challenge::{Challenge, DeliveryOutcome};
use crate::domain::policy::Policy;
use crate::domain::time::Timestamp;

/// What an answer says of a challenge.
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
    /// The state of `challenge` at `now`.
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

/// What send and resend answer.
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

/// What people read of a text's outcome.
#[must_use]
pub fn message(outcome: DeliveryOutcome) -> &'static str {
    match outcome {
        DeliveryOutcome::Sent => "OTP sent successfully",
        DeliveryOutcome::Failed => "OTP could not be sent; call /send for another one",
        DeliveryOutcome::Unknown => "OTP issued; whether its text was sent is not known",
    }
}
