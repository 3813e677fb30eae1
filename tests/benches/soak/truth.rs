//! What really happened, as the phones and the database saw it, and what must hold of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use local::courier::Text;
use tests::service::{Row, Service, number, text};

/// The first ones tell what is wrong; more tell no more.
const VIOLATIONS_KEPT: usize = 20;

/// One text on a phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Texted {
    pub(super) id: String,
    pub(super) code: String,
}

#[derive(Default)]
struct State {
    /// By phone.
    texts: BTreeMap<String, Vec<Texted>>,
    /// The ids that stood in rows, by phone.
    stored: BTreeMap<String, BTreeSet<String>>,
    /// Whose code was seen CONFIRMED after they typed it.
    confirmed: BTreeSet<String>,
    /// The ids that a 200 answered for.
    answered: BTreeSet<String>,
    violations: Vec<String>,
}

/// Shared by all journeys.
#[derive(Default)]
pub(super) struct Truth(Mutex<State>);

impl Truth {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn texted(&self, text: &Text) {
        let key = text.idempotency_key.as_deref().and_then(|key| key.split_once(':'));
        let (Some((id, _)), Some(code)) = (key, text.code()) else {
            return self.violated(format!("a text without an id or a code: {text:?}"));
        };
        let texted = Texted { id: id.to_owned(), code: code.to_owned() };
        self.lock().texts.entry(text.to.clone()).or_default().push(texted);
    }

    pub(super) fn texts_to(&self, phone: &str) -> Vec<Texted> {
        self.lock().texts.get(phone).cloned().unwrap_or_default()
    }

    pub(super) fn stored(&self, phone: &str, id: &str) {
        self.lock().stored.entry(phone.to_owned()).or_default().insert(id.to_owned());
    }

    pub(super) fn knows(&self, phone: &str, id: &str) -> bool {
        self.lock().stored.get(phone).is_some_and(|ids| ids.contains(id))
    }

    pub(super) fn confirmed(&self, username: &str) {
        self.lock().confirmed.insert(username.to_owned());
    }

    /// Takes note of a 200 for the challenge `id`; there is never a second.
    pub(super) fn answered(&self, id: &str) {
        if !self.lock().answered.insert(id.to_owned()) {
            self.violated(format!("the challenge {id} was confirmed twice"));
        }
    }

    pub(super) fn violated(&self, what: String) {
        let mut state = self.lock();
        if state.violations.len() < VIOLATIONS_KEPT {
            state.violations.push(what);
        }
    }

    pub(super) fn violations(&self) -> Vec<String> {
        self.lock().violations.clone()
    }

    pub(super) fn count_of_texts(&self) -> usize {
        self.lock().texts.values().map(Vec::len).sum()
    }

    pub(super) fn count_of_confirmed(&self) -> usize {
        self.lock().confirmed.len()
    }

    pub(super) fn count_of_codes(&self) -> usize {
        self.lock().stored.values().map(BTreeSet::len).sum()
    }
}

/// Compares all that is stored with what happened.
pub(super) async fn at_the_end(service: &Service, truth: &Truth, began_at: u64) {
    for user in service.rows("users").await {
        let (username, status) = (text(&user, "username"), text(&user, "status"));
        let confirmed = truth.lock().confirmed.contains(username);
        if confirmed != (status == "VERIFIED") {
            truth.violated(format!("{username} is {status}; typed a right code: {confirmed}"));
        }
    }

    let (texts, stored) = {
        let state = truth.lock();
        (state.texts.clone(), state.stored.clone())
    };
    for (phone, texts) in &texts {
        let mut seen = BTreeSet::new();
        for text in texts {
            if !stored.get(phone).is_some_and(|ids| ids.contains(&text.id)) {
                truth.violated(format!("a text to {phone} without its row: {}", text.id));
            }
            if !seen.insert(&text.id) {
                truth.violated(format!("two texts to {phone} for one code: {}", text.id));
            }
        }
    }

    // Counters of yesterday may have been deleted.
    let day = 86_400;
    if began_at / day == service.now() / day {
        let counts = |row: &Row| -> i64 {
            ["count", "verified", "others"]
                .into_iter()
                .filter(|name| row.contains_key(*name))
                .map(|name| number(row, name))
                .sum()
        };
        let counted: i64 = service.rows("limits").await.iter().map(counts).sum();
        let codes = i64::try_from(truth.count_of_codes()).unwrap_or(i64::MAX);
        if counted != 2 * codes {
            truth.violated(format!("{codes} codes moved the counters of phones and budget by {counted}"));
        }
    } else {
        truth.violated("the clock passed midnight, so the counters were not compared".to_owned());
    }
}
