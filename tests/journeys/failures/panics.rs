//! A bug that panics is answered like any other fault of ours, and the process lives on. (24)

use serde_json::json;
use tests::service::Service;

use crate::direct::{Functions, event};

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_is_an_internal_error_and_the_next_request_is_answered() {
    let service = Service::start().await;
    let functions = Functions::on(&service).await;
    let answer = functions.panic(&event("/verify", "{}")).await;
    assert_eq!(answer.outcome(), "500 internal");
    assert_eq!(answer.body["requestId"], "direct-request");
    for (header, value) in [
        ("content-type", "application/problem+json"),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        ("x-request-id", "direct-request"),
    ] {
        assert_eq!(answer.headers.get(header).map(String::as_str), Some(value));
    }
    let next = json!({ "username": "nobody", "otp": "123456" }).to_string();
    assert_eq!(functions.answer(&event("/verify", &next)).await.outcome(), "404 otp_not_found");
}
