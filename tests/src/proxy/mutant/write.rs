//! The kinds of writes that the service sends, whatever their values.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::expression::tokens;
use crate::proxy::Operation;

/// All of them, by name. A journey holds the list to what the service sends.
pub static WRITES: LazyLock<Vec<Write>> =
    LazyLock::new(|| serde_norway::from_str(include_str!("writes.yaml")).expect("a list of writes"));

/// The types of values, by their path: a placeholder or an attribute, and what is in it, as in `issued[].at`.
///
/// A status that is always the same is told by its name.
pub(super) type Types = BTreeMap<String, String>;

/// A kind of write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Write {
    /// What the tests call it.
    pub name: String,
    /// What is done to one item: `UpdateItem`, or an action of a transaction.
    pub action: String,
    /// The table.
    pub table: String,
    /// The condition, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// The update, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update: Option<String>,
    /// The values of the placeholders.
    #[serde(default, skip_serializing_if = "Types::is_empty")]
    pub values: Types,
    /// The attributes that a put writes.
    #[serde(default, skip_serializing_if = "Types::is_empty")]
    pub item: Types,
}

impl Write {
    /// The writes in a call, in its order; none where it only reads.
    #[must_use]
    pub fn of_call(operation: &Operation, body: &Value) -> Vec<Self> {
        actions(operation, body).map(|(action, body)| Self::of_action(action, body)).collect()
    }

    fn of_action(action: &str, body: &Value) -> Self {
        let text = |name: &str| body[name].as_str().map(str::to_owned);
        let types = |values: &Value| {
            let mut types = Types::new();
            for (name, value) in values.as_object().into_iter().flatten() {
                learn(&mut types, name, value);
            }
            types
        };
        Self {
            name: String::new(),
            action: action.to_owned(),
            table: text("TableName").unwrap_or_default(),
            condition: text("ConditionExpression"),
            update: text("UpdateExpression"),
            values: types(&body["ExpressionAttributeValues"]),
            item: types(&body["Item"]),
        }
    }

    /// Whether the two are of one kind: the same is done under the same condition.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        (&self.action, &self.table, &self.condition, &self.update)
            == (&other.action, &other.table, &other.condition, &other.update)
    }

    /// Whether this action of a call is of this kind.
    pub(super) fn is_of(&self, action: &str, body: &Value) -> bool {
        self.action == action
            && body["TableName"] == self.table
            && body["ConditionExpression"].as_str() == self.condition.as_deref()
            && body["UpdateExpression"].as_str() == self.update.as_deref()
    }

    /// Adds what another write of the kind has: some attributes are not in each of them, and some values differ.
    pub fn learn(&mut self, other: &Self) {
        for (mine, others) in [(&mut self.values, &other.values), (&mut self.item, &other.item)] {
            for (path, kind) in others {
                merge(mine, path, kind);
            }
        }
    }

    /// The names of all placeholders in this expression of the write.
    pub(super) fn placeholders(expression: Option<&String>) -> Vec<&str> {
        let mut placeholders = tokens(expression.map_or("", String::as_str));
        placeholders.retain(|token| token.starts_with(':'));
        placeholders.sort_unstable();
        placeholders.dedup();
        placeholders
    }
}

/// What a call does to each item: by the name of the action.
fn actions<'a>(operation: &Operation, body: &'a Value) -> impl Iterator<Item = (&'a str, &'a Value)> {
    let of_transaction = body["TransactItems"].as_array().into_iter().flatten();
    let of_transaction = of_transaction.filter_map(Value::as_object).flat_map(Map::iter);
    let of_one = (*operation == Operation::UpdateItem).then_some(("UpdateItem", body));
    let is_transaction = *operation == Operation::TransactWriteItems;
    of_transaction.filter(move |_| is_transaction).map(|(action, body)| (action.as_str(), body)).chain(of_one)
}

/// What a call does to each item, to be changed.
pub(super) fn actions_mut<'a>(operation: &Operation, body: &'a mut Value) -> Vec<(String, &'a mut Value)> {
    match operation {
        Operation::UpdateItem => vec![("UpdateItem".to_owned(), body)],
        Operation::TransactWriteItems => {
            let items = body["TransactItems"].as_array_mut().into_iter().flatten();
            let actions = items.filter_map(Value::as_object_mut).flat_map(Map::iter_mut);
            actions.map(|(action, body)| (action.clone(), body)).collect()
        }
        _ => Vec::new(),
    }
}

/// Learns the type of a value, and of what is in it.
fn learn(types: &mut Types, path: &str, value: &Value) {
    let Some((kind, inner)) = value.as_object().and_then(|value| value.iter().next()) else { return };
    let text = inner.as_str().unwrap_or_default();
    // A status has its name: `:pending` is PENDING. In a row it is what the row begins with.
    let is_constant = kind == "S"
        && (path == "status" || path.strip_prefix(':').is_some_and(|name| name.to_uppercase() == text));
    merge(types, path, if is_constant { text } else { kind });
    match inner {
        Value::Object(members) if kind == "M" => {
            for (name, value) in members {
                learn(types, &format!("{path}.{name}"), value);
            }
        }
        Value::Array(values) if kind == "L" => {
            for value in values {
                learn(types, &format!("{path}[]"), value);
            }
        }
        _ => {}
    }
}

/// Notes a type; a text that is not always the same is no constant.
fn merge(types: &mut Types, path: &str, kind: &str) {
    types
        .entry(path.to_owned())
        .and_modify(|known| {
            if known != kind {
                "S".clone_into(known);
            }
        })
        .or_insert_with(|| kind.to_owned());
}
