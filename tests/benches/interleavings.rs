//! Every interleaving of the scenarios, those of the tests and larger ones.
//!
//!     cargo bench -p tests --bench interleavings --profile dev -- [minutes]
//!
//! Prints, as Markdown, how many states each has. It ends with an error, and with the way there, if a rule is broken.

use std::process::ExitCode;
use std::time::Duration;

use tests::interleavings::{check, scenarios};

/// The longest that one scenario is searched.
const MINUTES: u64 = 20;

fn main() -> ExitCode {
    let minutes = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(MINUTES);
    let mut code = ExitCode::SUCCESS;
    println!("| scenario | states | met | the longest way | steps of the functions | seconds | |");
    println!("| --- | ---: | ---: | ---: | ---: | ---: | --- |");
    for scenario in scenarios::all().into_iter().chain(scenarios::larger()) {
        let checked = check(scenario, None, Some(Duration::from_secs(60 * minutes)));
        let whole = if checked.is_whole { "all" } else { "as many as fit into the time" };
        println!(
            "| {} | {} | {} | {} | {} | {} | {whole} |",
            checked.scenario,
            checked.unique,
            checked.states,
            checked.depth,
            checked.points,
            checked.took.as_secs(),
        );
        if let Some((rule, way)) = checked.counterexample {
            println!("\nBROKEN: {rule:?}\n{}", way.join("\n"));
            code = ExitCode::FAILURE;
        }
    }
    code
}
