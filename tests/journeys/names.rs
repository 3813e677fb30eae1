//! Taking usernames, and repeating calls. How PENDING users give way to each other is in [`claims`](super::claims).

use tests::service::Service;

mod idempotency;
mod malformed;
mod repeats;
mod taken;

const ADA: &str = "+12025550143";
const BOB: &str = "+12125550167";

/// A user of yesterday, "ada" on the phone [`ADA`], whom no cap counts any more.
async fn ada(settings: &[(&str, &str)]) -> Service {
    let service = Service::with(settings).await;
    service.user_of_yesterday("ada", ADA).await;
    service
}
