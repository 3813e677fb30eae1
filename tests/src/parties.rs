//! Two parties at one username: its owner, who reads the texts of the phone, and a stranger, who knows the username, the
//! phone and the name, and reads none of them. (31)
//!
//! An order is a random sequence of their calls. Both sign up, always with the own password; they ask for codes and type
//! them, with ids and without, repeat themselves, lose answers, and let codes, hours and days pass. The owner's app does
//! what an app owes: it types no code before its own signup was answered 201. After each call the rows say whether the
//! rules held; whose password a row has is known from the salt that it had when it was stored.
//!
//! Orders run in batches, many usernames in one service: a batch has one clock, and so one list of waits. All draws
//! follow from the seed.

mod deed;
mod ledger;
mod order;
mod owner;
mod schedule;
mod stranger;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use futures::StreamExt as _;
use futures::stream;
use local::courier::{Behaviour, Script};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::service::Service;
use order::Order;

/// Orders of a batch.
pub const BATCH: usize = 50;

/// Orders whose calls are under way at a time.
const AT_ONCE: usize = 8;

/// The share of the calls whose texts Courier refuses.
const REFUSED: f64 = 0.06;

/// How a run went.
#[derive(Debug, Default)]
pub struct Tally {
    /// Orders that were run to their end.
    pub orders: usize,
    /// Calls.
    pub calls: usize,
    /// Orders in which a name became contested.
    pub contested: usize,
    /// Orders whose owner verified the own account after a stranger had signed up for the name.
    pub confirmed: usize,
    /// Orders whose owner sent no ids and, more than a day after the own signup, verified a stranger's account: what the
    /// rules allow.
    pub late: usize,
    /// How often each answer was given, by path, status and code.
    pub answers: BTreeMap<String, usize>,
    /// The story of the first order that broke a rule, with the seed that tells it again.
    pub counterexample: Option<String>,
}

/// Runs `orders` orders, the first batch of them with `seed` and each later one with the next number, until one breaks a
/// rule or it is `end`.
pub async fn run(seed: u64, orders: usize, end: Option<Instant>) -> Tally {
    let mut tally = Tally::default();
    let mut batch = seed;
    while tally.orders < orders
        && tally.counterexample.is_none()
        && end.is_none_or(|end| Instant::now() < end)
    {
        run_batch(batch, BATCH.min(orders - tally.orders), &mut tally).await;
        batch += 1;
    }
    tally
}

async fn run_batch(seed: u64, orders: usize, tally: &mut Tally) {
    let mut dice = StdRng::seed_from_u64(seed);
    // With the phone's cap as it is five codes end an order's day; with a wide one the account changes hands often.
    let cap = if dice.random_bool(0.5) { "5" } else { "100" };
    let settings = [
        ("CODES_PER_ADDRESS_PER_HOUR", "0"),
        ("DAILY_BUDGET_DOLLARS", "0"),
        ("SIGNUP_CODES_PER_PHONE_PER_DAY", cap),
    ];
    let inbox = Arc::new(Inbox::default());
    let told = Arc::clone(&inbox);
    let service = Service::telling(&settings, Some(Arc::new(move |text| told.take(text)))).await;
    let mut phones = crate::phones::all().into_iter();
    let mut orders: Vec<_> = (0..orders)
        .map(|number| {
            Order::new(number, std::array::from_fn(|_| phones.next().expect("a phone")), dice.random())
        })
        .collect();
    for wait in schedule::waits(&mut dice) {
        service.tick(wait);
        let (refused, taken): (Vec<_>, Vec<_>) = orders.iter_mut().partition(|_| dice.random_bool(REFUSED));
        service.courier().play(Script::always(Behaviour::answer(400)));
        take_turns(&service, &inbox, refused).await;
        service.courier().play(Script::default());
        take_turns(&service, &inbox, taken).await;
        let _ = service.proxy.take_calls();
        if orders.iter().any(|order| order.broken().is_some()) {
            break;
        }
    }
    for order in &mut orders {
        order.end(&service).await;
        order.count(tally);
        if let (None, Some(broken)) = (&tally.counterexample, order.broken()) {
            tally.counterexample = Some(format!("batch {seed}: {broken}"));
        }
    }
}

async fn take_turns(service: &Service, inbox: &Inbox, orders: Vec<&mut Order>) {
    stream::iter(orders).for_each_concurrent(AT_ONCE, |order| order.take_turn(service, inbox)).await;
}

/// A text on a phone.
#[derive(Clone, Debug)]
struct Texted {
    /// Of the code in it.
    id: String,
    code: String,
}

/// All texts, by phone.
#[derive(Default)]
struct Inbox(Mutex<BTreeMap<String, Vec<Texted>>>);

impl Inbox {
    fn take(&self, text: &local::courier::Text) {
        let key = text.idempotency_key.as_deref().and_then(|key| key.split_once(':'));
        let (id, _) = key.expect("a text has a key, <otpId>:<n>");
        let texted = Texted { id: id.to_owned(), code: text.code().expect("a code").to_owned() };
        let mut texts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        texts.entry(text.to.clone()).or_default().push(texted);
    }

    fn to(&self, phone: &str) -> Vec<Texted> {
        let texts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        texts.get(phone).cloned().unwrap_or_default()
    }
}
