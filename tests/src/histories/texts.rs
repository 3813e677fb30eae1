//! What Courier was asked to text.

use local::courier::{Behaviour, Courier, Script};
use serde_json::Value;

use crate::reference::Messenger;

/// A text that Courier was asked for, whether or not it took it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Requested {
    pub(super) to: String,
    /// The id of the code in it, by which Courier knows a repeated request.
    pub(super) id: String,
    pub(super) code: String,
}

impl Requested {
    fn read(key: Option<&str>, request: &Value) -> Self {
        let text = |at| request.pointer(at).and_then(Value::as_str).expect("a text").to_owned();
        let (id, _) = key.and_then(|key| key.split_once(':')).expect("a text has a key, <otpId>:<n>");
        Self { to: text("/message/to/phone_number"), id: id.to_owned(), code: text("/message/to/data/otp") }
    }
}

/// Makes a call, of whose first request to Courier the `messenger` makes this, and returns the answer and what was requested.
pub(super) async fn during<T>(
    call: impl Future<Output = T>,
    courier: &Courier,
    messenger: Messenger,
) -> (T, Vec<Requested>) {
    let before = courier.count();
    let scripted = behaviour(messenger);
    let is_scripted = scripted.is_some();
    courier.play(Script::of(scripted));
    let answer = call.await;
    let is_refused = is_scripted && courier.unmet() == 0;
    courier.play(Script::default());
    let mut requested = Vec::new();
    if is_refused {
        let (key, body) = (courier.keys().pop().flatten(), courier.bodies().pop().expect("a request"));
        requested.push(Requested::read(key.as_deref(), &serde_json::from_slice(&body).expect("JSON")));
    }
    let (taken, _) = courier.texts_after(before);
    requested
        .extend(taken.iter().map(|text| Requested::read(text.idempotency_key.as_deref(), &text.request)));
    (answer, requested)
}

/// The script by which the stand-in does that.
fn behaviour(messenger: Messenger) -> Option<Behaviour> {
    match messenger {
        Messenger::Takes => None,
        Messenger::RefusesTheNumber => Some(Behaviour::answer(400)),
        Messenger::RefusesTheAccount => Some(Behaviour::answer(403)),
        Messenger::Doubts => Some(Behaviour::answer(409)),
    }
}
