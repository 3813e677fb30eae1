//! What the gateway lets through, and what it writes down.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{Audit, entries, only_if};

/// What an access log may hold: nothing of it says who called, or what was said.
const LOGGED: [&str; 7] = [
    "$context.integrationErrorMessage",
    "$context.integrationLatency",
    "$context.integrationStatus",
    "$context.requestId",
    "$context.responseLatency",
    "$context.routeKey",
    "$context.status",
];

/// How many times more often a code may be typed than texted: the tries of a code.
const TRIES: u64 = 5;

/// How many times its rate a route's burst is at least, so that people who come at once are not refused.
const BURST: u64 = 2;

/// What the log of accesses holds of a call that the gateway itself refused: no function answered it.
const THROTTLED: &str = r#"{ ($.status = "429") && ($.integrationStatus = "-") }"#;

impl Audit<'_> {
    pub(super) fn api(&mut self) {
        let apis = self.of_type("AWS::Serverless::HttpApi");
        let [(name, api)] = apis[..] else { return self.fault("there is not exactly one API".to_owned()) };
        let properties = &api["Properties"];
        self.must(name, properties, "/StageName", &json!("$default"));
        self.access_log(name, &properties["AccessLogSettings"]);
        self.throttles(name, properties);
        self.throttled(&properties["AccessLogSettings"]);
        self.cors(name, properties);
    }

    fn access_log(&mut self, name: &str, settings: &Value) {
        let format = settings["Format"].as_str().unwrap_or_default();
        match serde_json::from_str::<Value>(format) {
            Ok(Value::Object(fields)) => {
                for (field, value) in fields {
                    if !value.as_str().is_some_and(|value| LOGGED.contains(&value)) {
                        self.fault(format!("{name} logs {value} of each access as {field}"));
                    }
                }
            }
            _ => self.fault(format!("{name} logs no JSON of accesses")),
        }
        let arn = settings["DestinationArn"]["Fn::GetAtt"].as_str().unwrap_or_default();
        let group = arn.strip_suffix(".Arn").unwrap_or_default();
        let is_group = self.template["Resources"][group]["Type"] == "AWS::Logs::LogGroup";
        let functions = self.merged_functions();
        let shared = functions.iter().any(|(_, f)| f["LoggingConfig"]["LogGroup"]["Ref"] == group);
        if !is_group || shared {
            self.fault(format!("{name} has no log group of its own"));
        }
    }

    fn throttles(&mut self, name: &str, properties: &Value) {
        let mut routes = BTreeSet::new();
        for (function, properties) in self.merged_functions() {
            for (event, definition) in entries(&properties["Events"]) {
                let properties = &definition["Properties"];
                self.must(function, definition, "/Type", &json!("HttpApi"));
                // Without it SAM makes another API, which nothing throttles.
                self.must(&format!("{function}.{event}"), properties, "/ApiId", &json!({ "Ref": name }));
                let version = &json!("2.0");
                self.must(&format!("{function}.{event}"), properties, "/PayloadFormatVersion", version);
                let part = |key: &str| properties[key].as_str().unwrap_or_default();
                routes.insert(format!("{} {}", part("Method"), part("Path")));
            }
        }
        let settings = &properties["RouteSettings"];
        if self.rate(name, "a route that is not named", &properties["DefaultRouteSettings"]).is_none() {
            self.fault(format!("{name} does not throttle a route that is not named"));
        }
        let rates: BTreeMap<_, _> =
            routes.iter().map(|route| (route.as_str(), self.rate(name, route, &settings[route]))).collect();
        for (route, _) in rates.iter().filter(|(_, rate)| rate.is_none()) {
            self.fault(format!("{name} does not throttle {route}"));
        }
        for (route, _) in entries(settings).filter(|(route, _)| !routes.contains(*route)) {
            self.fault(format!("{name} throttles {route}, which is no route"));
        }
        let rate = |route| rates.get(route).copied().flatten();
        let Some(verify) = rate("POST /verify") else { return };
        for route in ["POST /send", "POST /resend"] {
            if rate(route).is_some_and(|rate| rate * TRIES > verify) {
                self.fault(format!("{name} lets more through to {route} than can be verified"));
            }
        }
    }

    /// Returns the calls of a second, if both a rate and a burst bound them.
    ///
    /// Both are whole numbers as they stand, never a reference: the value of a parameter reaches the gateway as a text
    /// where the schema of the stage is free JSON, as for the settings of routes.
    fn rate(&mut self, name: &str, route: &str, settings: &Value) -> Option<u64> {
        let positive = |key: &str| settings[key].as_u64().filter(|number| *number > 0);
        let (rate, burst) = positive("ThrottlingRateLimit").zip(positive("ThrottlingBurstLimit"))?;
        if burst < BURST * rate {
            self.fault(format!("{name} lets no burst through to {route}"));
        }
        Some(rate)
    }

    /// What the gateway refuses is counted from its log, whose fields the pattern names.
    fn throttled(&mut self, access_log: &Value) {
        let filters = self.of_type("AWS::Logs::MetricFilter");
        let [(name, filter)] = filters[..] else {
            return self.fault("there is not exactly one filter of logs".to_owned());
        };
        let group = access_log["DestinationArn"]["Fn::GetAtt"].as_str().unwrap_or_default();
        let group = group.strip_suffix(".Arn").unwrap_or_default();
        let counted = json!([{
            "MetricNamespace": { "Ref": "AWS::StackName" },
            "MetricName": "GatewayThrottles",
            "MetricValue": "1",
        }]);
        for (property, wanted) in [
            ("LogGroupName", json!({ "Ref": group })),
            ("FilterPattern", json!(THROTTLED)),
            ("MetricTransformations", counted),
        ] {
            self.must(name, &filter["Properties"], &format!("/{property}"), &wanted);
        }
        let format = access_log["Format"].as_str().unwrap_or_default();
        for field in ["status", "integrationStatus"] {
            if !format.contains(&format!(r#""{field}":"$context.{field}""#)) {
                self.fault(format!("{name} looks for {field}, which is not logged"));
            }
        }
    }

    /// No page of another origin may call, unless whoever deploys names that one origin.
    fn cors(&mut self, name: &str, properties: &Value) {
        let allowed = json!({
            "AllowOrigins": [{ "Ref": "CorsOrigin" }],
            "AllowMethods": ["POST"],
            "AllowHeaders": ["content-type", "idempotency-key", "x-firebase-appcheck"],
            "ExposeHeaders": ["retry-after", "x-request-id"],
            "MaxAge": 3600,
        });
        self.must(name, properties, "/CorsConfiguration", &only_if("HasCorsOrigin", &allowed));
        let template = self.template;
        let given = json!({ "Fn::Not": [{ "Fn::Equals": [{ "Ref": "CorsOrigin" }, ""] }] });
        self.must("template", template, "/Conditions/HasCorsOrigin", &given);
        self.must("CorsOrigin", &template["Parameters"]["CorsOrigin"], "/Default", &json!(""));
    }
}
