//! The tables of `docs/mutants.md`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use tests::proxy::mutant::{Mutant, WRITES, Write};

use crate::results::{Results, Verdict};

/// The mutants that no journey can tell from the service, or need not, each with the reason.
pub(crate) type Reasons = BTreeMap<String, String>;

pub(crate) fn reasons() -> Reasons {
    serde_norway::from_str(include_str!("reasons.yaml")).expect("reasons by mutant")
}

/// What all of it came to.
pub(crate) struct Report {
    caught: usize,
    explained: usize,
    /// What a run must not end with: a mutant that passed, or has no result, without a reason; and reasons for nothing.
    pub(crate) faults: Vec<String>,
    tables: String,
}

impl Report {
    pub(crate) fn of(results: &Results, reasons: &Reasons) -> Self {
        let mut report = Self { caught: 0, explained: 0, faults: Vec::new(), tables: String::new() };
        for write in WRITES.iter() {
            report.heading(write);
            for mutant in Mutant::all().iter().filter(|mutant| mutant.write == write) {
                report.row(mutant, results, reasons.get(&mutant.name));
            }
        }
        let mutants = Mutant::all();
        let is_mutant = |name: &str| mutants.iter().any(|mutant| mutant.name == name);
        let unknown = reasons.keys().filter(|name| !is_mutant(name));
        report.faults.extend(unknown.map(|name| format!("{name}: a reason, but no mutant")));
        report
    }

    fn heading(&mut self, write: &Write) {
        let Write { name, action, table, condition, update, .. } = write;
        let (first, rest) = name.split_at(1);
        let mut text = format!("\n### {}{rest}\n\n{action} · `{table}`", first.to_uppercase());
        for part in [condition, update].into_iter().flatten() {
            write!(text, "<br>`{part}`").expect("a string takes all");
        }
        writeln!(self.tables, "{text}\n\n| mutant | caught by |\n| --- | --- |").expect("a string takes all");
    }

    fn row(&mut self, mutant: &Mutant, results: &Results, reason: Option<&String>) {
        let (_, words) = mutant.name.split_once(": ").expect("a write and an edit");
        let verdict = results.of(&mutant.name).map(|result| &result.verdict);
        let said = match (verdict, reason) {
            (Some(Verdict::Caught(journey)), None) => {
                self.caught += 1;
                format!("`{journey}`")
            }
            (Some(Verdict::Caught(journey)), Some(_)) => {
                self.faults.push(format!("{}: has a reason, but {journey} catches it", mutant.name));
                format!("`{journey}`")
            }
            (_, Some(reason)) => {
                self.explained += 1;
                format!("— {}", reason.trim())
            }
            (verdict, None) => {
                let what = verdict.map_or("no result".to_owned(), ToString::to_string);
                self.faults.push(format!("{}: {what}", mutant.name));
                what
            }
        };
        writeln!(self.tables, "| {words} | {said} |").expect("a string takes all");
    }

    /// Writes the page.
    pub(crate) fn write(&self) {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/mutants.md");
        let page = fs::read_to_string(&file).expect("the page");
        let sums = format!(
            "Of {} mutants of {} kinds of writes, {} are caught, and {} are not, each for the reason that stands in its row.\n",
            Mutant::all().len(),
            WRITES.len(),
            self.caught,
            self.explained,
        );
        let page = filled(&page, "sums", &sums);
        fs::write(file, filled(&page, "mutants", &self.tables)).expect("a written page");
    }
}

/// The page with `made` between the marks of `mark`.
fn filled(page: &str, mark: &str, made: &str) -> String {
    let (begin, end) = (format!("<!-- {mark}:begin -->"), format!("<!-- {mark}:end -->"));
    let (before, rest) = page.split_once(&begin).unwrap_or_else(|| panic!("the page has no {begin}"));
    let (_, after) = rest.split_once(&end).unwrap_or_else(|| panic!("the page has no {end}"));
    format!("{before}{begin}\n{made}{end}{after}")
}
