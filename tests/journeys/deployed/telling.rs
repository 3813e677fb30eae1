//! An alarm that tells somebody else is found.

use serde_json::json;

use super::audit::{puts, takes};

#[test]
fn whoever_else_is_told_is_found() {
    takes("/Resources/AlarmTopic/Condition", &[r#"AlarmTopic.Condition is null, not "HasAlarmEmail""#]);
    takes(
        "/Resources/AlarmSubscription/Condition",
        &[r#"AlarmSubscription.Condition is null, not "HasAlarmEmail""#],
    );
    puts(
        of!("AlarmSubscription", "Endpoint"),
        json!("somebody@example.com"),
        &[r#"AlarmSubscription.Endpoint is "somebody@example.com", not {"Ref":"AlarmEmail"}"#],
    );
    puts(
        of!("AlarmSubscription", "Protocol"),
        json!("https"),
        &[r#"AlarmSubscription.Protocol is "https", not "email""#],
    );
    puts(
        of!("AlarmSubscription", "TopicArn"),
        json!({ "Ref": "AlarmTopicArn" }),
        &[r#"AlarmSubscription.TopicArn is {"Ref":"AlarmTopicArn"}, not {"Ref":"AlarmTopic"}"#],
    );
    puts(
        "/Resources/AlarmTopic/Properties",
        json!({ "Subscription": [{ "Protocol": "https", "Endpoint": "https://example.com" }] }),
        &["AlarmTopic has Subscription, which has no place here"],
    );
    for kind in ["AWS::SNS::Topic", "AWS::SNS::Subscription"] {
        let fault = "there is not exactly one topic with one subscription";
        puts("/Resources/More", json!({ "Type": kind }), &[fault]);
    }
    for (condition, parameter) in [("HasAlarmEmail", "AlarmEmail"), ("HasAlarmTopic", "AlarmTopicArn")] {
        let given = json!({ "Fn::Not": [{ "Fn::Equals": [{ "Ref": parameter }, ""] }] });
        puts(
            &format!("/Conditions/{condition}"),
            json!(true),
            &[&format!("template.Conditions.{condition} is true, not {given}")],
        );
    }
}
