//! Bodies that are no request.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tests::service::Service;

use super::{assert_documented, assert_untouched, calls, post};
use crate::direct::{Functions, event};

const MALFORMED: &str = "The body must be one JSON object in which no key occurs twice.";

/// Case 22: what is not one JSON object, or has a key twice.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_one_object_is_malformed() {
    let service = Service::start().await;
    for (path, right) in calls() {
        let right = right.to_string();
        let members = right.trim_start_matches('{').to_owned();
        let bodies: [(&str, Vec<u8>); 21] = [
            ("nothing", b"".to_vec()),
            ("spaces", b" \n ".to_vec()),
            ("an array", b"[]".to_vec()),
            ("the object in an array", format!("[{right}]").into()),
            (
                "its values in an array",
                br#"["ada", "a quiet harbour at dawn", "+12025550143", "Ada"]"#.to_vec(),
            ),
            ("a string", b"\"ada\"".to_vec()),
            ("null", b"null".to_vec()),
            ("a number", b"1e5".to_vec()),
            ("a bool", b"true".to_vec()),
            ("a byte order mark", format!("\u{feff}{right}").into()),
            ("trailing text", format!("{right}x").into()),
            ("a second object", format!("{right}{{}}").into()),
            ("a trailing NUL", format!("{right}\0").into()),
            ("half", right[..right.len() - 1].into()),
            ("a trailing comma", format!("{},}}", &right[..right.len() - 1]).into()),
            ("a lone surrogate", format!(r#"{{"name":"\ud800",{members}"#).into()),
            ("a lone surrogate in a key", format!(r#"{{"\udc00":"",{members}"#).into()),
            ("a key twice", format!(r#"{{"username":"bob",{members}"#).into()),
            ("a key twice, once escaped", format!(r#"{{"user\u006eame":"bob",{members}"#).into()),
            ("nesting", format!(r#"{{"a":{}"#, "[".repeat(4_000)).into()),
            ("bytes that are no text", [br#"{"a":"#.as_slice(), b"\"\xff\"}"].concat()),
        ];
        for (what, body) in bodies {
            let answer = post(&service, path, body).await;
            assert_eq!(answer.outcome(), "400 invalid_request", "{path}: {what}");
            assert_eq!(answer.body["detail"], MALFORMED, "{path}: {what}");
            assert_eq!(answer.body.get("errors"), None, "{path}: {what}");
        }
        let nested = format!(r#"{{"a":{}{}}}"#, "[".repeat(2_000), "]".repeat(2_000));
        assert_eq!(post(&service, path, nested).await.body["detail"], MALFORMED, "{path}");
    }
    assert_untouched(&service).await;
}

/// Case 22: keys that a call does not have, whatever they might mean inside.
#[tokio::test(flavor = "multi_thread")]
async fn unknown_keys_are_named() {
    let service = Service::start().await;
    for (path, right) in calls() {
        for (key, value) in [
            ("status", json!("VERIFIED")),
            ("attempts", json!(0)),
            ("role", json!("admin")),
            ("Username", json!("bob")),
            ("", json!(null)),
        ] {
            let mut body = right.clone();
            body[key] = value;
            let answer = post(&service, path, body.to_string()).await;
            assert_eq!(answer.broken(), [format!("{key}:unknown")], "{path}");
        }
    }
    assert_untouched(&service).await;
}

/// Case 22: every broken field is named, and nothing but them.
#[tokio::test(flavor = "multi_thread")]
async fn all_broken_fields_are_named_at_once() {
    let service = Service::start().await;
    let long = "k".repeat(65);
    let broken = async |path: &str, key: Option<&str>, body: Value| {
        let call = service.call(path);
        let answer = key.into_iter().fold(call, tests::service::Call::key).json(&body).await;
        assert_documented(&answer);
        assert_eq!(answer.outcome(), "400 invalid_request");
        answer.broken()
    };
    let body = json!({ "username": "a", "password": 1, "mobileNo": "x", "role": "admin", "status": {} });
    let wanted = [
        "Idempotency-Key:length",
        "mobileNo:format",
        "name:required",
        "password:type",
        "role:unknown",
        "status:unknown",
        "username:length",
    ];
    assert_eq!(broken("/signup", Some(&long), body).await, wanted);
    let body = json!({ "username": "ada#1", "password": "password1", "mobileNo": "+18005550199", "name": "evil.com" });
    let wanted = ["mobileNo:line_type", "name:format", "password:common", "username:format"];
    assert_eq!(broken("/signup", None, body).await, wanted);
    let wanted = ["mobileNo:required", "name:required", "password:required", "username:required"];
    assert_eq!(broken("/signup", None, json!({})).await, wanted);
    for path in ["/send", "/resend"] {
        let body = json!({ "username": null, "otp": "123456" });
        let wanted = ["Idempotency-Key:format", "otp:unknown", "username:type"];
        assert_eq!(broken(path, Some("a b"), body).await, wanted);
    }
    let body = json!({ "username": ["ada"], "otp": 123_456, "otpId": null, "attempts": 0 });
    let wanted = ["attempts:unknown", "otp:type", "otpId:type", "username:type"];
    assert_eq!(broken("/verify", None, body).await, wanted);
    let body = json!({ "username": "ada", "otp": "12345", "otpId": "x" });
    assert_eq!(broken("/verify", None, body).await, ["otp:length", "otpId:format"]);
    assert_untouched(&service).await;
}

/// Case 23: a base64 event body is read like any other.
#[tokio::test(flavor = "multi_thread")]
async fn a_base64_body_is_read_like_any_other() {
    let service = Service::start().await;
    let functions = Functions::on(&service).await;
    let encoded = |path: &str, body: &[u8]| {
        let mut event = event(path, &STANDARD.encode(body));
        event["isBase64Encoded"] = json!(true);
        event
    };
    for (path, right) in calls() {
        let answer = functions.answer(&encoded(path, &[b' '; 4_097])).await;
        assert_eq!(answer.outcome(), "413 payload_too_large", "{path}");
        let answer = functions.answer(&encoded(path, b"[]")).await;
        assert_eq!(answer.body["detail"], MALFORMED, "{path}");
        assert_documented(&answer);
        assert_eq!(answer.headers["x-request-id"], "direct-request");
        let answer = functions.answer(&encoded(path, right.to_string().as_bytes())).await;
        let wanted = match path {
            "/signup" => "201 OTP sent successfully",
            "/send" => "409 otp_pending",
            "/resend" => "429 resend_too_soon",
            _ => "422 invalid_otp",
        };
        assert_eq!(answer.outcome(), wanted, "{path}");
    }
}
