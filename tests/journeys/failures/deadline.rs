//! A code is stored only while there is time to text it. (26)

use std::time::Duration;

use serde_json::json;
use tests::proxy::Operation;
use tests::service::{Service, signup};

use super::{ADA, BOB};
use crate::direct::{Functions, event};

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_texted_in_time_is_not_stored() {
    let service = Service::start().await;
    service.user_of_yesterday("ada", ADA).await;
    let functions = Functions::on(&service).await;
    let _ = service.proxy.take_calls();
    let send = event("/send", &json!({ "username": "ada" }).to_string());
    for late in [&send, &event("/signup", &signup("bob", BOB).to_string())] {
        let refused = functions.answer_within(late, Duration::from_secs(3)).await;
        assert_eq!((refused.outcome().as_str(), refused.retry_after()), ("503 unavailable", 1));
    }
    let writes = service.proxy.take_calls();
    let written = writes.iter().filter(|call| call.operation == Operation::TransactWriteItems);
    assert_eq!(written.count(), 0, "{writes:?}");
    let answer = functions.answer_within(&send, Duration::from_secs(14)).await;
    assert_eq!(answer.outcome(), "202 OTP sent successfully");
}
