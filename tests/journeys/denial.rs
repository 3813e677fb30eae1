//! What the service does not prevent, and what it costs: each attack is played with the default settings, and counted.
//!
//! The figures stand in [`table::DENIALS`] and nowhere else; the threat model's table is made from them.

mod claiming;
mod flooding;
mod guessing;
mod table;

use std::cell::Cell;

use serde_json::{Value, json};
use table::DENIALS;
use tests::answer::Answer;
use tests::service::Service;

use crate::pages;

/// The victim's phone.
const ADA: &str = "+12025550143";

/// From where an attacker asks who needs no further addresses.
const OWN_ADDRESS: &str = "198.51.100.1";

#[test]
fn the_threat_model_has_the_table() {
    pages::holds("threat-model.md", "denial", &table::markdown());
}

/// What an attack has cost so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Costs {
    /// Requests of all calls.
    requests: u32,
    /// Texts that went out for them.
    texts: u32,
    /// On the clock of the service.
    seconds: u64,
}

/// Asserts that the attack `named` in the table cost this much.
fn cost(named: &str, costs: Costs) {
    let denial = DENIALS.iter().find(|denial| denial.attack == named).expect("a row of the table");
    assert_eq!(costs, denial.costs, "{named}");
}

/// Somebody who wants others to go without, with the service that is attacked.
struct Attacker<'a> {
    service: &'a Service,
    requests: Cell<u32>,
    /// Texts before the attack, and when it began.
    before: (usize, u64),
}

impl<'a> Attacker<'a> {
    /// One who begins now.
    fn of(service: &'a Service) -> Self {
        let before = (service.courier().count(), service.now());
        Self { service, requests: Cell::default(), before }
    }

    /// Posts from the address `from`.
    async fn post_from(&self, from: &str, path: &str, body: &Value) -> Answer {
        self.requests.set(self.requests.get() + 1);
        self.service.call(path).from(from).json(body).await
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        self.post_from(OWN_ADDRESS, path, body).await
    }

    /// Gets a code for `username` as soon as one is to be had. The requests that were refused meanwhile are not counted: the
    /// waits are known to whoever has read of them.
    async fn next_code(&self, from: &str, username: &str) {
        let body = json!({ "username": username });
        loop {
            let answer = self.post_from(from, "/resend", &body).await;
            if answer.status == 202 {
                return;
            }
            assert_eq!(answer.status, 429, "{answer:?}");
            self.requests.set(self.requests.get() - 1);
            self.service.tick(u64::try_from(answer.retry_after()).expect("a wait"));
        }
    }

    /// Types the `nth` of the wrong codes.
    async fn type_wrong(&self, username: &str, phone: &str, nth: u32) {
        let wrong = self.service.wrong_code(phone, nth);
        let answer = self.post("/verify", &json!({ "username": username, "otp": wrong })).await;
        assert_eq!(answer.code(), "invalid_otp");
    }

    /// What it cost until now.
    fn costs(&self) -> Costs {
        let (texts, began) = self.before;
        Costs {
            requests: self.requests.get(),
            texts: u32::try_from(self.service.courier().count() - texts).expect("a count"),
            seconds: self.service.now() - began,
        }
    }
}
