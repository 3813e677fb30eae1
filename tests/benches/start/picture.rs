//! Draws the starts.

use tests::lab::SecretsAt;
use tests::plot::{Axis, Plot, Scale, WIDTH};

use crate::measure::{Measured, percentile};
use crate::subject::Kind;

/// The place where bars begin, and where the axis ends.
const LEFT: f64 = 130.0;
const RIGHT: f64 = WIDTH - 90.0;

const TOP: f64 = 84.0;
const BAR: f64 = 16.0;

/// The series of the yardstick, and of the two places of secrets.
const BARE: usize = 5;
const ENVIRONMENT: usize = 0;
const SECRETS_MANAGER: usize = 1;

/// Returns the plot of docs/performance.md.
pub(crate) fn draw(measured: &[Measured]) -> String {
    let shown: Vec<_> =
        measured.iter().filter(|measured| !matches!(measured.subject.kind, Kind::Update)).collect();
    let medians: Vec<f64> = shown.iter().map(|measured| percentile(&measured.start.took, 50)).collect();
    let told: Vec<_> = shown
        .iter()
        .zip(&medians)
        .map(|(measured, median)| format!("{}: {median:.1} ms", measured.subject.kind.name()))
        .collect();
    let longest = medians.iter().copied().fold(0.0, f64::max);
    let axis = Axis {
        label: "milliseconds from the spawning of the process until it asks for its first event".to_owned(),
        values: (0.0, longest * 1.05),
        pixels: (LEFT, RIGHT),
        scale: Scale::Linear,
    };
    // Two bars of a function lie close to each other, and functions apart.
    let mut y = TOP;
    let mut tops = Vec::new();
    for measured in &shown {
        tops.push(y);
        let ends_a_group = !matches!(measured.subject.kind, Kind::Function(_, SecretsAt::Environment));
        y += BAR + if ends_a_group { 14.0 } else { 3.0 };
    }
    let bottom = y;

    let mut plot = Plot::new("A start over TLS, median of 20", &told.join(", "), bottom + 56.0);
    let legend = [
        (BARE, "a bare function"),
        (ENVIRONMENT, "secrets in the environment"),
        (SECRETS_MANAGER, "in Secrets Manager"),
    ];
    for ((series, name), x) in legend.into_iter().zip([LEFT, LEFT + 160.0, LEFT + 400.0]) {
        plot.bar(series, (x, 44.0), (x + 12.0, 56.0));
        plot.text((x + 20.0, 55.0), "", name);
    }
    plot.horizontal(&axis, TOP - 12.0, bottom);
    for ((measured, median), top) in shown.iter().zip(&medians).zip(tops) {
        let (series, name) = match measured.subject.kind {
            Kind::Hello | Kind::Update => (BARE, Some("a bare function")),
            Kind::Function(scene, SecretsAt::Environment) => (ENVIRONMENT, Some(scene.function)),
            Kind::Function(_, SecretsAt::SecretsManager) => (SECRETS_MANAGER, None),
        };
        if let Some(name) = name {
            plot.text_to((LEFT - 10.0, top + 13.0), "", name);
        }
        plot.bar(series, (LEFT, top), (axis.at(*median), top + BAR));
        plot.text((axis.at(*median) + 8.0, top + 13.0), "faint", &format!("{median:.1} ms"));
    }
    plot.svg()
}
