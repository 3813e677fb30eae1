//! The edits of a write: each differs from what the service sends in one place.

use serde_json::{Value, json};

use super::expression::{Condition, Update, renamed, tokens};
use super::write::{Types, Write};

/// The placeholder of a value that is changed in one expression and not in the other.
const CHANGED: &str = ":changed";

/// One edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Edit {
    /// Another condition.
    Condition(String),
    /// Another update, or none.
    Update(Option<String>),
    /// Another value of a placeholder, or in it, in this expression alone.
    Placeholder { expression: &'static str, path: String, change: Change },
    /// Another value of an attribute, or in it.
    Attribute { path: String, change: Change },
}

/// How a value is changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Add(i64),
    Text(&'static str),
    LeaveOut,
}

const CONDITION: &str = "ConditionExpression";
const UPDATE: &str = "UpdateExpression";

/// The statuses of a table's rows.
fn statuses(table: &str) -> &'static [&'static str] {
    match table {
        "users" => &["PENDING", "VERIFIED"],
        "otps" => &["PENDING", "CONFIRMED", "REJECTED"],
        _ => &[],
    }
}

/// All edits of a write, each in words.
pub(super) fn edits(write: &Write) -> Vec<(String, Edit)> {
    let mut edits = Vec::new();
    if let Some(condition) = write.condition.as_deref().map(Condition::parse) {
        edits.push(("no condition".to_owned(), Edit::Condition(condition.always().to_string())));
        for (words, changed) in condition.changes() {
            edits.push((format!("condition {words}"), Edit::Condition(changed.to_string())));
        }
    }
    let values = of_placeholders(write, write.condition.as_ref(), "condition", CONDITION);
    edits.extend(values);
    for (words, changed) in write.update.as_deref().map(Update::parse).iter().flat_map(Update::changes) {
        // A transaction's update must do something.
        if !changed.is_empty() || write.action == "UpdateItem" {
            let changed = (!changed.is_empty()).then(|| changed.to_string());
            edits.push((words, Edit::Update(changed)));
        }
    }
    edits.extend(of_placeholders(write, write.update.as_ref(), "update", UPDATE));
    let is_key = |path: &str| ["username", "key"].contains(&path);
    for (path, change, words) in changes(&write.item, &write.table, |path| !is_key(path)) {
        edits.push((format!("item {words}"), Edit::Attribute { path, change }));
    }
    edits
}

fn of_placeholders(
    write: &Write,
    expression: Option<&String>,
    name: &str,
    member: &'static str,
) -> Vec<(String, Edit)> {
    let placeholders = Write::placeholders(expression);
    let root = |path: &str| path.split(['.', '[']).next().unwrap_or(path).to_owned();
    let is_in = |path: &str| placeholders.contains(&root(path).as_str());
    let changes = changes(&write.values, &write.table, is_in).into_iter();
    changes
        // Without a placeholder as a whole, the expression would have no meaning.
        .filter(|(path, change, _)| *change != Change::LeaveOut || root(path) != *path)
        .map(|(path, change, words)| {
            (format!("{name} {words}"), Edit::Placeholder { expression: member, path, change })
        })
        .collect()
}

/// All changes of the values that are wanted: a number off by one, another status, a member left out.
fn changes(types: &Types, table: &str, wanted: impl Fn(&str) -> bool) -> Vec<(String, Change, String)> {
    let mut changes = Vec::new();
    for (path, kind) in types.iter().filter(|(path, _)| wanted(path)) {
        let mut push = |change, words: String| changes.push((path.clone(), change, words));
        if kind == "N" {
            push(Change::Add(1), format!("with `{path}` one more"));
            push(Change::Add(-1), format!("with `{path}` one less"));
        }
        if statuses(table).contains(&kind.as_str()) {
            for other in statuses(table).iter().filter(|status| *status != kind) {
                push(Change::Text(other), format!("with `{path}` {other}"));
            }
        }
        push(Change::LeaveOut, format!("without `{path}`"));
    }
    changes
}

impl Edit {
    /// Carries the edit out on the body of an action.
    pub(super) fn apply(&self, body: &mut Value) {
        match self {
            Self::Condition(condition) => body[CONDITION] = json!(condition),
            Self::Update(Some(update)) => body[UPDATE] = json!(update),
            Self::Update(None) => {
                body.as_object_mut().map(|body| body.remove(UPDATE));
            }
            Self::Placeholder { expression, path, change } => {
                let (root, rest) = path.split_at(path.find(['.', '[']).unwrap_or(path.len()));
                let mut values = json!({ CHANGED: body["ExpressionAttributeValues"][root] });
                change.apply(&mut values, &format!("{CHANGED}{rest}"));
                body["ExpressionAttributeValues"][CHANGED] = values[CHANGED].take();
                body[*expression] =
                    json!(renamed(body[*expression].as_str().unwrap_or_default(), root, CHANGED));
            }
            Self::Attribute { path, change } => change.apply(&mut body["Item"], path),
        }
        forget_unused(body);
    }
}

impl Change {
    /// Carries the change out on the values at `path` below `values`, which may be none.
    fn apply(&self, values: &mut Value, path: &str) {
        let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
        let (name, is_list) = name.strip_suffix("[]").map_or((name, false), |name| (name, true));
        let Some(members) = values.as_object_mut() else { return };
        if let (None, false, Self::LeaveOut) = (rest, is_list, self) {
            members.remove(name);
            return;
        }
        let Some(value) = members.get_mut(name) else { return };
        if !is_list {
            return self.apply_to(value, rest);
        }
        let Some(list) = value["L"].as_array_mut() else { return };
        match (rest, self) {
            // One entry of a list, the newest.
            (None, Self::LeaveOut) => drop(list.pop()),
            _ => list.iter_mut().for_each(|entry| self.apply_to(entry, rest)),
        }
    }

    fn apply_to(&self, value: &mut Value, rest: Option<&str>) {
        match (rest, self) {
            (Some(rest), _) => self.apply(&mut value["M"], rest),
            (None, Self::Add(added)) => {
                let number: Option<i64> = value["N"].as_str().and_then(|number| number.parse().ok());
                if let Some(number) = number {
                    value["N"] = json!((number + added).to_string());
                }
            }
            (None, Self::Text(text)) => value["S"] = json!(text),
            (None, Self::LeaveOut) => {}
        }
    }
}

/// Takes out the names and values that no expression has any more: DynamoDB refuses them.
fn forget_unused(body: &mut Value) {
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    let expressions = format!("{} {}", text(CONDITION), text(UPDATE));
    let used = tokens(&expressions);
    for name in ["ExpressionAttributeNames", "ExpressionAttributeValues"] {
        let Some(members) = body[name].as_object_mut() else { continue };
        members.retain(|name, _| used.contains(&name.as_str()));
        if members.is_empty() {
            body.as_object_mut().map(|body| body.remove(name));
        }
    }
}
