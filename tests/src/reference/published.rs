//! The problem documents as `docs/openapi.yaml` publishes them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::{Map, Value};

/// The example of each problem, by its code, without what differs from one answer to another.
static PUBLISHED: LazyLock<BTreeMap<String, Map<String, Value>>> = LazyLock::new(|| {
    let file: Value =
        serde_norway::from_str(include_str!("../../../docs/openapi.yaml")).expect("the file is YAML");
    let examples = file["components"]["examples"].as_object().expect("examples").iter();
    // Two problems have this code; the one of a body that is no object is none of these histories.
    let values = examples.filter(|(name, _)| *name != "NotAnObject").map(|(_, example)| &example["value"]);
    let problems = values.filter_map(|value| {
        let mut problem = value.as_object()?.clone();
        for differing in ["requestId", "errors", "attemptsRemaining", "retryAfter"] {
            problem.remove(differing);
        }
        Some((problem.get("code")?.as_str()?.to_owned(), problem))
    });
    problems.collect()
});

/// What every document of the problem `code` has: type, title, status, detail, `success` and code.
pub(super) fn problem(code: &str) -> Map<String, Value> {
    PUBLISHED.get(code).unwrap_or_else(|| panic!("no problem {code} is published")).clone()
}
