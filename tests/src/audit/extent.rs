//! What may stand in the template at all: whatever is not listed here could grant something, and is looked at first.

use serde_json::{Value, json};

use super::{Audit, entries};

const SECTIONS: [&str; 10] = [
    "AWSTemplateFormatVersion",
    "Conditions",
    "Description",
    "Globals",
    "Metadata",
    "Outputs",
    "Parameters",
    "Resources",
    "Rules",
    "Transform",
];

/// What a resource may have beside its properties.
const ATTRIBUTES: [&str; 6] =
    ["Condition", "DeletionPolicy", "Metadata", "Properties", "Type", "UpdateReplacePolicy"];

/// What a function may have, of its own or from the globals.
const OF_A_FUNCTION: &[&str] = &[
    "Architectures",
    "CodeUri",
    "Environment",
    "Events",
    "Handler",
    "LoggingConfig",
    "MemorySize",
    "ReservedConcurrentExecutions",
    "Role",
    "Runtime",
    "Timeout",
    "Tracing",
];

/// The types of resources, each with its properties.
const TYPES: &[(&str, &[&str])] = &[
    ("AWS::ApiGatewayV2::ApiMapping", &["ApiId", "DomainName", "Stage"]),
    ("AWS::ApiGatewayV2::DomainName", &["DomainName", "DomainNameConfigurations"]),
    (
        "AWS::CloudWatch::Alarm",
        &[
            "AlarmActions",
            "AlarmDescription",
            "ComparisonOperator",
            "DatapointsToAlarm",
            "EvaluationPeriods",
            "Metrics",
            "OKActions",
            "Threshold",
            "TreatMissingData",
        ],
    ),
    ("AWS::CloudWatch::Dashboard", &["DashboardBody", "DashboardName"]),
    (
        "AWS::DynamoDB::Table",
        &[
            "AttributeDefinitions",
            "BillingMode",
            "DeletionProtectionEnabled",
            "KeySchema",
            "PointInTimeRecoverySpecification",
            "SSESpecification",
            "StreamSpecification",
            "TimeToLiveSpecification",
        ],
    ),
    ("AWS::IAM::ManagedPolicy", &["Description", "PolicyDocument"]),
    ("AWS::IAM::Role", &["AssumeRolePolicyDocument", "Policies"]),
    ("AWS::Logs::LogGroup", &["LogGroupName", "RetentionInDays"]),
    ("AWS::Logs::MetricFilter", &["FilterPattern", "LogGroupName", "MetricTransformations"]),
    ("AWS::SNS::Subscription", &["Endpoint", "Protocol", "TopicArn"]),
    ("AWS::SNS::Topic", &[]),
    ("AWS::SecretsManager::Secret", &["Description", "GenerateSecretString", "KmsKeyId"]),
    ("AWS::Serverless::Function", OF_A_FUNCTION),
    (
        "AWS::Serverless::HttpApi",
        &[
            "AccessLogSettings",
            "CorsConfiguration",
            "DefaultRouteSettings",
            "DisableExecuteApiEndpoint",
            "RouteSettings",
            "StageName",
        ],
    ),
];

/// What an event of a function may say of its call; nothing of it names who may make it.
const OF_AN_EVENT: [&str; 4] = ["ApiId", "Method", "PayloadFormatVersion", "Path"];

impl Audit<'_> {
    pub(super) fn extent(&mut self) {
        let template = self.template;
        self.only("template", template, &SECTIONS);
        self.must("template", template, "/Transform", &json!("AWS::Serverless-2016-10-31"));
        self.only("Globals", &template["Globals"], &["Function"]);
        self.only("Globals.Function", &template["Globals"]["Function"], OF_A_FUNCTION);
        for (name, resource) in entries(&template["Resources"]) {
            let kind = &resource["Type"];
            let Some((_, properties)) = TYPES.iter().find(|(known, _)| kind == known) else {
                self.fault(format!("{name} is of {kind}, which has no place here"));
                continue;
            };
            self.only(name, resource, &ATTRIBUTES);
            self.only(name, &resource["Properties"], properties);
            for (event, definition) in entries(&resource["Properties"]["Events"]) {
                self.only(&format!("{name}.{event}"), &definition["Properties"], &OF_AN_EVENT);
            }
        }
    }

    /// Takes note of each key of `value` that is not `known`.
    fn only(&mut self, place: &str, value: &Value, known: &[&str]) {
        for (key, _) in entries(value).filter(|(key, _)| !known.contains(key)) {
            self.fault(format!("{place} has {key}, which has no place here"));
        }
    }
}
