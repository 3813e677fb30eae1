//! The Lambda function behind `POST /send`.

use lambda_http::{Error, run, service_fn};
use shared::boot;
use shared::clock::Clock;
use shared::config::{self, Texting};

#[tokio::main]
async fn main() -> Result<(), Error> {
    boot::log();
    let texting = boot::Texting::connect(Texting::read(config::environment)?, Clock::system()).await?;
    run(service_fn(async |request| Ok::<_, Error>(send::answer(&texting, request).await))).await
}
