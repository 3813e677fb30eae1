//! Answers, and how they read.

use serde_json::{Value, json};

use super::challenge::{Delivery, Status};
use super::{CodeNumber, published};

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// 201 of a signup.
    SignedUp(Owner, Otp),
    /// 202 of a send or resend.
    Issued(Otp),
    /// 200 of a verify, for this username.
    Verified(String),
    /// A problem.
    Refused(Problem),
}

/// The user whom a signup made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The username.
    pub username: String,
    /// The person's name.
    pub name: &'static str,
    /// PENDING or VERIFIED.
    pub status: &'static str,
    /// In seconds since the epoch.
    pub created_at: i64,
}

/// What is told of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Otp {
    /// The code.
    pub number: CodeNumber,
    /// What has become of it.
    pub status: Status,
    /// What is known of its text.
    pub delivery: Delivery,
    /// When it ends, in seconds since the epoch.
    pub expires_at: i64,
    /// Its life.
    pub expires_in: i64,
    /// Seconds until the next one may be asked for.
    pub resend_after: i64,
}

/// A problem, with what differs from one to another of its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Its code.
    pub code: &'static str,
    /// `attemptsRemaining`.
    pub attempts_remaining: Option<u32>,
    /// `retryAfter`, which the header says too.
    pub retry_after: Option<i64>,
    /// Every field that breaks a rule, and the rule.
    pub broken: &'static [(&'static str, &'static str)],
}

impl Problem {
    pub(super) const fn of(code: &'static str) -> Self {
        Self { code, attempts_remaining: None, retry_after: None, broken: &[] }
    }

    pub(super) const fn retry_after(code: &'static str, seconds: i64) -> Self {
        Self { retry_after: Some(seconds), ..Self::of(code) }
    }

    pub(super) const fn remaining(code: &'static str, attempts: u32) -> Self {
        Self { attempts_remaining: Some(attempts), ..Self::of(code) }
    }

    pub(super) const fn broken(fields: &'static [(&'static str, &'static str)]) -> Self {
        Self { broken: fields, ..Self::of("invalid_request") }
    }
}

impl From<Problem> for Answer {
    fn from(problem: Problem) -> Self {
        Self::Refused(problem)
    }
}

impl Answer {
    /// The HTTP status.
    ///
    /// # Panics
    /// For a problem that is not published.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::SignedUp(..) => 201,
            Self::Issued(_) => 202,
            Self::Verified(_) => 200,
            Self::Refused(problem) => {
                let status = published::problem(problem.code)["status"].as_u64();
                status.and_then(|status| status.try_into().ok()).expect("a status")
            }
        }
    }

    /// The `Retry-After` header.
    #[must_use]
    pub fn retry_after(&self) -> Option<i64> {
        match self {
            Self::Refused(problem) => problem.retry_after,
            Self::SignedUp(..) | Self::Issued(_) | Self::Verified(_) => None,
        }
    }

    /// The code that it tells of.
    #[must_use]
    pub fn otp(&self) -> Option<&Otp> {
        match self {
            Self::SignedUp(_, otp) | Self::Issued(otp) => Some(otp),
            Self::Verified(_) | Self::Refused(_) => None,
        }
    }

    /// The same, with another delivery of the code that it tells of.
    #[must_use]
    pub fn with_delivery(mut self, delivery: Delivery) -> Self {
        if let Self::SignedUp(_, otp) | Self::Issued(otp) = &mut self {
            otp.delivery = delivery;
        }
        self
    }

    /// The body, but for `requestId` and for the words about a field, where `id` gives the id of a code.
    #[must_use]
    pub fn body(&self, id: impl Fn(CodeNumber) -> Value) -> Value {
        match self {
            Self::SignedUp(user, otp) => json!({
                "success": true,
                "message": otp.message(),
                "user": {
                    "username": user.username,
                    "name": user.name,
                    "status": user.status,
                    "createdAt": rfc3339(user.created_at),
                },
                "otp": otp.body(id),
            }),
            Self::Issued(otp) => json!({ "success": true, "message": otp.message(), "otp": otp.body(id) }),
            Self::Verified(username) => json!({
                "success": true,
                "message": "User verified",
                "user": { "username": username, "status": "VERIFIED" },
            }),
            Self::Refused(problem) => {
                let mut body = published::problem(problem.code);
                if let Some(attempts) = problem.attempts_remaining {
                    body.insert("attemptsRemaining".to_owned(), attempts.into());
                }
                if let Some(seconds) = problem.retry_after {
                    body.insert("retryAfter".to_owned(), seconds.into());
                }
                if !problem.broken.is_empty() {
                    let broken = |(field, rule): &(_, _)| json!({ "field": field, "code": rule });
                    body.insert("errors".to_owned(), problem.broken.iter().map(broken).collect());
                }
                body.into()
            }
        }
    }
}

impl Otp {
    fn message(&self) -> &'static str {
        match self.delivery {
            Delivery::Sent => "OTP sent successfully",
            Delivery::Failed => "OTP could not be sent; call /send for another one",
            Delivery::Unknown => "OTP issued; whether its text was sent is not known",
        }
    }

    fn body(&self, id: impl Fn(CodeNumber) -> Value) -> Value {
        let status = match self.status {
            Status::Pending => "PENDING",
            Status::Confirmed => "CONFIRMED",
            Status::Rejected => "REJECTED",
        };
        let delivery = match self.delivery {
            Delivery::Sent => "SENT",
            Delivery::Failed => "FAILED",
            Delivery::Unknown => "UNKNOWN",
        };
        json!({
            "id": id(self.number),
            "status": status,
            "delivery": delivery,
            "expiresAt": rfc3339(self.expires_at),
            "expiresIn": self.expires_in,
            "resendAfter": self.resend_after,
        })
    }
}

fn rfc3339(second: i64) -> String {
    jiff::Timestamp::from_second(second).expect("a time").to_string()
}
