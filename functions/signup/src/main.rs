//! The Lambda function behind `POST /signup`.

use std::process::ExitCode;

use lambda_http::Error;
use shared::boot;
use shared::clock::Clock;
use shared::config::{self, Signup};
use shared::metrics::Emitter;

#[tokio::main]
async fn main() -> ExitCode {
    boot::log();
    boot::end(run().await)
}

async fn run() -> Result<(), Error> {
    let settings = Signup::read(config::environment)?;
    let emitter = Emitter::start(&settings.texting.base.metrics_namespace)?;
    let signup = boot::Signup::connect(settings, Clock::system()).await?;
    boot::run(emitter, |request| signup::answer(&signup, request)).await
}
