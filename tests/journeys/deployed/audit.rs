//! The template has no fault, and each of these changes would be found as exactly the fault that it is.

use serde_json::{Value, json};
use tests::audit::{faults, template};

#[test]
fn the_template_has_no_fault() {
    assert_eq!(faults(&template()), [""; 0]);
}

/// Puts `value` at `pointer`, whose last part is a new or an old key, or `-` for the end of an array.
pub(super) fn set(template: &mut Value, pointer: &str, value: Value) {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let key = key.replace("~1", "/");
    match template.pointer_mut(parent).unwrap_or_else(|| panic!("nothing at {parent}")) {
        Value::Object(object) => drop(object.insert(key, value)),
        Value::Array(array) if key == "-" => array.push(value),
        Value::Array(array) => array[key.parse::<usize>().unwrap()] = value,
        other => panic!("{other} has no {key}"),
    }
}

/// Takes away what is at `pointer`, which must be there.
fn remove(template: &mut Value, pointer: &str) {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let object = template.pointer_mut(parent).and_then(Value::as_object_mut);
    let removed = object.and_then(|object| object.remove(&key.replace("~1", "/")));
    assert!(removed.is_some(), "nothing at {pointer}");
}

pub(super) fn puts(pointer: &str, value: Value, expected: &[&str]) {
    let mut mutant = template();
    let shown = value.to_string();
    set(&mut mutant, pointer, value);
    assert_eq!(faults(&mutant), expected, "{pointer} is {shown}");
}

pub(super) fn takes(pointer: &str, expected: &[&str]) {
    let mut mutant = template();
    remove(&mut mutant, pointer);
    assert_eq!(faults(&mutant), expected, "without {pointer}");
}

#[test]
fn a_function_that_runs_otherwise_is_found() {
    for (property, value, fault) in [
        ("Runtime", json!("provided.al2"), r#"is "provided.al2", not "provided.al2023""#),
        ("Architectures", json!(["x86_64"]), r#"is ["x86_64"], not [{"Ref":"Architecture"}]"#),
        ("Handler", json!("main"), r#"is "main", not "bootstrap""#),
        ("MemorySize", json!(128), "is 128, not 256"),
        ("Timeout", json!(30), "is 30, not below the gateway's 30"),
        (
            "Timeout",
            json!({ "Ref": "LogRetentionDays" }),
            r#"is {"Ref":"LogRetentionDays"}, not below the gateway's 30"#,
        ),
        ("Tracing", json!("PassThrough"), r#"is "PassThrough", not "Active""#),
        (
            "ReservedConcurrentExecutions",
            json!(1),
            concat!(
                r#"is 1, not {"Fn::If":["HasSendReservedConcurrency","#,
                r#"{"Ref":"SendReservedConcurrency"},{"Ref":"AWS::NoValue"}]}"#,
            ),
        ),
    ] {
        let pointer = format!("{}/{property}", of!("SendFunction"));
        puts(&pointer, value, &[&format!("SendFunction.{property} {fault}")]);
    }
    takes(
        "/Globals/Function/Tracing",
        &["ResendFunction", "SendFunction", "SignupFunction", "VerifyFunction"]
            .map(|name| format!(r#"{name}.Tracing is null, not "Active""#))
            .each_ref()
            .map(String::as_str),
    );
    puts(
        "/Parameters/Architecture/Default",
        json!("x86_64"),
        &[r#"Architecture.Default is "x86_64", not "arm64""#],
    );
    puts(
        of!("SendFunction", "LoggingConfig/LogFormat"),
        json!("Text"),
        &[r#"SendFunction.LoggingConfig.LogFormat is "Text", not "JSON""#],
    );
    puts(
        of!("SendFunction", "LoggingConfig"),
        json!({ "LogGroup": { "Ref": "ResendLogGroup" } }),
        &[
            "SendFunction has no log group of its own",
            r#"SendRole may logs:CreateLogStream on {"Fn::GetAtt":"SendLogGroup.Arn"} without need"#,
            r#"SendRole may logs:PutLogEvents on {"Fn::GetAtt":"SendLogGroup.Arn"} without need"#,
            r#"SendRole may not logs:CreateLogStream on {"Fn::GetAtt":"ResendLogGroup.Arn"}"#,
            r#"SendRole may not logs:PutLogEvents on {"Fn::GetAtt":"ResendLogGroup.Arn"}"#,
        ],
    );
}

/// A scanner takes the property for given, though by default its condition leaves it out.
#[test]
fn that_nothing_is_reserved_by_default_is_said_to_the_scanner() {
    let template = template();
    for name in ["Signup", "Send", "Resend", "Verify"] {
        let (parameter, function) = (format!("{name}ReservedConcurrency"), format!("{name}Function"));
        assert_eq!(template["Parameters"][parameter]["Default"], 0);
        let skipped = template["Resources"][&function]["Metadata"]["checkov"]["skip"].as_array().unwrap();
        assert!(skipped.iter().any(|check| check["id"] == "CKV_AWS_115"), "{function}: {skipped:?}");
    }
}

#[test]
fn a_secret_in_an_environment_is_found() {
    puts(
        of!("VerifyFunction", "Environment/Variables/OTP_PEPPER"),
        json!({ "Ref": "Pepper" }),
        &[r#"VerifyFunction has {"Ref":"Pepper"} as OTP_PEPPER"#],
    );
    puts(
        of!("VerifyFunction", "Environment/Variables/OTP_PEPPER_SECRET_ARN"),
        json!("arn"),
        &[r#"VerifyFunction has "arn" as OTP_PEPPER_SECRET_ARN"#],
    );
    puts(
        of!("CourierToken", "SecretString"),
        json!("token"),
        &["CourierToken has SecretString, which has no place here"],
    );
    puts(
        of!("OtpPepper", "GenerateSecretString/PasswordLength"),
        json!(20),
        &[concat!(
            r#"OtpPepper.Properties.GenerateSecretString is {"ExcludePunctuation":true,"PasswordLength":20}, "#,
            r#"not {"ExcludePunctuation":true,"PasswordLength":64}"#,
        )],
    );
    takes("/Resources/OtpPepper/DeletionPolicy", &["OtpPepper has no DeletionPolicy"]);
}

#[test]
fn a_wider_right_is_found() {
    let statements = of!("VerifyRole", "Policies/0/PolicyDocument/Statement");
    let users = template().pointer(&format!("{statements}/0/Resource")).unwrap().clone();
    for action in ["dynamodb:*", "dynamodb:Scan", "dynamodb:DeleteItem", "*"] {
        let fault = format!("VerifyRole may {action} on {users} without need");
        puts(&format!("{statements}/0/Action/-"), json!(action), &[&fault]);
    }
    for resource in [json!({ "Fn::GetAtt": "LimitsTable.Arn" }), json!("*")] {
        let fault = format!("VerifyRole may dynamodb:UpdateItem on {resource} without need");
        puts(&format!("{statements}/0/Resource"), json!([users, resource]), &[&fault]);
    }
    puts(
        &format!("{statements}/-"),
        json!({ "Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": { "Ref": "CourierToken" } }),
        &[r#"VerifyRole may secretsmanager:GetSecretValue on {"Ref":"CourierToken"} without need"#],
    );
    puts(
        of!("SendRole", "Policies/0/PolicyDocument/Statement/0/Action/-"),
        json!("dynamodb:PutItem"),
        &[&format!("SendRole may dynamodb:PutItem on {users} without need")],
    );
    puts(
        &format!("{statements}/0/Action"),
        json!([]),
        &[&format!("VerifyRole may not dynamodb:UpdateItem on {users}")],
    );
    puts(
        &format!("{statements}/-"),
        json!({ "Effect": "Allow", "NotAction": "iam:*", "Resource": [] }),
        &[concat!(
            "VerifyRole has a statement that does more than allow: ",
            r#"{"Effect":"Allow","NotAction":"iam:*","Resource":[]}"#,
        )],
    );
}

#[test]
fn a_role_that_others_may_use_is_found() {
    puts(
        of!("VerifyRole", "ManagedPolicyArns"),
        json!(["arn:aws:iam::aws:policy/AWSXrayWriteOnlyAccess"]),
        &["VerifyRole has ManagedPolicyArns, which has no place here"],
    );
    puts(
        of!("ResendFunction", "Role"),
        json!({ "Fn::GetAtt": "SendRole.Arn" }),
        // The functions are looked at in alphabetical order: resend comes first.
        &[
            r#"SendRole may logs:CreateLogStream on {"Fn::GetAtt":"SendLogGroup.Arn"} without need"#,
            r#"SendRole may logs:PutLogEvents on {"Fn::GetAtt":"SendLogGroup.Arn"} without need"#,
            r#"SendRole may not logs:CreateLogStream on {"Fn::GetAtt":"ResendLogGroup.Arn"}"#,
            r#"SendRole may not logs:PutLogEvents on {"Fn::GetAtt":"ResendLogGroup.Arn"}"#,
            "SendFunction has no role of its own",
            "ResendRole is no function's",
        ],
    );
    takes(
        of!("VerifyFunction", "Role"),
        &["VerifyFunction has no role of its own", "VerifyRole is no function's"],
    );
    let anyone = json!([{ "Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole" }]);
    puts(
        of!("VerifyRole", "AssumeRolePolicyDocument/Statement"),
        anyone,
        &[concat!(
            r#"VerifyRole.AssumeRolePolicyDocument.Statement is "#,
            r#"[{"Action":"sts:AssumeRole","Effect":"Allow","Principal":"*"}], not "#,
            r#"[{"Action":"sts:AssumeRole","Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"}}]"#,
        )],
    );
}

#[test]
fn a_key_that_is_not_the_given_one_or_is_used_for_more_is_found() {
    let given = r#"{"Fn::If":["HasKmsKey",{"Ref":"KmsKeyArn"},{"Ref":"AWS::NoValue"}]}"#;
    for secret in ["CourierToken", "OtpPepper"] {
        takes(
            &format!("/Resources/{secret}/Properties/KmsKeyId"),
            &[&format!("{secret}.Properties.KmsKeyId is null, not {given}")],
        );
    }
    puts(
        "/Conditions/HasKmsKey",
        json!(true),
        &[concat!(
            r#"template.Conditions.HasKmsKey is true, "#,
            r#"not {"Fn::Not":[{"Fn::Equals":[{"Ref":"KmsKeyArn"},""]}]}"#,
        )],
    );
    // The statement on the key is the last but that on traces.
    let statements = of!("VerifyRole", "Policies/0/PolicyDocument/Statement");
    let key = template().pointer(&format!("{statements}/4")).unwrap().clone();
    for (pointer, value) in [
        ("/Fn::If/0", json!("HasAlarmTopic")),
        ("/Fn::If/1/Action/-", json!("kms:CreateGrant")),
        ("/Fn::If/1/Resource", json!("*")),
        ("/Fn::If/1/Condition/StringEquals", json!({})),
    ] {
        let mut changed = key.clone();
        set(&mut changed, pointer, value);
        let more = format!("VerifyRole has a statement that does more than allow: {changed}");
        let mut mutant = template();
        *mutant.pointer_mut(&format!("{statements}/4")).unwrap() = changed;
        let found = faults(&mutant);
        assert!(found.contains(&more), "{found:?}");
        assert!(
            found.contains(&"VerifyRole may not use the key of tables and secrets".to_owned()),
            "{found:?}"
        );
    }
}

#[test]
fn a_parameter_that_takes_anything_is_found() {
    puts("/Parameters/AllowedRegions/Default", json!("*"), &[r#"AllowedRegions.Default is "*", not null"#]);
    takes("/Parameters/AppName/AllowedPattern", &["AppName takes anything"]);
    takes("/Parameters/OtpTtlSeconds/MaxValue", &["OtpTtlSeconds takes anything"]);
    takes(
        "/Parameters/OtpLength/AllowedValues",
        &["OtpLength takes anything", "OtpLength does not ask for a whole number"],
    );
    takes("/Parameters/OtpLength/Description", &["OtpLength is not described"]);
    puts(
        "/Parameters/OtpTtlSeconds/Description",
        json!("How long a code can be used."),
        &["OtpTtlSeconds does not ask for a whole number"],
    );
    puts(
        "/Parameters/Other",
        json!({ "Type": "String" }),
        &[
            "Other is not described",
            "Other has no label",
            "Other is not in one group",
            "Other takes anything",
        ],
    );
}
