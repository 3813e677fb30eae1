//! Bodies that are JSON by their headers, and the parts of an event that are left for a request.

use lambda_http::http::HeaderValue;

use super::*;

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(*name, HeaderValue::from_static(value));
    }
    headers
}

#[test]
fn json_in_utf_8_is_read_however_it_is_written() {
    for media_type in [
        "application/json",
        "Application/JSON",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        "application/json; charset=\"utf-8\"",
    ] {
        assert!(is_plain_json(&headers(&[("content-type", media_type)])), "{media_type}");
    }
}

#[test]
fn another_media_type_is_not_read() {
    for media_type in [
        "",
        "json",
        "text/plain",
        "text/json",
        "application/json5",
        "application/problem+json",
        "application/x-www-form-urlencoded",
        "application/json; charset=utf-16",
        "application/json; charset=latin1",
        "application/json; boundary=x",
        "application/json, text/plain",
    ] {
        assert!(!is_plain_json(&headers(&[("content-type", media_type)])), "{media_type}");
    }
    assert!(!is_plain_json(&headers(&[])));
    let twice = [("content-type", "application/json"), ("content-type", "application/json")];
    assert!(!is_plain_json(&headers(&twice)));
}

#[test]
fn an_encoded_body_is_not_read() {
    for encoding in ["gzip", "br", "identity", ""] {
        let encoded = headers(&[("content-type", "application/json"), ("content-encoding", encoding)]);
        assert!(!is_plain_json(&encoded), "{encoding}");
    }
}

fn event(changes: &[(&str, serde_json::Value)]) -> Request {
    let mut event = serde_json::json!({
        "version": "2.0",
        "routeKey": "POST /send",
        "rawPath": "/send",
        "rawQueryString": "",
        "headers": { "content-type": "application/json" },
        "requestContext": {
            "http": { "method": "POST", "path": "/send", "sourceIp": "192.0.2.1" },
            "routeKey": "POST /send",
            "stage": "$default",
        },
        "body": "e30=",
        "isBase64Encoded": true,
    });
    for (pointer, value) in changes {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        event.pointer_mut(parent).unwrap()[name] = value.clone();
    }
    Request::from(without_unread_parts(serde_json::from_value(event).unwrap()))
}

/// Case 22: `lambda_http` panics at each of these.
#[test]
fn an_event_is_read_whatever_its_path_its_query_and_its_host() {
    for (pointer, value) in [
        ("/rawQueryString", "<>"),
        ("/rawQueryString", "a=\"b\""),
        ("/rawQueryString", "a b"),
        ("/headers/host", "a b"),
        ("/headers/x-forwarded-proto", "https,http"),
        ("/requestContext/domainName", "a b"),
        ("/rawPath", ":port"),
        ("/rawPath", "@"),
        ("/requestContext/stage", "\\:"),
    ] {
        let request = event(&[("/headers/host", "api.example.com".into()), (pointer, value.into())]);
        assert_eq!(request.uri(), "/", "{pointer}: {value}");
        assert_eq!(request.body().as_ref(), b"{}");
        assert!(is_plain_json(request.headers()));
    }
}

/// Case 23: `lambda_http` panics at each of these.
#[test]
fn a_body_that_is_not_the_base64_that_it_is_said_to_be_is_none() {
    for body in ["{}", "e30", "e30=\n", "e3", "=", "é"] {
        let request = event(&[("/body", body.into())]);
        assert_eq!(request.body().as_ref(), b"", "{body:?}");
    }
}
