//! Alarms: each is what stands here, all of it, and what `docs/operations.md` says of it.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use shared::metrics::{Metric, OUTCOME};

use super::{OPERATIONS, documented};

/// The longest description that an alarm can have.
const LONGEST_DESCRIPTION: usize = 1_024;

const HEADER: &str = "| alarm | when | within |\n";

struct Alarm {
    name: &'static str,
    operator: &'static str,
    /// A number, or the name of a parameter.
    threshold: &'static str,
    periods: Periods,
    expression: &'static str,
    metrics: &'static [(&'static str, Watched)],
}

enum Periods {
    /// How many of how many periods, and their seconds.
    Of(u32, u32, u32),
    /// All hours of as many as the parameter of this name says. Then silence is what is watched.
    Hours(&'static str),
}

enum Watched {
    Ours(Metric),
    /// The attestations of one outcome.
    Attestations(&'static str),
    /// A metric that CloudWatch counts from a log, in our namespace.
    Counted(&'static str),
    /// Namespace, name, dimension, and the resource that the dimension refers to.
    Theirs(&'static str, &'static str, &'static str, &'static str),
}

use Periods::{Hours, Of};
use Watched::{Attestations, Counted, Ours, Theirs};

const MORE: &str = "GreaterThanThreshold";
const AS_MUCH: &str = "GreaterThanOrEqualToThreshold";
const LESS: &str = "LessThanThreshold";

const ALARMS: &[Alarm] = &[
    Alarm {
        name: "GatewayErrorsAlarm",
        operator: MORE,
        threshold: "5",
        periods: Of(2, 3, 300),
        expression: "IF(failed >= 5, 100 * failed / calls, 0)",
        metrics: &[
            ("failed", Theirs("AWS/ApiGateway", "5xx", "ApiId", "Api")),
            ("calls", Theirs("AWS/ApiGateway", "Count", "ApiId", "Api")),
        ],
    },
    Alarm {
        name: "GatewayThrottlesAlarm",
        operator: AS_MUCH,
        threshold: "10",
        periods: Of(1, 1, 300),
        expression: "throttled",
        metrics: &[("throttled", Counted("GatewayThrottles"))],
    },
    Alarm {
        name: "CourierAlarm",
        operator: MORE,
        threshold: "20",
        periods: Of(1, 1, 300),
        expression: "IF(FILL(failed, 0) + FILL(unknown, 0) >= 3, \
                     100 * (FILL(failed, 0) + FILL(unknown, 0)) / \
                     (FILL(accepted, 0) + FILL(failed, 0) + FILL(unknown, 0)), 0)",
        metrics: &[
            ("accepted", Ours(Metric::TextsAccepted)),
            ("failed", Ours(Metric::TextsFailed)),
            ("unknown", Ours(Metric::TextsUnknown)),
        ],
    },
    Alarm {
        name: "ConversionAlarm",
        operator: LESS,
        threshold: "LowestConversionPercent",
        periods: Of(2, 2, 3_600),
        expression: "IF(issued >= 20, 100 * FILL(confirmed, 0) / issued, 100)",
        metrics: &[("issued", Ours(Metric::CodesIssued)), ("confirmed", Ours(Metric::CodesConfirmed))],
    },
    Alarm {
        name: "QuietConversionAlarm",
        operator: LESS,
        threshold: "LowestConversionPercent",
        periods: Of(2, 2, 21_600),
        expression: "IF(issued >= 10, 100 * FILL(confirmed, 0) / issued, 100)",
        metrics: &[("issued", Ours(Metric::CodesIssued)), ("confirmed", Ours(Metric::CodesConfirmed))],
    },
    Alarm {
        name: "CodesSpikeAlarm",
        operator: MORE,
        threshold: "UnusualCodesPerHour",
        periods: Of(1, 1, 3_600),
        expression: "issued",
        metrics: &[("issued", Ours(Metric::CodesIssued))],
    },
    Alarm {
        name: "WrongCodesAlarm",
        operator: MORE,
        threshold: "50",
        periods: Of(1, 1, 900),
        expression: "IF(wrong > ${UnusualWrongCodes}, 100, \
                     IF(wrong >= 20, 100 * wrong / (wrong + FILL(confirmed, 0)), 0))",
        metrics: &[("wrong", Ours(Metric::WrongCodes)), ("confirmed", Ours(Metric::CodesConfirmed))],
    },
    Alarm {
        name: "UsersLockedAlarm",
        operator: AS_MUCH,
        threshold: "1",
        periods: Of(1, 1, 300),
        expression: "locked",
        metrics: &[("locked", Ours(Metric::UsersLocked))],
    },
    Alarm {
        name: "AttestationAlarm",
        operator: MORE,
        threshold: "20",
        periods: Of(1, 1, 900),
        expression: "IF(FILL(unattested, 0) + FILL(undecided, 0) >= 20, \
                     100 * (FILL(unattested, 0) + FILL(undecided, 0)) / \
                     (FILL(attested, 0) + FILL(unattested, 0) + FILL(undecided, 0)), 0)",
        metrics: &[
            ("attested", Attestations("attested")),
            ("unattested", Attestations("unattested")),
            ("undecided", Attestations("undecided")),
        ],
    },
    Alarm {
        name: "NoConfirmationsAlarm",
        operator: LESS,
        threshold: "1",
        periods: Hours("HoursWithoutConfirmation"),
        expression: "confirmed",
        metrics: &[("confirmed", Ours(Metric::CodesConfirmed))],
    },
    Alarm {
        name: "BudgetAlarm",
        operator: AS_MUCH,
        threshold: "80",
        periods: Of(1, 1, 86_400),
        expression: "MAX([0.01 * others / (${DailyBudgetDollars} * (100 - ${VerifiedSharePercent})), \
                     0.01 * verified / (${DailyBudgetDollars} * ${VerifiedSharePercent} + 0.000001)])",
        metrics: &[("others", Ours(Metric::SpentOnOthers)), ("verified", Ours(Metric::SpentOnVerified))],
    },
    Alarm {
        name: "RegionAlarm",
        operator: AS_MUCH,
        threshold: "1",
        periods: Of(1, 1, 300),
        expression: "refused",
        metrics: &[("refused", Ours(Metric::RegionRefusals))],
    },
    Alarm {
        name: "TableThrottlesAlarm",
        operator: AS_MUCH,
        threshold: "10",
        periods: Of(1, 1, 300),
        expression: "SUM(FILL(METRICS(), 0))",
        metrics: &[
            ("usersReads", Theirs("AWS/DynamoDB", "ReadThrottleEvents", "TableName", "UsersTable")),
            ("usersWrites", Theirs("AWS/DynamoDB", "WriteThrottleEvents", "TableName", "UsersTable")),
            ("otpsReads", Theirs("AWS/DynamoDB", "ReadThrottleEvents", "TableName", "OtpsTable")),
            ("otpsWrites", Theirs("AWS/DynamoDB", "WriteThrottleEvents", "TableName", "OtpsTable")),
            ("limitsReads", Theirs("AWS/DynamoDB", "ReadThrottleEvents", "TableName", "LimitsTable")),
            ("limitsWrites", Theirs("AWS/DynamoDB", "WriteThrottleEvents", "TableName", "LimitsTable")),
        ],
    },
    Alarm {
        name: "FunctionErrorsAlarm",
        operator: AS_MUCH,
        threshold: "1",
        periods: Of(1, 1, 300),
        expression: "SUM(FILL(METRICS(), 0))",
        metrics: &[
            ("signup", Theirs("AWS/Lambda", "Errors", "FunctionName", "SignupFunction")),
            ("send", Theirs("AWS/Lambda", "Errors", "FunctionName", "SendFunction")),
            ("resend", Theirs("AWS/Lambda", "Errors", "FunctionName", "ResendFunction")),
            ("verify", Theirs("AWS/Lambda", "Errors", "FunctionName", "VerifyFunction")),
        ],
    },
    Alarm {
        name: "FunctionThrottlesAlarm",
        operator: AS_MUCH,
        threshold: "1",
        periods: Of(1, 1, 300),
        expression: "SUM(FILL(METRICS(), 0))",
        metrics: &[
            ("signup", Theirs("AWS/Lambda", "Throttles", "FunctionName", "SignupFunction")),
            ("send", Theirs("AWS/Lambda", "Throttles", "FunctionName", "SendFunction")),
            ("resend", Theirs("AWS/Lambda", "Throttles", "FunctionName", "ResendFunction")),
            ("verify", Theirs("AWS/Lambda", "Throttles", "FunctionName", "VerifyFunction")),
        ],
    },
];

impl Alarm {
    /// All properties but the texts for people.
    fn properties(&self) -> Value {
        let threshold = self.threshold.parse::<u32>();
        let threshold = threshold.map_or_else(|_| json!({ "Ref": self.threshold }), |number| json!(number));
        let expression = if self.expression.contains("${") {
            json!({ "Fn::Sub": self.expression })
        } else {
            json!(self.expression)
        };
        let (hit, of, period, missing) = match self.periods {
            Of(hit, of, period) => (json!(hit), json!(of), period, "notBreaching"),
            Hours(parameter) => {
                (json!({ "Ref": parameter }), json!({ "Ref": parameter }), 3_600, "breaching")
            }
        };
        let mut metrics = vec![json!({ "Id": "watched", "Expression": expression })];
        metrics.extend(self.metrics.iter().map(|(id, watched)| {
            let metric = match watched {
                Ours(metric) => {
                    assert_eq!(metric.dimension(), None, "{id}");
                    json!({ "Namespace": { "Ref": "AWS::StackName" }, "MetricName": metric.name() })
                }
                Attestations(outcome) => json!({
                    "Namespace": { "Ref": "AWS::StackName" },
                    "MetricName": Metric::Attestations.name(),
                    "Dimensions": [{ "Name": OUTCOME, "Value": outcome }],
                }),
                Counted(name) => json!({ "Namespace": { "Ref": "AWS::StackName" }, "MetricName": name }),
                Theirs(namespace, name, dimension, resource) => json!({
                    "Namespace": namespace,
                    "MetricName": name,
                    "Dimensions": [{ "Name": dimension, "Value": in_use(resource) }],
                }),
            };
            let stat = json!({ "Metric": metric, "Period": period, "Stat": "Sum" });
            json!({ "Id": id, "ReturnData": false, "MetricStat": stat })
        }));
        // With neither an alarm tells nobody, and shows its state all the same.
        let told = [("HasAlarmEmail", "AlarmTopic"), ("HasAlarmTopic", "AlarmTopicArn")].map(
            |(condition, topic)| json!({ "Fn::If": [condition, { "Ref": topic }, { "Ref": "AWS::NoValue" }] }),
        );
        json!({
            "AlarmActions": told,
            "OKActions": told,
            "ComparisonOperator": self.operator,
            "Threshold": threshold,
            "EvaluationPeriods": of,
            "DatapointsToAlarm": hit,
            "TreatMissingData": missing,
            "Metrics": metrics,
        })
    }

    /// What the page has to say of when it goes off.
    fn words(&self) -> Vec<String> {
        let quoted = |name: &str| format!("`{name}`");
        let threshold = match self.threshold.parse::<u32>() {
            Ok(number) => number.to_string(),
            Err(_) => quoted(self.threshold),
        };
        let comparison = match self.operator {
            AS_MUCH => "at least",
            LESS => "fewer than",
            _ => "more than",
        };
        let mut words = vec![format!("{comparison} {threshold}")];
        let after = |mark: &'static str| self.expression.split(mark).skip(1);
        let leading = |text: &str| text.chars().take_while(char::is_ascii_digit).collect::<String>();
        words.extend(after(">= ").map(|rest| format!("at least {}", leading(rest))));
        words.extend(after("${").filter_map(|rest| Some(quoted(rest.split_once('}')?.0))));
        words
    }

    /// The time that it takes, as the page writes it.
    fn within(&self) -> String {
        let (hit, of, period) = match self.periods {
            Of(hit, of, period) => (hit, of, period),
            Hours(parameter) => return format!("`{parameter}` h"),
        };
        let period = match period {
            minutes if minutes < 3_600 => format!("{} min", minutes / 60),
            hours => format!("{} h", hours / 3_600),
        };
        if of == 1 { period } else { format!("{hit} of {of} × {period}") }
    }
}

/// The reference to a resource: of the table of users, to the one in use.
fn in_use(resource: &str) -> Value {
    let own = json!({ "Ref": resource });
    match resource {
        "UsersTable" => json!({ "Fn::If": ["HasExistingUsersTable", { "Ref": "ExistingUsersTable" }, own] }),
        _ => own,
    }
}

#[test]
fn every_alarm_is_the_documented_one() {
    let template = tests::audit::template();
    let resources = template["Resources"].as_object().unwrap().iter();
    let mut alarms: BTreeMap<_, _> =
        resources.filter(|(_, resource)| resource["Type"] == "AWS::CloudWatch::Alarm").collect();
    assert_eq!(documented(HEADER), alarms.keys().map(|name| name.as_str()).collect());
    for wanted in ALARMS {
        let name = wanted.name;
        let alarm = alarms.remove(&name.to_owned()).unwrap_or_else(|| panic!("there is no {name}"));
        let condition = match name {
            // A budget of none cannot be spent.
            "BudgetAlarm" => json!("HasDailyBudget"),
            "AttestationAlarm" => json!("HasAppCheckProjectNumber"),
            "NoConfirmationsAlarm" => json!("HasHoursWithoutConfirmation"),
            _ => Value::Null,
        };
        assert_eq!(alarm["Condition"], condition, "{name}");
        let mut properties = alarm["Properties"].clone();
        let description = properties.as_object_mut().unwrap().remove("AlarmDescription").unwrap();
        let description = description.as_str().unwrap();
        assert!(description.contains("ook at") || description.contains("Look "), "{name}: {description}");
        assert!(description.len() <= LONGEST_DESCRIPTION, "{name}: {} characters", description.len());
        assert!(properties["Metrics"][0].as_object_mut().unwrap().remove("Label").is_some(), "{name}");
        assert_eq!(properties, wanted.properties(), "{name}");

        let row = OPERATIONS.lines().find(|line| line.starts_with(&format!("| `{name}` |"))).unwrap();
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        for words in wanted.words() {
            assert!(cells[2].contains(&words), "the page does not say {words:?} of {name}: {row}");
        }
        assert_eq!(cells[3], wanted.within(), "{row}");
    }
    assert!(alarms.is_empty(), "{alarms:?} are not described here");
}

/// Whether anybody is told, and whether there is a budget, is what whoever deploys said.
#[test]
fn the_conditions_of_the_alarms_are_whether_a_parameter_was_given() {
    let template = tests::audit::template();
    for (condition, parameter, none) in [
        ("HasAlarmEmail", "AlarmEmail", json!("")),
        ("HasAlarmTopic", "AlarmTopicArn", json!("")),
        ("HasAppCheckProjectNumber", "AppCheckProjectNumber", json!("")),
        ("HasDailyBudget", "DailyBudgetDollars", json!("0")),
        ("HasHoursWithoutConfirmation", "HoursWithoutConfirmation", json!(0)),
    ] {
        let given = json!({ "Fn::Not": [{ "Fn::Equals": [{ "Ref": parameter }, none] }] });
        assert_eq!(template["Conditions"][condition], given);
    }
}
