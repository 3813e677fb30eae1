//! Bytes as an event of API Gateway: each of the four functions answers it as documented, whatever it says.

use std::cell::OnceCell;

use lambda_http::request::LambdaRequest;

use crate::world::{CALLS, World};

thread_local! {
    static WORLD: OnceCell<World> = const { OnceCell::new() };
}

/// Hands the event that `data` is in JSON to each function.
#[must_use]
pub fn run(data: &[u8]) -> bool {
    if serde_json::from_slice::<LambdaRequest>(data).is_err() {
        // The runtime tells the gateway so, and no function sees it.
        return false;
    }
    WORLD.with(|world| {
        let world = world.get_or_init(World::start);
        for call in CALLS {
            world.begin();
            world.answer(call, serde_json::from_slice(data).expect("an event"));
        }
    });
    true
}
