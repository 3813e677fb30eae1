//! What SMS pumping costs, and whom it shuts out, on days of made-up traffic.
//!
//!     cargo bench -p tests --bench pumping               # writes the tables of docs/fraud.md and its plot
//!     cargo bench -p tests --bench pumping -- --check    # says whether they are what it would write
//!
//! The days stand in scenarios.yaml. Each passes under the caps that came before the budget, and under the budget with
//! and without stated verifications; the budget's side is the service's own rules, on memory instead of DynamoDB. Time is
//! simulated and all dice have seeds, so every run comes to the same figures. Fails when one that has to be reached is not.

mod claims;
mod figures;
mod limits;
mod picture;
mod report;
mod run;
mod scenarios;
mod world;

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::thread;

use claims::Claim;
use figures::Days;
use limits::Limits;
use run::Day;
use scenarios::Plan;

/// The page and the plot, as they are called from the top of the repository.
const PAGE: &str = "docs/fraud.md";
const PICTURE: &str = "docs/images/pumping.svg";

fn main() -> ExitCode {
    let begun = std::time::Instant::now();
    let check = std::env::args().any(|argument| argument == "--check");
    let plan = Plan::read();
    let all = all_days(&plan);
    let claims = claims::all(&all);
    let tables = [
        ("days", report::scenarios(&all)),
        ("pumping", report::table(&all)),
        ("claims", claims::table(&claims)),
    ];
    for (_, table) in &tables {
        println!("{table}");
    }
    let page = fs::read_to_string(path(PAGE)).expect("the page");
    let written = tables.iter().fold(page.clone(), |page, (mark, table)| filled(&page, mark, table));
    let picture = picture::draw(&all);
    let up_to_date = page == written && fs::read_to_string(path(PICTURE)).is_ok_and(|held| held == picture);
    if !check {
        fs::write(path(PAGE), written).expect("a written page");
        fs::write(path(PICTURE), picture).expect("a written plot");
    } else if !up_to_date {
        eprintln!("{PAGE} or {PICTURE} is not what this run comes to: run it without --check");
    }
    eprintln!("{:.0} s in all", begun.elapsed().as_secs_f64());
    let holds = claims.iter().all(Claim::holds);
    if holds && (up_to_date || !check) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Lets all days pass: each scenario under all limits, once for each seed.
fn all_days(plan: &Plan) -> Vec<Days<'_>> {
    let cases = plan.scenarios.iter().flat_map(|scenario| Limits::ALL.map(|limits| (scenario, limits)));
    let passed = cases.map(|(scenario, limits)| {
        thread::scope(|scope| {
            let day = |seed| scope.spawn(move || Day::pass(plan, scenario, limits, seed));
            let days: Vec<_> = plan.seeds.iter().copied().map(day).collect();
            Days { scenario, days: days.into_iter().map(|day| day.join().expect("no panic")).collect() }
        })
    });
    passed.collect()
}

/// Returns the page with `made` between the marks of `mark`.
fn filled(page: &str, mark: &str, made: &str) -> String {
    let (begin, end) = (format!("<!-- {mark}:begin -->"), format!("<!-- {mark}:end -->"));
    let (before, rest) = page.split_once(&begin).unwrap_or_else(|| panic!("{PAGE} has no {begin}"));
    let (_, after) = rest.split_once(&end).unwrap_or_else(|| panic!("{PAGE} has no {end}"));
    format!("{before}{begin}\n{made}{end}{after}")
}

fn path(file: &str) -> std::path::PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).join(file)
}
