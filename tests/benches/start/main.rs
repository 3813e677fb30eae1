//! What a start and a call take, in time, memory and bytes, beside a bare function and a bare write of the same run.
//!
//!     cargo bench -p tests --bench start
//!
//! Builds the release binaries, runs them in the lab and prints, as Markdown, the table of docs/performance.md and the bounds
//! that are to hold; draws docs/images/start.svg. Subjects take turns, so that whatever else the machine does meets all of them
//! alike. The figures are of an idle machine or of no use: it says so when the machine is not.

mod bounds;
mod measure;
mod picture;
mod report;
mod subject;

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use tests::lab::Lab;
use tests::runtime::binaries;

use measure::Measured;

/// The plot, as it is called from the top of the repository.
const PICTURE: &str = "docs/images/start.svg";

/// A machine that is busier than this in the minute before gives figures of itself.
const IDLE: f64 = 0.3;

#[tokio::main]
async fn main() -> ExitCode {
    let built = tokio::task::spawn_blocking(binaries::release).await.expect("a build");
    warn_if_busy();
    let lab = Lab::start().await;
    let subjects = subject::all(&lab, &built);
    let starts = measure::starts(&subjects, &lab).await;
    let calls = measure::calls(&subjects, &lab).await;
    let argon2 = tokio::task::spawn_blocking(measure::argon2).await.expect("no panic");
    let measured: Vec<_> = subjects
        .into_iter()
        .zip(starts)
        .zip(calls)
        .map(|((subject, start), calls)| Measured { subject, start, calls })
        .collect();

    println!("{}", report::machine());
    println!("\n<!-- start:begin -->\n{}<!-- start:end -->", report::table(&measured));
    println!("\n<!-- size:begin -->\n{}<!-- size:end -->", report::sizes(&built));
    println!("\n{}", bounds::table(&measured, argon2));
    let picture = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(PICTURE);
    fs::create_dir_all(picture.parent().expect("a folder")).expect("a folder");
    fs::write(picture, picture::draw(&measured)).expect("a written file");
    println!("\nThe plot is in {PICTURE}.");
    ExitCode::SUCCESS
}

fn warn_if_busy() {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().and_then(|load| load.parse::<f64>().ok());
    if load.is_none_or(|load| load > IDLE) {
        eprintln!(
            "warning: the machine's load is {load:?}: wait until it is idle, or take none of these times for ours"
        );
    }
}
