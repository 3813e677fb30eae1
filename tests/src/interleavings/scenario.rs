//! Who calls what, and what may happen meanwhile.

use serde_json::{Value, json};

use super::process::{Call, Text};
use crate::service::NOON;

/// The username that everybody is at.
pub(super) const NAME: &str = "ada";

/// The phones: the owner's, and one that is not.
pub(super) const PHONES: [&str; 2] = ["+12025550143", "+12025550144"];

/// A scenario: all orders of what its clients may do are searched.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its name, as a sentence.
    pub name: &'static str,
    /// What the first client did before, one call after the other, [`BEFORE`] the first moment.
    pub(super) before: Vec<Deed>,
    /// The clients.
    pub(super) clients: Vec<Client>,
    /// The moments that the clock stands at, in seconds since the epoch. It moves on at any time.
    pub(super) moments: Vec<u64>,
    /// How many crashes, lost requests, lost answers and texts that are not accepted there may be, in all.
    pub(super) faults: u8,
}

/// When that was done, in seconds since the epoch: longer ago than the first cooldown.
pub(super) const BEFORE: u64 = NOON - 1;

/// Settings of every scenario: limits that are not at stake are off, and two attempts are enough to be too many.
pub(super) const SETTINGS: [(&str, &str); 4] = [
    ("CODES_PER_ADDRESS_PER_HOUR", "0"),
    ("DAILY_BUDGET_DOLLARS", "0"),
    ("OTP_MAX_ATTEMPTS", MAX_ATTEMPTS_TEXT),
    ("RESEND_COOLDOWN_SECONDS", "1"),
];

/// The attempts at a code.
pub(super) const MAX_ATTEMPTS: u64 = 2;
const MAX_ATTEMPTS_TEXT: &str = "2";

/// A client.
#[derive(Clone, Debug)]
pub(super) struct Client {
    /// On whose side it is.
    pub(super) party: Party,
    /// What it may do, in any order and repeatedly.
    pub(super) deeds: Vec<Deed>,
    /// How many calls it makes at most.
    pub(super) calls: u8,
}

/// The parties, each with a password of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Party {
    /// Reads the texts of the first phone, and types no code before its own signup was answered 201.
    Owner,
    /// Reads no texts.
    Stranger,
}

impl Party {
    /// Its password.
    #[must_use]
    pub(super) const fn password(self) -> &'static str {
        match self {
            Self::Owner => "a quiet harbour at dawn",
            Self::Stranger => "nine paper lanterns adrift",
        }
    }
}

/// What a client may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Deed {
    /// Signs up with the own password and this one of the phones.
    SignUp(usize),
    /// Asks for a code, or for another one, as an app that sends the newest id it was told, or none.
    Ask(Call, Ids),
    /// Types a code.
    Type(Call, Typed, Ids),
}

/// Whether a client sends `otpId`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Ids {
    /// The newest one that it was told.
    Newest,
    /// None.
    None,
}

/// The code that is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Typed {
    /// That of the newest text.
    Newest,
    /// That of the first text.
    First,
    /// One that was never texted.
    Wrong,
}

/// What a client knows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Knowledge {
    /// The newest id that it was told.
    pub(super) id: Option<String>,
    /// Whether its own signup was answered 201.
    pub(super) signed_up: bool,
}

impl Deed {
    /// Returns the call, and the body of its request, or `None` where the client cannot or must not do it.
    #[must_use]
    pub(super) fn request(self, party: Party, knows: &Knowledge, texts: &[Text]) -> Option<(Call, Value)> {
        let with_id = |mut body: Value, ids| {
            if ids == Ids::Newest {
                body["otpId"] = json!(knows.id.as_ref()?);
            }
            Some(body)
        };
        match self {
            Self::SignUp(phone) => {
                let body = json!({
                    "username": NAME, "password": party.password(), "mobileNo": PHONES[phone], "name": "Ada",
                });
                Some((Call::SignUp, body))
            }
            Self::Ask(call, ids) => Some((call, with_id(json!({ "username": NAME }), ids)?)),
            Self::Type(call, typed, ids) => {
                let mut read = texts.iter().filter(|text| party == Party::Owner && text.to == PHONES[0]);
                let code = match typed {
                    Typed::Wrong => wrong(texts),
                    Typed::Newest | Typed::First if !knows.signed_up => return None,
                    Typed::Newest => read.next_back()?.code.clone(),
                    Typed::First => read.next()?.code.clone(),
                };
                Some((call, with_id(json!({ "username": NAME, "otp": code }), ids)?))
            }
        }
    }
}

/// A code that was not texted.
fn wrong(texts: &[Text]) -> String {
    let codes = (0..).map(|number| format!("{number:06}"));
    codes.into_iter().find(|code| texts.iter().all(|text| text.code != *code)).expect("one of a million")
}
