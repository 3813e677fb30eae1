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

/// Case 22: `lambda_http` panics at each of these.
#[test]
fn an_event_is_read_whatever_its_query_and_its_host() {
    for (query, name, value) in [
        ("<>", "host", "api.example.com"),
        ("a=\"b\"", "host", "api.example.com"),
        ("a b", "host", "api.example.com"),
        ("", "host", "a b"),
        ("", "x-forwarded-proto", "https,http"),
    ] {
        let event = serde_json::json!({
            "version": "2.0",
            "routeKey": "POST /send",
            "rawPath": "/send",
            "rawQueryString": query,
            "headers": { name: value, "content-type": "application/json" },
            "requestContext": {
                "domainName": value,
                "http": { "method": "POST", "path": "/send", "sourceIp": "192.0.2.1" },
                "routeKey": "POST /send",
                "stage": "$default",
            },
            "body": "{}",
            "isBase64Encoded": false,
        });
        let request = Request::from(without_unread_parts(serde_json::from_value(event).unwrap()));
        assert_eq!(request.uri(), "/send", "{query} {name}: {value}");
        assert!(is_plain_json(request.headers()));
    }
}
