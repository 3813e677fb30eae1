//! What a reviewer of security looks for in `template.yaml`, as a list of faults that should be empty.
//!
//! It reads the template and nothing else. That the rights in [`NEEDS`] are those that the functions use is seen by a
//! journey that records their calls.

mod api;
mod attestation;
mod extent;
mod front_door;
mod functions;
mod parameters;
mod rights;
mod stores;
mod telling;

use serde_json::{Map, Value, json};

pub use rights::NEEDS;

/// The template of this repository, as JSON: `!Ref A` reads `{"Ref": "A"}`, `!Sub a` reads `{"Fn::Sub": "a"}`.
///
/// # Panics
/// When it is not YAML.
#[must_use]
pub fn template() -> Value {
    plain(serde_norway::from_str(include_str!("../../template.yaml")).expect("YAML"))
}

/// Everything in `template` that should be otherwise, as `<where> <what>`.
#[must_use]
pub fn faults(template: &Value) -> Vec<String> {
    let mut audit = Audit { template, faults: Vec::new() };
    audit.extent();
    audit.functions();
    audit.rights();
    audit.tables();
    audit.users_table();
    audit.secrets();
    audit.log_groups();
    audit.api();
    audit.front_door();
    audit.attestation();
    audit.parameters();
    audit.telling();
    audit.faults
}

struct Audit<'a> {
    template: &'a Value,
    faults: Vec<String>,
}

impl<'a> Audit<'a> {
    fn fault(&mut self, fault: String) {
        self.faults.push(fault);
    }

    /// Takes note unless what stands at `pointer` below `value` is what is `wanted`; null is nothing at all.
    fn must(&mut self, place: &str, value: &Value, pointer: &str, wanted: &Value) {
        let found = value.pointer(pointer).unwrap_or(&Value::Null);
        if found != wanted {
            let property = pointer.trim_start_matches('/').replace('/', ".");
            self.fault(format!("{place}.{property} is {found}, not {wanted}"));
        }
    }

    /// Logical name and definition of each resource of a type, in alphabetical order.
    fn of_type(&self, wanted: &str) -> Vec<(&'a str, &'a Value)> {
        let resources = entries(&self.template["Resources"]);
        resources.filter(|(_, resource)| resource["Type"] == wanted).collect()
    }

    /// The number that a value comes to when every parameter has its default.
    fn number(&self, value: &Value) -> Option<f64> {
        let parameter = value["Ref"].as_str().map(|name| &self.template["Parameters"][name]["Default"]);
        parameter.unwrap_or(value).as_f64()
    }
}

/// Whether `condition` holds when every parameter has its default.
///
/// # Panics
/// When it is of a form that the template has not had so far.
#[must_use]
pub fn holds_by_default(template: &Value, condition: &str) -> bool {
    holds(template, &template["Conditions"][condition])
}

fn holds(template: &Value, condition: &Value) -> bool {
    let resolved = |value: &Value| match value["Ref"].as_str() {
        Some(name) => template["Parameters"][name]["Default"].clone(),
        None => value.clone(),
    };
    match entries(condition).next() {
        Some(("Fn::And", all)) => items(all).all(|one| holds(template, one)),
        Some(("Fn::Not", inner)) => !holds(template, &inner[0]),
        Some(("Fn::Equals", sides)) => resolved(&sides[0]) == resolved(&sides[1]),
        _ => panic!("{condition} is of another form"),
    }
}

/// The entries of an object; of anything else, none.
fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}

/// The items of an array; of anything else, none.
fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// A property that is there on one condition only.
fn only_if(condition: &str, value: &Value) -> Value {
    json!({ "Fn::If": [condition, value, { "Ref": "AWS::NoValue" }] })
}

fn plain(value: serde_norway::Value) -> Value {
    use serde_norway::Value as Yaml;
    match value {
        Yaml::Tagged(tagged) => {
            let tag = tagged.tag.to_string();
            let name = match tag.trim_start_matches('!') {
                "Ref" => "Ref".to_owned(),
                name => format!("Fn::{name}"),
            };
            json!({ name: plain(tagged.value) })
        }
        Yaml::Mapping(mapping) => {
            let entries =
                mapping.into_iter().map(|(key, value)| (key.as_str().map(str::to_owned), plain(value)));
            let object: Map<String, Value> =
                entries.map(|(key, value)| (key.expect("a key that is a text"), value)).collect();
            Value::Object(object)
        }
        Yaml::Sequence(sequence) => sequence.into_iter().map(plain).collect(),
        scalar => serde_json::to_value(scalar).expect("a scalar"),
    }
}
