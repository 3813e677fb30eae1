//! The Lambda function behind `POST /signup`.

use lambda_http::{Error, run, service_fn};
use shared::boot;
use shared::clock::Clock;
use shared::config::{self, Signup};

#[tokio::main]
async fn main() -> Result<(), Error> {
    boot::log();
    let signup = boot::Signup::connect(Signup::read(config::environment)?, Clock::system()).await?;
    run(service_fn(async |request| Ok::<_, Error>(signup::answer(&signup, request).await))).await
}
