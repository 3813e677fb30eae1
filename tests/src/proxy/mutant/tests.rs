//! What mutants are made of a write, and that DynamoDB understands each.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::expression::{Condition, Update};
use super::{Mutant, WRITES, Write};
use crate::proxy::Operation;
use crate::proxy::tests::bench::Bench;

/// What a condition may be changed to.
fn conditions(condition: &str) -> Vec<String> {
    Condition::parse(condition).changes().into_iter().map(|(_, changed)| changed.to_string()).collect()
}

#[test]
fn a_condition_is_changed_in_each_place() {
    assert_eq!(conditions("a = :b"), ["a <> :b"]);
    assert_eq!(
        conditions("a < :b AND c >= :d"),
        ["c >= :d", "a <= :b AND c >= :d", "a < :b", "a < :b AND c > :d"]
    );
    assert_eq!(
        conditions("attribute_not_exists(a) OR (#b = :b AND c <= :d)"),
        [
            "#b = :b AND c <= :d",
            "attribute_exists(a) OR (#b = :b AND c <= :d)",
            "attribute_not_exists(a)",
            "attribute_not_exists(a) OR c <= :d",
            "attribute_not_exists(a) OR (#b <> :b AND c <= :d)",
            "attribute_not_exists(a) OR #b = :b",
            "attribute_not_exists(a) OR (#b = :b AND c < :d)",
        ]
    );
    assert_eq!(conditions("a IN (:b, :c)"), ["a IN (:c)", "a IN (:b)"]);
    let always = Condition::parse("(#a = :b OR c > :d) AND e = :f").always();
    assert_eq!(always.to_string(), "attribute_exists(#a) OR attribute_not_exists(#a)");
}

#[test]
fn an_update_is_changed_in_each_place() {
    let update = Update::parse("SET a = a + :b, c = if_not_exists(c, :d) ADD #e :f REMOVE g, h");
    let changed: Vec<_> = update.changes().into_iter().map(|(_, changed)| changed.to_string()).collect();
    assert_eq!(
        changed,
        [
            "SET c = if_not_exists(c, :d) ADD #e :f REMOVE g, h",
            "SET a = a + :b ADD #e :f REMOVE g, h",
            "SET a = a + :b, c = :d ADD #e :f REMOVE g, h",
            "SET a = a + :b, c = if_not_exists(c, :d) REMOVE g, h",
            "SET a = a + :b, c = if_not_exists(c, :d) ADD #e :f REMOVE h",
            "SET a = a + :b, c = if_not_exists(c, :d) ADD #e :f REMOVE g",
        ]
    );
    let only = Update::parse("SET a = :b").changes();
    assert!(only.len() == 1 && only[0].1.is_empty());
}

#[test]
fn what_is_read_is_written_again() {
    for write in WRITES.iter() {
        if let Some(condition) = &write.condition {
            let again = Condition::parse(condition).to_string();
            assert_eq!(
                &again,
                condition
                    .strip_prefix('(')
                    .and_then(|c| c.strip_suffix(')'))
                    .filter(|_| !condition.contains("AND"))
                    .unwrap_or(condition)
            );
        }
        if let Some(update) = &write.update {
            assert_eq!(&Update::parse(update).to_string(), update);
        }
    }
}

fn mutant(name: &str) -> Mutant {
    let found = Mutant::all().into_iter().find(|mutant| mutant.name == name);
    found.unwrap_or_else(|| panic!("no {name:?}"))
}

/// A transaction with the confirmation of a code, after a check of something else.
fn confirmation() -> Value {
    let write = WRITES.iter().find(|write| write.name == "a confirmed code").unwrap();
    let check = json!({ "ConditionCheck": { "TableName": "users", "ConditionExpression": "attribute_exists(username)" } });
    json!({ "TransactItems": [check, sample(write)] })
}

#[test]
fn only_the_place_is_changed_and_only_in_the_write() {
    let sent = confirmation();
    let of = |name: &str| {
        let mut changed = mutant(name).of_call(&Operation::TransactWriteItems, &sent).unwrap();
        assert_eq!(changed["TransactItems"][0], sent["TransactItems"][0]);
        changed["TransactItems"][1]["Update"].take()
    };
    let update = &sent["TransactItems"][1]["Update"];

    let mut expected = update.clone();
    expected["ConditionExpression"] = json!("otpId = :id AND #status = :pending");
    expected["ExpressionAttributeValues"].as_object_mut().unwrap().remove(":now");
    assert_eq!(of("a confirmed code: condition without `validUntil > :now`"), expected);

    let mut expected = update.clone();
    expected["ConditionExpression"] = json!("otpId = :id AND #status = :pending AND validUntil > :changed");
    let values = expected["ExpressionAttributeValues"].as_object_mut().unwrap();
    values.remove(":now");
    values.insert(":changed".to_owned(), json!({ "N": "8" }));
    assert_eq!(of("a confirmed code: condition with `:now` one more"), expected);

    let mut expected = update.clone();
    expected["UpdateExpression"] = json!("SET #status = :confirmed, failures = :none, expiresAt = :unread");
    assert_eq!(of("a confirmed code: without `REMOVE contested`"), expected);

    let other = mutant("an unlock: no condition").of_call(&Operation::TransactWriteItems, &sent);
    assert_eq!(other, None);
}

#[test]
fn what_is_within_a_row_is_changed_too() {
    let write = WRITES.iter().find(|write| write.name == "a first code").unwrap();
    let sent = json!({ "TransactItems": [sample(write)] });
    let issued = |name: &str| {
        let changed = mutant(name).of_call(&Operation::TransactWriteItems, &sent).unwrap();
        changed["TransactItems"][0]["Put"]["Item"]["issued"]["L"].clone()
    };
    let entry = &sent["TransactItems"][0]["Put"]["Item"]["issued"]["L"][0];
    let mut later = entry.clone();
    later["M"]["at"]["N"] = json!("8");
    assert_eq!(issued("a first code: item with `issued[].at` one more"), json!([later]));
    let mut without = entry.clone();
    without["M"].as_object_mut().unwrap().remove("mac");
    assert_eq!(issued("a first code: item without `issued[].mac`"), json!([without]));
    assert_eq!(issued("a first code: item without `issued[]`"), json!([]));
}

#[test]
fn each_mutant_has_a_name_of_its_own_and_changes_something() {
    let mutants = Mutant::all();
    let names: BTreeSet<_> = mutants.iter().map(|mutant| &mutant.name).collect();
    assert_eq!(names.len(), mutants.len());
    for mutant in mutants {
        let (operation, sent) = call(mutant.write);
        assert!(mutant.of_call(&operation, &sent).is_some(), "{}", mutant.name);
    }
}

/// A mutant that DynamoDB refuses as malformed would be caught by any test, and prove nothing.
#[tokio::test]
async fn dynamodb_understands_each() {
    let bench = Bench::new().await;
    let limits = json!({
        "TableName": "limits", "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{ "AttributeName": "key", "AttributeType": "B" }],
        "KeySchema": [{ "AttributeName": "key", "KeyType": "HASH" }],
    });
    assert_eq!(bench.call("CreateTable", &limits).await.unwrap().0, 200);
    let understood = ["", "ConditionalCheckFailedException", "TransactionCanceledException"];
    for mutant in Mutant::all() {
        let (operation, sent) = call(mutant.write);
        let changed = mutant.of_call(&operation, &sent).unwrap();
        let (_, answer) = bench.call(operation.name(), &changed).await.unwrap();
        let error = answer["__type"].as_str().unwrap_or_default().rsplit('#').next().unwrap();
        let refused = answer["CancellationReasons"].as_array().into_iter().flatten();
        let refused = refused
            .map(|reason| reason["Code"].as_str().unwrap())
            .find(|code| !["None", "ConditionalCheckFailed"].contains(code));
        assert!(understood.contains(&error) && refused.is_none(), "{}: {answer} to {changed}", mutant.name);
    }
}

/// A call with this write alone.
fn call(write: &Write) -> (Operation, Value) {
    let sample = sample(write);
    match write.action.as_str() {
        "UpdateItem" => (Operation::UpdateItem, sample["UpdateItem"].clone()),
        _ => (Operation::TransactWriteItems, json!({ "TransactItems": [sample] })),
    }
}

/// The action of a write, with values of its types.
fn sample(write: &Write) -> Value {
    let mut body = json!({ "TableName": write.table });
    let mut set = |name: &str, value: Value| body[name] = value;
    if let Some(condition) = &write.condition {
        set("ConditionExpression", json!(condition));
    }
    if let Some(update) = &write.update {
        set("UpdateExpression", json!(update));
    }
    let expressions =
        [&write.condition, &write.update].map(|text| text.clone().unwrap_or_default()).join(" ");
    let names: Map<_, _> = super::expression::tokens(&expressions)
        .into_iter()
        .filter(|token| token.starts_with('#'))
        .map(|token| (token.to_owned(), json!(token[1..])))
        .collect();
    if !names.is_empty() {
        set("ExpressionAttributeNames", Value::Object(names));
    }
    if !write.values.is_empty() {
        set("ExpressionAttributeValues", values(&write.values));
    }
    if write.item.is_empty() {
        let key = if write.table == "limits" {
            json!({ "key": { "B": "AA==" } })
        } else {
            json!({ "username": { "S": "a" } })
        };
        set("Key", key);
    } else {
        set("Item", values(&write.item));
    }
    json!({ write.action.as_str(): body })
}

/// Values of these types, by their path.
fn values(types: &super::write::Types) -> Value {
    let mut values = json!({});
    for (path, kind) in types {
        let mut place = &mut values;
        for (nth, part) in path.split('.').enumerate() {
            let (name, is_list) = part.strip_suffix("[]").map_or((part, false), |name| (name, true));
            if nth > 0 {
                place = &mut place["M"];
            }
            place = &mut place[name];
            if is_list {
                if place["L"][0].is_null() {
                    place["L"] = json!([{}]);
                }
                place = &mut place["L"][0];
            }
        }
        *place = match kind.as_str() {
            "N" => json!({ "N": "7" }),
            "S" => json!({ "S": "a" }),
            "B" => json!({ "B": "AA==" }),
            "BOOL" => json!({ "BOOL": true }),
            "M" => json!({ "M": {} }),
            "L" => json!({ "L": [] }),
            status => json!({ "S": status }),
        };
    }
    values
}
