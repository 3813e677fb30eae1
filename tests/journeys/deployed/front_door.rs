//! A way around the front door would be found.

use serde_json::json;

use super::audit::{puts, takes};

#[test]
fn a_url_that_stays_open_is_found() {
    let wanted = r#"{"Fn::If":["HasNoDefaultUrl",true,false]}"#;
    puts(
        "/Resources/Api/Properties/DisableExecuteApiEndpoint",
        json!(false),
        &[&format!("Api.DisableExecuteApiEndpoint is false, not {wanted}")],
    );
    puts("/Parameters/DefaultUrl/Default", json!("off"), &[r#"DefaultUrl.Default is "off", not "on""#]);
    puts(
        "/Conditions/HasNoDefaultUrl",
        json!(false),
        &[concat!(
            "template.Conditions.HasNoDefaultUrl is false, ",
            r#"not {"Fn::Equals":[{"Ref":"DefaultUrl"},"off"]}"#
        )],
    );
}

#[test]
fn a_function_without_the_secrets_is_found() {
    for function in ["SignupFunction", "SendFunction", "ResendFunction", "VerifyFunction"] {
        let fault = format!(
            r#"{function}.Environment.Variables.ORIGIN_SECRETS is null, not {{"Ref":"OriginSecrets"}}"#
        );
        let pointer = format!("/Resources/{function}/Properties/Environment/Variables/ORIGIN_SECRETS");
        takes(&pointer, &[&fault]);
    }
    takes("/Parameters/OriginSecrets/NoEcho", &["OriginSecrets.NoEcho is null, not true"]);
    let fault = r#"OriginSecrets.Default is "a-secret-of-everybody", not """#;
    puts("/Parameters/OriginSecrets/Default", json!("a-secret-of-everybody"), &[fault]);
}

#[test]
fn a_domain_that_is_less_than_it_seems_is_found() {
    let fault = |mutant: &serde_json::Value, name: &str| {
        let wanted = tests::audit::template()["Resources"][name].clone();
        format!("template.{name} is {mutant}, not {wanted}")
    };
    for (name, pointer, value) in [
        ("Domain", "Properties/DomainNameConfigurations/0/SecurityPolicy", json!("TLS_1_0")),
        ("Domain", "Properties/DomainNameConfigurations/0/EndpointType", json!("EDGE")),
        ("DomainMapping", "Properties/Stage", json!("other")),
    ] {
        let mut mutant = tests::audit::template()["Resources"][name].clone();
        *mutant.pointer_mut(&format!("/{pointer}")).unwrap() = value.clone();
        puts(&format!("/Resources/{name}/{pointer}"), value, &[&fault(&mutant, name)]);
    }
    let condition = "template.Conditions.HasDomainName is true, ";
    let given = |name: &str| format!(r#"{{"Fn::Not":[{{"Fn::Equals":[{{"Ref":"{name}"}},""]}}]}}"#);
    let wanted = format!(r#"not {{"Fn::And":[{},{}]}}"#, given("DomainName"), given("DomainCertificateArn"));
    puts("/Conditions/HasDomainName", json!(true), &[&format!("{condition}{wanted}")]);
}
