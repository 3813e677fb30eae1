//! Random histories, answered by the service and by the model of it: those of the test, many more of them.
//!
//!     cargo bench -p tests --bench reference --profile dev -- [histories] [seed] [minutes]
//!
//! Prints, as Markdown, how many histories were played and how often each answer was met. It ends with an error, and with
//! the shortest story that was found, if the service answered otherwise than the model.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use tests::histories::run;

const HISTORIES: u64 = 10_000;
const SEED: u64 = 1;
const MINUTES: u64 = 60;

#[tokio::main]
async fn main() -> ExitCode {
    let mut given = std::env::args().skip(1).filter_map(|argument| argument.parse::<u64>().ok());
    let histories = given.next().unwrap_or(HISTORIES);
    let seed = given.next().unwrap_or(SEED);
    let begun = Instant::now();
    let end = begun + Duration::from_secs(60 * given.next().unwrap_or(MINUTES));

    let tally = run(seed, histories, Some(end)).await;
    println!("| | |\n| --- | ---: |");
    println!("| histories | {} |", tally.histories);
    println!("| — left out, since a code was drawn twice | {} |", tally.left_out);
    println!("| calls | {} |", tally.calls);
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
