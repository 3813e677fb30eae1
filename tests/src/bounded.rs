//! Benchmarks that are bounded in count and in time: what they are given, and how they end.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// The bounds of a run.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// How much is done at most.
    pub count: u64,
    /// From which all draws follow.
    pub seed: u64,
    /// The longest that it takes, in minutes.
    pub minutes: u64,
}

/// A run that has begun.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// Its bounds.
    pub bounds: Bounds,
    /// When it ends, done or not.
    pub end: Instant,
    begun: Instant,
}

impl Run {
    /// Begins a run with the bounds that the command line gives, in the order of their members, or else with these.
    #[must_use]
    pub fn begin(default: Bounds) -> Self {
        let mut given = std::env::args().skip(1).filter_map(|argument| argument.parse::<u64>().ok());
        let mut next = |default| given.next().unwrap_or(default);
        let (count, seed, minutes) = (next(default.count), next(default.seed), next(default.minutes));
        let begun = Instant::now();
        let end = begun + Duration::from_secs(60 * minutes);
        Self { bounds: Bounds { count, seed, minutes }, end, begun }
    }

    /// Prints, as Markdown, what was counted, how often each answer was met, and how long it took; then what was found, which
    /// is an error.
    #[must_use]
    pub fn report(
        self,
        counted: &[(&str, usize)],
        answers: &BTreeMap<String, usize>,
        counterexample: Option<String>,
    ) -> ExitCode {
        println!("| | |\n| --- | ---: |");
        for (what, count) in counted {
            println!("| {what} | {count} |");
        }
        for (answer, count) in answers {
            println!("| `{answer}` | {count} |");
        }
        println!("| seconds | {} |", self.begun.elapsed().as_secs());
        match counterexample {
            None => ExitCode::SUCCESS,
            Some(counterexample) => {
                println!("\n{counterexample}");
                ExitCode::FAILURE
            }
        }
    }
}
