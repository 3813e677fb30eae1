//! The gate for apps: before what texts, off by default, and with no issuer but Google.

use serde_json::{Value, json};

use super::Audit;

impl Audit<'_> {
    pub(super) fn attestation(&mut self) {
        for (name, properties) in self.merged_functions() {
            let texts = name != "VerifyFunction";
            for (setting, parameter) in
                [("APP_CHECK_PROJECT_NUMBER", "AppCheckProjectNumber"), ("APP_CHECK_MODE", "AppCheckMode")]
            {
                let wanted = if texts { json!({ "Ref": parameter }) } else { Value::Null };
                self.must(name, &properties, &format!("/Environment/Variables/{setting}"), &wanted);
            }
            // Whoever names the issuer makes the tokens.
            self.must(name, &properties, "/Environment/Variables/APP_CHECK_BASE_URL", &Value::Null);
        }
        let parameters = &self.template["Parameters"];
        let number = &parameters["AppCheckProjectNumber"];
        self.must("AppCheckProjectNumber", number, "/Default", &json!(""));
        let mode = &parameters["AppCheckMode"];
        self.must("AppCheckMode", mode, "/Default", &json!("record"));
        self.must("AppCheckMode", mode, "/AllowedValues", &json!(["record", "require"]));
    }
}
