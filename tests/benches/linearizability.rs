//! Calls of several clients at once, and the order that explains them: those of the test, many more of them.
//!
//!     cargo bench -p tests --bench linearizability --profile dev -- [histories] [seed] [minutes]
//!
//! Prints, as Markdown, how many histories were played and how often each answer was met. It ends with an error, and with
//! the history, if no order explains one.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use tests::linearizability::run;

const HISTORIES: u64 = 300;
const SEED: u64 = 1;
const MINUTES: u64 = 20;

#[tokio::main]
async fn main() -> ExitCode {
    let mut given = std::env::args().skip(1).filter_map(|argument| argument.parse::<u64>().ok());
    let histories = given.next().unwrap_or(HISTORIES);
    let seed = given.next().unwrap_or(SEED);
    let begun = Instant::now();
    let end = begun + Duration::from_secs(60 * given.next().unwrap_or(MINUTES));

    let tally = run(seed, histories, Some(end)).await;
    println!("| | |\n| --- | ---: |");
    println!("| histories that an order explains | {} |", tally.histories);
    println!("| — with a verify in two halves, or a text under way | {} |", tally.excused);
    println!("| calls | {} |", tally.calls);
    println!("| — while another one was under way | {} |", tally.overlapping);
    for (answer, count) in &tally.answers {
        println!("| `{answer}` | {count} |");
    }
    println!("| seconds | {} |", begun.elapsed().as_secs());
    match tally.counterexample {
        None => ExitCode::SUCCESS,
        Some(counterexample) => {
            println!("\n{counterexample}");
            ExitCode::FAILURE
        }
    }
}
