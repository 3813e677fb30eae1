//! Every refusal, and the one table that gives it a status and a code.

use lambda_http::http::StatusCode;
use thiserror::Error;

use crate::courier::Unavailable;
use crate::domain::field::{Rule, Violation};
use crate::domain::refusal::Refusal;
use crate::store::Failure;

/// Seconds after which a caller may try again when the store was unavailable.
const RETRY_SOON: i64 = 1;

/// The reason why a request does not get what it asks for.
///
/// What a caller reads of it is [`Error::answer`]; the chain of sources is for the log alone.
#[derive(Debug, Error)]
pub enum Error {
    /// The body is not what any call takes; the text says what it should be.
    #[error("malformed request: {0}")]
    Malformed(&'static str),
    /// Fields break their rules: all of them, in the order of the request's documentation.
    #[error("{} fields break their rules", .0.len())]
    Invalid(Vec<FieldViolation>),
    /// The body is longer than [`crate::http::LONGEST_BODY`].
    #[error("payload too large")]
    PayloadTooLarge,
    /// The body is not JSON by its header, or is encoded.
    #[error("unsupported media type")]
    UnsupportedMediaType,
    /// The request did not come by the way that the operator chose.
    #[error("not through the front door")]
    Forbidden,
    /// No attested app asks, and the operator wants one.
    #[error("no attested app asks")]
    AttestationRequired,
    /// Whether an attested app asks cannot be told: there is no key of the issuer's.
    #[error("there is no key to check the attestation with")]
    AttestationUnavailable {
        /// Seconds until the keys will be fetched again.
        retry_after: i64,
    },
    /// The rules say no.
    #[error("refused: {0:?}")]
    Refused(Refusal),
    /// Courier refused the text, or is known to be down.
    #[error("no text could be sent")]
    SmsUnavailable {
        /// Seconds until a text will be sent again.
        retry_after: i64,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] Failure),
    /// The code gave up; the log has where, in a line before this one's.
    #[error("panicked")]
    Panicked,
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Unavailable> for Error {
    fn from(unavailable: Unavailable) -> Self {
        Self::SmsUnavailable { retry_after: unavailable.retry_after }
    }
}

/// A field, and the rule that it breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldViolation {
    /// Its name as the client wrote it.
    pub field: String,
    /// The rule, and a sentence about it.
    pub broken: Violation,
}

impl FieldViolation {
    /// Returns the violation of `rule` by the field `field`, explained by `detail`.
    #[must_use]
    pub fn new(field: &str, rule: Rule, detail: &'static str) -> Self {
        Self { field: field.to_owned(), broken: Violation::new(rule, detail) }
    }
}

/// The part of an [enum@Error] that a caller reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: StatusCode,
    /// The stable name that clients switch on.
    pub code: &'static str,
    /// The code in words, the same for every occurrence (RFC 9457 §3.1.3).
    pub title: &'static str,
    /// A sentence for people: what happened, and what to do now.
    pub detail: &'static str,
    /// Attempts left at the newest code.
    pub attempts_remaining: Option<u32>,
    /// Whole seconds after which the same request may succeed.
    pub retry_after: Option<i64>,
}

impl Answer {
    const fn new(status: StatusCode, code: &'static str, title: &'static str, detail: &'static str) -> Self {
        Self { status, code, title, detail, attempts_remaining: None, retry_after: None }
    }

    const fn retry_after(self, seconds: i64) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    const fn attempts_remaining(self, attempts_remaining: Option<u32>) -> Self {
        Self { attempts_remaining, ..self }
    }
}

impl Error {
    /// Returns the error's status, code and words: the one table of them.
    #[must_use]
    pub fn answer(&self) -> Answer {
        use StatusCode as S;
        match self {
            Self::Malformed(detail) => {
                Answer::new(S::BAD_REQUEST, "invalid_request", "Invalid request", detail)
            }
            Self::Invalid(_) => Answer::new(
                S::BAD_REQUEST,
                "invalid_request",
                "Invalid request",
                "Some fields break their rules; `errors` names each of them.",
            ),
            Self::PayloadTooLarge => Answer::new(
                S::PAYLOAD_TOO_LARGE,
                "payload_too_large",
                "Payload too large",
                "A body has at most 4096 bytes.",
            ),
            Self::UnsupportedMediaType => Answer::new(
                S::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                "Unsupported media type",
                "Send JSON: `Content-Type: application/json`, in UTF-8, without a `Content-Encoding`.",
            ),
            Self::Forbidden => Answer::new(
                S::FORBIDDEN,
                "forbidden",
                "Forbidden",
                "This address is not open to callers. Use the one that the app is documented with.",
            ),
            Self::AttestationRequired => Answer::new(
                S::UNAUTHORIZED,
                "attestation_required",
                "Attestation required",
                "Only the app itself may ask for a code. Send a new App Check token in `X-Firebase-AppCheck`.",
            ),
            Self::AttestationUnavailable { retry_after } => unavailable(*retry_after),
            Self::Refused(refusal) => refused(refusal),
            Self::SmsUnavailable { retry_after } => Answer::new(
                S::SERVICE_UNAVAILABLE,
                "sms_unavailable",
                "SMS unavailable",
                "The text could not be sent. Try again later.",
            )
            .retry_after(*retry_after),
            Self::Store(Failure::Unavailable { .. }) => unavailable(RETRY_SOON),
            Self::Store(Failure::Broken { .. }) | Self::Panicked => Answer::new(
                S::INTERNAL_SERVER_ERROR,
                "internal",
                "Internal error",
                "Something went wrong on our side. If it stays, report the `requestId`.",
            ),
        }
    }
}

fn unavailable(retry_after: i64) -> Answer {
    Answer::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "unavailable",
        "Service unavailable",
        "The service is busy or partly down. Try again in a moment.",
    )
    .retry_after(retry_after)
}

/// Returns the chain of an error's sources for the log, the outermost first.
#[must_use]
pub fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

fn refused(refusal: &Refusal) -> Answer {
    use StatusCode as S;
    match *refusal {
        Refusal::UsernameTaken => Answer::new(
            S::CONFLICT,
            "username_taken",
            "Username taken",
            "Somebody has this username. Choose another one.",
        ),
        Refusal::OtpIdRequired => Answer::new(
            S::CONFLICT,
            "otp_id_required",
            "Id of the code required",
            "Others have signed up with this username, too. Give the `otp.id` of your own signup as `otpId`, or sign up again.",
        ),
        Refusal::OtpPending { retry_after } => Answer::new(
            S::CONFLICT,
            "otp_pending",
            "Code pending",
            "A code is on its way and still valid. Type it, or call /resend for a new one.",
        )
        .retry_after(retry_after),
        Refusal::ResendTooSoon { retry_after } => Answer::new(
            S::TOO_MANY_REQUESTS,
            "resend_too_soon",
            "Too soon",
            "Another code cannot be sent yet. Wait before asking for one.",
        )
        .retry_after(retry_after),
        Refusal::RateLimited { cap: _, retry_after } => Answer::new(
            S::TOO_MANY_REQUESTS,
            "rate_limited",
            "Too many codes",
            "Too many codes were asked for. Wait before asking for another one.",
        )
        .retry_after(retry_after),
        Refusal::BudgetSpent { retry_after, .. } => Answer::new(
            S::SERVICE_UNAVAILABLE,
            "sms_budget_spent",
            "No more texts today",
            "The texts of this day are used up. Try again tomorrow (UTC).",
        )
        .retry_after(retry_after),
        Refusal::Locked => Answer::new(
            S::FORBIDDEN,
            "locked",
            "Locked",
            "Too many wrong codes were typed in a row. Sign up again if you never verified; else an operator has to unlock the username.",
        ),
        Refusal::OtpNotFound => Answer::new(
            S::NOT_FOUND,
            "otp_not_found",
            "No code waiting",
            "No code is waiting for this username. Call /send for one.",
        ),
        Refusal::OtpExpired => Answer::new(
            S::GONE,
            "otp_expired",
            "Code expired",
            "The code is too old. Call /send for a new one.",
        ),
        Refusal::OtpExhausted => Answer::new(
            S::GONE,
            "otp_exhausted",
            "Tries used up",
            "The tries at this code are used up. Call /send for a new one.",
        ),
        Refusal::OtpAlreadyUsed => Answer::new(
            S::CONFLICT,
            "otp_already_used",
            "Code already used",
            "This code was right, and was confirmed before.",
        ),
        Refusal::InvalidOtp { attempts_remaining } => {
            Answer::new(S::UNPROCESSABLE_ENTITY, "invalid_otp", "Wrong code", "The code is wrong.")
                .attempts_remaining(Some(attempts_remaining))
        }
        Refusal::OtpSuperseded { attempts_remaining } => Answer::new(
            S::UNPROCESSABLE_ENTITY,
            "otp_superseded",
            "Code superseded",
            "This is the code of an earlier text, or its id. Type the newest code, with its own id.",
        )
        .attempts_remaining(attempts_remaining),
    }
}
