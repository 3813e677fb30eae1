//! Runs the whole service on this machine until it is told to stop.

use std::io::{IsTerminal, Write, stdout};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use local::clock::Clock;
use local::courier::Text;
use local::flags::Flags;
use local::settings::Lookup;
use local::stack::{Options, Stack};
use local::terminal::{self, Style};
use shared::lambda::levels;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Calls under way get this long to end. A client that never finishes its request must not hold up the end.
const GRACE: Duration = Duration::from_secs(2);

/// The levels of the log unless `RUST_LOG` says otherwise. The audit repeats what the texts and the requests' lines
/// show, but for its warnings.
const LEVELS: &str = "info,countersign::audit=warn";

/// The exit code that a shell reports of a process that Ctrl-C ended.
const INTERRUPTED: u8 = 130;

#[tokio::main]
async fn main() -> ExitCode {
    let flags = Flags::parse();
    let environment = environment();
    log_to_stderr(environment("RUST_LOG").as_deref());
    let (Ok(mut interrupt), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return fail("signals cannot be received");
    };
    let style = style(&environment);
    let on_text = move |text: &Text| show(&terminal::bubble(text, style));
    let options = Options {
        flags,
        environment,
        clock: Clock::ahead(),
        on_text: Some(Arc::new(on_text)),
        pretended_source: None,
    };
    let stack = tokio::select! {
        started = Stack::start(options) => match started {
            Ok(stack) => stack,
            Err(cause) => return fail(&cause.to_string()),
        },
        () = either(&mut interrupt, &mut terminate) => return ExitCode::SUCCESS,
    };
    show(&terminal::start(stack.summary(), style));
    either(&mut interrupt, &mut terminate).await;
    tokio::select! {
        _ = tokio::time::timeout(GRACE, stack.stop()) => ExitCode::SUCCESS,
        () = either(&mut interrupt, &mut terminate) => ExitCode::from(INTERRUPTED),
    }
}

async fn either(interrupt: &mut Signal, terminate: &mut Signal) {
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

/// Returns the developer's settings. Where they say nothing, the texts of the stand-in show what texts can be: in every
/// language, and with the last lines of an example, unless such a setting is given as empty. Texts that go out for real
/// are not for examples.
fn environment() -> Lookup {
    let given = shared::config::environment;
    let texts_go_out = given("COURIER_BASE_URL").is_some();
    Arc::new(move |name| match (given(name), example(name)) {
        (Some(value), Some(_)) if value.is_empty() => None,
        (None, Some(example)) if !texts_go_out => Some(example.to_owned()),
        (value, _) => value,
    })
}

fn example(setting: &str) -> Option<&'static str> {
    match setting {
        "LOCALES" => Some("*"),
        "OTP_DOMAIN" => Some("example.com"),
        "ANDROID_APP_HASH" => Some("FA+9qCX9VSu"),
        _ => None,
    }
}

fn style(environment: &Lookup) -> Style {
    let unwanted = environment("NO_COLOR").is_some_and(|value| !value.is_empty());
    Style { width: textwrap::termwidth(), colour: stdout().is_terminal() && !unwanted }
}

/// Writes to the terminal; a reader that has gone away is no reason to stop.
fn show(lines: &str) {
    let mut stdout = stdout().lock();
    let _ = stdout.write_all(lines.as_bytes()).and_then(|()| stdout.flush());
}

fn fail(cause: &str) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "local: {cause}");
    ExitCode::FAILURE
}

fn log_to_stderr(filter: Option<&str>) {
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    tracing_subscriber::registry().with(lines).with(levels(filter.unwrap_or(LEVELS))).init();
}
