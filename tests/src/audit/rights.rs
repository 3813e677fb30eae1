//! What each function may do.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::stores::users_arn;
use super::{Audit, items, only_if};

/// What each function does to which resource: what it is seen to do, and all that it may do beside writing its log and
/// its traces.
pub const NEEDS: &[(&str, &str, &[&str])] = &[
    ("SignupFunction", "UsersTable", &["dynamodb:BatchGetItem", "dynamodb:PutItem"]),
    (
        "SignupFunction",
        "OtpsTable",
        &["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
    ),
    ("SignupFunction", "LimitsTable", &["dynamodb:BatchGetItem", "dynamodb:UpdateItem"]),
    ("SignupFunction", "CourierToken", &["secretsmanager:GetSecretValue"]),
    ("SignupFunction", "OtpPepper", &["secretsmanager:GetSecretValue"]),
    ("SendFunction", "UsersTable", &["dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem"]),
    (
        "SendFunction",
        "OtpsTable",
        &["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
    ),
    ("SendFunction", "LimitsTable", &["dynamodb:BatchGetItem", "dynamodb:UpdateItem"]),
    ("SendFunction", "CourierToken", &["secretsmanager:GetSecretValue"]),
    ("SendFunction", "OtpPepper", &["secretsmanager:GetSecretValue"]),
    ("ResendFunction", "UsersTable", &["dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem"]),
    (
        "ResendFunction",
        "OtpsTable",
        &["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
    ),
    ("ResendFunction", "LimitsTable", &["dynamodb:BatchGetItem", "dynamodb:UpdateItem"]),
    ("ResendFunction", "CourierToken", &["secretsmanager:GetSecretValue"]),
    ("ResendFunction", "OtpPepper", &["secretsmanager:GetSecretValue"]),
    ("VerifyFunction", "UsersTable", &["dynamodb:UpdateItem"]),
    ("VerifyFunction", "OtpsTable", &["dynamodb:GetItem", "dynamodb:UpdateItem"]),
    ("VerifyFunction", "OtpPepper", &["secretsmanager:GetSecretValue"]),
];

/// What every function needs for its own log group, and for X-Ray, which knows no resources.
const OF_LOGS: [&str; 2] = ["logs:CreateLogStream", "logs:PutLogEvents"];
const OF_TRACES: [&str; 2] = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"];

/// An action, and the resource that it is on: a reference as JSON, or `"*"`.
type Right = (String, String);

impl Audit<'_> {
    pub(super) fn rights(&mut self) {
        let mut used = BTreeSet::new();
        for (name, function) in self.merged_functions() {
            let arn = function["Role"]["Fn::GetAtt"].as_str().unwrap_or_default();
            let role = arn.strip_suffix(".Arn").unwrap_or_default().to_owned();
            if self.template["Resources"][&role]["Type"] != "AWS::IAM::Role" || !used.insert(role.clone()) {
                self.fault(format!("{name} has no role of its own"));
                continue;
            }
            let granted = self.granted(&role);
            let needed = needed(name, &function["LoggingConfig"]["LogGroup"]["Ref"]);
            for (action, resource) in granted.difference(&needed) {
                self.fault(format!("{role} may {action} on {resource} without need"));
            }
            for (action, resource) in needed.difference(&granted) {
                self.fault(format!("{role} may not {action} on {resource}"));
            }
        }
        let policies = self.of_type("AWS::IAM::ManagedPolicy");
        match policies[..] {
            [(name, policy)] => {
                self.must(name, &policy["Properties"], "/PolicyDocument/Statement", &of_the_backend());
            }
            _ => self.fault("there is not exactly one policy, for the app's backend".to_owned()),
        }
        for (role, definition) in self.of_type("AWS::IAM::Role") {
            let trusted = json!([{
                "Effect": "Allow",
                "Principal": { "Service": "lambda.amazonaws.com" },
                "Action": "sts:AssumeRole",
            }]);
            let properties = &definition["Properties"];
            self.must(role, properties, "/AssumeRolePolicyDocument/Statement", &trusted);
            if !used.contains(role) {
                self.fault(format!("{role} is no function's"));
            }
        }
    }

    /// What the statements of `role` allow, but for the key that whoever deploys may name.
    fn granted(&mut self, role: &str) -> BTreeSet<Right> {
        let mut granted = BTreeSet::new();
        let key = of_the_key();
        let mut keyed = false;
        for policy in items(&self.template["Resources"][role]["Properties"]["Policies"]) {
            for statement in items(&policy["PolicyDocument"]["Statement"]) {
                if *statement == key {
                    keyed = true;
                    continue;
                }
                let keys: BTreeSet<_> = super::entries(statement).map(|(key, _)| key).collect();
                if keys != BTreeSet::from(["Action", "Effect", "Resource"]) || statement["Effect"] != "Allow"
                {
                    self.fault(format!("{role} has a statement that does more than allow: {statement}"));
                }
                for action in one_or_many(&statement["Action"]) {
                    for resource in one_or_many(&statement["Resource"]) {
                        let action = action.as_str().unwrap_or_default().to_owned();
                        granted.insert((action, resource.to_string()));
                    }
                }
            }
        }
        if !keyed {
            self.fault(format!("{role} may not use the key of tables and secrets"));
        }
        granted
    }
}

/// What the policy for the app's backend allows: to read of a user, with one read, whether it is VERIFIED.
fn of_the_backend() -> Value {
    let service = json!({ "Fn::Sub": "dynamodb.${AWS::Region}.${AWS::URLSuffix}" });
    let key = json!({
        "Effect": "Allow",
        "Action": ["kms:Decrypt", "kms:DescribeKey"],
        "Resource": { "Ref": "KmsKeyArn" },
        "Condition": { "StringEquals": { "kms:ViaService": service } },
    });
    json!([
        {
            "Effect": "Allow",
            "Action": ["dynamodb:GetItem"],
            "Resource": users_arn(),
            "Condition": {
                "ForAllValues:StringEquals": { "dynamodb:Attributes": ["username", "status"] },
                "StringEquals": { "dynamodb:Select": "SPECIFIC_ATTRIBUTES" },
            },
        },
        only_if("HasKmsKey", &key),
    ])
}

/// The statement on the key of tables and secrets, if whoever deploys named one: the two services may use it for the
/// function. Nobody's role makes or changes a table, for which a grant would be needed.
fn of_the_key() -> Value {
    let via = ["dynamodb", "secretsmanager"]
        .map(|service| json!({ "Fn::Sub": format!("{service}.${{AWS::Region}}.${{AWS::URLSuffix}}") }));
    let statement = json!({
        "Effect": "Allow",
        "Action": [
            "kms:Decrypt",
            "kms:DescribeKey",
            "kms:Encrypt",
            "kms:GenerateDataKey",
            "kms:GenerateDataKeyWithoutPlaintext",
            "kms:ReEncryptFrom",
            "kms:ReEncryptTo",
        ],
        "Resource": { "Ref": "KmsKeyArn" },
        "Condition": { "StringEquals": { "kms:ViaService": via } },
    });
    only_if("HasKmsKey", &statement)
}

fn needed(function: &str, log_group: &Value) -> BTreeSet<Right> {
    let arn = |name: &str| match name {
        "UsersTable" => users_arn().to_string(),
        name => json!({ "Fn::GetAtt": format!("{name}.Arn") }).to_string(),
    };
    let rights = |actions: &[&str], resource: String| -> Vec<Right> {
        actions.iter().map(|action| ((*action).to_owned(), resource.clone())).collect()
    };
    let mut needed = BTreeSet::new();
    for (_, resource, actions) in NEEDS.iter().filter(|(needy, ..)| *needy == function) {
        // The ARN of a secret is what a reference to it comes to.
        let secret = actions.iter().all(|action| action.starts_with("secretsmanager:"));
        let resource = if secret { json!({ "Ref": resource }).to_string() } else { arn(resource) };
        needed.extend(rights(actions, resource));
    }
    needed.extend(rights(&OF_LOGS, arn(log_group.as_str().unwrap_or_default())));
    needed.extend(rights(&OF_TRACES, json!("*").to_string()));
    needed
}

fn one_or_many(value: &Value) -> Vec<&Value> {
    value.as_array().map_or_else(|| vec![value], |many| many.iter().collect())
}
