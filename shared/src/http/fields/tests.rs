//! Objects and their members.

use super::*;

fn fields(body: &str) -> Fields {
    Fields::of(body.as_bytes(), None).unwrap()
}

/// Parses any text but "bad".
fn any(text: &str) -> Result<String, Violation> {
    if text == "bad" { Err(Violation::new(Rule::Format, "Not this.")) } else { Ok(text.to_owned()) }
}

/// Returns what is broken, as field and rule.
fn broken<T: fmt::Debug>(result: Result<T, Error>) -> Vec<(String, Rule)> {
    match result.unwrap_err() {
        Error::Invalid(broken) => broken.into_iter().map(|field| (field.field, field.broken.rule)).collect(),
        other => panic!("{other:?}"),
    }
}

fn pair(field: &str, rule: Rule) -> (String, Rule) {
    (field.to_owned(), rule)
}

#[test]
fn the_members_of_an_object_are_read_one_by_one() {
    let mut fields = fields(r#"{"a": "1", "c": "3", "b": "2"}"#);
    assert_eq!(fields.peek("b"), "2");
    let (a, b, c) = (fields.required("a", any), fields.required("b", any), fields.optional("c", any));
    let absent = fields.optional("d", any);
    assert_eq!(fields.peek("b"), "", "it is taken");
    assert_eq!((c, absent), (Some("3".to_owned()), None));
    assert_eq!(fields.finish(a.zip(b)).unwrap(), ("1".to_owned(), "2".to_owned()));
}

#[test]
fn every_broken_member_is_named_at_once_and_in_order() {
    let mut fields = fields(r#"{"x": 1, "format": "bad", "type": null, "y": "2"}"#);
    let all = fields.required("required", any);
    let _ = (fields.required("format", any), fields.optional("type", any));
    let expected = [pair("required", Rule::Required), pair("format", Rule::Format), pair("type", Rule::Type)];
    let mut named = broken(fields.finish(all));
    assert_eq!(named[..3], expected);
    named[3..].sort_by(|one, other| one.0.cmp(&other.0));
    assert_eq!(named[3..], [pair("x", Rule::Unknown), pair("y", Rule::Unknown)]);
}

#[test]
fn an_optional_member_that_is_broken_breaks_the_request() {
    let mut fields = fields(r#"{"a": "1", "b": "bad"}"#);
    let (a, b) = (fields.required("a", any), fields.optional("b", any));
    assert_eq!(b, None);
    assert_eq!(broken(fields.finish(a)), [pair("b", Rule::Format)]);
}

#[test]
fn what_is_no_string_is_of_the_wrong_type() {
    for value in ["null", "true", "7", "1e5", "[]", "[\"1\"]", "{}", "{\"$ne\": \"\"}"] {
        let mut fields = fields(&format!(r#"{{"a": {value}}}"#));
        assert_eq!(fields.peek("a"), "", "{value}");
        let a = fields.required("a", any);
        assert_eq!(broken(fields.finish(a)), [pair("a", Rule::Type)], "{value}");
    }
}

#[test]
fn a_long_unknown_name_is_cut() {
    let mut fields = fields(&format!(r#"{{"a": "1", "{}": 0}}"#, "é".repeat(65)));
    let a = fields.required("a", any);
    assert_eq!(broken(fields.finish(a)), [pair(&"é".repeat(64), Rule::Unknown)]);
}

#[test]
fn a_key_is_read_from_its_header() {
    let with = |key: Option<&[u8]>| Fields::of(b"{}", key.map(<[u8]>::to_vec)).unwrap();
    assert!(with(None).idempotency_key().is_none());
    assert!(with(None).finish(Some(())).is_ok());
    let mut fields = with(Some(b"key-1"));
    assert!(fields.idempotency_key().is_some());
    assert!(fields.finish(Some(())).is_ok());
    for (key, rule) in [(&b""[..], Rule::Length), (b"a b", Rule::Format), (b"\xff", Rule::Format)] {
        let mut fields = with(Some(key));
        assert!(fields.idempotency_key().is_none());
        assert_eq!(broken(fields.finish(Some(()))), [pair("Idempotency-Key", rule)]);
    }
}

/// Case 22: what is not one JSON object is nothing.
#[test]
fn only_one_whole_object_is_read() {
    let deep = format!("{}{}", "{\"a\":".repeat(4_000), "}".repeat(4_000));
    let bodies: [&[u8]; 18] = [
        b"",
        b" ",
        b"null",
        b"7",
        b"\"a\"",
        b"[]",
        b"[{}]",
        b"[\"ada\"]",
        b"\xef\xbb\xbf{}",
        b"{} {}",
        b"{}x",
        b"{",
        b"{\"a\":\"1\",}",
        b"{a:1}",
        b"{\"a\":\"\\ud800\"}",
        b"{\"a\":\"\xff\"}",
        b"{\"a\":\"1\",\"\\u0061\":\"1\"}",
        deep.as_bytes(),
    ];
    for body in bodies {
        let read = Fields::of(body, None);
        assert!(
            matches!(read, Err(Error::Malformed(_))),
            "{}",
            String::from_utf8_lossy(&body[..body.len().min(40)])
        );
    }
    for body in ["{}", " {} \r\n", "{\"a\":\"\"}"] {
        assert!(Fields::of(body.as_bytes(), None).is_ok(), "{body}");
    }
}

#[test]
fn debug_shows_no_member() {
    let shown = format!("{:?}", fields(r#"{"password": "canary"}"#));
    assert_eq!(shown, "Fields { members: 1, .. }");
}
