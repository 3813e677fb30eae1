//! `docs/openapi.yaml`, and what it says.

use std::collections::BTreeSet;

use jsonschema::Validator;
use serde_json::{Value as Json, json};
use serde_norway::Value;

/// The file, read once.
#[derive(Debug)]
pub struct Document {
    /// All of it, members in their order.
    pub yaml: Value,
}

impl Document {
    /// Reads it.
    #[must_use]
    pub fn read() -> Self {
        Self { yaml: serde_norway::from_str(include_str!("../../docs/openapi.yaml")).unwrap() }
    }

    /// What `node` is, or what it refers to.
    #[must_use]
    pub fn follow<'a>(&'a self, node: &'a Value) -> &'a Value {
        let Some(reference) = node["$ref"].as_str() else { return node };
        let path = reference.strip_prefix("#/").unwrap();
        let found = path.split('/').fold(&self.yaml, |node, key| &node[key]);
        assert_ne!(*found, Value::Null, "{reference}");
        self.follow(found)
    }

    /// Method and path of each call.
    #[must_use]
    pub fn routes(&self) -> BTreeSet<String> {
        let paths = members(&self.yaml["paths"]);
        paths
            .flat_map(|(path, item)| members(item).map(move |(method, _)| format!("{method} {path}")))
            .collect()
    }

    /// What the file says of a call.
    #[must_use]
    pub fn operation(&self, call: &str) -> &Value {
        &self.yaml["paths"][format!("/{call}")]["post"]
    }

    /// The statuses of a call's answers, each with its answer.
    pub fn responses<'a>(&'a self, call: &str) -> impl Iterator<Item = (&'a str, &'a Value)> {
        members(&self.operation(call)["responses"]).map(|(status, answer)| (status, self.follow(answer)))
    }

    /// The JSON that a call takes: its schema, and its examples.
    #[must_use]
    pub fn request(&self, call: &str) -> &Value {
        &self.follow(&self.operation(call)["requestBody"])["content"]["application/json"]
    }

    /// Status and code of each problem of a call, such as `422 invalid_otp`. The status is that of the answer, and the
    /// schema has the same.
    #[must_use]
    pub fn problems(&self, call: &str) -> BTreeSet<String> {
        let mut problems = BTreeSet::new();
        for (status, answer) in self.responses(call) {
            for schema in self.alternatives(&answer["content"]["application/problem+json"]["schema"]) {
                let own = &schema["allOf"][1]["properties"];
                assert_eq!(own["status"]["const"].as_u64().unwrap().to_string(), status, "{call}: {own:?}");
                problems.insert(format!("{status} {}", own["code"]["const"].as_str().unwrap()));
            }
        }
        problems
    }

    /// The schemas one of which holds.
    fn alternatives<'a>(&'a self, schema: &'a Value) -> Vec<&'a Value> {
        let schema = self.follow(schema);
        match schema["oneOf"].as_sequence() {
            Some(alternatives) => alternatives.iter().map(|one| self.follow(one)).collect(),
            None if *schema == Value::Null => Vec::new(),
            None => vec![schema],
        }
    }

    /// What `schema` accepts.
    #[must_use]
    pub fn validator(&self, schema: &Value) -> Validator {
        let schema = serde_json::to_value(schema).unwrap();
        build(&json!({ "allOf": [schema], "components": self.components() }))
    }

    /// What `schema` accepts, if no object has a member that is not named. The file leaves answers open, so that a member
    /// more breaks no client; here each has to be written down.
    #[must_use]
    pub fn strict_validator(&self, schema: &Value) -> Validator {
        let schema = serde_json::to_value(schema).unwrap();
        let mut root =
            json!({ "allOf": [schema], "unevaluatedProperties": false, "components": self.components() });
        close(&mut root);
        build(&root)
    }

    fn components(&self) -> Json {
        serde_json::to_value(&self.yaml["components"]).unwrap()
    }
}

fn build(root: &Json) -> Validator {
    jsonschema::draft202012::options().should_validate_formats(true).build(root).unwrap()
}

/// Closes the objects that are members or items of others.
fn close(node: &mut Json) {
    match node {
        Json::Object(members) => {
            let properties = members.get_mut("properties").and_then(Json::as_object_mut);
            for schema in properties.into_iter().flat_map(serde_json::Map::values_mut) {
                schema["unevaluatedProperties"] = json!(false);
            }
            if let Some(items) = members.get_mut("items") {
                items["unevaluatedProperties"] = json!(false);
            }
            members.values_mut().for_each(close);
        }
        Json::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

/// The members of an object in their order.
pub fn members(node: &Value) -> impl Iterator<Item = (&str, &Value)> {
    node.as_mapping().into_iter().flatten().map(|(name, value)| (name.as_str().unwrap(), value))
}
