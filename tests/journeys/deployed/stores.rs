//! Whatever is kept too short, too long or where nobody looks, and whoever may read it without need, is found.

use serde_json::json;
use tests::audit::template;

use super::audit::{puts, set, takes};

#[test]
fn a_table_that_can_be_lost_or_read_is_found() {
    for (pointer, fault) in [
        ("DeletionPolicy", r#"DeletionPolicy is null, not "Retain""#),
        ("UpdateReplacePolicy", r#"UpdateReplacePolicy is null, not "Retain""#),
        ("Properties/BillingMode", r#"Properties.BillingMode is null, not "PAY_PER_REQUEST""#),
        ("Properties/DeletionProtectionEnabled", "Properties.DeletionProtectionEnabled is null, not true"),
        (
            "Properties/TimeToLiveSpecification",
            r#"Properties.TimeToLiveSpecification is null, not {"AttributeName":"expiresAt","Enabled":true}"#,
        ),
    ] {
        takes(&format!("/Resources/OtpsTable/{pointer}"), &[&format!("OtpsTable.{fault}")]);
    }
    let encrypted = template().pointer(of!("OtpsTable", "SSESpecification")).unwrap().to_string();
    puts(
        of!("OtpsTable", "SSESpecification"),
        json!({ "SSEEnabled": true }),
        &[&format!(r#"OtpsTable.Properties.SSESpecification is {{"SSEEnabled":true}}, not {encrypted}"#)],
    );
}

/// A restored table that only some of the stack knows of would be half a service.
#[test]
fn whatever_does_not_follow_an_existing_table_of_users_is_found() {
    let fault =
        |place: &str| format!("{place} is the stack's own table of users, though another may be in use");
    let own = json!({ "Ref": "UsersTable" });
    let named = template().pointer("/Outputs/UsersTableName/Value").unwrap().clone();
    puts("/Outputs/UsersTableName/Value", own.clone(), &[&fault("Outputs.UsersTableName.Value")]);
    puts(
        of!("SendFunction", "Environment/Variables/USERS_TABLE"),
        own.clone(),
        &[
            &fault("Resources.SendFunction.Properties.Environment.Variables.USERS_TABLE"),
            &format!("SendFunction.Environment.Variables.USERS_TABLE is {own}, not {named}"),
        ],
    );
    puts(
        of!("TableThrottlesAlarm", "Metrics/1/MetricStat/Metric/Dimensions/0/Value"),
        own.clone(),
        &[&fault("Resources.TableThrottlesAlarm.Properties.Metrics.1.MetricStat.Metric.Dimensions.0.Value")],
    );
    puts(
        of!("Dashboard", "DashboardBody/Fn::Sub/0"),
        json!("${UsersTable}"),
        &[&fault("Resources.Dashboard.Properties.DashboardBody.Fn::Sub.0")],
    );
    puts(
        of!("Dashboard", "DashboardBody/Fn::Sub/1/Users"),
        own,
        &[&fault("Resources.Dashboard.Properties.DashboardBody.Fn::Sub.1.Users")],
    );
    let arn = json!({ "Fn::GetAtt": "UsersTable.Arn" });
    let statement = of!("VerifyRole", "Policies/0/PolicyDocument/Statement/0/Resource");
    let users = template().pointer(statement).unwrap().clone();
    puts(
        statement,
        arn.clone(),
        &[
            &format!("VerifyRole may dynamodb:UpdateItem on {arn} without need"),
            &format!("VerifyRole may not dynamodb:UpdateItem on {users}"),
            &fault("Resources.VerifyRole.Properties.Policies.0.PolicyDocument.Statement.0.Resource"),
        ],
    );
    takes(
        "/Outputs/UsersTableStreamArn/Condition",
        &[r#"UsersTableStreamArn.Condition is null, not "HasOwnUsersTable""#],
    );
    puts(
        "/Conditions/HasOwnUsersTable",
        json!(true),
        &[concat!(
            r#"template.Conditions.HasOwnUsersTable is true, "#,
            r#"not {"Fn::Equals":[{"Ref":"ExistingUsersTable"},""]}"#,
        )],
    );
    puts(
        "/Conditions/HasExistingUsersTable",
        json!(true),
        &[concat!(
            r#"template.Conditions.HasExistingUsersTable is true, "#,
            r#"not {"Fn::Not":[{"Fn::Equals":[{"Ref":"ExistingUsersTable"},""]}]}"#,
        )],
    );
}

#[test]
fn a_table_that_is_kept_for_too_long_or_not_at_all_is_found() {
    let recovery = r#"{"PointInTimeRecoveryEnabled":true,"RecoveryPeriodInDays":7}"#;
    takes(
        of!("UsersTable", "PointInTimeRecoverySpecification"),
        &[&format!("UsersTable.Properties.PointInTimeRecoverySpecification is null, not {recovery}")],
    );
    // Without days it is 35.
    takes(
        of!("UsersTable", "PointInTimeRecoverySpecification/RecoveryPeriodInDays"),
        &[&format!(
            "UsersTable.Properties.PointInTimeRecoverySpecification is {}, not {recovery}",
            r#"{"PointInTimeRecoveryEnabled":true}"#,
        )],
    );
    for table in ["OtpsTable", "LimitsTable"] {
        puts(
            &format!("/Resources/{table}/Properties/PointInTimeRecoverySpecification"),
            json!({ "PointInTimeRecoveryEnabled": true, "RecoveryPeriodInDays": 7 }),
            &[&format!("{table}.Properties.PointInTimeRecoverySpecification is {recovery}, not null")],
        );
    }
}

#[test]
fn logs_that_stay_for_ever_are_found() {
    for group in ["AccessLogGroup", "SignupLogGroup", "SendLogGroup", "ResendLogGroup", "VerifyLogGroup"] {
        let pointer = format!("/Resources/{group}/Properties/RetentionInDays");
        takes(&pointer, &[&format!("{group} keeps its logs for ever")]);
    }
}

#[test]
fn logs_that_end_with_the_stack_or_stop_the_next_one_are_found() {
    for group in ["SignupLogGroup", "SendLogGroup", "ResendLogGroup", "VerifyLogGroup"] {
        let resource = format!("/Resources/{group}");
        takes(
            &format!("{resource}/DeletionPolicy"),
            &[&format!(r#"{group}.DeletionPolicy is null, not "RetainExceptOnCreate""#)],
        );
        takes(
            &format!("{resource}/UpdateReplacePolicy"),
            &[&format!(r#"{group}.UpdateReplacePolicy is null, not "Retain""#)],
        );
        puts(
            &format!("{resource}/Properties/LogGroupName"),
            json!("/aws/lambda/signup"),
            &[&format!(r#"{group}.Properties.LogGroupName is "/aws/lambda/signup", not null"#)],
        );
    }
}

#[test]
fn a_stream_that_tells_more_than_names_is_found() {
    let wanted = r#"{"StreamViewType":"KEYS_ONLY"}"#;
    for kind in ["NEW_IMAGE", "NEW_AND_OLD_IMAGES"] {
        puts(
            of!("UsersTable", "StreamSpecification/StreamViewType"),
            json!(kind),
            &[&format!(
                r#"UsersTable.Properties.StreamSpecification is {{"StreamViewType":"{kind}"}}, not {wanted}"#
            )],
        );
    }
    for table in ["OtpsTable", "LimitsTable"] {
        puts(
            &format!("/Resources/{table}/Properties/StreamSpecification"),
            json!({ "StreamViewType": "KEYS_ONLY" }),
            &[&format!("{table}.Properties.StreamSpecification is {wanted}, not null")],
        );
    }
}

#[test]
fn a_backend_that_may_read_more_than_a_status_is_found() {
    let statements = of!("UserStatusPolicy", "PolicyDocument/Statement");
    let wanted = template().pointer(statements).unwrap().clone();
    for (pointer, value) in [
        ("/0/Action/-", json!("dynamodb:Query")),
        ("/0/Action", json!(["dynamodb:Scan"])),
        ("/0/Resource", json!("*")),
        ("/0/Condition/ForAllValues:StringEquals/dynamodb:Attributes/-", json!("mobileNo")),
        // Without it, a read that names no attributes has all of them.
        ("/0/Condition/StringEquals", json!({})),
        ("/1", json!({ "Effect": "Allow", "Action": "kms:*", "Resource": "*" })),
        ("/-", json!({ "Effect": "Allow", "Action": ["dynamodb:GetItem"], "Resource": "*" })),
    ] {
        let mut changed = wanted.clone();
        set(&mut changed, pointer, value);
        puts(
            statements,
            changed.clone(),
            &[&format!("UserStatusPolicy.PolicyDocument.Statement is {changed}, not {wanted}")],
        );
    }
    takes("/Resources/UserStatusPolicy", &["there is not exactly one policy, for the app's backend"]);
}
