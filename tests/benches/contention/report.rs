//! The figures as Markdown, and the plot.

use std::fmt::Write as _;
use std::time::Duration;

use tests::plot::{Axis, Plot, Scale};

use super::measured::Measured;
use super::simulated::{Simulated, Spent};
use super::{End, OTHER_SHARDS, Outcome, SHARDS};

impl Outcome {
    fn times(&self, wanted: End) -> Vec<Duration> {
        let mut times: Vec<_> =
            self.ends.iter().filter(|(end, _)| *end == wanted).map(|(_, took)| *took).collect();
        times.sort_unstable();
        times
    }

    /// The time, in milliseconds, that `percent` of the codes were issued within.
    fn within(&self, percent: usize) -> f64 {
        let times = self.times(End::Issued);
        let nth = (times.len() * percent).div_ceil(100).saturating_sub(1);
        times.get(nth).map_or(f64::NAN, Duration::as_secs_f64) * 1e3
    }

    /// The codes that were issued in a second, while callers came.
    fn issued(&self) -> f64 {
        let window = Duration::from_secs(self.load.seconds.into());
        let issued = self.load.arrivals().into_iter().zip(&self.ends);
        let issued = issued.filter(|(came, (end, took))| *end == End::Issued && *came + *took <= window);
        count(issued.count()) / window.as_secs_f64()
    }

    fn conflicts(&self) -> f64 {
        count(self.conflicts) / count(self.ends.len())
    }

    /// The part of the issues that ended so, in per cent.
    fn share(&self, end: End) -> f64 {
        100.0 * count(self.times(end).len()) / count(self.ends.len())
    }

    fn work(&self) -> f64 {
        self.worked.as_secs_f64() * 1e3 / count(self.ends.len())
    }
}

#[expect(clippy::cast_precision_loss, reason = "there are thousands")]
fn count(count: usize) -> f64 {
    count as f64
}

pub(super) fn markdown(measured: &Measured, simulated: &Simulated, spent: &[Spent]) -> String {
    let mut text = String::new();
    let of_ours = OTHER_SHARDS.iter().position(|shards| *shards == SHARDS).expect("ours is among them");
    apart(&mut text, measured, &simulated.shards[of_ours]);
    shards(&mut text, &simulated.shards);
    spending(&mut text, spent);
    one_address(&mut text, &measured.one_address, &simulated.one_address);
    one_phone(&mut text, &measured.one_phone, &simulated.one_phone);
    text
}

fn line(text: &mut String, line: &str) {
    writeln!(text, "{line}").expect("a string takes all");
}

/// Callers apart: the service on this machine, beside the clock that jumps.
fn apart(text: &mut String, measured: &Measured, simulated: &[Outcome]) {
    let heading = format!("Callers with a phone and an address each, {SHARDS} shards:\n");
    line(text, &heading);
    line(
        text,
        "| codes a second | the service: p50 ms | p99 ms | conflicts a code | 503 | the store alone: p50 ms | p99 ms | conflicts \
         a code | 503 | the service without contention: p50 ms | p99 ms | CPU ms |",
    );
    line(text, &format!("|{}", " --: |".repeat(12)));
    for ((here, there), machine) in measured.apart.iter().zip(simulated).zip(&measured.machine) {
        let (rate, of_machine) = (here.load.rate, times(machine));
        let row =
            format!("| {rate} | {} | {} | {of_machine} | {:.1} |", met(here), met(there), machine.work());
        line(text, &row);
    }
}

/// p50 and p99.
fn times(outcome: &Outcome) -> String {
    format!("{:.0} | {:.0}", outcome.within(50), outcome.within(99))
}

/// p50, p99, conflicts a code, 503.
fn met(outcome: &Outcome) -> String {
    format!("{} | {:.2} | {}", times(outcome), outcome.conflicts(), share(outcome, End::Busy))
}

fn share(outcome: &Outcome, end: End) -> String {
    let share = outcome.share(end);
    if share == 0.0 { "none".to_owned() } else { format!("{share:.1} %") }
}

/// Callers apart, for each number of shards.
fn shards(text: &mut String, all: &[Vec<Outcome>]) {
    line(
        text,
        "\nThe store alone, with other numbers of shards: p99 in milliseconds · conflicts a code · 503\n",
    );
    let rates: Vec<_> = all[0].iter().map(|outcome| format!("{} a second", outcome.load.rate)).collect();
    line(text, &format!("| shards | {} |", rates.join(" | ")));
    line(text, &format!("| --: |{}", " --: |".repeat(all[0].len())));
    for of_shards in all {
        let cells: Vec<_> = of_shards.iter().map(cell).collect();
        line(text, &format!("| {} | {} |", of_shards[0].load.shards, cells.join(" | ")));
    }
}

fn cell(outcome: &Outcome) -> String {
    let mut cell = format!("{:.0} · {:.2}", outcome.within(99), outcome.conflicts());
    if outcome.share(End::Busy) > 0.0 {
        write!(cell, " · {}", share(outcome, End::Busy)).expect("a string takes all");
    }
    cell
}

/// What it takes to spend a pot.
fn spending(text: &mut String, spent: &[Spent]) {
    let codes = spent[0].codes;
    line(text, &format!("\nA pot of {codes} codes, spent to the last:\n"));
    line(text, "| shards | transactions that met a full one | rows read to find another |");
    line(text, "| --: | --: | --: |");
    for Spent { shards, met_full, .. } in spent {
        line(text, &format!("| {shards} | {met_full} | {} |", met_full * shards));
    }
}

/// Callers behind one address.
fn one_address(text: &mut String, measured: &[Outcome], simulated: &[Outcome]) {
    line(text, "\nCallers behind one address:\n");
    line(
        text,
        "| codes a second | the service: issued a second | p50 ms | p99 ms | conflicts a code | 503 | the store alone: issued a \
         second | p50 ms | p99 ms | conflicts a code | 503 |",
    );
    line(text, &format!("|{}", " --: |".repeat(11)));
    for (here, there) in measured.iter().zip(simulated) {
        let cells = |outcome: &Outcome| format!("{:.0} | {}", outcome.issued(), met(outcome));
        line(text, &format!("| {} | {} | {} |", here.load.rate, cells(here), cells(there)));
    }
}

/// Callers with one phone.
fn one_phone(text: &mut String, measured: &[Outcome], simulated: &[Outcome]) {
    line(text, "\nCallers with one phone, which has its ten codes of the day and no more:\n");
    line(
        text,
        "| codes a second | the service: 429 | conflicts a code | 503 | the store alone: 429 | conflicts a code | 503 |",
    );
    line(text, &format!("|{}", " --: |".repeat(7)));
    for (here, there) in measured.iter().zip(simulated) {
        let cells = |outcome: &Outcome| {
            let (capped, busy) = (share(outcome, End::Capped), share(outcome, End::Busy));
            format!("{capped} | {:.2} | {busy}", outcome.conflicts())
        };
        line(text, &format!("| {} | {} | {} |", here.load.rate, cells(here), cells(there)));
    }
}

/// The 99th percentile of each number of shards over the rate.
pub(super) fn plot(simulated: &Simulated) -> String {
    const TOP: f64 = 78.0;
    const BOTTOM: f64 = 360.0;
    let description = "The time in which 99 of 100 codes are stored grows with the codes that are asked for in a second. With 4 \
                       shards of the day's budget it leaves the foot early, with 16 late, with 128 hardly.";
    let mut plot = Plot::new("Time to store a code, by shards of the day's budget", description, 420.0);
    let rates = Axis {
        label: "codes asked for in a second".to_owned(),
        values: (0.0, 800.0),
        pixels: (70.0, 620.0),
        scale: Scale::Linear,
    };
    let times = Axis {
        label: "milliseconds, 99th percentile".to_owned(),
        values: (10.0, 10_000.0),
        pixels: (BOTTOM, TOP),
        scale: Scale::Logarithmic,
    };
    plot.horizontal(&rates, TOP, BOTTOM);
    plot.vertical(&times, rates.pixels.0, rates.pixels.1);
    for (series, outcomes) in simulated.shards.iter().enumerate() {
        let place = |outcome: &Outcome| {
            (rates.at(outcome.load.rate.into()), times.at(outcome.within(99).clamp(10.0, 10_000.0)))
        };
        plot.curve(series, &outcomes.iter().map(place).collect::<Vec<_>>());
        let nth = u32::try_from(series).expect("six");
        plot.legend(
            series,
            (640.0, 100.0 + 26.0 * f64::from(nth)),
            &format!("{} shards", outcomes[0].load.shards),
        );
    }
    plot.svg()
}
