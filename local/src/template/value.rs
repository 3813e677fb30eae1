//! The values of the template when every parameter has its default.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_norway::Value;
use serde_norway::value::TaggedValue;

use super::Setting;

/// The name of the stack on this machine.
const STACK: &str = "countersign";

/// A parameter, of which only the default matters here.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Parameter {
    default: Option<Value>,
}

/// The names that a value of the template may refer to.
pub(super) struct Scope<'a> {
    pub(super) parameters: &'a BTreeMap<String, Parameter>,
    pub(super) conditions: &'a BTreeMap<String, Value>,
    /// Logical name of each table, and the name that it has on this machine.
    pub(super) tables: BTreeMap<String, String>,
    /// Logical names of all resources, the tables included.
    pub(super) resources: BTreeSet<String>,
}

impl Scope<'_> {
    /// Resolves `value` as a setting, or says what is wrong with it.
    pub(super) fn setting(&self, value: &Value) -> Result<Setting, String> {
        let Value::Tagged(tagged) = value else {
            return text(value)
                .map(Setting::Value)
                .ok_or_else(|| "is neither a text nor a number".to_owned());
        };
        match tag(tagged).as_str() {
            "Ref" => self.reference(&tagged.value),
            "If" => {
                let [condition, then, otherwise] = arguments(tagged)?;
                let condition = text(condition).ok_or("has an !If without the name of a condition")?;
                let met = self.condition(
                    self.conditions
                        .get(&condition)
                        .ok_or_else(|| format!("names no condition: {condition}"))?,
                )?;
                self.setting(if met { then } else { otherwise })
            }
            "GetAtt" | "Sub" => Ok(Setting::Deployed),
            tag => Err(format!("uses !{tag}, which is not understood here")),
        }
    }

    fn reference(&self, name: &Value) -> Result<Setting, String> {
        let name = text(name).ok_or("refers to something without a name")?;
        if name == "AWS::NoValue" {
            return Ok(Setting::Optional);
        }
        if name == "AWS::StackName" {
            return Ok(Setting::Value(STACK.to_owned()));
        }
        if let Some(table) = self.tables.get(&name) {
            return Ok(Setting::Value(table.clone()));
        }
        if self.resources.contains(&name) {
            return Ok(Setting::Deployed);
        }
        let parameter = self
            .parameters
            .get(&name)
            .ok_or_else(|| format!("refers to {name}, which is no parameter and no resource"))?;
        let Some(default) = &parameter.default else { return Ok(Setting::Required) };
        text(default).map(Setting::Value).ok_or_else(|| format!("refers to {name}, whose default is no text"))
    }

    fn condition(&self, value: &Value) -> Result<bool, String> {
        let Value::Tagged(tagged) = value else {
            return Err("has a condition without a function".to_owned());
        };
        match tag(tagged).as_str() {
            "Not" => {
                let [inner] = arguments(tagged)?;
                Ok(!self.condition(inner)?)
            }
            "Equals" => {
                let [left, right] = arguments(tagged)?;
                Ok(self.setting(left)? == self.setting(right)?)
            }
            tag => Err(format!("has a condition with !{tag}, which is not understood here")),
        }
    }
}

/// Returns a scalar as the text that an environment variable would have.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

/// Returns a whole number that is not negative.
pub(super) fn number(value: &Value) -> Option<u64> {
    value.as_u64()
}

fn tag(tagged: &TaggedValue) -> String {
    tagged.tag.to_string().trim_start_matches('!').to_owned()
}

fn arguments<const N: usize>(tagged: &TaggedValue) -> Result<[&Value; N], String> {
    let given: Vec<&Value> = tagged.value.as_sequence().into_iter().flatten().collect();
    given.try_into().map_err(|_| format!("has an !{} without its {N} arguments", tag(tagged)))
}
