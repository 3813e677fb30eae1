//! What happens when the parts that the service stands on fail. (25, 26, 28, 29)

mod breaker;
mod conflicts;
mod courier;
mod database;
mod deadline;
mod idle;
mod panics;
mod settings;

use local::courier::{Behaviour, Script};
use tests::service::Service;

const ADA: &str = "+12025550143";
const BOB: &str = "+12125550143";
const EVE: &str = "+13055550143";

/// A service in which `ada` signed up yesterday.
async fn with_ada(settings: &[(&str, &str)]) -> Service {
    let service = Service::with(settings).await;
    service.user_of_yesterday("ada", ADA).await;
    service
}

/// Has Courier do this to the next requests, and then as usual.
fn script(service: &Service, next: impl IntoIterator<Item = Behaviour>) {
    service.courier().play(Script::of(next));
}

/// The numbers in the idempotency keys of the requests for the newest code of `username`.
async fn key_numbers(service: &Service, username: &str) -> Vec<String> {
    let row = service.otp(username).await.unwrap();
    let keys = service.courier().keys();
    let of_this = keys.iter().filter_map(|key| key.as_deref()?.split_once(':'));
    let of_this = of_this.filter(|(id, _)| *id == tests::service::text(&row, "otpId"));
    of_this.map(|(_, number)| number.to_owned()).collect()
}

/// Whether the code texted last to `ada` is accepted.
async fn adas_code_works(service: &Service) -> bool {
    service.verify("ada", &service.code_to(ADA)).await.outcome() == "200 User verified"
}
