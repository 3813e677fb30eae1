//! What was texted, called and answered, in the order in which it happened.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::specification::{Heard, Step, Way};
use crate::answer::Answer;
use crate::histories::Drawn;
use crate::reference::{Call, CodeNumber, Typed};

/// The ids and codes that were drawn, and the texts in which they went out.
#[derive(Debug, Default)]
pub(super) struct Inbox(Mutex<Texts>);

#[derive(Debug, Default)]
struct Texts {
    drawn: Drawn,
    texted: Vec<CodeNumber>,
}

impl Inbox {
    pub(super) fn clear(&self) {
        *self.lock() = Texts::default();
    }

    pub(super) fn take(&self, text: &local::courier::Text) {
        let key = text.idempotency_key.as_deref().and_then(|key| key.split_once(':'));
        let (id, _) = key.expect("a text has a key, <otpId>:<n>");
        let mut texts = self.lock();
        let number = texts.drawn.number_of(id, text.code());
        texts.texted.push(number);
    }

    /// The codes that were texted, the newest last.
    pub(super) fn texted(&self) -> Vec<CodeNumber> {
        self.lock().texted.clone()
    }

    /// Whether no code was texted twice.
    pub(super) fn texted_once(&self) -> bool {
        let mut texted = self.texted();
        texted.sort();
        texted.windows(2).all(|two| two[0] != two[1])
    }

    /// The number of the code that an answer tells of; of the next one, if it tells of none.
    pub(super) fn number_of(&self, answer: &Answer) -> CodeNumber {
        let mut texts = self.lock();
        match answer.body.pointer("/otp/id").and_then(Value::as_str) {
            Some(id) => texts.drawn.number_of(id, None),
            None => texts.drawn.next(),
        }
    }

    pub(super) fn body(&self, call: &Call) -> Value {
        self.lock().drawn.body(call)
    }

    fn lock(&self) -> MutexGuard<'_, Texts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call that was answered.
#[derive(Clone, Debug)]
pub(super) struct Recorded {
    pub(super) call: Call,
    /// Its places in the order of all calls and answers.
    pub(super) made: usize,
    pub(super) answered: usize,
    pub(super) answer: Answer,
    /// The code that the answer tells of.
    pub(super) number: Option<CodeNumber>,
}

impl Recorded {
    /// Path, status and code of the answer.
    pub(super) fn outcome(&self) -> String {
        format!("{} {} {}", self.call.path(), self.answer.status, self.answer.code()).trim_end().to_owned()
    }

    fn is_beside(&self, other: &Self) -> bool {
        self.made < other.answered && other.made < self.answered
    }
}

impl fmt::Display for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>2} to {:>2} {}\n    ", self.made, self.answered, self.call)?;
        if let Some(CodeNumber(number)) = self.number {
            write!(f, "of code {number}: ")?;
        }
        f.write_str(&self.answer.text)
    }
}

/// All calls of a history.
#[derive(Debug, Default)]
pub(super) struct Record(Mutex<(usize, Vec<Recorded>)>);

impl Record {
    /// Takes note that a call is made now, and returns its place.
    pub(super) fn made(&self) -> usize {
        let mut record = self.lock();
        record.0 += 1;
        record.0
    }

    /// Takes note that a call is answered now.
    pub(super) fn answered(&self, call: Call, made: usize, answer: Answer, number: Option<CodeNumber>) {
        let mut record = self.lock();
        record.0 += 1;
        let answered = record.0;
        record.1.push(Recorded { call, made, answered, answer, number });
    }

    pub(super) fn calls(&self) -> Vec<Recorded> {
        let mut calls = self.lock().1.clone();
        calls.sort_by_key(|call| call.made);
        calls
    }

    fn lock(&self) -> MutexGuard<'_, (usize, Vec<Recorded>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether another call was under way when this one was.
pub(super) fn overlaps(call: &Recorded, calls: &[Recorded]) -> bool {
    calls.iter().any(|other| other.made != call.made && call.is_beside(other))
}

/// What the tester is told, each step on a thread of its own.
#[derive(Debug)]
pub(super) enum Event {
    Made(usize, Step),
    Answered(usize, Option<Heard>),
}

/// The calls as the tester is told of them, in the order in which they were made and answered: all of them whole, or with
/// what the [specification](super::specification) excuses.
pub(super) fn events(calls: &[Recorded], excused: bool) -> Vec<Event> {
    let mut events = Vec::new();
    for (nth, call) in calls.iter().enumerate() {
        let is_told_of_meanwhile = |other: &Recorded| {
            other.made != call.made && other.is_beside(call) && other.number == call.number
        };
        let under_way = call.number.is_some() && calls.iter().any(is_told_of_meanwhile);
        let ways = match &call.call {
            Call::Verify(verify) if excused && matches!(verify.typed, Typed::Code(_)) => {
                vec![Way::Pays(nth), Way::Confirms(nth)]
            }
            Call::SignUp(_) | Call::Send(_) | Call::Resend(_) | Call::Verify(_) => vec![Way::Whole],
        };
        for (half, way) in ways.into_iter().enumerate() {
            let thread = 2 * nth + half;
            let step = Step {
                call: call.call.clone(),
                way,
                number: call.number,
                text_may_be_under_way: excused && under_way,
            };
            events.push((call.made, Event::Made(thread, step)));
            let heard = Heard::of(&call.answer);
            // A try may have been taken, or not: for the tester this call is still under way.
            let is_open = heard.is_unavailable() && matches!(call.call, Call::Verify(_));
            if !is_open {
                events.push((call.answered, Event::Answered(thread, Some(heard))));
            }
        }
    }
    events.sort_by_key(|(at, _)| *at);
    events.into_iter().map(|(_, event)| event).collect()
}
