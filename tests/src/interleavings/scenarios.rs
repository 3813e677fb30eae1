//! The scenarios that are searched.

use super::process::Call;
use super::scenario::{Client, Deed, Ids, Party, Scenario, Typed};
use crate::service::NOON;

/// The life of the code that was issued before, from the first moment on, in seconds: what is left of the default's.
const LIFE: u64 = 599;

const SIGN_UP: Deed = Deed::SignUp(0);
const SIGN_UP_ELSEWHERE: Deed = Deed::SignUp(1);
const SEND: Deed = Deed::Ask(Call::Send, Ids::Newest);
const RESEND: Deed = Deed::Ask(Call::Resend, Ids::Newest);
const RESEND_WITHOUT_ID: Deed = Deed::Ask(Call::Resend, Ids::None);
const TYPE: Deed = Deed::Type(Call::Verify, Typed::Newest, Ids::Newest);
const TYPE_WITHOUT_ID: Deed = Deed::Type(Call::Verify, Typed::Newest, Ids::None);
const TYPE_FIRST: Deed = Deed::Type(Call::Verify, Typed::First, Ids::None);
const GUESS: Deed = Deed::Type(Call::Verify, Typed::Wrong, Ids::None);
const GUESS_CARELESSLY: Deed = Deed::Type(Call::CarelessVerify, Typed::Wrong, Ids::None);

fn owner(calls: u8, deeds: &[Deed]) -> Client {
    Client { party: Party::Owner, deeds: deeds.to_vec(), calls }
}

fn stranger(calls: u8, deeds: &[Deed]) -> Client {
    Client { party: Party::Stranger, deeds: deeds.to_vec(), calls }
}

fn with(name: &'static str, clients: Vec<Client>, before: &[Deed], moments: &[u64], faults: u8) -> Scenario {
    Scenario { name, before: before.to_vec(), clients, moments: moments.to_vec(), faults }
}

/// Those that the tests search.
#[must_use]
pub fn all() -> Vec<Scenario> {
    vec![
        guessers(),
        typists(),
        at_the_end(),
        senders(),
        devices(),
        replaced(),
        parties(),
        parties_without_ids(),
    ]
}

/// The same with more faults or calls, for more time than the tests have.
#[must_use]
pub fn larger() -> Vec<Scenario> {
    let again = |scenario: Scenario, name, calls: u8, faults: u8| {
        let mut clients = scenario.clients;
        clients[0].calls += calls;
        Scenario { name, clients, faults, ..scenario }
    };
    vec![
        again(guessers(), "guessing, one more call, two faults", 1, 2),
        again(devices(), "two devices, one more call", 1, 1),
        again(replaced(), "replaced while sending, two faults", 0, 2),
        again(parties_without_ids(), "two parties, without ids, a fault", 0, 1),
        again(parties(), "two parties, one more call, two faults", 1, 2),
    ]
}

/// Three guess at once, and the owner types the code.
#[must_use]
pub fn guessers() -> Scenario {
    let guesser = || stranger(1, &[GUESS]);
    let clients = vec![owner(1, &[TYPE]), guesser(), guesser(), guesser()];
    with("guessing", clients, &[SIGN_UP], &[NOON], 1)
}

/// The same at a `verify` that compares before it takes the attempt.
#[must_use]
pub fn careless_guessers() -> Scenario {
    let guesser = || stranger(1, &[GUESS_CARELESSLY]);
    let clients = vec![owner(1, &[TYPE]), guesser(), guesser(), guesser()];
    with("guessing, the attempt taken after the comparison", clients, &[SIGN_UP], &[NOON], 0)
}

/// The right code is typed on two devices, twice on one of them.
#[must_use]
pub fn typists() -> Scenario {
    let clients = vec![owner(2, &[TYPE]), owner(1, &[TYPE_WITHOUT_ID])];
    with("the right code, typed three times", clients, &[SIGN_UP], &[NOON], 1)
}

/// A code is typed, and replaced, around its end.
#[must_use]
pub fn at_the_end() -> Scenario {
    let clients = vec![owner(1, &[TYPE]), owner(1, &[SEND, RESEND])];
    with("the end of a code", clients, &[SIGN_UP], &[NOON + LIFE - 1, NOON + LIFE], 1)
}

/// Two devices send at once, when the code before has ended.
#[must_use]
pub fn senders() -> Scenario {
    let clients = vec![owner(1, &[SEND, RESEND]), owner(1, &[SEND])];
    with("two senders", clients, &[SIGN_UP], &[NOON + LIFE], 1)
}

/// Two devices of one person, of which one asks for another code.
#[must_use]
pub fn devices() -> Scenario {
    let clients = vec![owner(2, &[RESEND, TYPE_WITHOUT_ID]), owner(1, &[TYPE_FIRST, GUESS])];
    with("two devices", clients, &[SIGN_UP], &[NOON], 1)
}

/// A stranger takes the name over while its owner asks for another code.
#[must_use]
pub fn replaced() -> Scenario {
    let clients = vec![owner(1, &[RESEND, RESEND_WITHOUT_ID]), stranger(1, &[SIGN_UP_ELSEWHERE])];
    with("replaced while sending", clients, &[SIGN_UP], &[NOON], 1)
}

/// The owner of a phone and a stranger sign up for one name.
#[must_use]
pub fn parties() -> Scenario {
    let clients = vec![owner(2, &[SIGN_UP, TYPE]), stranger(1, &[SIGN_UP])];
    with("two parties", clients, &[], &[NOON], 1)
}

/// The same with an app that sends no ids.
#[must_use]
pub fn parties_without_ids() -> Scenario {
    let clients = vec![owner(2, &[SIGN_UP, TYPE_WITHOUT_ID]), stranger(1, &[SIGN_UP])];
    with("two parties, without ids", clients, &[], &[NOON], 0)
}
