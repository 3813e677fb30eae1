//! What whoever deploys is asked.

use serde_json::Value;

use super::{Audit, entries, items};

const INTERFACE: &str = "AWS::CloudFormation::Interface";

impl Audit<'_> {
    pub(super) fn parameters(&mut self) {
        let interface = &self.template["Metadata"][INTERFACE];
        for (name, parameter) in entries(&self.template["Parameters"]) {
            if parameter["Description"].as_str().is_none_or(str::is_empty) {
                self.fault(format!("{name} is not described"));
            }
            if interface["ParameterLabels"][name]["default"].is_null() {
                self.fault(format!("{name} has no label"));
            }
            let groups = items(&interface["ParameterGroups"]);
            let named = groups.flat_map(|group| items(&group["Parameters"])).filter(|member| *member == name);
            if named.count() != 1 {
                self.fault(format!("{name} is not in one group"));
            }
            let bounds: &[&str] =
                if parameter["Type"] == "Number" { &["MinValue", "MaxValue"] } else { &["AllowedPattern"] };
            let bounded = bounds.iter().all(|bound| !parameter[*bound].is_null());
            if !bounded && parameter["AllowedValues"].is_null() {
                self.fault(format!("{name} takes anything"));
            }
            // CloudFormation lets a part of one through, and the functions do not start on it.
            let parts = parameter["Type"] == "Number" && parameter["AllowedValues"].is_null();
            let described = parameter["Description"].as_str();
            if parts && described.is_some_and(|text| !text.ends_with(" A whole number.")) {
                self.fault(format!("{name} does not ask for a whole number"));
            }
        }
        // Whom to text is decided, not inherited.
        self.must("AllowedRegions", &self.template["Parameters"]["AllowedRegions"], "/Default", &Value::Null);
    }
}
