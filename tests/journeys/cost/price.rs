//! What a million verifications cost, from the figures of the table and AWS's list prices, which stand in `docs/costs.md`
//! for whoever reads it to check.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use local::template::{Setting, Template};
use serde_json::Value;
use shared::domain::money::{MicroDollars, Prices};
use shared::domain::sms::{Client, Language};
use shared::metrics::Metric;
use tests::audit::holds_by_default;

use super::table::COSTS;
use crate::{languages, pages};

/// Dollars for a million of each (us-east-1, on demand), and for a GB-second of an arm64 function.
pub(super) const WRITE_UNITS: f64 = 0.625;
pub(super) const READ_UNITS: f64 = 0.125;
pub(super) const API_CALLS: f64 = 1.0;
pub(super) const INVOCATIONS: f64 = 0.2;
pub(super) const GB_SECOND: f64 = 0.000_013_333_4;

/// Dollars for a GB of logs, for one sent to the internet, for a million traces, and for a million calls of Secrets
/// Manager.
pub(super) const LOGS: f64 = 0.5;
pub(super) const DATA_OUT: f64 = 0.09;
pub(super) const TRACES: f64 = 5.0;
pub(super) const SECRETS_READ: f64 = 5.0;

/// Dollars a month for each secret, custom metric, metric that an alarm watches, and dashboard.
const SECRET: f64 = 0.4;
const METRIC: f64 = 0.3;
const WATCHED: f64 = 0.1;
const DASHBOARD: f64 = 3.0;

/// What `docs/costs.md` assumes of the time of a call, in milliseconds: Lambda's was not measured.
pub(super) const SIGNING_UP: f64 = 300.0;
pub(super) const VERIFYING: f64 = 20.0;

#[test]
fn the_page_has_the_prices_that_are_the_default() {
    let mut regions: BTreeMap<MicroDollars, Vec<String>> = BTreeMap::new();
    for entry in Prices::DEFAULT.split(',') {
        let (region, price) = entry.split_once(':').unwrap();
        let price = MicroDollars::parse(price).unwrap();
        let shown = if region == "*" { "all others".to_owned() } else { format!("`{region}`") };
        regions.entry(price).or_default().push(shown);
    }
    let mut made = String::from("| dollars a segment | regions |\n| --: | --- |\n");
    for (price, regions) in regions {
        writeln!(made, "| {price} | {} |", regions.join(" ")).expect("a string takes all");
    }
    pages::holds("costs.md", "prices", &made);
}

/// The read and write units of an outcome.
fn units(call: &str, answer: &str, when: &str) -> (u32, u32) {
    let mut costs = COSTS.iter();
    let cost = costs.find(|cost| (cost.call, cost.answer, cost.when) == (call, answer, when)).unwrap();
    let (mut reads, mut writes) = (0, 0);
    for operation in cost.trips {
        let units: u32 = operation.split(' ').filter_map(|word| word.parse::<u32>().ok()).sum();
        let of = if operation.contains("Get") { &mut reads } else { &mut writes };
        *of += units;
    }
    (reads, writes)
}

/// The memory of a function, in GB.
pub(super) fn memory(binary: &str) -> f64 {
    let template = Template::of_this_repository().unwrap();
    let function = template.functions.iter().find(|function| function.binary == binary).unwrap();
    f64::from(u32::try_from(function.memory).unwrap()) / 1_024.0
}

/// The milliseconds that a call takes which texts: a send leaves on the step of its answers, however fast the text was.
fn texting(binary: &str) -> f64 {
    let template = Template::of_this_repository().unwrap();
    let function = template.functions.iter().find(|function| function.binary == binary).unwrap();
    match function.settings.get("SEND_ANSWER_STEP_MILLISECONDS") {
        Some(Setting::Value(step)) => step.parse().unwrap(),
        _ => SIGNING_UP,
    }
}

#[test]
fn the_page_prices_what_the_table_says() {
    let mut made = String::from(
        "| a million times | write units | read units | DynamoDB | API Gateway | Lambda | together |\n\
         | --- | --: | --: | --: | --: | --: | --: |\n",
    );
    let verified = units("verify", "200", "");
    for (call, outcome) in
        [("signup", ("signup", "201", "a free name")), ("send", ("send", "202", "no code before"))]
    {
        let (reads, writes) = units(outcome.0, outcome.1, outcome.2);
        let (reads, writes) = (reads + verified.0, writes + verified.1);
        let dynamodb = f64::from(writes) * WRITE_UNITS + f64::from(reads) * READ_UNITS;
        let api = 2.0 * API_CALLS;
        let gb_seconds = (memory(call) * texting(call) + memory("verify") * VERIFYING) / 1_000.0 * 1e6;
        let lambda = 2.0 * INVOCATIONS + gb_seconds * GB_SECOND;
        let together = dynamodb + api + lambda;
        writeln!(
            made,
            "| {call}, then verify | {writes} M | {reads} M | {dynamodb:.2} | {api:.2} | {lambda:.2} | {together:.2} |"
        )
        .expect("a string takes all");
    }
    pages::holds("costs.md", "price", &made);
}

/// Dollars for a segment that the page counts with; what a carrier really asks depends on the country.
const SEGMENT: f64 = 0.01;

#[test]
fn the_page_prices_a_text_by_its_segments() {
    let texts = languages::longest();
    let mut made = String::from(
        "| a million texts of | at a cent a segment | at the longest, in |\n| --- | --: | --- |\n",
    );
    for (segments, what) in [(1, "1 segment"), (2, "2 segments")] {
        let takes =
            |language: &Language| languages::size(&texts, *language, Client::Web).segments == segments;
        let tags: Vec<_> =
            Language::all().filter(takes).map(|language| format!("`{}`", language.tag())).collect();
        let price = f64::from(segments) * SEGMENT * 1e6;
        writeln!(made, "| {what} | {price:.2} | {} |", tags.join(" ")).expect("a string takes all");
    }
    pages::holds("costs.md", "segments", &made);
}

/// Every `code` of an answer, from the table of `docs/api.md`: each is a reason of a refusal.
fn reasons() -> usize {
    let page = include_str!("../../../docs/api.md");
    let (_, table) = page.split_once("| status | `code` | when |\n").unwrap();
    let rows = table.lines().skip(1).take_while(|line| line.starts_with('|'));
    rows.map(|row| row.split('|').nth(2).unwrap().matches('`').count() / 2).sum()
}

#[test]
fn the_page_prices_what_stands_by_the_month() {
    let template = tests::audit::template();
    let resources = template["Resources"].as_object().unwrap().values();
    // What a parameter at its default leaves out is not paid for.
    let resources = resources.filter(|resource| {
        resource["Condition"].as_str().is_none_or(|condition| holds_by_default(&template, condition))
    });
    let resources: Vec<_> = resources.collect();
    let of_type = |kind: &str| resources.iter().filter(|resource| resource["Type"] == kind).count();
    let watched = resources.iter().filter_map(|resource| resource["Properties"]["Metrics"].as_array());
    let watched = watched.flatten().filter(|query| query["MetricStat"] != Value::Null).count();
    let dimensioned = Metric::ALL.iter().filter(|metric| metric.dimension().is_some()).count();
    assert_eq!(dimensioned, 2, "only refusals have reasons, and attestations, which are off, outcomes");
    let metrics = Metric::ALL.len() - dimensioned + reasons() + of_type("AWS::Logs::MetricFilter");

    let mut made = String::from("| a month of | how many | each | together |\n| --- | --: | --: | --: |\n");
    let mut all = 0.0;
    for (what, count, price) in [
        ("secrets", of_type("AWS::SecretsManager::Secret"), SECRET),
        ("custom metrics", metrics, METRIC),
        ("metrics that alarms watch", watched, WATCHED),
        ("dashboards", of_type("AWS::CloudWatch::Dashboard"), DASHBOARD),
    ] {
        let together = f64::from(u32::try_from(count).unwrap()) * price;
        all += together;
        writeln!(made, "| {what} | {count} | {price:.2} | {together:.2} |").expect("a string takes all");
    }
    writeln!(made, "| all of it | | | {all:.2} |").expect("a string takes all");
    pages::holds("costs.md", "month", &made);
}
