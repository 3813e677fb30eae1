//! Thousands of journeys at once through one service whose database and messenger fail all the time.
//!
//!     cargo bench -p tests --bench soak -- [journeys] [minutes]
//!
//! Each journey is a person who signs up, now and then once more, mistypes, asks for another code, taps twice, and goes on
//! until verified, by doing what the answers say; half of them send ids. What must hold is checked after every answer and at the end; the report is
//! Markdown. It ends with an error if anything did not hold.

mod journey;
mod report;
mod truth;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use local::courier::{Behaviour, Script};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tests::proxy::Fault;
use tests::service::Service;

use report::Report;
use truth::Truth;

/// As many as the cores of a test machine can keep busy, and more than the database lets write at once.
const WORKERS: usize = 32;

const JOURNEYS: usize = 10_000;
const MINUTES: u64 = 20;

/// The probability of each kind of fault, per call to DynamoDB and per request to Courier.
const EACH: f64 = 0.05;

/// The draws of people, faults and misbehaviour follow from it; the order of events does not.
const SEED: u64 = 27;

/// Short cooldowns and wide caps, so that the clock need not leap; the address's cap is off, so that every code
/// moves exactly two counters.
const SETTINGS: &[(&str, &str)] = &[
    ("RESEND_COOLDOWN_SECONDS", "1"),
    ("CODES_PER_USERNAME_PER_HOUR", "20"),
    ("SIGNUP_CODES_PER_PHONE_PER_DAY", "100"),
    ("CODES_PER_ADDRESS_PER_HOUR", "0"),
    ("DAILY_BUDGET_DOLLARS", "1000000"),
    ("OTP_TTL_SECONDS", "900"),
];

/// What all journeys share.
struct World {
    service: Service,
    truth: Arc<Truth>,
    report: Report,
    ticking: tokio::sync::Mutex<()>,
}

impl World {
    /// Lets `seconds` pass, together with whoever else is waiting.
    async fn wait(&self, seconds: u64) {
        let until = self.service.now() + seconds;
        let _turn = self.ticking.lock().await;
        self.service.tick(until.saturating_sub(self.service.now()));
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let mut given = std::env::args().skip(1).filter_map(|argument| argument.parse::<u64>().ok());
    let journeys = given.next().map_or(JOURNEYS, |journeys| usize::try_from(journeys).unwrap_or(JOURNEYS));
    let patience = Duration::from_secs(60 * given.next().unwrap_or(MINUTES));
    let phones = tests::phones::all();
    assert!(journeys <= phones.len(), "there are only {} fictitious numbers", phones.len());

    let truth = Arc::<Truth>::default();
    let told = Arc::clone(&truth);
    let service = Service::telling(SETTINGS, Some(Arc::new(move |text| told.texted(text)))).await;
    let began_at = service.now();
    service.proxy.inject_random(SEED, faults());
    let misbehaviour = misbehaviour(journeys);
    service.courier().play(Script::of(misbehaviour.clone()));
    let world =
        Arc::new(World { service, truth, report: Report::default(), ticking: tokio::sync::Mutex::default() });

    let begun = Instant::now();
    let next = Arc::new(AtomicUsize::new(0));
    let workers: Vec<_> = (0..WORKERS)
        .map(|_| {
            let (world, next, phones) = (Arc::clone(&world), Arc::clone(&next), phones.clone());
            tokio::spawn(async move {
                while begun.elapsed() < patience {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= journeys {
                        break;
                    }
                    journey::make(&world, number, &phones[number], SEED).await;
                    world.report.faults(&world.service.proxy.take_calls());
                }
            })
        })
        .collect();
    for worker in workers {
        if let Err(broken) = worker.await {
            world.truth.violated(format!("a journey panicked: {broken}"));
        }
    }
    let took = begun.elapsed();

    world.service.proxy.clear_faults();
    world.report.faults(&world.service.proxy.take_calls());
    let met = misbehaviour.len() - world.service.courier().unmet();
    world.report.misbehaved(&misbehaviour[..met]);
    truth::at_the_end(&world.service, &world.truth, began_at).await;
    println!("{}", world.report.table(&world.truth, took, world.service.now() - began_at));
    let violations = world.truth.violations();
    for violation in &violations {
        println!("- {violation}");
    }
    if violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn faults() -> Vec<(Fault, f64)> {
    let kinds = [
        Fault::Throttle,
        Fault::ServerError,
        Fault::ServerErrorAfter,
        Fault::ResetBefore,
        Fault::ResetAfter,
        Fault::Conflict(None),
        Fault::Delay(Duration::from_millis(20)),
    ];
    kinds.into_iter().map(|fault| (fault, EACH)).collect()
}

/// What each request to Courier meets: a script long enough for all of them, ordinary service included.
fn misbehaviour(journeys: usize) -> Vec<Behaviour> {
    let kinds = [
        Behaviour::answer(500),
        Behaviour::answer(429),
        Behaviour::Reset { accepting: false },
        Behaviour::Reset { accepting: true },
        Behaviour::Hang { accepting: false, millis: Some(50) },
        Behaviour::Hang { accepting: true, millis: Some(50) },
    ];
    let mut dice = StdRng::seed_from_u64(SEED);
    let requests = |_| {
        let drawn: f64 = dice.random();
        let mut upto = 0.0;
        let kind = kinds.iter().find(|_| {
            upto += EACH;
            drawn < upto
        });
        kind.cloned().unwrap_or_else(|| Behaviour::answer(202))
    };
    (0..20 * journeys).map(requests).collect()
}
