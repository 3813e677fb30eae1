//! A client among several.

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::record::{Inbox, Record};
use crate::answer::Answer;
use crate::reference::{Ask, Call, CodeNumber, Details, Given, SignUp, Typed, Verify};
use crate::service::{PASSWORD, Service};

const PASSWORDS: [&str; 2] = [PASSWORD, "seven magpies on a wet roof"];
const KEYS: [&str; 2] = ["a-key", "another-key"];

/// What all clients of a history share.
#[derive(Clone)]
pub(super) struct Play<'a> {
    pub(super) service: &'a Service,
    pub(super) inbox: &'a Inbox,
    pub(super) record: &'a Record,
    pub(super) username: String,
    pub(super) phone: &'a str,
}

impl Play<'_> {
    pub(super) fn sign_up(&self, password: usize, key: Option<&'static str>) -> Call {
        let details = Details { password: PASSWORDS[password], phone: self.phone.to_owned(), name: "Ada" };
        Call::SignUp(SignUp { username: self.username.clone(), details, key })
    }

    fn ask(&self, id: Given, key: Option<&'static str>) -> Ask {
        Ask { username: self.username.clone(), id, key }
    }

    pub(super) fn resend(&self) -> Call {
        Call::Resend(self.ask(Given::Nothing, None))
    }

    fn verify(&self, typed: Typed, id: Given) -> Call {
        Call::Verify(Verify { username: self.username.clone(), typed, id })
    }

    /// Types the newest code that was texted.
    pub(super) fn verify_newest(&self) -> Call {
        let newest = self.inbox.texted().last().copied();
        self.verify(newest.map_or(Typed::NoCode, Typed::Code), Given::Nothing)
    }

    /// Makes a call, without a record of it.
    pub(super) async fn send(&self, call: &Call) -> Answer {
        let request = self.service.call(call.path());
        let request = if let Some(key) = call.key() { request.key(key) } else { request };
        request.json(&self.inbox.body(call)).await
    }
}

/// One client: it makes its calls one after the other.
pub(super) struct Client {
    dice: StdRng,
    /// The newest code that it was told of.
    known: Option<CodeNumber>,
}

impl Client {
    pub(super) fn new(seed: u64) -> Self {
        Self { dice: StdRng::seed_from_u64(seed), known: None }
    }

    pub(super) async fn play(mut self, play: &Play<'_>) {
        for _ in 0..self.dice.random_range(2..=4) {
            let call = self.next(play);
            let made = play.record.made();
            let answer = play.send(&call).await;
            let number = answer.body.pointer("/otp/id").is_some().then(|| play.inbox.number_of(&answer));
            self.known = number.or(self.known);
            play.record.answered(call, made, answer, number);
        }
    }

    fn next(&mut self, play: &Play<'_>) -> Call {
        let key = self.dice.random_bool(0.3).then(|| KEYS[self.dice.random_range(0..KEYS.len())]);
        let texted = play.inbox.texted();
        let (drawn, password) = (self.dice.random_range(0..100), self.dice.random_range(0..2));
        let id = match self.dice.random_range(0..3) {
            0 => self.known.map_or(Given::Nothing, Given::Of),
            1 => texted.last().map_or(Given::Nothing, |newest| Given::Of(*newest)),
            _ => Given::Nothing,
        };
        let nth = self.dice.random_range(0..texted.len().max(1));
        match drawn {
            0..22 => play.sign_up(password, key),
            22..32 => Call::Send(play.ask(id, key)),
            32..54 => Call::Resend(play.ask(id, key)),
            54..80 => play.verify(texted.last().map_or(Typed::NoCode, |code| Typed::Code(*code)), id),
            80..86 => play.verify(texted.get(nth).map_or(Typed::NoCode, |code| Typed::Code(*code)), id),
            _ => play.verify(Typed::NoCode, id),
        }
    }
}
