//! The Lambda function behind `POST /signup`.

use std::process::ExitCode;

use lambda_http::Error;
use shared::clock::Clock;
use shared::config::{self, SignupSettings};
use shared::context::SignupContext;
use shared::lambda;
use shared::metrics::Emitter;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::log();
    lambda::end(run().await)
}

async fn run() -> Result<(), Error> {
    let settings = SignupSettings::read(config::environment)?;
    let emitter = Emitter::start(&settings.texting.base.metrics_namespace)?;
    let signup = SignupContext::connect(settings, Clock::system()).await?;
    lambda::run(emitter, |request| signup::answer(&signup, request)).await
}
