//! The service as a small program that answers one call after the other: a second statement of the contract, for the
//! real service to be compared with.
//!
//! It is written from the contract (`docs/api.md` says the same to callers) and shares no rule with the service:
//! nothing of `domain` is called, each number stands here once more, and what the service computes with a formula is
//! counted out here in the plainest way. It has no store, no transactions, no failures, and it forgets nothing that it
//! was told. What the service draws at random it takes as it comes: a code is a [`CodeNumber`], which stands for the
//! code and for its id.
//!
//! The calls are in `calls.rs`, the waits between codes in `challenge.rs`.

mod answer;
mod call;
mod calls;
mod challenge;
mod courier;
mod limits;
mod numbers;
mod published;

use std::collections::BTreeMap;

use challenge::Challenge;
use courier::Breakers;
use limits::Limits;

pub use answer::{Answer, Otp, Owner, Problem};
pub use call::{Ask, Call, Details, Given, SignUp, Typed, Verify};
pub use challenge::{Delivery, Status};
pub use courier::Messenger;
pub use numbers::Numbers;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// A PENDING user is sent codes for so long after its signup.
const SENT_CODES_FOR: i64 = DAY;

/// And is gone so much later: the longest life of a code.
const GONE_AFTER: i64 = 15 * MINUTE;

/// A code that was issued, and its id: whoever drives the model gives each new one another number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CodeNumber(pub u32);

/// A call that the service got, and what is around it.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The call.
    pub call: &'a Call,
    /// The address that it comes from.
    pub from: &'a str,
    /// What Courier would make of a text now.
    pub messenger: Messenger,
    /// The number of the code, if one is issued.
    pub fresh: CodeNumber,
}

/// What comes of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The answer.
    pub answer: Answer,
    /// True when a code was issued: the fresh one.
    pub issued: bool,
    /// The number that Courier was asked to text that code to, if it was.
    pub texted: Option<String>,
}

/// The whole service.
#[derive(Clone, Debug)]
pub struct Reference {
    numbers: Numbers,
    now: i64,
    /// Accounts so far; each signup that is stored makes one more.
    accounts: u32,
    users: BTreeMap<String, User>,
    challenges: BTreeMap<String, Challenge>,
    limits: Limits,
    breakers: Breakers,
}

/// Who signed up for a name last.
#[derive(Clone, Debug, PartialEq, Eq)]
struct User {
    account: u32,
    details: Details,
    verified: bool,
    contested: bool,
    created_at: i64,
}

impl User {
    /// Whether it is there at all: a PENDING user goes by itself.
    fn exists(&self, now: i64) -> bool {
        self.verified || now < self.created_at + SENT_CODES_FOR + GONE_AFTER
    }

    /// Whether it is sent codes.
    fn is_sent_codes(&self, now: i64) -> bool {
        self.verified || now < self.created_at + SENT_CODES_FOR
    }

    fn status(&self) -> &'static str {
        if self.verified { "VERIFIED" } else { "PENDING" }
    }
}

impl Reference {
    /// A service with these `numbers` that nobody has called yet, at `now` in seconds since the epoch.
    #[must_use]
    pub fn new(numbers: Numbers, now: i64) -> Self {
        Self {
            numbers,
            now,
            accounts: 0,
            users: BTreeMap::new(),
            challenges: BTreeMap::new(),
            limits: Limits::default(),
            breakers: Breakers::default(),
        }
    }

    /// Lets time pass.
    pub fn tick(&mut self, seconds: i64) {
        self.now += seconds;
    }

    /// What the clock shows.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.now
    }

    /// The numbers of the deployment.
    #[must_use]
    pub fn numbers(&self) -> &Numbers {
        &self.numbers
    }

    /// All codes of the name's account, the newest last: what a client may know by now.
    #[must_use]
    pub fn codes(&self, name: &str) -> Vec<CodeNumber> {
        let codes = self.challenges.get(name).into_iter().flat_map(|challenge| &challenge.codes);
        codes.map(|code| code.number).collect()
    }

    /// The moments at which something ends by itself for the name: its newest code, its hours, what it waits for, its
    /// user's day, and its user.
    #[must_use]
    pub fn ends(&self, name: &str) -> Ends {
        let challenge = self.challenges.get(name);
        let user = self.users.get(name).filter(|user| !user.verified);
        let in_an_hour = |code: &challenge::Code| code.at + HOUR;
        Ends {
            code: challenge.map(|challenge| challenge.newest().at + self.numbers.code_life),
            newest_hour: challenge.map(|challenge| in_an_hour(challenge.newest())),
            oldest_hour: challenge
                .and_then(|challenge| challenge.last_hours(self.now).next().map(in_an_hour)),
            wait: challenge.map(|challenge| self.now + challenge.resend_after(&self.numbers, self.now)),
            day: user.map(|user| user.created_at + SENT_CODES_FOR),
            user: user.map(|user| user.created_at + SENT_CODES_FOR + GONE_AFTER),
        }
    }
}

/// See [`Reference::ends`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Ends {
    /// The newest code's life.
    pub code: Option<i64>,
    /// An hour after the newest code.
    pub newest_hour: Option<i64>,
    /// An hour after the oldest code of the last hour.
    pub oldest_hour: Option<i64>,
    /// The wait before the next code.
    pub wait: Option<i64>,
    /// The time in which the PENDING user is sent codes.
    pub day: Option<i64>,
    /// The PENDING user.
    pub user: Option<i64>,
}
