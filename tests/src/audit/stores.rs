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
