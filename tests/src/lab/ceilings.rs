//! The ceilings of the guard, in a file that people read and review.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use crate::plot::grouped;

/// The file, as it is called from the top of the repository.
pub const FILE: &str = "tests/guard/ceilings.yaml";

const HEAD: &str = "\
# The most that a start and a call may cost, in instructions, and a binary in bytes: 5 % above the highest of ten runs.
# Written by `cargo test -p tests --test guard -- --raise`; docs/performance.md says more.
";

/// Room above the highest of ten runs, in per cent.
const ROOM: u64 = 5;

/// A figure below so many per cent of its ceiling leaves room for a change that nobody would notice.
const COULD_BE_LOWERED: u64 = 90;

const WRITES: &str = "a string takes everything";

/// The values of one figure over all runs.
#[derive(Clone, Debug)]
pub struct Spread {
    name: String,
    least: u64,
    greatest: u64,
}

impl Spread {
    /// Begins with the first value of the figure `name`, which is its function and what was counted: `verify: start`.
    #[must_use]
    pub fn new(name: String, value: u64) -> Self {
        Self { name, least: value, greatest: value }
    }

    /// Adds the value of a further run, if it is of this figure; answers whether it is.
    pub fn add(&mut self, name: &str, value: u64) -> bool {
        let is_of_it = name == self.name;
        if is_of_it {
            self.least = self.least.min(value);
            self.greatest = self.greatest.max(value);
        }
        is_of_it
    }

    /// Returns the ceiling that it deserves, in three digits.
    fn ceiling(&self) -> u64 {
        let with_room = (self.greatest * (100 + ROOM)).div_ceil(100);
        let step = 10_u64.pow(with_room.checked_ilog10().unwrap_or_default().saturating_sub(2));
        with_room.div_ceil(step) * step
    }
}

fn function(name: &str) -> &str {
    name.split(": ").next().unwrap_or_default()
}

/// The ceilings by the names of their figures.
#[derive(Clone, Debug)]
pub struct Ceilings(BTreeMap<String, u64>);

/// What is to be said about figures.
#[derive(Debug)]
pub struct Judgement {
    /// All of them beside their ceilings.
    pub table: String,
    /// What follows from it, a sentence each.
    pub advice: Vec<String>,
    /// True when none is above its ceiling, and none is without one.
    pub holds: bool,
}

fn path() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).join(FILE)
}

impl Ceilings {
    /// Reads the file; one that is not there holds none.
    ///
    /// # Panics
    /// When there is something else in it.
    #[must_use]
    pub fn read() -> Self {
        Self::parse(&fs::read_to_string(path()).unwrap_or_default())
    }

    fn parse(text: &str) -> Self {
        let of_functions: BTreeMap<String, BTreeMap<String, String>> =
            serde_norway::from_str(text).unwrap_or_else(|error| panic!("{FILE}: {error}"));
        let ceilings = of_functions.into_iter().flat_map(|(function, figures)| {
            figures.into_iter().map(move |(figure, value)| {
                let value = value.replace(',', "").parse();
                let value = value.unwrap_or_else(|error| panic!("{FILE}: {figure}: {error}"));
                (format!("{function}: {figure}"), value)
            })
        });
        Self(ceilings.collect())
    }

    /// Returns the ceilings with those of the measured functions made anew.
    #[must_use]
    pub fn raised(&self, spreads: &[Spread]) -> Self {
        let measured = measured(spreads);
        let mut ceilings = self.0.clone();
        ceilings.retain(|name, _| !measured.contains(function(name)));
        ceilings.extend(spreads.iter().map(|spread| (spread.name.clone(), spread.ceiling())));
        Self(ceilings)
    }

    /// Writes the file.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn write(&self) {
        fs::write(path(), self.text()).unwrap_or_else(|error| panic!("{FILE}: {error}"));
    }

    fn text(&self) -> String {
        let mut text = HEAD.to_owned();
        let mut of = "";
        for (name, ceiling) in &self.0 {
            let (function, figure) = name.split_once(": ").expect("a function and a figure");
            if function != of {
                writeln!(text, "\n{function}:").expect(WRITES);
                of = function;
            }
            writeln!(text, "  {figure}: \"{}\"", grouped(*ceiling)).expect(WRITES);
        }
        text
    }

    /// Compares the figures of some functions with the ceilings of these functions.
    #[must_use]
    pub fn judge(&self, spreads: &[Spread]) -> Judgement {
        let widest = spreads.iter().map(|spread| spread.name.len()).max().unwrap_or_default();
        let mut table =
            format!("{:widest$}  {:>11}  {:>11}  {:>7}  spread\n", "", "measured", "ceiling", "of it");
        let (mut faults, mut low) = (0, 0);
        for Spread { name, least, greatest } in spreads {
            let ceiling = self.0.get(name).copied();
            let remark = match ceiling {
                None => "HAS NO CEILING",
                Some(ceiling) if *greatest > ceiling => "ABOVE ITS CEILING",
                Some(ceiling) if greatest * 100 < ceiling * COULD_BE_LOWERED => "could be lowered",
                Some(_) => "",
            };
            faults += usize::from(remark.contains("CEILING"));
            low += usize::from(remark.contains("lowered"));
            let percent = ceiling.map(|ceiling| format!("{:.1} %", per_cent(*greatest, ceiling)));
            let (ceiling, percent) = (ceiling.map(grouped).unwrap_or_default(), percent.unwrap_or_default());
            let (measured, spread) = (grouped(*greatest), per_cent(greatest - least, *least));
            let line = format!(
                "{name:widest$}  {measured:>11}  {ceiling:>11}  {percent:>7}  {spread:.2} %  {remark}"
            );
            writeln!(table, "{}", line.trim_end()).expect(WRITES);
        }
        let measured = measured(spreads);
        let is_counted = |name: &str| spreads.iter().any(|spread| spread.name == name);
        let gone = self.0.keys().filter(|name| measured.contains(function(name)) && !is_counted(name));
        for name in gone {
            writeln!(table, "{name}  HAS A CEILING, BUT IS NOT COUNTED").expect(WRITES);
            faults += 1;
        }
        let mut advice = Vec::new();
        if low > 0 {
            advice.push(format!("{low} could be lowered: {RAISE} writes what was measured."));
        }
        if faults > 0 {
            let on_purpose = "If that is on purpose, raise them and say why in the commit";
            advice.push(format!("{faults} break their ceilings. {on_purpose}: {RAISE}"));
        }
        Judgement { table, advice, holds: faults == 0 }
    }
}

const RAISE: &str = "`cargo test -p tests --test guard -- --raise`";

fn measured(spreads: &[Spread]) -> BTreeSet<&str> {
    spreads.iter().map(|spread| function(&spread.name)).collect()
}

#[expect(clippy::cast_precision_loss, reason = "a per cent of it is far above the loss")]
fn per_cent(value: u64, of: u64) -> f64 {
    value as f64 / of as f64 * 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "\nsend:\n  start: \"1,000\"\n\nverify:\n  422, wrong: \"100\"\n  start: \"1,000,000\"\n";

    fn spread(name: &str, values: [u64; 2]) -> Spread {
        let mut spread = Spread::new(name.to_owned(), values[0]);
        assert!(spread.add(name, values[1]));
        spread
    }

    #[test]
    fn the_file_is_read_as_it_was_written() {
        let ceilings = Ceilings::parse(TEXT);
        assert_eq!(ceilings.0["verify: start"], 1_000_000);
        assert_eq!(ceilings.text(), format!("{HEAD}{TEXT}"));
    }

    #[test]
    fn a_ceiling_is_five_per_cent_above_the_highest_run_rounded_up() {
        assert_eq!(spread("a: b", [953_001, 940_000]).ceiling(), 1_010_000);
        assert_eq!(spread("a: b", [100, 90]).ceiling(), 105);
        assert_eq!(spread("a: b", [107_332_626, 107_332_627]).ceiling(), 113_000_000);
    }

    #[test]
    fn a_function_within_its_ceilings_holds_whatever_another_one_has() {
        let judged = Ceilings::parse(TEXT)
            .judge(&[spread("verify: start", [990_000, 1_000_000]), spread("verify: 422, wrong", [90, 90])]);
        assert!(judged.holds && judged.advice.is_empty(), "{judged:?}");
        let table = "                       measured      ceiling    of it  spread\n\
                     verify: start         1,000,000    1,000,000  100.0 %  1.01 %\n\
                     verify: 422, wrong           90          100   90.0 %  0.00 %\n";
        assert_eq!(judged.table, table);
    }

    #[test]
    fn what_is_above_has_none_or_is_not_counted_fails_with_all_figures() {
        let judged = Ceilings::parse(TEXT)
            .judge(&[spread("verify: start", [900_000, 1_000_001]), spread("verify: 404, gone", [90, 90])]);
        assert!(!judged.holds, "{judged:?}");
        let lines: Vec<_> = judged.table.lines().skip(1).collect();
        assert!(
            lines[0].starts_with("verify: start ") && lines[0].ends_with("ABOVE ITS CEILING"),
            "{lines:?}"
        );
        assert!(
            lines[1].starts_with("verify: 404, gone ") && lines[1].ends_with("HAS NO CEILING"),
            "{lines:?}"
        );
        assert_eq!(lines[2..], ["verify: 422, wrong  HAS A CEILING, BUT IS NOT COUNTED"]);
        let advice = "3 break their ceilings. If that is on purpose, raise them and say why in the commit: \
                      `cargo test -p tests --test guard -- --raise`";
        assert_eq!(judged.advice, [advice]);
    }

    #[test]
    fn a_figure_far_below_is_named_and_holds() {
        let judged = Ceilings::parse(TEXT)
            .judge(&[spread("verify: start", [1_000_000; 2]), spread("verify: 422, wrong", [89; 2])]);
        assert!(judged.holds, "{judged:?}");
        let advice =
            "1 could be lowered: `cargo test -p tests --test guard -- --raise` writes what was measured.";
        assert_eq!(judged.advice, [advice]);
    }

    #[test]
    fn raising_one_function_makes_its_ceilings_anew_and_leaves_the_others() {
        let raised = Ceilings::parse(TEXT).raised(&[spread("verify: start", [2_000_000, 1_990_000])]);
        let text = "\nsend:\n  start: \"1,000\"\n\nverify:\n  start: \"2,100,000\"\n";
        assert_eq!(raised.text(), format!("{HEAD}{text}"));
    }
}
