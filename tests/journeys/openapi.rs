//! `docs/openapi.yaml` says what the service does: its calls, its fields' rules, its problems, and every example.

mod examples;
mod fields;

use std::collections::BTreeSet;

use local::template::Template;
use serde_norway::Value;
use shared::http::LONGEST_BODY;
use tests::answer::Answer;
use tests::openapi::Document;

use crate::cost;

/// The four calls, as the file names them.
const CALLS: [&str; 4] = ["resend", "send", "signup", "verify"];

/// Every problem's code, read off the table of them in the source.
pub(crate) fn codes_of_the_source() -> BTreeSet<&'static str> {
    let source = include_str!("../../shared/src/error.rs");
    let table = |begin: &str, end: &str| source.split_once(begin).unwrap().1.split_once(end).unwrap().0;
    let tables = [
        table("pub fn answer(&self) -> Answer {", "pub fn causes("),
        table("fn refused(refusal: &Refusal) -> Answer {", "\n}\n"),
    ];
    let is_code = |text: &&str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    tables.iter().flat_map(|table| table.split('"').skip(1).step_by(2)).filter(is_code).collect()
}

/// Status and code of each problem that a call is documented with.
pub(crate) fn problems_of(call: &str) -> BTreeSet<String> {
    Document::read().problems(call)
}

/// Whether a call is documented to answer with this status.
pub(crate) fn answers(call: &str, status: &str) -> bool {
    Document::read().responses(call).any(|(documented, _)| documented == status)
}

/// Whether the body of a success is one that the call is documented with.
pub(crate) fn is_documented(call: &str, answer: &Answer) -> bool {
    let document = Document::read();
    let status = answer.status.to_string();
    let (_, documented) = document.responses(call).find(|(documented, _)| *documented == status).unwrap();
    let schema = &documented["content"]["application/json"]["schema"];
    document.strict_validator(schema).is_valid(&answer.body)
}

#[test]
fn the_calls_are_those_of_the_template() {
    let document = Document::read();
    let template = Template::of_this_repository().unwrap();
    let routes = template.functions.iter().flat_map(|function| &function.routes);
    let routes: BTreeSet<_> =
        routes.map(|route| format!("{} {}", route.method.to_lowercase(), route.path)).collect();
    assert_eq!(document.routes(), routes);
    let called = CALLS.map(|call| format!("post /{call}"));
    assert!(routes.iter().eq(&called), "{routes:?}");
    for call in CALLS {
        let operation = document.operation(call);
        assert_eq!(operation["operationId"], call);
        let request = document.follow(&operation["requestBody"]);
        assert_eq!(request["description"], "At most 4,096 bytes.");
    }
    assert_eq!(LONGEST_BODY, 4_096);
    assert_eq!(document.yaml["info"]["version"], env!("CARGO_PKG_VERSION"));
}

/// Status and code of every problem that some call has.
pub(crate) fn problems() -> BTreeSet<String> {
    let document = Document::read();
    CALLS.iter().flat_map(|call| document.problems(call)).collect()
}

#[test]
fn every_problem_of_the_source_is_some_calls_and_no_other_is() {
    let problems = problems();
    let codes: BTreeSet<_> = problems.iter().map(|problem| problem.split_once(' ').unwrap().1).collect();
    assert_eq!(codes, codes_of_the_source());
    assert_eq!(codes.len(), problems.len(), "a code with two statuses: {problems:?}");
}

/// Every refusal that a scene prices; that each of the file's happens is what the replay of its examples shows.
#[test]
fn every_call_has_the_problems_that_its_scenes_have() {
    let document = Document::read();
    for (call, answer) in cost::answers() {
        let status = answer.split(' ').next().unwrap();
        let responses = &document.operation(call)["responses"];
        assert_ne!(responses[status], Value::Null, "{call} {answer}");
        if answer != status {
            assert!(document.problems(call).contains(answer), "{call} {answer}");
        }
    }
}

#[test]
fn a_file_that_lacks_a_problem_is_found_out() {
    let mut document = Document::read();
    assert!(document.problems("verify").contains("422 invalid_otp"));
    let verify = &mut document.yaml["paths"]["/verify"]["post"]["responses"];
    assert!(verify.as_mapping_mut().unwrap().remove("422").is_some());
    assert!(!document.problems("verify").contains("422 invalid_otp"));
}
