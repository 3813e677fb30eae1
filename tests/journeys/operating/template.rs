//! Alarms and dashboard: they look at what is really counted, and say what to do.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};
use serde_norway::Value;
use serde_norway::value::{Tag, TaggedValue};
use shared::metrics::{Metric, REASON};

use super::documented;

const TEMPLATE: &str = include_str!("../../../template.yaml");

/// The longest description that an alarm can have.
const LONGEST_DESCRIPTION: usize = 1_024;

fn resources() -> Vec<(String, Value)> {
    let template: Value = serde_norway::from_str(TEMPLATE).unwrap();
    let resources = template["Resources"].as_mapping().unwrap();
    resources.iter().map(|(name, value)| (name.as_str().unwrap().to_owned(), value.clone())).collect()
}

fn of_type(kind: &str) -> Vec<(String, Value)> {
    resources().into_iter().filter(|(_, resource)| resource["Type"] == *kind).collect()
}

fn reference(name: &str) -> Value {
    Value::Tagged(Box::new(TaggedValue { tag: Tag::new("Ref"), value: name.into() }))
}

/// The namespace that the functions are given is that of the alarms.
#[test]
fn the_namespace_is_the_stacks_everywhere() {
    let template: Value = serde_norway::from_str(TEMPLATE).unwrap();
    let given = &template["Globals"]["Function"]["Environment"]["Variables"]["METRICS_NAMESPACE"];
    assert_eq!(*given, reference("AWS::StackName"));
}

#[test]
fn every_alarm_watches_what_is_counted_and_says_what_to_do() {
    let alarms = of_type("AWS::CloudWatch::Alarm");
    for (name, alarm) in &alarms {
        let alarm = &alarm["Properties"];
        let description = alarm["AlarmDescription"].as_str().unwrap();
        assert!(description.contains("ook at") || description.contains("Look "), "{name}: {description}");
        assert!(description.len() <= LONGEST_DESCRIPTION, "{name}: {} characters", description.len());
        assert_eq!(alarm["TreatMissingData"], *"notBreaching", "{name}");
        for actions in ["AlarmActions", "OKActions"] {
            let Value::Tagged(choice) = &alarm[actions] else { panic!("{name} has no {actions}") };
            assert_eq!(
                (choice.tag.to_string().as_str(), choice.value[0].as_str()),
                ("!If", Some("HasAlarmTopic"))
            );
        }
        let queries = alarm["Metrics"].as_sequence().unwrap();
        let expressions: Vec<_> =
            queries.iter().filter(|query| !query["Expression"].is_null()).map(expression).collect();
        let [expression] = expressions.as_slice() else { panic!("{name} has {expressions:?}") };
        for query in queries.iter().filter(|query| query["Expression"].is_null()) {
            assert_eq!(query["ReturnData"], Value::Bool(false), "{name}");
            let id = query["Id"].as_str().unwrap();
            assert!(expression.contains(id) || expression.contains("METRICS()"), "{name} does not use {id}");
            let metric = &query["MetricStat"]["Metric"];
            if metric["Namespace"] == reference("AWS::StackName") {
                assert!(metric["Dimensions"].is_null(), "{name}");
                assert_counted(metric["MetricName"].as_str().unwrap(), None);
            } else {
                let namespace = metric["Namespace"].as_str().unwrap();
                assert!(namespace.starts_with("AWS/"), "{name}: {namespace}");
                assert!(!metric["Dimensions"].is_null(), "{name}");
            }
        }
    }
    let names: BTreeSet<_> = alarms.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(documented("| alarm | when |\n"), names);
}

fn expression(query: &Value) -> String {
    match &query["Expression"] {
        Value::Tagged(sub) => sub.value.as_str().unwrap().to_owned(),
        plain => plain.as_str().unwrap().to_owned(),
    }
}

fn assert_counted(name: &str, dimension: Option<&str>) {
    let metric = Metric::ALL.into_iter().find(|metric| metric.name() == name);
    let metric = metric.unwrap_or_else(|| panic!("{name} is not counted"));
    assert_eq!(metric.dimension(), dimension, "{name}");
}

#[test]
fn the_dashboard_shows_what_is_counted() {
    let dashboards = of_type("AWS::CloudWatch::Dashboard");
    let [(_, dashboard)] = dashboards.as_slice() else { panic!("one dashboard") };
    let Value::Tagged(sub) = &dashboard["Properties"]["DashboardBody"] else { panic!("a !Sub") };
    assert_eq!(sub.tag.to_string(), "!Sub");
    let body = sub.value.as_str().unwrap();

    let template: Value = serde_norway::from_str(TEMPLATE).unwrap();
    for name in body.split("${").skip(1).filter_map(|rest| rest.split('}').next()) {
        let known = name.starts_with('!')
            || ["AWS::Region", "AWS::StackName"].contains(&name)
            || !template["Resources"][name].is_null()
            || !template["Parameters"][name].is_null();
        assert!(known, "${{{name}}} refers to nothing");
    }

    let body: Json = serde_json::from_str(body).unwrap();
    let widgets = body["widgets"].as_array().unwrap();
    let lines = widgets.iter().flat_map(|widget| widget["properties"]["metrics"].as_array().unwrap());
    let mut shown = BTreeSet::new();
    for line in lines {
        if line[0] == "${AWS::StackName}" {
            let name = line[1].as_str().unwrap();
            assert_counted(name, None);
            shown.insert(name);
        } else if let Some(search) = line[0]["expression"].as_str().filter(|text| text.starts_with("SEARCH"))
        {
            let name = Metric::Refusals.name();
            let schema = format!("{{\"${{AWS::StackName}}\",{REASON}}} MetricName=\"{name}\"");
            assert!(search.contains(&schema), "{search}");
            shown.insert(name);
        }
    }
    assert_eq!(shown, BTreeSet::from(Metric::ALL.map(Metric::name)), "every metric has its place");
    let funnel = &widgets[0]["properties"]["metrics"];
    let funnel: Vec<_> = funnel.as_array().unwrap().iter().map(|line| line[1].clone()).collect();
    assert_eq!(funnel, [json!("CodesIssued"), json!("TextsAccepted"), json!("CodesConfirmed")]);
}
