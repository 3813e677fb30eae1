//! The bounds that are to hold on an idle machine.

use std::fmt::Write as _;

use tests::lab::SecretsAt;

use crate::measure::{Measured, percentile};
use crate::subject::Kind;

/// The most that a start may take above that of a bare function, in milliseconds: with the secrets in the environment,
/// and in Secrets Manager.
const ABOVE_A_BARE_START: [(&str, [f64; 2]); 4] =
    [("verify", [6.0, 9.0]), ("send", [10.0, 13.0]), ("resend", [10.0, 13.0]), ("signup", [20.0, 22.0])];

/// The most that a wrong guess may take on a core, in milliseconds.
const CPU_OF_A_WRONG_GUESS: f64 = 0.3;

/// The most that it may take above the one write that it makes, in milliseconds: above a function that only writes, and
/// above the write alone.
const ABOVE_A_WRITE: f64 = 0.3;

/// The most that a signup may take on a core above Argon2id, in milliseconds.
const ABOVE_ARGON2ID: f64 = 2.0;

/// Compares what was measured with the bounds.
pub(crate) fn table(measured: &[Measured], argon2: f64) -> String {
    let mut table =
        String::from("| bound, in milliseconds | measured | at most | |\n| --- | --: | --: | --- |\n");
    let mut row = |what: String, value: f64, most: f64| {
        let verdict = if value <= most { "holds" } else { "MISSED" };
        writeln!(table, "| {what} | {value:.2} | {most} | {verdict} |").expect("a string takes everything");
    };
    let median_start = |measured: &Measured| percentile(&measured.start.took, 50);
    let bare = measured.iter().find(|measured| matches!(measured.subject.kind, Kind::Hello));
    let bare = bare.map(median_start).expect("a bare function");
    let p50 = |measured: &Measured| percentile(&measured.calls.took, 50);
    let writing = measured.iter().find(|measured| matches!(measured.subject.kind, Kind::Update));
    let writing = writing.map(p50).expect("a function that writes");
    let writes = measured.iter().flat_map(|measured| measured.calls.writes.clone()).collect::<Vec<_>>();
    for measured in measured {
        let Kind::Function(scene, secrets) = measured.subject.kind else { continue };
        let bound = ABOVE_A_BARE_START.iter().find(|(function, _)| *function == scene.function);
        let (_, [environment, secrets_manager]) = bound.expect("a bound of each function");
        let most = if secrets == SecretsAt::Environment { environment } else { secrets_manager };
        let name = measured.subject.kind.name();
        row(format!("{name}: start above a bare one"), median_start(measured) - bare, *most);
        if secrets == SecretsAt::Environment && scene.function == "verify" {
            let (guess, write) = (p50(measured), percentile(&writes, 50));
            row("a wrong guess: CPU".to_owned(), measured.calls.cpu, CPU_OF_A_WRONG_GUESS);
            row("a wrong guess: p50 above a function that writes".to_owned(), guess - writing, ABOVE_A_WRITE);
            row("a wrong guess: p50 above a write alone".to_owned(), guess - write, ABOVE_A_WRITE);
        }
        if secrets == SecretsAt::Environment && scene.function == "signup" {
            let what = format!("a signup: CPU above Argon2id's {argon2:.2}");
            row(what, measured.calls.cpu - argon2, ABOVE_ARGON2ID);
        }
    }
    table
}
