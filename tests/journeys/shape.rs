//! The shape of requests and answers, over all four calls.

mod bodies;
mod garbage;
mod headers;
mod outcomes;

use serde_json::Value;
use tests::answer::Answer;
use tests::service::Service;

const PHONE: &str = "+12025550143";

/// Each call with a body that is right.
fn calls() -> [(&'static str, Value); 4] {
    let ada = serde_json::json!({ "username": "ada" });
    [
        ("/signup", tests::service::signup("ada", PHONE)),
        ("/send", ada.clone()),
        ("/resend", ada),
        ("/verify", serde_json::json!({ "username": "ada", "otp": "123456" })),
    ]
}

/// The answer to `body`, which a function gave, so it has the documented shape.
async fn post(service: &Service, path: &str, body: impl Into<Vec<u8>>) -> Answer {
    let answer = service.call(path).header("content-type", "application/json").raw(body).await;
    assert_documented(&answer);
    answer
}

/// Nothing was read, stored or sent.
async fn assert_untouched(service: &Service) {
    assert_eq!(service.proxy.take_calls(), []);
    assert_eq!(service.everything().await, [vec![], vec![], vec![]]);
    assert_eq!(service.courier().count(), 0);
}

/// Case 24: the four headers, and the shape of a problem.
fn assert_documented(answer: &Answer) {
    let header = |name: &str| answer.headers.get(name).map(String::as_str);
    assert_eq!(header("cache-control"), Some("no-store"), "{answer:?}");
    assert_eq!(header("x-content-type-options"), Some("nosniff"), "{answer:?}");
    assert!(header("x-request-id").is_some_and(|id| !id.is_empty() && id != "unknown"), "{answer:?}");
    if answer.status < 300 {
        assert_eq!(header("content-type"), Some("application/json"), "{answer:?}");
        assert_eq!(answer.body["success"], true, "{answer:?}");
        assert_eq!(header("retry-after"), None, "{answer:?}");
        return;
    }
    assert_eq!(header("content-type"), Some("application/problem+json"), "{answer:?}");
    let body = &answer.body;
    assert_eq!(body["type"], format!("urn:problem:countersign:{}", answer.code()), "{answer:?}");
    assert_eq!(body["status"], answer.status, "{answer:?}");
    assert_eq!(body["success"], false, "{answer:?}");
    assert_eq!(body["requestId"].as_str(), header("x-request-id"), "{answer:?}");
    for sentence in ["title", "detail"] {
        assert!(body[sentence].as_str().is_some_and(|text| !text.is_empty()), "{answer:?}");
    }
    let wait = [429, 503].contains(&answer.status) || answer.code() == "otp_pending";
    if wait {
        assert!(answer.retry_after() > 0, "{answer:?}");
    }
    let known = ["type", "title", "status", "detail", "success", "code", "requestId"];
    for member in body.as_object().unwrap().keys() {
        let allowed = match member.as_str() {
            "errors" => answer.code() == "invalid_request",
            "attemptsRemaining" => answer.status == 422,
            "retryAfter" => wait,
            member => known.contains(&member),
        };
        assert!(allowed, "{member} in {answer:?}");
    }
    for error in body["errors"].as_array().into_iter().flatten() {
        let rules = ["required", "type", "unknown", "format", "length", "line_type", "region", "common"];
        assert!(error["code"].as_str().is_some_and(|code| rules.contains(&code)), "{answer:?}");
        assert!(error["detail"].as_str().is_some_and(|text| !text.is_empty()), "{answer:?}");
        assert_eq!(error.as_object().unwrap().len(), 3, "{answer:?}");
    }
}
