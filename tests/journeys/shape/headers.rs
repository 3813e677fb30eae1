//! What headers say of a body, and how long it may be.

use serde_json::json;
use tests::service::Service;

use super::{assert_documented, assert_untouched, calls};

/// Case 23: five kilobytes; the limit is exact.
#[tokio::test(flavor = "multi_thread")]
async fn a_body_has_at_most_four_kibibytes() {
    let service = Service::start().await;
    for (path, _) in calls() {
        let sized = |bytes: usize| format!("{{}}{}", " ".repeat(bytes - 2));
        for (bytes, outcome) in [
            (5_000, "413 payload_too_large"),
            (4_097, "413 payload_too_large"),
            (4_096, "400 invalid_request"),
        ] {
            let answer = super::post(&service, path, sized(bytes)).await;
            assert_eq!(answer.outcome(), outcome, "{path}: {bytes}");
        }
    }
    assert_untouched(&service).await;
}

/// Case 23: JSON in UTF-8, as the header says, and not compressed.
#[tokio::test(flavor = "multi_thread")]
async fn only_plain_json_is_read() {
    let service = Service::start().await;
    for (path, right) in calls() {
        for media_type in [
            "text/plain",
            "text/json",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/problem+json",
            "application/json; charset=iso-8859-1",
            "application/json; charset=utf-16",
            "application/json, text/plain",
            "application",
            "json",
            "",
        ] {
            let call = service.call(path).header("content-type", media_type);
            let answer = call.raw(right.to_string()).await;
            assert_eq!(answer.outcome(), "415 unsupported_media_type", "{path}: {media_type:?}");
            assert_documented(&answer);
        }
        let none = service.call(path).raw(right.to_string()).await;
        assert_eq!(none.outcome(), "415 unsupported_media_type", "{path}");
        for encoding in ["gzip", "br", "deflate", "identity"] {
            let answer = service.call(path).header("content-encoding", encoding).json(&right).await;
            assert_eq!(answer.outcome(), "415 unsupported_media_type", "{path}: {encoding}");
        }
    }
    assert_untouched(&service).await;
}

/// Case 23: a charset of UTF-8 is fine, however it is written.
#[tokio::test(flavor = "multi_thread")]
async fn utf_8_may_be_named() {
    let service = Service::start().await;
    for (path, _) in calls() {
        for media_type in [
            "application/json",
            "application/json; charset=utf-8",
            "application/json;charset=UTF-8",
            "APPLICATION/JSON; Charset=\"utf-8\"",
        ] {
            let answer = service.call(path).header("content-type", media_type).raw("{}").await;
            assert_eq!(answer.outcome(), "400 invalid_request", "{path}: {media_type}");
        }
    }
}

/// Of case 23: media type before size before shape, and shape before everything that is stored.
#[tokio::test(flavor = "multi_thread")]
async fn the_media_type_is_refused_before_the_size_and_that_before_the_shape() {
    let service = Service::start().await;
    let garbage = "[".repeat(5_000);
    for (path, _) in calls() {
        let all_wrong = service.call(path).header("content-type", "text/plain").raw(garbage.as_str()).await;
        assert_eq!(all_wrong.outcome(), "415 unsupported_media_type", "{path}");
        let too_long = super::post(&service, path, garbage.as_str()).await;
        assert_eq!(too_long.outcome(), "413 payload_too_large", "{path}");
        let malformed = service.call(path).key("a bad key").json(&json!([])).await;
        assert_eq!(malformed.body.get("errors"), None, "{path}: the object comes before its fields");
    }
    assert_untouched(&service).await;
}
