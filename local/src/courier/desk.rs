//! The memory of the stand-in: the texts it accepted, the keys it answered, and its script.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use axum::http::StatusCode;
use serde::{Serialize, Serializer};
use serde_json::Value;
use tokio::time::sleep;

use super::answer::Answer;
use super::request::Accepted;
use super::script::{Behaviour, Script};
use super::traits::Traits;
use crate::clock::Clock;

/// Older texts are forgotten, so that a long test of load does not fill the memory.
const KEPT: usize = 10_000;

/// The time for which Courier replays the answer of a key, in seconds.
const KEY_LIFE: i64 = 24 * 3_600;

/// The callback that is told of each text that is accepted.
pub type OnText = Arc<dyn Fn(&Text) + Send + Sync>;

/// A text that the stand-in accepted.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Text {
    /// The number that it would have gone to.
    pub to: String,
    /// The words that the phone would have shown.
    pub text: String,
    /// The moment at which it was accepted.
    #[serde(serialize_with = "as_text")]
    pub at: jiff::Timestamp,
    /// What its words tell of it.
    #[serde(flatten)]
    pub traits: Traits,
    /// The `Idempotency-Key` of the request.
    pub idempotency_key: Option<String>,
    /// The body of the request.
    pub request: Value,
}

impl Text {
    /// Returns the code in it, where the request had one apart.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.request.pointer("/message/to/data/otp")?.as_str()
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({:?} to {} at {})", self.text, self.to, self.at)
    }
}

fn as_text<S: Serializer>(time: &jiff::Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(time)
}

/// The outcome of a valid request: the answer, and what happens to it on its way.
pub(super) struct Outcome {
    pub(super) answer: Answer,
    pub(super) behaviour: Option<Behaviour>,
}

enum Known {
    InProgress,
    Answered { at: i64, answer: Answer },
}

#[derive(Default)]
struct State {
    token: String,
    texts: VecDeque<Text>,
    count: usize,
    requests: VecDeque<(Option<String>, Bytes)>,
    answers: HashMap<String, Known>,
    script: Script,
}

/// The stand-in without its HTTP.
pub(super) struct Desk {
    clock: Clock,
    on_text: Option<OnText>,
    state: Mutex<State>,
}

impl Desk {
    pub(super) fn new(token: &str, clock: Clock, on_text: Option<OnText>) -> Self {
        let state = State { token: token.to_owned(), ..State::default() };
        Self { clock, on_text, state: Mutex::new(state) }
    }

    pub(super) fn knows(&self, token: &str) -> bool {
        self.state().token == token
    }

    pub(super) fn rotate(&self, token: &str) {
        token.clone_into(&mut self.state().token);
    }

    pub(super) fn texts(&self) -> Vec<Text> {
        self.state().texts.iter().cloned().collect()
    }

    pub(super) fn texts_after(&self, seen: usize) -> (Vec<Text>, usize) {
        let state = self.state();
        let new = state.count.saturating_sub(seen).min(state.texts.len());
        (state.texts.range(state.texts.len() - new..).cloned().collect(), state.count)
    }

    pub(super) fn count(&self) -> usize {
        self.state().count
    }

    pub(super) fn keys(&self) -> Vec<Option<String>> {
        self.state().requests.iter().map(|(key, _)| key.clone()).collect()
    }

    pub(super) fn bodies(&self) -> Vec<Bytes> {
        self.state().requests.iter().map(|(_, body)| body.clone()).collect()
    }

    pub(super) fn unmet(&self) -> usize {
        self.state().script.next.len()
    }

    pub(super) fn play(&self, script: Script) {
        self.state().script = script;
    }

    /// Takes a valid request: replays the answer of its key, or does as the script says.
    pub(super) async fn take(&self, accepted: Accepted, key: Option<String>, body: Bytes) -> Outcome {
        let now = self.clock.second();
        let (behaviour, delay) = {
            let mut state = self.state();
            push(&mut state.requests, (key.clone(), body.clone()));
            if let Some(replayed) = key.as_ref().and_then(|key| state.known(key, now)) {
                return Outcome { answer: replayed, behaviour: None };
            }
            let behaviour = state.script.step();
            if let Some(key) = &key
                && !is_lost(behaviour.as_ref())
            {
                state.answers.insert(key.clone(), Known::InProgress);
            }
            (behaviour, state.script.delay.draw())
        };
        sleep(delay).await;
        let answer = answer(behaviour.as_ref(), now);
        let text = behaviour.as_ref().is_none_or(Behaviour::accepts).then(|| Text {
            to: accepted.to,
            text: accepted.text,
            traits: accepted.traits,
            at: jiff::Timestamp::from_millisecond(self.clock.millisecond()).unwrap_or_default(),
            idempotency_key: key.clone(),
            request: serde_json::from_slice(&body).unwrap_or_default(),
        });
        {
            let mut state = self.state();
            if let Some(text) = &text {
                state.count += 1;
                push(&mut state.texts, text.clone());
            }
            if let Some(key) = key
                && !is_lost(behaviour.as_ref())
            {
                state.settle(key, now, &answer);
            }
        }
        if let (Some(on_text), Some(text)) = (&self.on_text, &text) {
            on_text(text);
        }
        Outcome { answer, behaviour }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Returns the answer for whoever repeats `key`.
    fn known(&self, key: &str, now: i64) -> Option<Answer> {
        match self.answers.get(key)? {
            Known::InProgress => {
                let message = "A request with this Idempotency-Key is in progress";
                Some(Answer::refusal(StatusCode::CONFLICT, message))
            }
            Known::Answered { at, answer } => (now - at < KEY_LIFE).then(|| answer.clone()),
        }
    }

    fn settle(&mut self, key: String, now: i64, answer: &Answer) {
        if answer.is_kept() {
            self.answers.insert(key, Known::Answered { at: now, answer: answer.clone() });
        } else {
            self.answers.remove(&key);
        }
    }
}

/// Returns whether the request was lost on its way, so that Courier never knew of it.
fn is_lost(behaviour: Option<&Behaviour>) -> bool {
    matches!(
        behaviour,
        Some(
            Behaviour::Close { accepting: false }
                | Behaviour::Reset { accepting: false }
                | Behaviour::Hang { accepting: false, .. }
        )
    )
}

fn answer(behaviour: Option<&Behaviour>, now: i64) -> Answer {
    match behaviour {
        Some(Behaviour::Answer { status, body, headers }) => {
            Answer::of(*status, now).with(headers.clone(), body.clone())
        }
        Some(Behaviour::Drip { status } | Behaviour::Huge { status }) => Answer::of(*status, now),
        None | Some(Behaviour::Close { .. } | Behaviour::Reset { .. } | Behaviour::Hang { .. }) => {
            Answer::accepted(now)
        }
    }
}

fn push<T>(kept: &mut VecDeque<T>, newest: T) {
    if kept.len() == KEPT {
        kept.pop_front();
    }
    kept.push_back(newest);
}
