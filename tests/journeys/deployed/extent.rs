//! Whatever grants something in another way than a role has no place in the template, and would be found.

use serde_json::json;

use super::audit::puts;

#[test]
fn a_resource_of_another_kind_is_found() {
    for kind in [
        "AWS::ApiGatewayV2::Api",
        "AWS::DynamoDB::GlobalTable",
        "AWS::IAM::Policy",
        "AWS::IAM::RolePolicy",
        "AWS::IAM::User",
        "AWS::Lambda::Function",
        "AWS::Lambda::Permission",
        "AWS::Lambda::Url",
        "AWS::Logs::ResourcePolicy",
        "AWS::SNS::TopicPolicy",
        "AWS::Logs::SubscriptionFilter",
        "AWS::SecretsManager::ResourcePolicy",
        "AWS::Serverless::Api",
        "AWS::Serverless::Application",
    ] {
        let fault = format!(r#"More is of "{kind}", which has no place here"#);
        puts("/Resources/More", json!({ "Type": kind }), &[&fault]);
    }
    let another = json!({ "Type": "AWS::Serverless::HttpApi" });
    puts("/Resources/More", another, &["there is not exactly one API"]);
    let another = json!({ "Type": "AWS::IAM::ManagedPolicy" });
    puts("/Resources/More", another, &["there is not exactly one policy, for the app's backend"]);
    // What a macro makes is seen by nobody before.
    puts("/Resources/Fn::Transform", json!({}), &["Fn::Transform is of null, which has no place here"]);
}

#[test]
fn a_property_that_grants_is_found() {
    for (resource, property) in [
        ("OtpsTable", "ResourcePolicy"),
        ("CourierToken", "ReplicaRegions"),
        ("AlarmSubscription", "DeliveryPolicy"),
        ("VerifyRole", "RoleName"),
        ("UserStatusPolicy", "Roles"),
        ("UserStatusPolicy", "Users"),
        ("SendLogGroup", "ResourcePolicyDocument"),
        ("Api", "Auth"),
        ("Api", "DefinitionBody"),
        ("Api", "DefinitionUri"),
        // A URL of its own would pass by the gateway and its throttles.
        ("SendFunction", "FunctionUrlConfig"),
        ("SendFunction", "Layers"),
        ("SendFunction", "Policies"),
    ] {
        let fault = format!("{resource} has {property}, which has no place here");
        puts(&format!("/Resources/{resource}/Properties/{property}"), json!({}), &[&fault]);
    }
    for (pointer, fault) in [
        ("/Resources/SendFunction/Properties/Events/Call/Properties/Auth", "SendFunction.Call has Auth"),
        ("/Resources/OtpsTable/Fn::Transform", "OtpsTable has Fn::Transform"),
        ("/Globals/HttpApi", "Globals has HttpApi"),
        ("/Globals/Function/FunctionUrlConfig", "Globals.Function has FunctionUrlConfig"),
        ("/Globals/Function/Policies", "Globals.Function has Policies"),
        ("/Hooks", "template has Hooks"),
    ] {
        puts(pointer, json!({}), &[&format!("{fault}, which has no place here")]);
    }
    puts(
        "/Transform",
        json!(["AWS::Include", "AWS::Serverless-2016-10-31"]),
        &[concat!(
            r#"template.Transform is ["AWS::Include","AWS::Serverless-2016-10-31"], "#,
            r#"not "AWS::Serverless-2016-10-31""#,
        )],
    );
}
