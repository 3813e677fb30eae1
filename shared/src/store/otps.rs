//! The `otps` table: item ⇄ [`Challenge`].

use aws_sdk_dynamodb::types::AttributeValue;

use super::item::{Item, Malformed, Reader, bytes, moment, number, text};
use super::{Failure, Store};
use crate::clock::Deadline;
use crate::domain::challenge::{Call, Challenge, Delivery, Issue, Outcome, Status, Superseded};
use crate::domain::code::OtpId;
use crate::domain::idempotency::KeyHash;
use crate::domain::mac::{Mac, PepperId};
use crate::domain::time::Timestamp;
use crate::domain::username::Username;

const READ_CHALLENGE: &str = "read the challenge";

impl Store {
    /// Reads the newest challenge of a username, consistently.
    ///
    /// # Errors
    /// When DynamoDB does not answer in time, or holds a row that is none of ours.
    pub async fn challenge(
        &self,
        username: &Username,
        deadline: Deadline,
    ) -> Result<Option<Challenge>, Failure> {
        let row = self.row(READ_CHALLENGE, &self.otps, username, deadline).await?;
        from_answer(READ_CHALLENGE, row.as_ref())
    }
}

/// The challenge in an answer that may hold none.
pub(super) fn from_answer(
    attempted: &'static str,
    item: Option<&Item>,
) -> Result<Option<Challenge>, Failure> {
    item.map(from_item).transpose().map_err(|error| Failure::malformed(attempted, error))
}

pub(super) fn status(status: Status) -> AttributeValue {
    text(match status {
        Status::Pending => "PENDING",
        Status::Confirmed => "CONFIRMED",
        Status::Rejected => "REJECTED",
    })
}

fn read_status(text: &str) -> Option<Status> {
    match text {
        "PENDING" => Some(Status::Pending),
        "CONFIRMED" => Some(Status::Confirmed),
        "REJECTED" => Some(Status::Rejected),
        _ => None,
    }
}

pub(super) fn pepper(id: PepperId) -> AttributeValue {
    bytes(&id.0)
}

fn map<const N: usize>(entries: [(&str, AttributeValue); N]) -> Item {
    entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The whole row of a challenge, as a put at `now` writes it.
pub(super) fn to_item(username: &Username, challenge: &Challenge, now: Timestamp) -> Item {
    let superseded = challenge.superseded.iter().map(|code| {
        AttributeValue::M(map([
            ("otpId", text(code.id.to_string())),
            ("mac", bytes(&code.mac.0)),
            ("issuedAt", moment(code.issued_at)),
        ]))
    });
    let issues = challenge.issues.iter().map(|issue| {
        let mut item = map([
            ("at", moment(issue.at)),
            ("outcome", status(issue.outcome)),
            ("call", text(issue.call.name())),
        ]);
        if let Some(KeyHash(hash)) = &issue.key {
            item.insert("key".to_owned(), bytes(hash));
        }
        AttributeValue::M(item)
    });
    let mut item = map([
        ("username", text(username.as_str())),
        ("otpId", text(challenge.id.to_string())),
        ("status", status(challenge.status)),
        ("mac", bytes(&challenge.mac.0)),
        ("pepperId", pepper(challenge.pepper)),
        ("superseded", AttributeValue::L(superseded.collect())),
        ("attempts", number(challenge.attempts)),
        ("failures", number(challenge.failures)),
        ("issuedAt", moment(challenge.issued_at)),
        ("validUntil", moment(challenge.valid_until)),
        ("issues", AttributeValue::L(issues.collect())),
        ("expiresAt", moment(challenge.expires_at(now))),
    ]);
    if let Some(text) = &challenge.delivery {
        item.insert("delivery".to_owned(), delivery(text, now));
    }
    item
}

/// What is recorded of a text at `now`.
pub(super) fn delivery(delivery: &Delivery, now: Timestamp) -> AttributeValue {
    let outcome = match delivery.outcome {
        Outcome::Sent => "SENT",
        Outcome::Failed => "FAILED",
        Outcome::Unknown => "UNKNOWN",
    };
    let mut item = map([("status", text(outcome)), ("tries", number(delivery.tries)), ("at", moment(now))]);
    if let Some(id) = &delivery.request_id {
        item.insert("requestId".to_owned(), text(id));
    }
    AttributeValue::M(item)
}

pub(super) fn from_item(item: &Item) -> Result<Challenge, Malformed> {
    let item = Reader(item);
    Ok(Challenge {
        id: otp_id(&item)?,
        status: read_status(item.text("status")?).ok_or(Malformed("status"))?,
        mac: Mac(item.bytes("mac")?),
        pepper: PepperId(item.bytes("pepperId")?),
        superseded: item.list("superseded", |code| {
            Ok(Superseded {
                id: otp_id(&code)?,
                mac: Mac(code.bytes("mac")?),
                issued_at: code.moment("issuedAt")?,
            })
        })?,
        attempts: item.number("attempts")?,
        failures: item.number("failures")?,
        issued_at: item.moment("issuedAt")?,
        valid_until: item.moment("validUntil")?,
        issues: item.list("issues", |issue| {
            Ok(Issue {
                at: issue.moment("at")?,
                outcome: read_status(issue.text("outcome")?).ok_or(Malformed("outcome"))?,
                call: read_call(issue.text("call")?).ok_or(Malformed("call"))?,
                key: if issue.has("key") { Some(KeyHash(issue.bytes("key")?)) } else { None },
            })
        })?,
        delivery: if item.has("delivery") { Some(read_delivery(&item.map("delivery")?)?) } else { None },
    })
}

fn otp_id(item: &Reader<'_>) -> Result<OtpId, Malformed> {
    OtpId::parse(item.text("otpId")?).map_err(|_| Malformed("otpId"))
}

fn read_call(text: &str) -> Option<Call> {
    [Call::Signup, Call::Send, Call::Resend].into_iter().find(|call| call.name() == text)
}

fn read_delivery(item: &Reader<'_>) -> Result<Delivery, Malformed> {
    Ok(Delivery {
        outcome: match item.text("status")? {
            "SENT" => Outcome::Sent,
            "FAILED" => Outcome::Failed,
            "UNKNOWN" => Outcome::Unknown,
            _ => return Err(Malformed("status")),
        },
        request_id: if item.has("requestId") { Some(item.text("requestId")?.to_owned()) } else { None },
        tries: item.number("tries")?,
    })
}
