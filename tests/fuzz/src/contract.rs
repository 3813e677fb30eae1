//! What every answer has to be, whatever was asked: one that `docs/openapi.yaml` has, with all of its headers, and
//! without anything of the phone, the code or the password.

use std::collections::{BTreeSet, HashMap};
use std::sync::OnceLock;

use jsonschema::Validator;
use lambda_http::http::HeaderName;
use lambda_http::{Body, Response};
use serde_json::Value;
use tests::openapi::{Document, members};

/// The headers of every answer.
const HEADERS: [&str; 4] = ["cache-control", "content-type", "x-content-type-options", "x-request-id"];

/// The number that the sentence on numbers shows.
const EXAMPLE: &str = "such as +12025550143";

/// The answers of the file, each with the schema of its body.
#[derive(Debug)]
pub struct Contract {
    document: Document,
    /// By call, status and media type; made when the first such answer comes.
    schemas: HashMap<(&'static str, u16, String), OnceLock<Validator>>,
}

/// What an answer must not show.
#[derive(Debug, Default)]
pub struct Secrets {
    /// The codes that were texted.
    pub codes: Vec<String>,
    /// The numbers that users have, and those that were given.
    pub phones: Vec<String>,
}

impl Contract {
    /// Reads the file.
    #[must_use]
    pub fn read(calls: [&'static str; 4]) -> Self {
        let document = Document::read();
        let mut schemas = HashMap::new();
        for call in calls {
            for (status, answer) in document.responses(call) {
                for (media, _) in members(&answer["content"]) {
                    schemas.insert((call, status.parse().unwrap(), media.to_owned()), OnceLock::new());
                }
            }
        }
        Self { document, schemas }
    }

    /// Holds an answer of `call` to the file.
    pub fn check(&self, call: &'static str, answer: &Response<Body>, secrets: &Secrets) {
        let status = answer.status().as_u16();
        let header = |name: &str| {
            let value = answer.headers().get(name).unwrap_or_else(|| panic!("{call} {status}: no {name}"));
            value.to_str().expect("text")
        };
        let text = std::str::from_utf8(answer.body()).expect("UTF-8");
        let body: Value = serde_json::from_str(text).expect("JSON");
        assert_ne!(body["code"], "internal", "{call}: {text}");

        let media = header("content-type");
        let schema = self.schemas.get(&(call, status, media.to_owned()));
        let schema = schema.unwrap_or_else(|| panic!("{call}: {status} {media} is not documented: {text}"));
        let schema = schema.get_or_init(|| {
            let answer =
                self.document.follow(&self.document.operation(call)["responses"][status.to_string()]);
            self.document.strict_validator(&answer["content"][media]["schema"])
        });
        let faults: Vec<_> = schema.iter_errors(&body).map(|fault| fault.to_string()).collect();
        assert!(faults.is_empty(), "{call} {status}: {faults:?}: {text}");
        // What a gateway answers is documented too, and is none of a function's.
        assert_eq!(body["success"], (200..300).contains(&status), "{call} {status}: {text}");

        let retry_after = body.get("retryAfter").map(Value::to_string);
        let expected: BTreeSet<_> =
            HEADERS.into_iter().chain(retry_after.is_some().then_some("retry-after")).collect();
        let headers: BTreeSet<_> = answer.headers().keys().map(HeaderName::as_str).collect();
        assert_eq!(headers, expected, "{call} {status}");
        assert_eq!(header("cache-control"), "no-store");
        assert_eq!(header("x-content-type-options"), "nosniff");
        if let Some(seconds) = retry_after {
            assert_eq!(header("retry-after"), seconds, "{call} {status}");
        }
        if let Some(id) = body["requestId"].as_str() {
            assert!([id, "unknown"].contains(&header("x-request-id")), "{call} {status}: {id:?}");
        }
        secrets.assert_hidden(body);
    }
}

impl Secrets {
    fn assert_hidden(&self, mut body: Value) {
        // What a caller chose, and gets back.
        for chosen in ["/user/username", "/user/name", "/requestId"] {
            body.pointer_mut(chosen).map(Value::take);
        }
        for error in body["errors"].as_array_mut().into_iter().flatten() {
            error["field"].take();
        }
        // The example of one sentence is a number that users of the tests have.
        let text = body.to_string().replace(EXAMPLE, "");
        assert!(!text.contains("$argon2"), "{text}");
        for secret in self.codes.iter().chain(&self.phones) {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
}
