//! The Lambda function behind `POST /verify`.

use std::process::ExitCode;

use lambda_http::Error;
use shared::boot::{self, World};
use shared::clock::Clock;
use shared::config::{self, Base};
use shared::metrics::Emitter;

#[tokio::main]
async fn main() -> ExitCode {
    boot::log();
    boot::end(run().await)
}

async fn run() -> Result<(), Error> {
    let settings = Base::read(config::environment)?;
    let emitter = Emitter::start(&settings.metrics_namespace)?;
    let world = World::connect(settings, Clock::system()).await?;
    boot::run(emitter, |request| verify::answer(&world, request)).await
}
