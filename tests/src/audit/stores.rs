//! What is kept: items, secrets, logs.

use serde_json::json;

use super::Audit;

impl Audit<'_> {
    pub(super) fn tables(&mut self) {
        for (name, table) in self.of_type("AWS::DynamoDB::Table") {
            for (pointer, wanted) in [
                ("/DeletionPolicy", json!("Retain")),
                ("/UpdateReplacePolicy", json!("Retain")),
                ("/Properties/BillingMode", json!("PAY_PER_REQUEST")),
                ("/Properties/DeletionProtectionEnabled", json!(true)),
                ("/Properties/PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled", json!(true)),
                ("/Properties/SSESpecification/SSEEnabled", json!(true)),
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
        }
        let generated = json!({ "ExcludePunctuation": true, "PasswordLength": 64 });
        let pepper = &self.template["Resources"]["OtpPepper"];
        self.must("OtpPepper", pepper, "/Properties/GenerateSecretString", &generated);
    }

    pub(super) fn log_groups(&mut self) {
        for (name, group) in self.of_type("AWS::Logs::LogGroup") {
            let days = &group["Properties"]["RetentionInDays"];
            if self.number(days).is_none() {
                self.fault(format!("{name} keeps its logs for ever"));
            }
        }
    }
}
