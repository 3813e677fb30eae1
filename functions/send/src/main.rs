//! The Lambda function behind `POST /send`.

use std::process::ExitCode;

use lambda_http::Error;
use shared::boot;
use shared::clock::Clock;
use shared::config::{self, Texting};
use shared::metrics::Emitter;

#[tokio::main]
async fn main() -> ExitCode {
    boot::log();
    boot::end(run().await)
}

async fn run() -> Result<(), Error> {
    let settings = Texting::read(config::environment)?;
    let emitter = Emitter::start(&settings.base.metrics_namespace)?;
    let texting = boot::Texting::connect(settings, Clock::system()).await?;
    boot::run(emitter, |request| send::answer(&texting, request)).await
}
