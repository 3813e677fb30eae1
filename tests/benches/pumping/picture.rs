//! Draws what attacks cost, and whom they shut out.

use tests::plot::{Axis, Plot, Scale, WIDTH};

use crate::figures::{Days, Spread};
use crate::limits::Limits;
use crate::report::short;

const LEFT: f64 = 158.0;
const MIDDLE: f64 = 470.0;
const TOP: f64 = 92.0;
const BAR: f64 = 14.0;
/// The room that the number beside a bar takes.
const NUMBER: f64 = 50.0;

/// Returns the plot of docs/fraud.md.
pub(crate) fn draw(all: &[Days<'_>]) -> String {
    let shown: Vec<_> = all.iter().filter(|days| days.dollars().is_some()).collect();
    let mut y = TOP;
    let mut tops = Vec::new();
    for days in &shown {
        tops.push(y);
        y += BAR + if days.limits() == Limits::Stated { 12.0 } else { 2.0 };
    }
    let bottom = y;
    let highest = shown.iter().map(|days| mean(days.dollars())).fold(0.0, f64::max);
    let panels = [
        Panel {
            axis: axis("dollars of the attacker's texts", highest * 1.02, (LEFT, MIDDLE - NUMBER - 20.0)),
            of: Days::dollars,
        },
        Panel {
            axis: axis(
                "signups refused in the markets not attacked, %",
                100.0,
                (MIDDLE, WIDTH - NUMBER - 10.0),
            ),
            of: Days::refused_elsewhere,
        },
    ];
    let mut plot = Plot::new("A day of pumping, means", &described(&shown), bottom + 56.0);
    for (limits, x) in Limits::ALL.into_iter().zip([LEFT, LEFT + 100.0, LEFT + 200.0]) {
        plot.bar(series(limits), (x, 46.0), (x + 12.0, 58.0));
        plot.text((x + 20.0, 57.0), "", limits.name());
    }
    for panel in &panels {
        plot.horizontal(&panel.axis, TOP - 10.0, bottom);
    }
    for (days, top) in shown.iter().zip(tops) {
        let limits = days.limits();
        if limits == Limits::Unstated {
            plot.text_to((LEFT - 10.0, top + 12.0), "", &days.scenario.name);
        }
        for Panel { axis, of } in &panels {
            let value = mean(of(days));
            plot.bar(
                series(limits),
                (axis.pixels.0, top),
                (axis.at(value).max(axis.pixels.0 + 1.0), top + BAR),
            );
            plot.text((axis.at(value) + 6.0, top + 12.0), "faint", &short(value));
        }
    }
    plot.svg()
}

/// One of the two figures that are shown of each day.
struct Panel<'a> {
    axis: Axis,
    of: fn(&Days<'a>) -> Option<Spread>,
}

fn axis(label: &str, highest: f64, pixels: (f64, f64)) -> Axis {
    Axis { label: label.to_owned(), values: (0.0, highest), pixels, scale: Scale::Linear }
}

fn series(limits: Limits) -> usize {
    match limits {
        Limits::Before => 5,
        Limits::Unstated => 0,
        Limits::Stated => 2,
    }
}

fn mean(spread: Option<Spread>) -> f64 {
    spread.map_or(0.0, |spread| spread.mean)
}

fn described(shown: &[&Days<'_>]) -> String {
    let told = shown.iter().map(|days| {
        let (cost, refused) = (short(mean(days.dollars())), short(mean(days.refused_elsewhere())));
        let (name, limits) = (&days.scenario.name, days.limits().name());
        format!("{name}, {limits}: {cost} dollars, {refused} % refused elsewhere.")
    });
    told.collect::<Vec<_>>().join(" ")
}
