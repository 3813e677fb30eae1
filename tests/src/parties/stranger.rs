//! A stranger, who does as he likes.

use rand::RngExt as _;
use rand::rngs::StdRng;

use super::Texted;
use super::deed::{Deed, SignUp};
use super::order::{KEYS, any_code};
use crate::answer::Answer;

/// An id as they look, of no code.
const GUESSED: &str = "AAAAAAAAAAAAAAAAAAAAAA";

/// What the stranger knows besides username, phone and name.
#[derive(Debug, Default)]
pub(super) struct Stranger {
    ids: Vec<String>,
    signed_up: Option<SignUp>,
}

impl Stranger {
    /// What the stranger does next, whose own phone is the third of `phones` and has these `texts`.
    pub(super) fn next(&mut self, phones: &[String; 3], texts: &[Texted], dice: &mut StdRng) -> Deed {
        let key = dice.random_bool(0.2).then(|| KEYS[dice.random_range(0..KEYS.len())]);
        match dice.random_range(0..100) {
            0..50 => self.sign_up(phones, dice),
            50..60 => Deed::Ask { path: "/send", id: self.any_id(dice), key },
            60..78 => Deed::Ask { path: "/resend", id: self.any_id(dice), key },
            78..82 if !texts.is_empty() => {
                Deed::Type { code: texts[texts.len() - 1].code.clone(), id: self.any_id(dice) }
            }
            _ => Deed::Type { code: any_code(dice), id: self.any_id(dice) },
        }
    }

    fn sign_up(&mut self, phones: &[String; 3], dice: &mut StdRng) -> Deed {
        let fresh = SignUp {
            number: phones[if dice.random_bool(0.15) { 2 } else { 0 }].clone(),
            name: if dice.random_bool(0.2) { "Eve" } else { "Ada" },
            key: dice.random_bool(0.4).then(|| KEYS[dice.random_range(0..KEYS.len())]),
        };
        let repeated = self.signed_up.clone().filter(|_| dice.random_bool(0.3));
        let signup = repeated.unwrap_or(fresh);
        self.signed_up = Some(signup.clone());
        Deed::SignUp(signup)
    }

    /// None, the newest that the stranger was ever told, any of those, or a guess.
    fn any_id(&self, dice: &mut StdRng) -> Option<String> {
        let (drawn, nth) = (dice.random_range(0..100), dice.random_range(0..1_000));
        match drawn {
            0..40 => None,
            40..50 => Some(GUESSED.to_owned()),
            50..80 => self.ids.last().cloned(),
            _ if self.ids.is_empty() => None,
            _ => self.ids.get(nth % self.ids.len()).cloned(),
        }
    }

    /// Takes note of an answer.
    pub(super) fn hear(&mut self, answer: &Answer) {
        if let Some(id) = answer.body.pointer("/otp/id").and_then(serde_json::Value::as_str) {
            self.ids.push(id.to_owned());
        }
    }
}
