//! Random orders of the calls of two parties at one username: those of the test, many more of them.
//!
//!     cargo bench -p tests --bench parties -- [orders] [seed] [minutes]
//!
//! Prints, as Markdown, how many orders were run and what was met in them. It ends with an error, and with the order's
//! story, if one broke a rule.

use std::process::ExitCode;

use tests::bounded::{Bounds, Run};
use tests::parties::run;

const BOUNDS: Bounds = Bounds { count: 20_000, seed: 1, minutes: 60 };

#[tokio::main]
async fn main() -> ExitCode {
    let started = Run::begin(BOUNDS);
    let Bounds { count, seed, .. } = started.bounds;
    let tally = run(seed, usize::try_from(count).unwrap_or(usize::MAX), Some(started.end)).await;
    let counted = [
        ("orders", tally.orders),
        ("— that met a contested account", tally.contested),
        ("— whose owner verified the own account after a stranger's signup", tally.confirmed),
        ("— without ids, more than a day after the own signup, a stranger's account", tally.late),
        ("calls", tally.calls),
    ];
    started.report(&counted, &tally.answers, tally.counterexample)
}
