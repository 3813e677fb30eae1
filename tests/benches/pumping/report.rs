//! The figures as Markdown.

use std::fmt::Write as _;

use tests::plot::grouped;

use crate::figures::{Days, Spread};
use crate::limits::Limits;

const WRITES: &str = "a string takes everything";

/// Returns the table of docs/fraud.md.
pub(crate) fn table(all: &[Days<'_>]) -> String {
    let mut table = String::from(
        "| day | limits | attack, $ | signups, $ | refused there, % | refused elsewhere, % | sign-ins refused, % | texts per verified user |\n\
         | --- | --- | --: | --: | --: | --: | --: | --: |\n",
    );
    for days in all {
        let limits = days.limits();
        let name = if limits == Limits::Before { days.scenario.name.as_str() } else { "" };
        let cells = [
            days.dollars(),
            days.signup_dollars(),
            days.refused_there(),
            days.refused_elsewhere(),
            days.sign_ins_refused(),
        ];
        let cells = cells.map(cell).join(" | ");
        let texts = days.texts_per_verified().map_or_else(
            || "nobody verified".to_owned(),
            |(all, honest)| format!("{} ({})", short(all.mean), short(honest.mean)),
        );
        writeln!(table, "| {name} | {} | {cells} | {texts} |", limits.name()).expect(WRITES);
    }
    table
}

/// Returns what each scenario is.
pub(crate) fn scenarios(all: &[Days<'_>]) -> String {
    let mut list = String::new();
    for days in all.iter().filter(|days| days.limits() == Limits::Before) {
        writeln!(list, "- **{}**: {}.", days.scenario.name, days.scenario.says).expect(WRITES);
    }
    list
}

/// A mean, with the least and the most where they differ from it.
fn cell(spread: Option<Spread>) -> String {
    let Some(Spread { mean, least, most }) = spread else { return String::new() };
    let (mean, least, most) = (short(mean), short(least), short(most));
    if least == most { mean } else { format!("{mean} ({least}–{most})") }
}

/// Returns a figure with as many digits as it is worth.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rounded figure above zero")]
pub(crate) fn short(value: f64) -> String {
    match value {
        0.0 => "0".to_owned(),
        value if value < 0.1 => format!("{value:.2}"),
        value if value < 99.95 => format!("{value:.1}"),
        value => grouped(value.round() as u64),
    }
}
