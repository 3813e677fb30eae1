//! What is kept: items, secrets, logs.

use serde_json::{Value, json};

use super::{Audit, only_if};

/// The days that a table can be set back by.
const RECOVERABLE_DAYS: u8 = 7;

impl Audit<'_> {
    pub(super) fn tables(&mut self) {
        for (name, table) in self.of_type("AWS::DynamoDB::Table") {
            let recovery =
                json!({ "PointInTimeRecoveryEnabled": true, "RecoveryPeriodInDays": RECOVERABLE_DAYS });
            for (pointer, wanted) in [
                ("/DeletionPolicy", json!("Retain")),
                ("/UpdateReplacePolicy", json!("Retain")),
                ("/Properties/BillingMode", json!("PAY_PER_REQUEST")),
                ("/Properties/DeletionProtectionEnabled", json!(true)),
                // What is gone from the others is meant to be gone.
                (
                    "/Properties/PointInTimeRecoverySpecification",
                    if name == "UsersTable" { recovery } else { Value::Null },
                ),
                // Nobody but a backend has to hear of changes, and of no more than whose they are.
                (
                    "/Properties/StreamSpecification",
                    if name == "UsersTable" { json!({ "StreamViewType": "KEYS_ONLY" }) } else { Value::Null },
                ),
                (
                    "/Properties/SSESpecification",
                    json!({ "KMSMasterKeyId": key(), "SSEEnabled": true, "SSEType": "KMS" }),
                ),
                (
                    "/Properties/TimeToLiveSpecification",
                    json!({ "AttributeName": "expiresAt", "Enabled": true }),
                ),
            ] {
                self.must(name, table, pointer, &wanted);
            }
        }
    }

    /// Whoever refers to the table of users refers to the one in use.
    pub(super) fn users_table(&mut self) {
        let given = json!({ "Fn::Not": [{ "Fn::Equals": [{ "Ref": "ExistingUsersTable" }, ""] }] });
        self.must("template", self.template, "/Conditions/HasExistingUsersTable", &given);
        let own = json!({ "Fn::Equals": [{ "Ref": "ExistingUsersTable" }, ""] });
        self.must("template", self.template, "/Conditions/HasOwnUsersTable", &own);
        let stream = &self.template["Outputs"]["UsersTableStreamArn"];
        self.must("UsersTableStreamArn", stream, "/Condition", &json!("HasOwnUsersTable"));
        let mut others = Vec::new();
        for section in ["Globals", "Outputs", "Resources"] {
            strays(section, &self.template[section], &mut others);
        }
        for place in others {
            self.fault(format!("{place} is the stack's own table of users, though another may be in use"));
        }
        for (name, function) in self.merged_functions() {
            self.must(name, &function, "/Environment/Variables/USERS_TABLE", &users_name());
        }
    }

    pub(super) fn secrets(&mut self) {
        for (name, secret) in self.of_type("AWS::SecretsManager::Secret") {
            for policy in ["DeletionPolicy", "UpdateReplacePolicy"] {
                if secret[policy].is_null() {
                    self.fault(format!("{name} has no {policy}"));
                }
            }
            self.must(name, secret, "/Properties/KmsKeyId", &key());
        }
        let generated = json!({ "ExcludePunctuation": true, "PasswordLength": 64 });
        let pepper = &self.template["Resources"]["OtpPepper"];
        self.must("OtpPepper", pepper, "/Properties/GenerateSecretString", &generated);
        let given = json!({ "Fn::Not": [{ "Fn::Equals": [{ "Ref": "KmsKeyArn" }, ""] }] });
        self.must("template", self.template, "/Conditions/HasKmsKey", &given);
    }

    pub(super) fn log_groups(&mut self) {
        for (name, group) in self.of_type("AWS::Logs::LogGroup") {
            let days = &group["Properties"]["RetentionInDays"];
            if self.number(days).is_none() {
                self.fault(format!("{name} keeps its logs for ever"));
            }
        }
        for (_, function) in self.merged_functions() {
            let Some(name) = function["LoggingConfig"]["LogGroup"]["Ref"].as_str() else { continue };
            let group = &self.template["Resources"][name];
            // The audit is in it. With a name of its own it would stand in the way of the next stack.
            self.must(name, group, "/DeletionPolicy", &json!("RetainExceptOnCreate"));
            self.must(name, group, "/UpdateReplacePolicy", &json!("Retain"));
            self.must(name, group, "/Properties/LogGroupName", &Value::Null);
        }
    }
}

/// The key that whoever deploys named, if any.
fn key() -> Value {
    only_if("HasKmsKey", &json!({ "Ref": "KmsKeyArn" }))
}

/// The name of the table of users in use.
fn users_name() -> Value {
    json!({ "Fn::If": ["HasExistingUsersTable", { "Ref": "ExistingUsersTable" }, { "Ref": "UsersTable" }] })
}

/// Its ARN.
pub(super) fn users_arn() -> Value {
    let existing =
        "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${ExistingUsersTable}";
    let own = json!({ "Fn::GetAtt": "UsersTable.Arn" });
    json!({ "Fn::If": ["HasExistingUsersTable", { "Fn::Sub": existing }, own] })
}

/// Collects where below `place` the stack's own table stands without a choice.
fn strays(place: &str, value: &Value, found: &mut Vec<String>) {
    // The stream of an existing table cannot be told from its name.
    let stream = place == "Outputs.UsersTableStreamArn.Value";
    if stream || *value == users_name() || *value == users_arn() {
        return;
    }
    match value {
        Value::Object(object) => {
            for (key, inner) in object {
                let refers = ["Ref", "Fn::GetAtt"].contains(&key.as_str());
                let own = inner.as_str().is_some_and(|name| name.split('.').next() == Some("UsersTable"));
                if refers && own {
                    found.push(place.to_owned());
                }
                strays(&format!("{place}.{key}"), inner, found);
            }
        }
        Value::Array(array) => {
            for (nth, inner) in array.iter().enumerate() {
                strays(&format!("{place}.{nth}"), inner, found);
            }
        }
        Value::String(text) if text.contains("${UsersTable") => found.push(place.to_owned()),
        _ => {}
    }
}
