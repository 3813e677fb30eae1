//! Calls of several clients at once, and the order that explains them: those of the test, many more of them.
//!
//!     cargo bench -p tests --bench linearizability --profile dev -- [histories] [seed] [minutes]
//!
//! Prints, as Markdown, how many histories were played and how often each answer was met. It ends with an error, and with
//! the history, if no order explains one.

use std::process::ExitCode;

use tests::bounded::{Bounds, Run};
use tests::linearizability::run;

const BOUNDS: Bounds = Bounds { count: 300, seed: 1, minutes: 20 };

#[tokio::main]
async fn main() -> ExitCode {
    let started = Run::begin(BOUNDS);
    let Bounds { count, seed, .. } = started.bounds;
    let tally = run(seed, count, Some(started.end)).await;
    let counted = [
        ("histories that an order explains", tally.histories),
        ("— with a verify in two halves, or a text under way", tally.excused),
        ("calls", tally.calls),
        ("— while another one was under way", tally.overlapping),
    ];
    started.report(&counted, &tally.answers, tally.counterexample)
}
