//! The reference as a specification of calls at once: each call takes effect at one moment between its beginning and its
//! answer, but for what is listed here.
//!
//! - **verify pays first and confirms second** ([`Way`]). A guess has to be paid for before it is compared, so that no
//!   crash and no crowd gets one for nothing; what comes between the two moments can see the one and not the other. A
//!   resend in between leaves the right code superseded, and the answer tells the attempts left at the newest code.
//! - **A text takes its time.** The code is stored before it is texted. An answer that tells of a code while another call
//!   that tells of it is under way may say that its delivery is not known yet.
//! - **503 `unavailable`** of a signup, send or resend, which met others too often, is an answer at any moment: nothing was
//!   stored. After that of a verify the try may have been taken or not.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use stateright::semantics::SequentialSpec;

use crate::answer::Answer as Real;
use crate::reference::{Answer, Asked, Call, CodeNumber, Delivery, Messenger, Problem, Reference, Verify};

/// How much of a call happens at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// All of it.
    Whole,
    /// The first half of this verify: the attempt is paid for, and the code compared.
    Pays(usize),
    /// Its second half: the right code is confirmed.
    Confirms(usize),
}

/// A call, or a half of one.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) call: Call,
    pub(super) way: Way,
    /// The code that the answer tells of, which is a new one if the call issues one.
    pub(super) number: Option<CodeNumber>,
    /// Whether another call tells of that code while this one is under way.
    pub(super) text_may_be_under_way: bool,
}

/// An answer, but for what differs in every one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Heard {
    status: u16,
    body: Value,
}

impl Heard {
    pub(super) fn of(answer: &Real) -> Self {
        let mut body = answer.body.clone();
        if let Some(body) = body.as_object_mut() {
            body.remove("requestId");
        }
        // Which code it is, the step says by its number.
        if let Some(id) = body.pointer_mut("/otp/id") {
            *id = Value::Null;
        }
        Self { status: answer.status, body }
    }

    fn by(answer: &Answer) -> Self {
        Self { status: answer.status(), body: answer.body(|_| json!(null)) }
    }

    pub(super) fn is_unavailable(&self) -> bool {
        self.status == 503 && self.body["code"] == "unavailable"
    }
}

/// The reference, and what is between the halves of a verify.
#[derive(Clone, Debug)]
pub(super) struct Specification {
    model: Reference,
    /// The codes that were issued.
    issued: BTreeSet<CodeNumber>,
    /// By the verify: the code to be confirmed, or none if it was not the right one.
    paid: BTreeMap<usize, Option<CodeNumber>>,
}

impl Specification {
    /// That of a service which is as `model` is, and has issued these codes.
    pub(super) fn new(model: Reference, issued: impl IntoIterator<Item = CodeNumber>) -> Self {
        Self { model, issued: issued.into_iter().collect(), paid: BTreeMap::new() }
    }

    /// Takes a step, and returns the answer: none where the step decides none, and an error where it cannot come now.
    fn take(&mut self, step: &Step) -> Result<Option<Answer>, Impossible> {
        let refused = |problem: Problem| Some(Answer::from(problem));
        match (step.way, &step.call) {
            (Way::Pays(verify), Call::Verify(typed)) => {
                let paid = self.model.take_try(typed);
                self.paid.insert(verify, paid.ok());
                Ok(paid.map_or_else(refused, |_| None))
            }
            (Way::Confirms(verify), Call::Verify(Verify { username, .. })) => {
                let Some(code) = self.paid.remove(&verify).ok_or(Impossible)? else { return Ok(None) };
                Ok(self.model.confirm(username, code).map_or_else(refused, Some))
            }
            (_, call) => {
                let fresh = step.number.unwrap_or(CodeNumber(u32::MAX));
                let asked = Asked { call, from: "192.0.2.1", messenger: Messenger::Takes, fresh };
                let told = self.model.call(asked);
                if told.issued && !self.issued.insert(fresh) {
                    return Err(Impossible);
                }
                if told.answer.otp().is_some_and(|otp| Some(otp.number) != step.number) {
                    return Err(Impossible);
                }
                Ok(Some(told.answer))
            }
        }
    }
}

/// A step that cannot come now.
#[derive(Debug)]
struct Impossible;

impl SequentialSpec for Specification {
    type Op = Step;
    type Ret = Option<Heard>;

    fn invoke(&mut self, step: &Step) -> Option<Heard> {
        let answer = self.take(step).ok().flatten();
        answer.map(|answer| Heard::by(&answer))
    }

    fn is_valid_step(&mut self, step: &Step, heard: &Option<Heard>) -> bool {
        let Some(heard) = heard else { return false };
        if step.way == Way::Whole && heard.is_unavailable() {
            return true;
        }
        match self.take(step) {
            Ok(Some(answer)) => {
                *heard == Heard::by(&answer)
                    || step.text_may_be_under_way
                        && *heard == Heard::by(&answer.with_delivery(Delivery::Unknown))
            }
            Ok(None) => true,
            Err(Impossible) => false,
        }
    }
}
