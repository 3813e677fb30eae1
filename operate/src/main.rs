//! Looks a username up, unlocks it, or forgets it.

use std::io::{Write, stderr, stdout};
use std::process::ExitCode;

use clap::Parser;
use operate::Exit;
use operate::flags::Flags;
use shared::clock::Clock;
use shared::config::environment;
use shared::context::OperatorContext;

#[tokio::main]
async fn main() -> ExitCode {
    let command = Flags::parse().command;
    let settings = match command.target().settings(environment) {
        Ok(settings) => settings,
        Err(faults) => return fail(&faults.to_string()),
    };
    let context = match OperatorContext::connect(settings, Clock::system()) {
        Ok(context) => context,
        Err(cause) => return fail(&cause.to_string()),
    };
    let report = operate::run(&command, &context).await;
    // First: a change that nobody is shown is still in the audit.
    if let Some(line) = &report.audit {
        let _ = writeln!(stderr(), "{}", line.json());
    }
    let _ = writeln!(stdout(), "{}", report.shown);
    ExitCode::from(report.exit as u8)
}

/// Ends a call that was wrong, before anything was read.
fn fail(cause: &str) -> ExitCode {
    let _ = writeln!(stderr(), "operate: {cause}");
    ExitCode::from(Exit::Usage as u8)
}
