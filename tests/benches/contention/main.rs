//! Issues that meet at an item: how many in a second get through, how late, and how often they meet.
//!
//!     cargo bench -p tests --bench contention
//!
//! DynamoDB holds the items of a transaction while it carries that out, some 10 ms, and cancels whoever meets one. Callers
//! come at random, whether those before them are answered or not. First the whole service is measured behind the proxy
//! that holds items; then the store's own code runs under a clock that jumps, which no machine slows down, with other
//! numbers of shards. The two are set side by side. Prints, as Markdown, the tables of docs/performance.md and draws
//! docs/images/contention.svg.

mod measured;
mod report;
mod simulated;

use std::path::Path;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

/// The plot, as it is called from the top of the repository.
const PICTURE: &str = "docs/images/contention.svg";

/// How long a transaction holds its items.
const TRANSACTION: Duration = Duration::from_millis(10);

/// The number of shards that the service has.
use shared::domain::budget::SHARDS;

/// The numbers of shards that are compared.
const OTHER_SHARDS: [usize; 6] = [4, 8, 16, 32, 64, 128];

/// The issues that are asked for in a second.
const RATES: [u32; 5] = [25, 50, 100, 200, 400];

/// One more, for the clock that jumps.
const HIGHER_RATE: u32 = 800;

/// The arrivals follow from it; pauses and shards are drawn as ever.
const SEED: u64 = 28;

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Callers {
    /// Users with a phone and an address each: they meet at the shards of the budget alone.
    Apart,
    /// Users behind one address, as a carrier gives it to many.
    OneAddress,
    /// Users with one phone, which has its codes of the day and no more.
    OnePhone,
}

impl Callers {
    /// The address of the `nth` caller.
    fn address(self, nth: usize) -> std::net::Ipv4Addr {
        let nth = u32::try_from(nth).expect("thousands");
        std::net::Ipv4Addr::from_bits(0x0a00_0001 + if self == Self::OneAddress { 0 } else { nth })
    }

    /// The phone of the `nth` caller.
    fn phone(self, phones: &[String], nth: usize) -> &str {
        &phones[if self == Self::OnePhone { 0 } else { nth }]
    }
}

/// What callers ask for.
#[derive(Clone, Copy, Debug)]
struct Load {
    callers: Callers,
    shards: usize,
    rate: u32,
    seconds: u32,
}

impl Load {
    /// Returns the load by which the service is measured: some 300 codes, in three seconds at least.
    fn of_the_service(callers: Callers, rate: u32) -> Self {
        Self { callers, shards: SHARDS, rate, seconds: (300 / rate).clamp(3, 10) }
    }

    /// When each caller comes: at random, as people do who know nothing of each other.
    fn arrivals(&self) -> Vec<Duration> {
        let mut dice = StdRng::seed_from_u64(SEED);
        let mut at = 0.0;
        let mut arrivals = Vec::new();
        loop {
            at -= (1.0 - dice.random::<f64>()).ln() / f64::from(self.rate);
            if at >= f64::from(self.seconds) {
                return arrivals;
            }
            arrivals.push(Duration::from_secs_f64(at));
        }
    }
}

/// How an issue ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The code was stored.
    Issued,
    /// The phone's cap was reached.
    Capped,
    /// The service was busy: 503.
    Busy,
}

/// What came of a load.
#[derive(Debug)]
struct Outcome {
    load: Load,
    /// How each issue ended, and how long it took from the moment at which its caller came.
    ends: Vec<(End, Duration)>,
    /// The transactions that were cancelled because they met another one.
    conflicts: usize,
    /// The seconds of processors that the whole took, where a machine was at work.
    worked: Duration,
}

fn main() {
    let begun = std::time::Instant::now();
    let simulated = simulated::all();
    let spent = simulated::spending();
    let measured = measured::all();
    println!("{}", report::markdown(&measured, &simulated, &spent));
    let picture = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).join(PICTURE);
    std::fs::write(&picture, report::plot(&simulated)).expect("a place for the plot");
    eprintln!("{:.0} s in all", begun.elapsed().as_secs_f64());
}
