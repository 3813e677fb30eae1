//! How each function runs.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Audit, entries, only_if};

/// What the gateway waits for a function, in seconds.
const OF_THE_GATEWAY: f64 = 30.0;

/// The settings that must never stand in an environment, which whoever may see the function may read.
const SECRET: [&str; 2] = ["COURIER_TOKEN", "OTP_PEPPER"];

impl<'a> Audit<'a> {
    /// Logical name and properties of each function, with what the globals add.
    pub(super) fn merged_functions(&self) -> Vec<(&'a str, Value)> {
        let globals = &self.template["Globals"]["Function"];
        let functions = self.of_type("AWS::Serverless::Function").into_iter();
        functions.map(|(name, function)| (name, merged(globals, &function["Properties"]))).collect()
    }

    pub(super) fn functions(&mut self) {
        // What `sam build` builds for when it is told nothing, and what is checked before it is deployed.
        self.must("Architecture", &self.template["Parameters"]["Architecture"], "/Default", &json!("arm64"));
        let mut log_groups = BTreeSet::new();
        for (name, function) in self.merged_functions() {
            let memory = if name == "SignupFunction" { 512 } else { 256 };
            let parameter = format!("{}ReservedConcurrency", name.trim_end_matches("Function"));
            let condition = format!("Has{parameter}");
            let reserved = only_if(&condition, &json!({ "Ref": parameter }));
            let given = json!({ "Fn::Not": [{ "Fn::Equals": [{ "Ref": parameter }, 0] }] });
            self.must("template", self.template, &format!("/Conditions/{condition}"), &given);
            for (pointer, wanted) in [
                ("/Runtime", json!("provided.al2023")),
                ("/Handler", json!("bootstrap")),
                ("/Architectures", json!([{ "Ref": "Architecture" }])),
                ("/MemorySize", json!(memory)),
                ("/Tracing", json!("Active")),
                ("/LoggingConfig/LogFormat", json!("JSON")),
                ("/ReservedConcurrentExecutions", reserved),
            ] {
                self.must(name, &function, pointer, &wanted);
            }
            let timeout = self.number(&function["Timeout"]);
            if timeout.is_none_or(|timeout| timeout >= OF_THE_GATEWAY) {
                let found = &function["Timeout"];
                self.fault(format!("{name}.Timeout is {found}, not below the gateway's {OF_THE_GATEWAY}"));
            }
            let group = function["LoggingConfig"]["LogGroup"]["Ref"].as_str().unwrap_or_default().to_owned();
            let is_group = self.template["Resources"][&group]["Type"] == "AWS::Logs::LogGroup";
            if !is_group || !log_groups.insert(group) {
                self.fault(format!("{name} has no log group of its own"));
            }
            self.environment(name, &function["Environment"]["Variables"]);
        }
    }

    fn environment(&mut self, name: &str, variables: &Value) {
        for (setting, value) in entries(variables) {
            let secret = value["Ref"].as_str().map(|name| &self.template["Resources"][name]["Type"]);
            let named = secret.is_some_and(|kind| kind == "AWS::SecretsManager::Secret");
            if SECRET.contains(&setting) || named != setting.ends_with("_SECRET_ARN") {
                self.fault(format!("{name} has {value} as {setting}"));
            }
        }
    }
}

/// `own`, and what only `global` says: objects are merged, anything else is replaced.
fn merged(global: &Value, own: &Value) -> Value {
    let (Some(global), Some(own)) = (global.as_object(), own.as_object()) else { return own.clone() };
    let mut all = global.clone();
    for (key, value) in own {
        let value = all.get(key).map_or_else(|| value.clone(), |global| merged(global, value));
        all.insert(key.clone(), value);
    }
    Value::Object(all)
}
