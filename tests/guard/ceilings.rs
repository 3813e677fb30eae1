//! The ceilings, in a file that people read and review.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

/// The file, as it is called from the top of the repository.
pub(crate) const FILE: &str = "tests/guard/ceilings.yaml";

const HEAD: &str = "\
# The most that a start and a call may cost, in instructions, and a binary in bytes: 5 % above the highest of ten runs.
# Written by `cargo test -p tests --test guard -- --raise`; what it means is in docs/performance.md.
";

/// Room above the highest of ten runs, in per cent.
const ROOM: u64 = 5;

/// A figure so far below its ceiling, in per cent of it, leaves room for a change that nobody would notice.
const COULD_BE_LOWERED: u64 = 90;

/// The values of one figure over all runs.
pub(crate) struct Spread {
    pub(crate) name: String,
    least: u64,
    greatest: u64,
}

impl Spread {
    pub(crate) fn new(name: String, value: u64) -> Self {
        Self { name, least: value, greatest: value }
    }

    pub(crate) fn add(&mut self, value: u64) {
        self.least = self.least.min(value);
        self.greatest = self.greatest.max(value);
    }

    /// Returns the ceiling that it deserves, in three digits.
    fn ceiling(&self) -> u64 {
        let with_room = (self.greatest * (100 + ROOM)).div_ceil(100);
        let step = 10_u64.pow(with_room.ilog10().saturating_sub(2));
        with_room.div_ceil(step) * step
    }
}

/// The ceilings by the names of their figures, in the order of the file.
pub(crate) struct Ceilings(BTreeMap<String, u64>);

/// What is to be said about figures.
pub(crate) struct Verdict {
    /// All of them beside their ceilings.
    pub(crate) table: String,
    /// What follows from it.
    pub(crate) lines: Vec<String>,
    /// True when none is above its ceiling.
    pub(crate) holds: bool,
}

fn path() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).join(FILE)
}

impl Ceilings {
    /// Reads the file; one that is not there holds none.
    pub(crate) fn read() -> Self {
        let text = fs::read_to_string(path()).unwrap_or_default();
        let of_functions: BTreeMap<String, BTreeMap<String, String>> =
            serde_norway::from_str(&text).unwrap_or_else(|error| panic!("{FILE}: {error}"));
        let named = of_functions.into_iter().flat_map(|(function, figures)| {
            figures.into_iter().map(move |(figure, value)| {
                let value = value.replace(',', "").parse();
                (
                    format!("{function}: {figure}"),
                    value.unwrap_or_else(|error| panic!("{FILE}: {figure}: {error}")),
                )
            })
        });
        Self(named.collect())
    }

    /// Returns the ceilings with new ones for the figures of `spreads`.
    pub(crate) fn raised(&self, spreads: &[Spread]) -> Self {
        let mut ceilings = self.0.clone();
        ceilings.extend(spreads.iter().map(|spread| (spread.name.clone(), spread.ceiling())));
        Self(ceilings)
    }

    pub(crate) fn write(&self) {
        let mut text = HEAD.to_owned();
        let mut of = "";
        for (name, ceiling) in &self.0 {
            let (function, figure) = name.split_once(": ").expect("a function and a figure");
            if function != of {
                writeln!(text, "\n{function}:").expect("a string takes everything");
                of = function;
            }
            writeln!(text, "  {figure}: \"{}\"", grouped(*ceiling)).expect("a string takes everything");
        }
        fs::write(path(), text).unwrap_or_else(|error| panic!("{FILE}: {error}"));
    }

    /// Compares figures with their ceilings.
    pub(crate) fn judge(&self, spreads: &[Spread]) -> Verdict {
        let widest = spreads.iter().map(|spread| spread.name.len()).max().unwrap_or_default();
        let mut table =
            format!("\n{:widest$}  {:>12}  {:>12}  {:>6}  spread\n", "", "measured", "ceiling", "of it");
        let (mut over, mut low) = (0, 0);
        for Spread { name, least, greatest } in spreads {
            let ceiling = self.0.get(name).copied();
            let percent = ceiling.map(|ceiling| per_cent(*greatest, ceiling));
            let remark = match ceiling {
                None => "HAS NO CEILING",
                Some(ceiling) if *greatest > ceiling => "ABOVE ITS CEILING",
                Some(ceiling) if greatest * 100 < ceiling * COULD_BE_LOWERED => "could be lowered",
                Some(_) => "",
            };
            over += usize::from(remark.contains("CEILING"));
            low += usize::from(remark.contains("lowered"));
            let ceiling = ceiling.map(grouped).unwrap_or_default();
            let percent = percent.map(|percent| format!("{percent:.1} %")).unwrap_or_default();
            let spread = if least == greatest { 0.0 } else { per_cent(*greatest, *least) - 100.0 };
            let greatest = grouped(*greatest);
            let line = format!(
                "{name:widest$}  {greatest:>12}  {ceiling:>12}  {percent:>6}  {spread:.2} %  {remark}"
            );
            table.push_str(line.trim_end());
            table.push('\n');
        }
        let mut lines = Vec::new();
        if low > 0 {
            lines.push(format!(
                "{low} of {} could be lowered: `-- --raise` writes what was measured.",
                spreads.len()
            ));
        }
        if over > 0 {
            lines.push(format!(
                "{over} of {} are above their ceilings. If that is on purpose: `cargo test -p tests --test guard -- --raise`, and say why in the commit.",
                spreads.len()
            ));
        }
        Verdict { table, lines, holds: over == 0 }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a per cent of it is far above the loss")]
fn per_cent(value: u64, of: u64) -> f64 {
    value as f64 / of as f64 * 100.0
}

/// Returns a number with its thousands apart: `12,345`.
fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
