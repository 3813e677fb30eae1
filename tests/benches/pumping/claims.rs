//! What has to hold, and what was reached.

use std::fmt::Write as _;

use tests::plot::grouped;

use crate::figures::{Days, dollars};
use crate::limits::Limits;
use crate::run::{Day, Person};

/// Something that has to hold under the budget, with nothing stated and with the verifications stated.
pub(crate) struct Claim {
    what: &'static str,
    reached: [Reached; 2],
}

/// A figure, and whether it is good enough.
struct Reached {
    figure: String,
    enough: bool,
}

impl Claim {
    /// Returns whether it holds.
    pub(crate) fn holds(&self) -> bool {
        self.reached.iter().all(|reached| reached.enough)
    }
}

/// Returns what has to hold of `all`, the scenarios under all limits.
pub(crate) fn all(all: &[Days<'_>]) -> [Claim; 4] {
    let of = |name: &str, limits: Limits| {
        let is_it = |days: &&Days<'_>| days.scenario.name == name && days.limits() == limits;
        all.iter().find(is_it).unwrap_or_else(|| panic!("no scenario {name}"))
    };
    let attacks = |limits: Limits| {
        let on_one_market = |days: &&Days<'_>| {
            days.limits() == limits && days.scenario.attack.is_some() && days.scenario.markets().len() == 1
        };
        all.iter().filter(on_one_market).collect::<Vec<_>>()
    };
    let [unstated, stated] = [Limits::Unstated, Limits::Stated];
    [
        Claim {
            what: "an attack on one market, dear or cheap, costs at most twice the most that its signups may cost in a day",
            reached: [unstated, stated].map(|limits| dearest(&attacks(limits))),
        },
        Claim {
            what: "nobody is refused in another market, or signing in, who would not be without that attack",
            reached: [unstated, stated].map(|limits| harmed(&attacks(limits), of("quiet", limits))),
        },
        Claim {
            what: "of the people of quiet days at most 0.1 % are refused",
            reached: [unstated, stated].map(|limits| refused(of("quiet", limits), 0.001)),
        },
        Claim {
            what: "of the people of a launch within a quarter of the budget, or within what is stated, none is refused",
            reached: [of("launch GB", unstated), of("launch GB, said before", stated)]
                .map(|days| refused(days, 0.0)),
        },
    ]
}

/// Compares what attacks cost with the most that the attacked market may cost.
fn dearest(attacks: &[&Days<'_>]) -> Reached {
    let ratio = |day: &Day| dollars(day.attack.get()) / dollars(day.most.get());
    let highest = attacks.iter().flat_map(|days| &days.days).map(ratio).fold(0.0, f64::max);
    Reached { figure: format!("{highest:.2} times"), enough: highest <= 2.0 }
}

/// Counts the people who are refused because of an attack on a market that they are not of.
fn harmed(attacks: &[&Days<'_>], quiet: &Days<'_>) -> Reached {
    let (mut harmed, mut tried) = (0, 0);
    for days in attacks {
        let markets = days.scenario.markets();
        let beside = |person: &Person| !person.signs_up() || !markets.contains(&person.region);
        for (day, quiet) in days.days.iter().zip(&quiet.days) {
            harmed += day.refused(beside).difference(&quiet.refused(beside)).count();
            tried += day.people(beside).count();
        }
    }
    Reached { figure: of(harmed, tried), enough: harmed == 0 }
}

#[expect(clippy::cast_precision_loss, reason = "thousands of people")]
fn refused(days: &Days<'_>, most: f64) -> Reached {
    let refused: usize = days.days.iter().map(|day| day.refused(|_| true).len()).sum();
    let tried: usize = days.days.iter().map(|day| day.people(|_| true).count()).sum();
    Reached { figure: of(refused, tried), enough: refused as f64 <= most * tried as f64 }
}

fn of(some: usize, all: usize) -> String {
    let [some, all] = [some, all].map(|people| grouped(people as u64));
    format!("{some} of {all}")
}

/// Returns the claims as Markdown.
pub(crate) fn table(claims: &[Claim]) -> String {
    let mut table = String::from("| what has to hold | nothing stated | stated |\n| --- | --: | --: |\n");
    for Claim { what, reached } in claims {
        let cell = |Reached { figure, enough }: &Reached| {
            if *enough { figure.clone() } else { format!("**missed: {figure}**") }
        };
        writeln!(table, "| {what} | {} | {} |", cell(&reached[0]), cell(&reached[1]))
            .expect("a string takes everything");
    }
    table
}
