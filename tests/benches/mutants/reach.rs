//! The writes that each journey sends.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::journeys::Journeys;

/// A journey by itself.
#[derive(Clone, Debug)]
pub(crate) struct Journey {
    pub(crate) name: String,
    pub(crate) took: Duration,
    pub(crate) writes: BTreeSet<String>,
}

/// All journeys.
pub(crate) struct Reach(Vec<Journey>);

impl Reach {
    /// Reads what is known of the journeys, and measures those of which nothing is.
    pub(crate) fn measured(file: &Path, journeys: &Journeys) -> Self {
        let mut known = read(file);
        let names = journeys.names();
        known.retain(|journey| names.contains(&journey.name));
        for name in names {
            if known.iter().all(|journey| journey.name != name) {
                known.push(journeys.measure(&name));
                write(file, &known);
            }
        }
        Self(known)
    }

    /// The journeys that send this write.
    pub(crate) fn that_send(&self, write: &str) -> Vec<&Journey> {
        self.0.iter().filter(|journey| journey.writes.contains(write)).collect()
    }
}

fn read(file: &Path) -> Vec<Journey> {
    let text = fs::read_to_string(file).unwrap_or_default();
    let journey = |line: &str| {
        let mut fields = line.split('\t');
        let name = fields.next()?.to_owned();
        let took = Duration::from_secs_f64(fields.next()?.parse().ok()?);
        let writes = fields.next()?.split(';').filter(|write| !write.is_empty()).map(str::to_owned);
        Some(Journey { name, took, writes: writes.collect() })
    };
    text.lines().filter_map(journey).collect()
}

fn write(file: &Path, journeys: &[Journey]) {
    let mut text = String::new();
    for Journey { name, took, writes } in journeys {
        let writes: Vec<_> = writes.iter().map(String::as_str).collect();
        writeln!(text, "{name}\t{:.2}\t{}", took.as_secs_f64(), writes.join(";"))
            .expect("a string takes all");
    }
    fs::write(file, text).expect("a written file");
}
