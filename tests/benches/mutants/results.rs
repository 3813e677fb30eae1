//! What became of each mutant, kept from run to run.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tests::proxy::mutant::{WRITES, Write};

/// What became of a mutant.
#[derive(Clone, Debug)]
pub(crate) struct Result {
    pub(crate) verdict: Verdict,
    pub(crate) took: Duration,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// This journey failed.
    Caught(String),
    /// None of so many failed, of those that send the write.
    Passed { passed: usize, of: usize },
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Caught(journey) => write!(f, "caught by {journey}"),
            Self::Passed { passed, of } => write!(f, "passed {passed} of {of}"),
        }
    }
}

impl Result {
    /// Whether nothing is left to be run.
    pub(crate) fn is_final(&self) -> bool {
        match self.verdict {
            Verdict::Caught(_) => true,
            Verdict::Passed { passed, of } => passed == of,
        }
    }
}

/// The results, each the newest of its mutant.
pub(crate) struct Results {
    file: PathBuf,
    by_name: BTreeMap<String, Result>,
}

impl Results {
    pub(crate) fn read(file: &Path) -> Self {
        let text = fs::read_to_string(file).unwrap_or_default();
        let result = |line: &str| {
            let (name, rest) = line.split_once('\t')?;
            let (verdict, took) = rest.split_once('\t')?;
            let verdict = if let Some(journey) = verdict.strip_prefix("caught by ") {
                Verdict::Caught(journey.to_owned())
            } else {
                let (passed, of) = verdict.strip_prefix("passed ")?.split_once(" of ")?;
                Verdict::Passed { passed: passed.parse().ok()?, of: of.parse().ok()? }
            };
            let took = Duration::from_secs_f64(took.parse().ok()?);
            Some((name.to_owned(), Result { verdict, took }))
        };
        Self { file: file.to_owned(), by_name: text.lines().filter_map(result).collect() }
    }

    pub(crate) fn of(&self, mutant: &str) -> Option<&Result> {
        self.by_name.get(mutant)
    }

    /// Adds a result, and keeps it.
    pub(crate) fn add(&mut self, mutant: &str, result: Result) {
        let mut file = OpenOptions::new().create(true).append(true).open(&self.file).expect("a file");
        let Result { verdict, took } = &result;
        writeln!(file, "{mutant}\t{verdict}\t{:.1}", took.as_secs_f64()).expect("a written result");
        self.by_name.insert(mutant.to_owned(), result);
    }

    /// How much this journey has to do with a write, by what it caught: mutants of it, or of others in the same table.
    pub(crate) fn caught_by(&self, journey: &str, write: &Write) -> u32 {
        let has_caught = |result: &Result| result.verdict == Verdict::Caught(journey.to_owned());
        let caught = self.by_name.iter().filter(|(_, result)| has_caught(result));
        let of = |(mutant, _): (&String, &Result)| mutant.split(':').next().map(str::to_owned);
        let weight = |name: String| match WRITES.iter().find(|write| write.name == name) {
            Some(other) if other.name == write.name => 20,
            Some(other) if other.table == write.table => 5,
            _ => 0,
        };
        caught.filter_map(of).map(weight).sum()
    }
}
