//! Calls of several clients at once, which have to be answered as they would be in some order, one after the other.
//!
//! Clients call the real service over HTTP, about one username, while calls to the database are delayed at random and
//! transactions conflict. Each call is recorded when it is made and when it is answered. Then stateright's tester looks for an
//! order of the calls in which the [reference](crate::reference) gives the same answers, and in which no call comes before
//! one that was answered before it was made. The clock stands still meanwhile. What a history does follows from its seed;
//! in which order it happens does not.

mod client;
mod record;
mod specification;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use local::courier::{Delay, Script};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use stateright::semantics::{ConsistencyTester as _, LinearizabilityTester};

use crate::proxy::Fault;
use crate::reference::{Asked, Call, Messenger, Numbers, Reference};
use crate::service::Service;
use client::{Client, Play};
use record::{Event, Inbox, Record};
use specification::Specification;

/// How a run went.
#[derive(Debug, Default)]
pub struct Tally {
    /// Histories that were played and explained.
    pub histories: usize,
    /// Those among them that no order of whole calls explains, but one with the halves of a verify, or with a text that is
    /// under way.
    pub excused: usize,
    /// Calls.
    pub calls: usize,
    /// Calls that were under way while another one was.
    pub overlapping: usize,
    /// How often each answer was given, by path, status and code.
    pub answers: BTreeMap<String, usize>,
    /// The first history that no order explains.
    pub counterexample: Option<String>,
}

/// Plays `histories` histories, the first with `seed` and each later one with the next number, until no order explains one
/// or it is `end`.
///
/// # Panics
/// When the service does not start.
pub async fn run(seed: u64, histories: u64, end: Option<Instant>) -> Tally {
    let numbers = Numbers {
        tries: 3,
        codes_per_phone: 100,
        signup_codes_per_phone: 100,
        codes_per_address: 0,
        dollars: 0,
        ..Numbers::default()
    };
    let settings = numbers.settings();
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut tally = Tally::default();
    let inbox = Arc::new(Inbox::default());
    let told = Arc::clone(&inbox);
    let service = Service::telling(&settings, Some(Arc::new(move |text| told.take(text)))).await;
    for seed in seed..seed + histories {
        if tally.counterexample.is_some() || end.is_some_and(|end| Instant::now() >= end) {
            break;
        }
        history(seed, &service, &inbox, &numbers, &mut tally).await;
    }
    tally
}

/// Plays one history, and looks for its order.
async fn history(seed: u64, service: &Service, inbox: &Inbox, numbers: &Numbers, tally: &mut Tally) {
    let mut dice = StdRng::seed_from_u64(seed);
    inbox.clear();
    // A new day, so that no counter of another history counts.
    service.tick(86_400);
    let record = Record::default();
    let play =
        Play { service, inbox, record: &record, username: format!("ada{seed}"), phone: "+12025550143" };
    let mut model = Reference::new(numbers.clone(), service.now().try_into().expect("a time"));
    open(&play, &mut model, &mut dice).await;

    let pause = |millis| Fault::Delay(Duration::from_millis(millis));
    service.proxy.inject_random(dice.random(), vec![(pause(1), 0.2), (pause(4), 0.2), (pause(9), 0.1)]);
    service.proxy.contend(dice.random_bool(0.3).then_some(Duration::from_millis(2)));
    let delay = Delay { min_millis: 0, max_millis: dice.random_range(0..12) };
    service.courier().play(Script { delay, ..Script::default() });
    let clients: Vec<_> = (0..dice.random_range(2..=3)).map(|_| Client::new(dice.random())).collect();
    futures::future::join_all(clients.into_iter().map(|client| client.play(&play))).await;
    service.courier().play(Script::default());
    service.proxy.clear_faults();
    service.proxy.contend(None);
    let _ = service.proxy.take_calls();

    let calls = record.calls();
    tally.calls += calls.len();
    tally.overlapping += calls.iter().filter(|call| record::overlaps(call, &calls)).count();
    for call in &calls {
        *tally.answers.entry(call.outcome()).or_default() += 1;
    }
    let specification = Specification::new(model.clone(), model.codes(&play.username));
    let whole = is_explained(&specification, record::events(&calls, false));
    if (whole || is_explained(&specification, record::events(&calls, true))) && inbox.texted_once() {
        tally.histories += 1;
        tally.excused += usize::from(!whole);
    } else {
        let mut story = format!("seed {seed}: no order explains\n");
        for call in &calls {
            let _ = writeln!(story, "{call}");
        }
        tally.counterexample = Some(story);
    }
}

/// Whether some order of all steps explains every answer.
fn is_explained(specification: &Specification, events: Vec<Event>) -> bool {
    let mut tester = LinearizabilityTester::new(specification.clone());
    for event in events {
        let fed = match event {
            Event::Made(thread, step) => tester.on_invoke(thread, step),
            Event::Answered(thread, heard) => tester.on_return(thread, heard),
        };
        fed.expect("each step has a thread of its own");
    }
    tester.is_consistent()
}

/// Brings the username into one of the states in which calls at once are interesting.
async fn open(play: &Play<'_>, model: &mut Reference, dice: &mut StdRng) {
    let signup = |password| move || play.sign_up(password, None);
    let calls: Vec<Box<dyn Fn() -> Call + Send + '_>> = match dice.random_range(0..8) {
        0 => vec![],
        1 | 2 => vec![Box::new(signup(0))],
        3 | 4 => vec![Box::new(signup(0)), Box::new(signup(1))],
        5 => vec![Box::new(|| play.resend())],
        _ => vec![Box::new(signup(0)), Box::new(|| play.verify_newest())],
    };
    for call in calls {
        let call = call();
        let answer = play.send(&call).await;
        let fresh = play.inbox.number_of(&answer);
        let asked = Asked { call: &call, from: "192.0.2.1", messenger: Messenger::Takes, fresh };
        let told = model.call(asked);
        assert_eq!(answer.status, told.answer.status(), "{call}: {answer:?}");
    }
    if dice.random_bool(0.6) {
        // After the cooldown another code may be asked for.
        play.service.tick(40);
        model.tick(40);
    }
}
