//! Whatever the gateway lets through, or writes down, that it should not, is found.

use serde_json::json;
use tests::audit::template;

use super::audit::{puts, takes};

#[test]
fn personal_data_in_the_access_log_is_found() {
    for variable in ["identity.sourceIp", "identity.userAgent", "path", "authorizer.claims.email"] {
        let format = template().pointer(of!("Api", "AccessLogSettings/Format")).unwrap().clone();
        let more = format!(r#","more":"$context.{variable}"}}"#);
        let format = format.as_str().unwrap().replace('}', &more);
        let fault = format!(r#"Api logs "$context.{variable}" of each access as more"#);
        puts(of!("Api", "AccessLogSettings/Format"), json!(format), &[&fault]);
    }
    puts(
        of!("Api", "AccessLogSettings/Format"),
        json!(r#""status":"$context.status" "integrationStatus":"$context.integrationStatus""#),
        &["Api logs no JSON of accesses"],
    );
    takes(
        of!("Api", "AccessLogSettings"),
        &[
            "Api logs no JSON of accesses",
            "Api has no log group of its own",
            r#"GatewayThrottlesFilter.LogGroupName is {"Ref":"AccessLogGroup"}, not {"Ref":""}"#,
            "GatewayThrottlesFilter looks for status, which is not logged",
            "GatewayThrottlesFilter looks for integrationStatus, which is not logged",
        ],
    );
}

#[test]
fn a_call_without_a_throttle_is_found() {
    for call in ["signup", "send", "resend", "verify"] {
        let pointer = format!("{}/POST ~1{call}", of!("Api", "RouteSettings"));
        takes(&pointer, &[&format!("Api does not throttle POST /{call}")]);
        takes(&format!("{pointer}/ThrottlingBurstLimit"), &[&format!("Api does not throttle POST /{call}")]);
    }
    takes(of!("Api", "DefaultRouteSettings"), &["Api does not throttle a route that is not named"]);
    puts(
        of!("Api", "RouteSettings/POST ~1other"),
        json!({ "ThrottlingRateLimit": 1, "ThrottlingBurstLimit": 1 }),
        &["Api throttles POST /other, which is no route"],
    );
    for call in ["send", "resend"] {
        puts(
            &format!("{}/POST ~1{call}", of!("Api", "RouteSettings")),
            json!({ "ThrottlingRateLimit": 101, "ThrottlingBurstLimit": 400 }),
            &[&format!("Api lets more through to POST /{call} than can be verified")],
        );
    }
    puts(
        of!("Api", "RouteSettings/POST ~1send/ThrottlingBurstLimit"),
        json!(99),
        &["Api lets no burst through to POST /send"],
    );
}

/// A parameter of type Number reaches the gateway as a text where the schema of the stage is free JSON.
#[test]
fn a_throttle_that_is_no_number_as_it_stands_is_found() {
    for limit in ["ThrottlingRateLimit", "ThrottlingBurstLimit"] {
        for value in [json!({ "Ref": "DailyBudgetDollars" }), json!("50"), json!({ "Fn::Sub": "50" })] {
            puts(
                &format!("{}/{limit}", of!("Api", "RouteSettings/POST ~1send")),
                value.clone(),
                &["Api does not throttle POST /send"],
            );
            puts(
                &format!("{}/{limit}", of!("Api", "DefaultRouteSettings")),
                value,
                &["Api does not throttle a route that is not named"],
            );
        }
    }
}

#[test]
fn refusals_of_the_gateway_that_are_not_counted_are_found() {
    let name = "GatewayThrottlesFilter";
    takes("/Resources/GatewayThrottlesFilter", &["there is not exactly one filter of logs"]);
    // It would count the functions' own 429s, too.
    let pattern = r#"{ $.status = "429" }"#;
    let wanted = r#"{ ($.status = "429") && ($.integrationStatus = "-") }"#;
    puts(
        of!("GatewayThrottlesFilter", "FilterPattern"),
        json!(pattern),
        &[&format!("{name}.FilterPattern is {}, not {}", json!(pattern), json!(wanted))],
    );
    puts(
        of!("GatewayThrottlesFilter", "LogGroupName"),
        json!({ "Ref": "SendLogGroup" }),
        &[&format!(r#"{name}.LogGroupName is {{"Ref":"SendLogGroup"}}, not {{"Ref":"AccessLogGroup"}}"#)],
    );
    let counted = template().pointer(of!("GatewayThrottlesFilter", "MetricTransformations")).unwrap().clone();
    let mut elsewhere = counted.clone();
    elsewhere[0]["MetricNamespace"] = json!("countersign");
    puts(
        of!("GatewayThrottlesFilter", "MetricTransformations"),
        elsewhere.clone(),
        &[&format!("{name}.MetricTransformations is {elsewhere}, not {counted}")],
    );
    let format = template().pointer(of!("Api", "AccessLogSettings/Format")).unwrap().clone();
    let format = format.as_str().unwrap().replace("$context.integrationStatus", "$context.status");
    puts(
        of!("Api", "AccessLogSettings/Format"),
        json!(format),
        &[&format!("{name} looks for integrationStatus, which is not logged")],
    );
}

#[test]
fn pages_of_any_origin_are_found() {
    puts("/Parameters/CorsOrigin/Default", json!("*"), &[r#"CorsOrigin.Default is "*", not """#]);
    let wanted = template().pointer(of!("Api", "CorsConfiguration")).unwrap().to_string();
    puts(
        of!("Api", "CorsConfiguration"),
        json!(true),
        &[&format!("Api.CorsConfiguration is true, not {wanted}")],
    );
    puts(
        "/Conditions/HasCorsOrigin",
        json!(true),
        &[concat!(
            r#"template.Conditions.HasCorsOrigin is true, "#,
            r#"not {"Fn::Not":[{"Fn::Equals":[{"Ref":"CorsOrigin"},""]}]}"#,
        )],
    );
}

#[test]
fn a_stage_with_a_name_and_an_old_payload_are_found() {
    puts(
        of!("SendFunction", "Events/Call/Type"),
        json!("Api"),
        &[r#"SendFunction.Type is "Api", not "HttpApi""#],
    );
    takes(
        of!("SendFunction", "Events/Call/Properties/ApiId"),
        &[r#"SendFunction.Call.ApiId is null, not {"Ref":"Api"}"#],
    );
    puts(of!("Api", "StageName"), json!("v1"), &[r#"Api.StageName is "v1", not "$default""#]);
    puts(
        of!("SendFunction", "Events/Call/Properties/PayloadFormatVersion"),
        json!("1.0"),
        &[r#"SendFunction.Call.PayloadFormatVersion is "1.0", not "2.0""#],
    );
}
