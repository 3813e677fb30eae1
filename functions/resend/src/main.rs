//! The Lambda function behind `POST /resend`.

use lambda_http::{Error, run, service_fn};
use shared::boot;
use shared::clock::Clock;
use shared::config::{self, Texting};

#[tokio::main]
async fn main() -> Result<(), Error> {
    boot::log();
    let texting = boot::Texting::connect(Texting::read(config::environment)?, Clock::system()).await?;
    run(service_fn(async |request| Ok::<_, Error>(resend::answer(&texting, request).await))).await
}
