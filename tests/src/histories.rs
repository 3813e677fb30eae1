//! Random histories of calls, to which the service has to answer as the [reference](crate::reference) does.
//!
//! All draws of a history follow from its seed, but for the ids and codes that the service draws. Histories run one after
//! the other on one service, each with its own names and addresses and from a noon of its own, so that none counts
//! for another; and several services run side by side. One that fails is shrunk to a short one.

mod drawn;
mod pair;
mod step;
mod texts;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use proptest::strategy::Strategy as _;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use tokio::runtime::Handle;

use crate::service::Service;
pub(crate) use drawn::Drawn;
use pair::{Cast, Ended, Pair};
use step::{History, Setting, history};

/// The most steps of a history, after its opening.
const LONGEST: usize = 24;

/// Histories that run side by side, each on a thread: as many as the smallest machine of the gate has cores.
const SIDE_BY_SIDE: usize = 2;

/// The most attempts at making a failing history shorter.
const SHRINKS: u32 = 400;

/// How a run went.
#[derive(Debug, Default)]
pub struct Tally {
    /// Histories that were played to their end.
    pub histories: usize,
    /// Histories that were left out, since they drew one code twice.
    pub left_out: usize,
    /// Calls.
    pub calls: usize,
    /// How often each answer was given, by path, status and code.
    pub answers: BTreeMap<String, usize>,
    /// The shortest story found of a history in which the service differs, with the seed that tells it again.
    pub counterexample: Option<String>,
}

/// Plays `histories` histories, the first with `seed` and each later one with the next number, until the service differs or
/// it is `end`.
///
/// # Panics
/// When a service does not start.
pub async fn run(seed: u64, histories: u64, end: Option<Instant>) -> Tally {
    let tally = Arc::new(Mutex::new(Tally::default()));
    let next = Arc::new(AtomicU64::new(seed));
    let threads: Vec<_> = (0..SIDE_BY_SIDE)
        .map(|thread| {
            let (tally, next, handle) = (Arc::clone(&tally), Arc::clone(&next), Handle::current());
            tokio::task::spawn_blocking(move || {
                let mut services = Services::new(thread, handle);
                loop {
                    let drawn = next.fetch_add(1, Ordering::Relaxed);
                    let over =
                        end.is_some_and(|end| Instant::now() >= end) || lock(&tally).counterexample.is_some();
                    if drawn >= seed + histories || over {
                        break;
                    }
                    services.play(drawn, &tally);
                }
            })
        })
        .collect();
    for thread in threads {
        thread.await.expect("a thread of histories");
    }
    std::mem::take(&mut *lock(&tally))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The services of a thread, one for each setting that a history has asked for.
struct Services {
    thread: usize,
    handle: Handle,
    running: BTreeMap<Setting, Service>,
    phones: Vec<String>,
    played: usize,
}

impl Services {
    fn new(thread: usize, handle: Handle) -> Self {
        Self { thread, handle, running: BTreeMap::new(), phones: crate::phones::all(), played: 0 }
    }

    /// Plays the history of this seed, and a failing one's shorter variants.
    fn play(&mut self, seed: u64, tally: &Mutex<Tally>) {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let config = Config { failure_persistence: None, max_shrink_iters: SHRINKS, ..Config::default() };
        let dice = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let mut runner = TestRunner::new_with_rng(config, dice);
        let tree = history(LONGEST).new_tree(&mut runner).expect("a history");
        let services = Mutex::new(self);
        let played = runner.run_one(tree, |history: History| match lock(&services).attempt(&history) {
            Ok(answers) => {
                let mut tally = lock(tally);
                tally.calls += answers.len();
                for answer in answers {
                    *tally.answers.entry(answer).or_default() += 1;
                }
                Ok(())
            }
            Err(Ended::DrawnTwice) => Err(TestCaseError::reject("a code was drawn twice")),
            Err(Ended::Differs(story)) => Err(TestCaseError::fail(story)),
        });
        let mut tally = lock(tally);
        match played {
            Ok(true) => tally.histories += 1,
            Ok(false) => tally.left_out += 1,
            Err(TestError::Fail(story, _)) => {
                tally.counterexample.get_or_insert_with(|| format!("seed {seed}: {story}"));
            }
            Err(TestError::Abort(why)) => panic!("seed {seed}: {why}"),
        }
    }

    /// Plays a history, and returns its answers.
    fn attempt(&mut self, history: &History) -> Result<Vec<String>, Ended> {
        let numbers = history.setting.numbers();
        let handle = self.handle.clone();
        let cast = self.cast();
        let service = self.running.entry(history.setting).or_insert_with(|| {
            let settings = numbers.settings();
            let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
            handle.block_on(Service::with(&settings))
        });
        let mut pair = Pair::new(service, numbers, cast);
        handle.block_on(pair.play(history))?;
        Ok(pair.answers)
    }

    /// Names, phones and addresses that no other history of this thread has, but for phones that have long had a new day.
    fn cast(&mut self) -> Cast {
        self.played += 1;
        let (thread, played) = (self.thread, self.played);
        Cast {
            names: std::array::from_fn(|name| format!("h{thread}.{played}.{name}")),
            phones: std::array::from_fn(|phone| {
                self.phones[(played * step::PHONES + phone) % self.phones.len()].clone()
            }),
            addresses: std::array::from_fn(|nth| {
                format!("10.{}.{}.{}", played / 256 % 256, played % 256, nth + 1)
            }),
        }
    }
}
