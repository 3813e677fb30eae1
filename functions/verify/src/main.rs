//! The Lambda function behind `POST /verify`.

use lambda_http::{Error, run, service_fn};
use shared::boot::{self, World};
use shared::clock::Clock;
use shared::config::{self, Base};

#[tokio::main]
async fn main() -> Result<(), Error> {
    boot::log();
    let world = World::connect(Base::read(config::environment)?, Clock::system()).await?;
    run(service_fn(async |request| Ok::<_, Error>(verify::answer(&world, request).await))).await
}
