//! The rules of the fields are those of the service, to the character.

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value as Json, json};
use serde_norway::Value;
use shared::domain::code::{Code, OtpId};
use shared::domain::idempotency::IdempotencyKey;
use shared::domain::phone::MobileNumber;
use shared::domain::policy::Policy;
use shared::domain::region::Regions;
use shared::domain::username::Username;
use tests::openapi::{Document, members};
use tests::service::Service;

use super::CALLS;

/// A text of so many characters that the field takes, if any of that length is.
fn of_length(field: &str, length: usize) -> String {
    let cycle = |text: &str| text.chars().cycle().take(length).collect();
    match field {
        "username" => "a".repeat(length),
        "password" => cycle("k7#Vq2!xLm_9ÄwzR"),
        "name" => "Ä".repeat(length),
        // A language, and as many subtags of private use as it takes.
        "locale" => cycle("en-x-abcdefgh-abcdefgh-abcdefgh-abcdefgh"),
        "Idempotency-Key" => "~".repeat(length),
        field => panic!("{field} has a length that no test knows how to reach"),
    }
}

/// The lengths at which a schema changes its mind, and the next ones.
fn lengths(schema: &Value) -> Vec<usize> {
    let bound = |name: &str| schema[name].as_u64().map(|bound| usize::try_from(bound).unwrap());
    let shortest = bound("minLength").into_iter().flat_map(|bound| [bound - 1, bound]);
    let longest = bound("maxLength").into_iter().flat_map(|bound| [bound, bound + 1]);
    shortest.chain(longest).collect()
}

/// Bodies that are right, and those that differ from one in one field.
fn variations(document: &Document, call: &str) -> Vec<Json> {
    let media = document.request(call);
    let schema = document.follow(&media["schema"]);
    let mut right: Json = json!({});
    for (_, example) in members(&media["examples"]) {
        let value = serde_json::to_value(&example["value"]).unwrap();
        right.as_object_mut().unwrap().extend(value.as_object().unwrap().clone());
    }
    let mut bodies = vec![right.clone(), json!([right]), json!("ada"), json!(null), json!(1)];
    let mut vary = |field: &str, value: Json| {
        let mut body = right.clone();
        body[field] = value;
        bodies.push(body);
    };
    for field in ["role", "Username", ""] {
        vary(field, json!("ada"));
    }
    for (field, rule) in members(&schema["properties"]) {
        for other in [json!(null), json!(1), json!(true), json!(["ada"]), json!({ "a": "b" }), json!("")] {
            vary(field, other);
        }
        let rule = document.follow(rule);
        for length in lengths(rule) {
            vary(field, json!(of_length(field, length)));
        }
        for value in rule["enum"].as_sequence().into_iter().flatten() {
            let value = value.as_str().unwrap();
            vary(field, json!(value));
            vary(field, json!(value.to_uppercase()));
        }
    }
    for (field, _) in members(&schema["properties"]) {
        let mut body = right.clone();
        assert!(body.as_object_mut().unwrap().remove(field).is_some(), "{call}: no example has {field}");
        bodies.push(body);
    }
    bodies
}

/// The service finds fault with what the schema refuses, and with nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn bodies_are_refused_at_the_bounds_of_the_file() {
    let document = Document::read();
    let service = Service::start().await;
    for call in CALLS {
        let schema = document.validator(&document.request(call)["schema"]);
        let mut seen = [0, 0];
        for body in variations(&document, call) {
            let answer = service.post(&format!("/{call}"), body.clone()).await;
            let valid = schema.is_valid(&body);
            assert_eq!(valid, answer.status != 400, "{call}: {body} was answered {answer:?}");
            seen[usize::from(valid)] += 1;
        }
        assert!(seen.iter().all(|times| *times > 3), "{call}: {seen:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_refused_at_the_bounds_of_the_file() {
    let document = Document::read();
    let service = Service::start().await;
    for call in CALLS {
        let parameters = document.operation(call)["parameters"].as_sequence();
        let Some(parameters) = parameters else {
            assert_eq!(call, "verify", "only verify has no key");
            continue;
        };
        let [key, token] = &parameters[..] else { panic!("{parameters:?}") };
        let (key, token) = (document.follow(key), document.follow(token));
        assert_eq!((&token["name"], &token["in"]), (&"X-Firebase-AppCheck".into(), &"header".into()));
        assert_eq!((&key["name"], &key["in"]), (&"Idempotency-Key".into(), &"header".into()));
        let schema = document.validator(&key["schema"]);
        let example = key["example"].as_str().unwrap().to_owned();
        let keys = lengths(&key["schema"]).into_iter().map(|length| of_length("Idempotency-Key", length));
        for key in keys.chain(["a b", "!", "a\u{e9}"].map(str::to_owned)).chain([example]) {
            let body = document.request(call)["examples"]["minimal"]["value"].clone();
            let body = serde_json::to_value(body).unwrap();
            let answer = service.call(&format!("/{call}")).key(&key).json(&body).await;
            assert_eq!(schema.is_valid(&json!(key)), answer.status != 400, "{call}: {key:?}: {answer:?}");
        }
    }
}

/// Texts near the forms of the fields.
fn near() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z0-9._@+ -]{2,6}",
        "\\.?[a-z@]{0,30}\\.{0,2}[A-Z_+-]{0,34}\\.?",
        "\\+?[0-9]{5,17}\n?",
        "[A-Za-z0-9_-]{21,23}",
        "[A-Za-z0-9_-]{21}[AQgwBRhx]",
        "[0-9a-z]{5,7}",
        "[!-~]{0,66}",
        "[a-z]{1,9}(-[a-zA-Z0-9]{1,9}){0,4}-?",
        "\\PC{0,8}",
    ]
}

/// The patterns say all that there is to say about these forms, and what is necessary of a number, which only a library
/// knows in full.
#[test]
fn patterns_decide_as_the_service_does() {
    let document = Document::read();
    let components = &document.yaml["components"];
    let schemas = &components["schemas"];
    let username = document.validator(&schemas["Username"]);
    let id = document.validator(&schemas["OtpId"]);
    let otp = document.validator(&schemas["VerifyRequest"]["properties"]["otp"]);
    let number = document.validator(&schemas["SignupRequest"]["properties"]["mobileNo"]);
    let key = document.validator(&components["parameters"]["IdempotencyKey"]["schema"]);
    let format = Policy::default().code_format;
    let config = ProptestConfig { cases: 5_000, ..ProptestConfig::default() };
    let decided = TestRunner::new(config).run(&near(), |text| {
        let value = json!(text);
        prop_assert_eq!(username.is_valid(&value), Username::parse(&text).is_ok());
        prop_assert_eq!(id.is_valid(&value), OtpId::parse(&text).is_ok());
        prop_assert_eq!(otp.is_valid(&value), Code::parse(&text, format).is_ok());
        prop_assert_eq!(key.is_valid(&value), IdempotencyKey::parse(text.as_bytes()).is_ok());
        prop_assert!(number.is_valid(&value) || MobileNumber::parse(&text, &Regions::all()).is_err());
        Ok(())
    });
    decided.unwrap();
}
