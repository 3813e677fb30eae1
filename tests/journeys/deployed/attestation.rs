//! A gate for apps that lets somebody else's in, or stands where it should not, would be found.

use serde_json::json;

use super::audit::{puts, takes};

#[test]
fn a_function_that_texts_without_the_gate_is_found() {
    for function in ["SignupFunction", "SendFunction", "ResendFunction"] {
        for (setting, parameter) in
            [("APP_CHECK_PROJECT_NUMBER", "AppCheckProjectNumber"), ("APP_CHECK_MODE", "AppCheckMode")]
        {
            let fault =
                format!(r#"{function}.Environment.Variables.{setting} is null, not {{"Ref":"{parameter}"}}"#);
            takes(&format!("/Resources/{function}/Properties/Environment/Variables/{setting}"), &[&fault]);
        }
    }
}

#[test]
fn a_gate_that_is_on_by_itself_is_found() {
    let fault = r#"AppCheckProjectNumber.Default is "123456789", not """#;
    puts("/Parameters/AppCheckProjectNumber/Default", json!("123456789"), &[fault]);
    let fault = r#"AppCheckMode.Default is "require", not "record""#;
    puts("/Parameters/AppCheckMode/Default", json!("require"), &[fault]);
}
