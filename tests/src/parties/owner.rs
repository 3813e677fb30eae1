//! The owner of the phone, with an app that does what an app owes.

use rand::RngExt as _;
use rand::rngs::StdRng;

use super::Texted;
use super::deed::{Deed, SignUp};
use super::order::{KEYS, any_code};
use crate::answer::Answer;

/// What the owner's app remembers.
#[derive(Debug)]
pub(super) struct Owner {
    /// Whether the app sends `otpId`, that of its newest answer, with every call. One that does not asks for codes without,
    /// which is more than an app may.
    pub(super) sends_ids: bool,
    id: Option<String>,
    /// When the account was created of which a 201 told last.
    pub(super) created_at: Option<u64>,
    signed_up: Option<SignUp>,
    is_verified: bool,
}

impl Owner {
    pub(super) fn new(sends_ids: bool) -> Self {
        Self { sends_ids, id: None, created_at: None, signed_up: None, is_verified: false }
    }

    /// What the owner does next, whose phone is the first of `phones` and has these `texts`; a mistyped number is the
    /// second one.
    ///
    /// No code is typed, and none asked for, before a 201 was heard.
    pub(super) fn next(&mut self, phones: &[String; 3], texts: &[Texted], dice: &mut StdRng) -> Deed {
        let drawn = dice.random_range(0..100);
        if self.created_at.is_none() {
            return self.sign_up(phones, dice);
        }
        match drawn {
            0..20 => self.sign_up(phones, dice),
            20..28 => self.ask("/send", dice),
            28..50 => self.ask("/resend", dice),
            _ => Deed::Type { code: typed(texts, dice), id: self.known_id() },
        }
    }

    /// What the app sends as `otpId`.
    fn known_id(&self) -> Option<String> {
        self.id.clone().filter(|_| self.sends_ids)
    }

    fn sign_up(&mut self, phones: &[String; 3], dice: &mut StdRng) -> Deed {
        let fresh = SignUp {
            number: phones[usize::from(dice.random_bool(0.15))].clone(),
            name: "Ada",
            key: dice.random_bool(0.4).then(|| KEYS[dice.random_range(0..KEYS.len())]),
        };
        let repeated = self.signed_up.clone().filter(|_| dice.random_bool(0.5));
        let signup = repeated.unwrap_or(fresh);
        self.signed_up = Some(signup.clone());
        Deed::SignUp(signup)
    }

    fn ask(&self, path: &'static str, dice: &mut StdRng) -> Deed {
        let forgotten = self.is_verified && dice.random_bool(0.5);
        let key = dice.random_bool(0.2).then(|| KEYS[dice.random_range(0..KEYS.len())]);
        Deed::Ask { path, id: self.known_id().filter(|_| !forgotten), key }
    }

    /// Takes note of an answer.
    pub(super) fn hear(&mut self, answer: &Answer) {
        if let Some(id) = answer.body.pointer("/otp/id").and_then(serde_json::Value::as_str) {
            self.id = Some(id.to_owned());
        }
        if answer.status == 201 {
            let created_at = answer.body["user"]["createdAt"].as_str().expect("a time");
            let created_at: jiff::Timestamp = created_at.parse().expect("RFC 3339");
            self.created_at = Some(created_at.as_second().unsigned_abs());
        }
        self.is_verified |= answer.status == 200;
    }
}

/// What is typed of `texts`: mostly the newest code, sometimes an earlier one or a slip of the thumb.
fn typed(texts: &[Texted], dice: &mut StdRng) -> String {
    let (drawn, nth) = (dice.random_range(0..100), dice.random_range(0..1_000));
    let slip = any_code(dice);
    match (texts, drawn) {
        ([], _) | (_, 0..7) => slip,
        ([earlier @ .., _], 7..14) if !earlier.is_empty() => earlier[nth % earlier.len()].code.clone(),
        ([.., newest], _) => newest.code.clone(),
    }
}
