//! Random orders of the calls of two parties at one username: those of the test, many more of them.
//!
//!     cargo bench -p tests --bench parties -- [orders] [seed] [minutes]
//!
//! Prints, as Markdown, how many orders were run and what was met in them. It ends with an error, and with the order's
//! story, if one broke a rule.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use tests::parties::run;

const ORDERS: usize = 20_000;
const SEED: u64 = 1;
const MINUTES: u64 = 60;

#[tokio::main]
async fn main() -> ExitCode {
    let mut given = std::env::args().skip(1).filter_map(|argument| argument.parse::<u64>().ok());
    let orders = given.next().map_or(ORDERS, |orders| usize::try_from(orders).unwrap_or(ORDERS));
    let seed = given.next().unwrap_or(SEED);
    let begun = Instant::now();
    let end = begun + Duration::from_secs(60 * given.next().unwrap_or(MINUTES));

    let tally = run(seed, orders, Some(end)).await;
    println!("| | |\n| --- | ---: |");
    println!("| orders | {} |", tally.orders);
    println!("| — that met a contested account | {} |", tally.contested);
    println!("| — whose owner verified the own account after a stranger's signup | {} |", tally.confirmed);
    println!(
        "| — without ids, more than a day after the own signup, a stranger's account | {} |",
        tally.late
    );
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
