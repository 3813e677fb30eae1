//! Mistakes in what the functions send to DynamoDB, which the check has to find.

use serde_json::Value;

use crate::proxy::Operation;

/// A change of what the functions send.
pub type Edit = fn(&Operation, &mut Value);

/// A further code is stored whatever its row has become.
pub fn put_otp_unconditionally(_: &Operation, body: &mut Value) {
    // A first code has no condition; a further one is stored beside a check of the user.
    for item in items(body).filter(|item| item["Put"]["TableName"] == "otps") {
        drop_condition(&mut item["Put"]);
    }
}

/// A further code is stored whatever its row has become, and whoever has the username.
pub fn issue_unconditionally(operation: &Operation, body: &mut Value) {
    put_otp_unconditionally(operation, body);
    for item in items(body) {
        if let Some(check) = item.get_mut("ConditionCheck") {
            drop_condition(check);
            check["ConditionExpression"] = "attribute_exists(username)".into();
        }
    }
}

/// A code is confirmed whatever its row has become.
pub fn confirm_unconditionally(_: &Operation, body: &mut Value) {
    for item in items(body).filter(|item| item["Update"]["TableName"] == "otps") {
        drop_condition(&mut item["Update"]);
    }
}

/// A code is confirmed, and its user stays as it is.
pub fn confirm_without_the_user(_: &Operation, body: &mut Value) {
    if let Some(items) = body.get_mut("TransactItems").and_then(Value::as_array_mut) {
        items.retain(|item| item["Update"]["TableName"] != "users");
    }
}

/// A code is stored, and counted nowhere.
pub fn count_nothing(_: &Operation, body: &mut Value) {
    if let Some(items) = body.get_mut("TransactItems").and_then(Value::as_array_mut) {
        items.retain(|item| item["Update"]["TableName"] != "limits");
    }
}

/// An attempt is taken whatever was taken before.
pub fn take_attempts_without_end(operation: &Operation, body: &mut Value) {
    let condition = body["ConditionExpression"].as_str().unwrap_or_default();
    if *operation == Operation::UpdateItem && condition.contains(" AND attempts < :max") {
        body["ConditionExpression"] = condition.replace(" AND attempts < :max", "").into();
        body["ExpressionAttributeValues"].as_object_mut().expect("values").remove(":max");
    }
}

/// An attempt is taken at a contested account by whoever knows no id of it.
pub fn take_attempts_at_contested_accounts(_: &Operation, body: &mut Value) {
    if let Some(condition) = body.get("ConditionExpression").and_then(Value::as_str) {
        body["ConditionExpression"] = condition.replace(" AND attribute_not_exists(contested)", "").into();
    }
}

fn items(body: &mut Value) -> impl Iterator<Item = &mut Value> {
    body.get_mut("TransactItems").and_then(Value::as_array_mut).into_iter().flatten()
}

/// Drops the condition of a write, with the names and values that nothing else uses.
fn drop_condition(write: &mut Value) {
    let Some(write) = write.as_object_mut() else { return };
    write.remove("ConditionExpression");
    let update = write.get("UpdateExpression").and_then(Value::as_str).unwrap_or_default().to_owned();
    for names in ["ExpressionAttributeNames", "ExpressionAttributeValues"] {
        let Some(used) = write.get_mut(names).and_then(Value::as_object_mut) else { continue };
        used.retain(|name, _| update.contains(name.as_str()));
        if used.is_empty() {
            write.remove(names);
        }
    }
}
