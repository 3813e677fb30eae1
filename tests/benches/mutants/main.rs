//! Mutants of what the service writes: each in turn meets the journeys that send its kind of write, until one fails.
//!
//!     cargo bench -p tests --bench mutants --profile dev                        # those without a result, then docs/mutants.md
//!     cargo bench -p tests --bench mutants --profile dev -- --only "an attempt" # those with this in their name, again
//!     cargo bench -p tests --bench mutants --profile dev -- --list              # their names
//!
//! It goes on where it was stopped: results stand in `target/mutants`. Once it runs each journey alone, to learn which writes it sends and how
//! long it takes; delete the folder after a change of what they are. A journey counts that fails alone and passes without
//! the mutant; a process that ends, or does not, counts like one. `--seconds` bounds what one mutant may take; what is left is done by a later run.

mod journeys;
mod reach;
mod report;
mod results;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use tests::proxy::mutant::Mutant;

use journeys::{Ended, Journeys};
use reach::{Journey, Reach};
use report::Report;
use results::{Result, Results, Verdict};

#[derive(Debug, Parser)]
struct Flags {
    /// Those with this in their names, whatever is known of them, and those with a reason too
    #[arg(long)]
    only: Vec<String>,
    /// Prints the names alone
    #[arg(long)]
    list: bool,
    /// The longest that one mutant may take, by the journeys' own times
    #[arg(long, default_value_t = u64::MAX)]
    seconds: u64,
    /// Writes the page from the results alone
    #[arg(long)]
    report: bool,
    /// What cargo adds
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    let flags = Flags::parse();
    let is_wanted = |name: &str| flags.only.is_empty() || flags.only.iter().any(|part| name.contains(part));
    let mut mutants: Vec<_> = Mutant::all().into_iter().filter(|mutant| is_wanted(&mutant.name)).collect();
    // Conditions matter most, and the numbers in what is stored least.
    mutants.sort_by_key(|mutant| {
        let (_, words) = mutant.name.split_once(": ").unwrap_or_default();
        let order = ["no condition", "condition", "without", "`SET", "update", "item"];
        order.iter().position(|begin| words.starts_with(begin))
    });
    if flags.list {
        for mutant in &mutants {
            println!("{}", mutant.name);
        }
        return ExitCode::SUCCESS;
    }
    let reasons = report::reasons();
    let mut results = Results::read(&folder().join("results.tsv"));
    if !flags.report {
        let journeys = Journeys::build();
        let reach = Reach::measured(&folder().join("reach.tsv"), &journeys);
        for mutant in &mutants {
            let is_done = results.of(&mutant.name).is_some_and(Result::is_final);
            let is_explained = reasons.contains_key(&mutant.name);
            if (is_done || is_explained) && flags.only.is_empty() {
                continue;
            }
            let result = meet(mutant, &journeys, &reach, &results, flags.seconds);
            println!("{}: {}", mutant.name, result.verdict);
            results.add(&mutant.name, result);
        }
    }
    let report = Report::of(&results, &reasons);
    report.write();
    for fault in &report.faults {
        println!("{fault}");
    }
    if report.faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Where results are kept.
fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/mutants");
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// Has a mutant meet the journeys that send its write: the quickest first, the more so the more others of it they caught.
fn meet(mutant: &Mutant, journeys: &Journeys, reach: &Reach, results: &Results, seconds: u64) -> Result {
    let begun = Instant::now();
    let write = &mutant.write.name;
    let mut due = reach.that_send(write);
    due.sort_by_cached_key(|journey| journey.took / (1 + results.caught_by(&journey.name, mutant.write)));
    let all = due.len();
    let (mut passed, mut spent) = (0, Duration::ZERO);
    let mut verdict = None;
    // Few at first: most mutants are caught at once.
    let mut size = 1;
    while !due.is_empty() && spent < Duration::from_secs(seconds) {
        let batch: Vec<_> = due.drain(..size.min(due.len())).collect();
        size *= 2;
        verdict = caught(mutant, journeys, &batch);
        if verdict.is_some() {
            break;
        }
        passed += batch.len();
        spent += batch.iter().map(|journey| journey.took).sum::<Duration>();
    }
    let verdict = verdict.unwrap_or(Verdict::Passed { passed, of: all });
    Result { verdict, took: begun.elapsed() }
}

/// Runs some journeys at once; then the one that failed alone, with the mutant and without: one that fails now and then has
/// caught nothing.
fn caught(mutant: &Mutant, journeys: &Journeys, batch: &[&Journey]) -> Option<Verdict> {
    let mut batch = batch.to_vec();
    loop {
        let failed = match journeys.run(&batch, Some(&mutant.name)) {
            Ended::Passed => return None,
            Ended::Failed(name) => name,
            Ended::Broken | Ended::Hung if batch.len() > 1 => {
                return batch.iter().find_map(|journey| caught(mutant, journeys, &[journey]));
            }
            Ended::Broken => return Some(Verdict::Caught(format!("{} (ended)", batch[0].name))),
            Ended::Hung => return Some(Verdict::Caught(format!("{} (hung)", batch[0].name))),
        };
        let nth = batch.iter().position(|journey| journey.name == failed).expect("one of them");
        let alone = batch.remove(nth);
        let was_alone = batch.is_empty();
        let fails = was_alone || !matches!(journeys.run(&[alone], Some(&mutant.name)), Ended::Passed);
        if fails && journeys.passes(alone) {
            return Some(Verdict::Caught(failed));
        }
        if was_alone {
            return None;
        }
    }
}
