//! The guard of what a start and a call cost: instructions of the release binaries, counted by callgrind, and their sizes.
//! No clock is read, so it says the same on a busy machine.
//!
//!     cargo test -p tests --test guard                    # one run, as in the gate
//!     cargo test -p tests --test guard -- verify          # one function
//!     cargo test -p tests --test guard -- --runs 10       # and how far the runs are apart
//!     cargo test -p tests --test guard -- --raise         # ten runs, and new ceilings from them
//!
//! It fails with all figures when one is above its ceiling in `ceilings.yaml`, or has none.

mod counting;

use std::process::ExitCode;

use clap::Parser;
use tests::lab::Lab;
use tests::lab::ceilings::{Ceilings, FILE, Spread};
use tests::runtime::binaries;

/// Runs that a new ceiling is made of.
const RUNS_OF_A_RAISE: u32 = 10;

/// What to count, and what to do with it.
#[derive(Parser)]
struct Flags {
    /// Count this function alone.
    function: Option<String>,
    /// Count so many times.
    #[arg(long, default_value_t = 1)]
    runs: u32,
    /// Write ceilings from ten runs, in the place of those that are there.
    #[arg(long)]
    raise: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Flags { function, runs, raise } = Flags::parse();
    let valgrind = match counting::valgrind() {
        Ok(valgrind) => valgrind,
        Err(missing) => {
            eprintln!("{missing}");
            return ExitCode::FAILURE;
        }
    };
    let built = tokio::task::spawn_blocking(binaries::release).await.expect("a build");
    let mut spreads: Vec<Spread> = Vec::new();
    let runs = if raise { runs.max(RUNS_OF_A_RAISE) } else { runs };
    for run in 1..=runs {
        let lab = Lab::start().await;
        let figures = counting::all(&lab, &valgrind, &built, function.as_deref()).await;
        for figure in figures {
            if !spreads.iter_mut().any(|spread| spread.add(&figure.name, figure.value)) {
                spreads.push(Spread::new(figure.name, figure.value));
            }
        }
        if runs > 1 {
            eprintln!("run {run} of {runs} is done");
        }
    }
    assert!(!spreads.is_empty(), "no function has the name {function:?}");

    let ceilings = Ceilings::read();
    let judged = ceilings.judge(&spreads);
    println!("\n{}", judged.table);
    if raise {
        ceilings.raised(&spreads).write();
        println!("The new ceilings are in {FILE}.");
        return ExitCode::SUCCESS;
    }
    for advice in judged.advice {
        println!("{advice}");
    }
    if judged.holds { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
