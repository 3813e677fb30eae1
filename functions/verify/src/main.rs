//! The Lambda function behind `POST /verify`.

use std::process::ExitCode;

use lambda_http::Error;
use shared::clock::Clock;
use shared::config::{self, VerifySettings};
use shared::context::CallContext;
use shared::lambda;
use shared::metrics::Emitter;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::log();
    lambda::end(run().await)
}

async fn run() -> Result<(), Error> {
    let settings = VerifySettings::read(config::environment)?;
    let emitter = Emitter::start(&settings.metrics_namespace)?;
    let context = CallContext::connect(settings, Clock::system()).await?;
    lambda::run(emitter, |request| verify::answer(&context, request)).await
}
