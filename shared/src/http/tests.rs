//! What counts as JSON by its headers.

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
