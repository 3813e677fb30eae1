//! Lambda: the log, the loop of events, and how the process ends.

use std::panic;
use std::process::ExitCode;

use lambda_http::request::LambdaRequest;
use lambda_http::tower::ServiceExt as _;
use lambda_http::{Adapter, Body, LambdaEvent, Request, Response, service_fn};
use tracing::Level;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{LevelFilter, Targets, filter_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config;
use crate::error::causes;
use crate::http;
use crate::metrics::Emitter;

/// The beginnings of our own events' targets, which may be shown at every level. Those of others can hold bodies
/// below `info`.
const OURS: [&str; 6] = ["countersign", "shared", "signup", "send", "resend", "verify"];

/// Sends the log to standard output as JSON, for AWS's log service: what `AWS_LAMBDA_LOG_LEVEL` or `RUST_LOG`
/// asks for, else `info`; of other people's crates never more than that.
pub fn log() {
    let level = config::environment("AWS_LAMBDA_LOG_LEVEL").or_else(|| config::environment("RUST_LOG"));
    let asked = levels(level.as_deref().unwrap_or("info"));
    let harmless = filter_fn(|event| {
        let of = event.target().split("::").next().unwrap_or_default();
        *event.level() <= Level::INFO || OURS.contains(&of)
    });
    // A line says all of it itself: the runtime's spans would only repeat the ids.
    let lines = tracing_subscriber::fmt::layer().json().flatten_event(true);
    let lines = lines.with_current_span(false).with_span_list(false);
    tracing_subscriber::registry().with(lines.with_filter(harmless)).with(asked).init();
    // Where it was is enough to find it: what it says may quote what a caller sent.
    panic::set_hook(Box::new(|panic| {
        let location = panic.location().map(ToString::to_string);
        tracing::error!(location, "panicked");
    }));
}

/// Parses what is asked of the log: a level, or levels of targets as in `info,verify=debug`. What is neither asks for
/// `info`: a log without lines would be found out when it is needed.
#[must_use]
pub fn levels(asked: &str) -> Targets {
    // Lambda's name of what is above every level of ours; it would read as a target.
    let asked = if asked.eq_ignore_ascii_case("fatal") { "error" } else { asked };
    asked.parse().unwrap_or_else(|_| Targets::new().with_default(LevelFilter::INFO))
}

/// Returns the exit code of the process, and logs a failure, so that an operator finds it among the other lines.
#[must_use]
pub fn end(result: Result<(), lambda_http::Error>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(causes = causes(&*error), "the function does not run");
            ExitCode::FAILURE
        }
    }
}

/// Answers Lambda's events with `answer` until the process ends; after each, writes what was counted in it.
///
/// # Errors
/// When Lambda's runtime API is gone.
pub async fn run<H, F>(emitter: Emitter, answer: H) -> Result<(), lambda_http::Error>
where
    H: Fn(Request) -> F,
    F: Future<Output = Response<Body>> + Send,
{
    let service = service_fn(|request| {
        let answer = answer(request);
        async move {
            let answer = answer.await;
            emitter.emit();
            Ok::<_, lambda_http::Error>(answer)
        }
    });
    let service = Adapter::from(service);
    let service = service.map_request(|event: LambdaEvent<LambdaRequest>| LambdaEvent {
        payload: http::without_unread_parts(event.payload),
        context: event.context,
    });
    lambda_http::lambda_runtime::run(service).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_shows_what_is_asked_and_information_where_that_cannot_be_read() {
        let from = |level: LevelFilter| Targets::new().with_default(level);
        let info = from(LevelFilter::INFO);
        for (asked, levels) in [
            ("info", info.clone()),
            ("WARN", from(LevelFilter::WARN)),
            ("FATAL", from(LevelFilter::ERROR)),
            ("off", from(LevelFilter::OFF)),
            ("info,verify=debug", info.clone().with_target("verify", LevelFilter::DEBUG)),
            ("verify=debug", Targets::new().with_target("verify", LevelFilter::DEBUG)),
            ("verify=loud", info.clone()),
            ("info,verify=loud", info),
        ] {
            assert_eq!(super::levels(asked), levels, "{asked}");
        }
    }
}
