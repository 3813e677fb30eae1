//! The `otps` table: item ⇄ [`Challenge`].

use aws_sdk_dynamodb::types::AttributeValue;

use super::item::{Item, ItemReader, Malformed, account, bytes, insert_flag, number, text, timestamp};
use super::{Failure, Store, key, read_row};
use crate::clock::Deadline;
use crate::domain::challenge::{
    Challenge, ChallengeStatus, Delivery, Inconsistent, IssuedCode, StoredChallenge,
};
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
    /// When DynamoDB does not answer in time, or holds a malformed item.
    pub async fn challenge(
        &self,
        username: &Username,
        deadline: Deadline,
    ) -> Result<Option<Challenge>, Failure> {
        let read = self.client.get_item().table_name(&self.otps).set_key(Some(key(username)));
        let answer = deadline.run(read.consistent_read(true).send()).await;
        let answer = answer.map_err(|_| Failure::out_of_time(READ_CHALLENGE))?;
        let row = answer.map_err(|error| Failure::of(READ_CHALLENGE, error))?.item;
        read_row(READ_CHALLENGE, row.as_ref(), from_item)
    }
}

pub(super) fn status(status: ChallengeStatus) -> AttributeValue {
    text(status.as_str())
}

pub(super) fn pepper(id: PepperId) -> AttributeValue {
    bytes(id.as_bytes())
}

fn map<const N: usize>(entries: [(&str, AttributeValue); N]) -> Item {
    entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Makes the whole row of a challenge, as a put at `now` writes it.
pub(super) fn to_item(username: &Username, challenge: &Challenge, now: Timestamp) -> Item {
    let earlier = challenge.earlier().iter().map(|code| {
        let mut item = issued(code);
        item.insert("outcome".to_owned(), status(code.status));
        AttributeValue::M(item)
    });
    let newest = challenge.newest();
    let mut item = map([
        ("username", text(username.as_str())),
        ("otpId", text(newest.id.to_string())),
        ("accountId", account(challenge.account())),
        ("status", status(newest.status)),
        ("mac", bytes(newest.mac.as_bytes())),
        ("pepperId", pepper(challenge.pepper())),
        ("attempts", number(challenge.attempts())),
        ("failures", number(challenge.failures())),
        ("issuedAt", timestamp(newest.at)),
        ("validUntil", timestamp(challenge.valid_until())),
        // What has become of the newest one stands beside the list, where a single write can change it.
        ("issued", AttributeValue::L(earlier.chain([AttributeValue::M(issued(newest))]).collect())),
        ("expiresAt", timestamp(challenge.expires_at(now))),
    ]);
    insert_flag(&mut item, "contested", challenge.is_contested());
    if let Some(text) = challenge.delivery() {
        item.insert("delivery".to_owned(), delivery(text, now));
    }
    item
}

/// Makes the entry of a code in the list of those issued, but for its status. Its id is stored as bytes: five codes
/// with keys must leave the row within the kibibyte that a write unit pays for.
fn issued(code: &IssuedCode) -> Item {
    let mut item = map([
        ("id", bytes(code.id.as_bytes())),
        ("mac", bytes(code.mac.as_bytes())),
        ("at", timestamp(code.at)),
        ("call", text(code.call.as_str())),
    ]);
    if let Some(key) = &code.key {
        item.insert("key".to_owned(), bytes(key.as_bytes()));
    }
    item
}

/// Makes the record of a text at `now`.
pub(super) fn delivery(delivery: &Delivery, now: Timestamp) -> AttributeValue {
    let mut item = map([
        ("status", text(delivery.outcome.as_str())),
        ("tries", number(delivery.tries)),
        ("at", timestamp(now)),
    ]);
    if let Some(id) = &delivery.request_id {
        item.insert("requestId".to_owned(), text(id));
    }
    AttributeValue::M(item)
}

pub(super) fn from_item(item: &Item) -> Result<Challenge, Malformed> {
    let item = ItemReader(item);
    let status = item.named("status")?;
    let issued = item.list("issued", |code| {
        Ok(IssuedCode {
            id: OtpId::from_bytes(code.bytes("id")?),
            mac: Mac::from_bytes(code.bytes("mac")?),
            at: code.timestamp("at")?,
            status: if code.has("outcome") { code.named("outcome")? } else { status },
            call: code.named("call")?,
            key: if code.has("key") { Some(KeyHash::from_bytes(code.bytes("key")?)) } else { None },
        })
    })?;
    let challenge = Challenge::restore(StoredChallenge {
        account: item.account("accountId")?,
        contested: item.flag("contested")?,
        issued,
        pepper: PepperId::from_bytes(item.bytes("pepperId")?),
        attempts: item.number("attempts")?,
        failures: item.number("failures")?,
        valid_until: item.timestamp("validUntil")?,
        delivery: if item.has("delivery") { Some(read_delivery(&item.map("delivery")?)?) } else { None },
    });
    let challenge = challenge.map_err(|Inconsistent(what)| Malformed(what))?;
    if challenge.id().to_string() != item.text("otpId")? {
        return Err(Malformed("otpId"));
    }
    Ok(challenge)
}

fn read_delivery(item: &ItemReader<'_>) -> Result<Delivery, Malformed> {
    Ok(Delivery {
        outcome: item.named("status")?,
        request_id: if item.has("requestId") { Some(item.text("requestId")?.to_owned()) } else { None },
        tries: item.number("tries")?,
    })
}
