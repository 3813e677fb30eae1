//! The namespace of the metrics, and the dashboard, which shows what is really counted.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};
use serde_norway::Value;
use serde_norway::value::{Tag, TaggedValue};
use shared::metrics::Metric;

const TEMPLATE: &str = include_str!("../../../template.yaml");

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
    let body = sub.value[0].as_str().unwrap();
    let variables = &sub.value[1];

    let template: Value = serde_norway::from_str(TEMPLATE).unwrap();
    for name in body.split("${").skip(1).filter_map(|rest| rest.split('}').next()) {
        let known = name.starts_with('!')
            || ["AWS::Region", "AWS::StackName"].contains(&name)
            || !variables[name].is_null()
            || !template["Resources"][name].is_null()
            || !template["Parameters"][name].is_null();
        assert!(known, "${{{name}}} refers to nothing");
    }

    let body: Json = serde_json::from_str(body).unwrap();
    // Otherwise each graph would take the period that suits the time shown, and sum something else.
    assert_eq!((&body["periodOverride"], &body["start"]), (&json!("inherit"), &json!("-P1D")));
    let widgets = body["widgets"].as_array().unwrap();
    let lines = widgets.iter().flat_map(|widget| widget["properties"]["metrics"].as_array().unwrap());
    let filters = of_type("AWS::Logs::MetricFilter");
    let from_logs: BTreeSet<_> = filters
        .iter()
        .map(|(_, filter)| filter["Properties"]["MetricTransformations"][0]["MetricName"].as_str().unwrap())
        .collect();
    let mut shown = BTreeSet::new();
    for line in lines {
        if line[0] == "${AWS::StackName}" {
            let name = line[1].as_str().unwrap();
            if !from_logs.contains(name) {
                assert_counted(name, None);
            }
            shown.insert(name);
        } else if let Some(search) = line[0]["expression"].as_str().filter(|text| text.starts_with("SEARCH"))
        {
            let searched = Metric::ALL.into_iter().find(|metric| {
                let (name, dimension) = (metric.name(), metric.dimension().unwrap_or_default());
                let schema = format!("{{\"${{AWS::StackName}}\",{dimension}}} MetricName=\"{name}\"");
                search.contains(&schema)
            });
            shown.insert(searched.unwrap_or_else(|| panic!("{search} finds nothing")).name());
        }
    }
    let counted = BTreeSet::from(Metric::ALL.map(Metric::name));
    assert_eq!(shown, &counted | &from_logs, "every metric has its place");
    let funnel = &widgets[0]["properties"]["metrics"];
    let funnel: Vec<_> = funnel.as_array().unwrap().iter().map(|line| line[1].clone()).collect();
    assert_eq!(funnel, [json!("CodesIssued"), json!("TextsAccepted"), json!("CodesConfirmed")]);
}
