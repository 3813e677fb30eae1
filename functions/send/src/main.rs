//! The Lambda function behind `POST /send`.

use std::process::ExitCode;

use lambda_http::Error;
use shared::clock::Clock;
use shared::config::{self, TextingSettings};
use shared::context::TextingContext;
use shared::lambda;
use shared::metrics::Emitter;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::log();
    lambda::end(run().await)
}

async fn run() -> Result<(), Error> {
    let settings = TextingSettings::read(config::environment)?;
    let emitter = Emitter::start(&settings.base.metrics_namespace)?;
    let texting = TextingContext::connect(settings, Clock::system()).await?;
    lambda::run(emitter, |request| send::answer(&texting, request)).await
}
