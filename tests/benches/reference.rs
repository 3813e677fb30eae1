//! Random histories, answered by the service and by the model of it: those of the test, many more of them.
//!
//!     cargo bench -p tests --bench reference --profile dev -- [histories] [seed] [minutes]
//!
//! Prints, as Markdown, how many histories were played and how often each answer was met. It ends with an error, and with
//! the shortest story that was found, if the service answered otherwise than the model.

use std::process::ExitCode;

use tests::bounded::{Bounds, Run};
use tests::histories::run;

const BOUNDS: Bounds = Bounds { count: 10_000, seed: 1, minutes: 60 };

#[tokio::main]
async fn main() -> ExitCode {
    let started = Run::begin(BOUNDS);
    let Bounds { count, seed, .. } = started.bounds;
    let tally = run(seed, count, Some(started.end)).await;
    let counted = [
        ("histories", tally.histories),
        ("— left out, since a code was drawn twice", tally.left_out),
        ("calls", tally.calls),
    ];
    started.report(&counted, &tally.answers, tally.counterexample)
}
