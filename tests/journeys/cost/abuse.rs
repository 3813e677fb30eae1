//! What stands in `docs/costs.md` of starts, and of somebody who calls as fast as the template lets them, for a day.

use std::fmt::Write as _;

use local::template::{Setting, Template};

use super::price::{
    API_CALLS, DATA_OUT, GB_SECOND, INVOCATIONS, LOGS, READ_UNITS, SECRETS_READ, SIGNING_UP, TRACES,
    VERIFYING, WRITE_UNITS, memory,
};
use super::table::COSTS;
use crate::pages;

/// What the page assumes of a start, in milliseconds: Lambda's was not measured. Of a signup it is longer, for its tables.
const STARTING: f64 = 200.0;
const STARTING_SIGNUP: f64 = 300.0;

/// What the page assumes that a call leaves in the logs, and sends to its caller, in kB, and how many calls of a hundred
/// X-Ray keeps.
const LOGGED: f64 = 3.0;
const ANSWERED: f64 = 1.0;
const TRACED: f64 = 5.0;

const SECONDS_OF_A_DAY: f64 = 86_400.0;

/// The settings by which a function is told of a secret, which it reads at its start.
const SECRET: &str = "_SECRET_ARN";

#[test]
fn the_page_prices_starts() {
    let mut made = String::from(
        "| a million starts of | Lambda | Secrets Manager | together |\n| --- | --: | --: | --: |\n",
    );
    for function in Template::of_this_repository().unwrap().functions {
        let name = function.binary.as_str();
        let secrets = function.settings.keys().filter(|setting| setting.ends_with(SECRET)).count();
        let time = if name == "signup" { STARTING_SIGNUP } else { STARTING };
        let lambda = memory(name) * time / 1_000.0 * 1e6 * GB_SECOND;
        let read = f64::from(u32::try_from(secrets).unwrap()) * SECRETS_READ;
        writeln!(made, "| {name} | {lambda:.2} | {read:.2} | {:.2} |", lambda + read)
            .expect("a string takes all");
    }
    pages::holds("costs.md", "starts", &made);
}

/// The read and write units that AWS charges for an outcome: a transaction that failed is charged like one that stored.
fn charged(call: &str, answer: &str, when: &str) -> (u32, u32) {
    let figures =
        |operation: &str| operation.split(' ').filter_map(|word| word.parse::<u32>().ok()).sum::<u32>();
    let all = || COSTS.iter().flat_map(|cost| cost.trips);
    let stores = all().find(|trip| trip.starts_with("TransactWriteItems limits") && figures(trip) > 0);
    let mut costs = COSTS.iter();
    let cost = costs.find(|cost| (cost.call, cost.answer, cost.when) == (call, answer, when)).unwrap();
    let (mut reads, mut writes) = (0, 0);
    for trip in cost.trips {
        match (trip.contains("Get"), figures(trip)) {
            (true, units) => reads += units,
            (false, 0) if trip.starts_with("TransactWriteItems limits") => writes += figures(stores.unwrap()),
            (false, 0) => panic!("{trip} has no figure"),
            (false, units) => writes += units,
        }
    }
    (reads, writes)
}

#[test]
fn the_page_prices_a_day_of_abuse() {
    let template = tests::audit::template();
    let routes = &template["Resources"]["Api"]["Properties"]["RouteSettings"];
    let mut made = String::from(
        "| in a day | how many | DynamoDB | API Gateway | Lambda | logs, traces, data out | together |\n\
         | --- | --: | --: | --: | --: | --: | --: |\n",
    );
    let settings = Template::of_this_repository().unwrap().settings();
    let Some(Setting::Value(budget)) = settings.get("DAILY_BUDGET_DOLLARS") else { panic!("no budget") };
    let texts = budget.parse::<f64>().unwrap();
    writeln!(made, "| texts, to the end of `DAILY_BUDGET_DOLLARS` | | | | | | {texts:.2} |")
        .expect("a string takes all");
    let mut all = texts;
    for (call, answer, when, time) in [
        ("signup", "503 sms_budget_spent", "", SIGNING_UP),
        ("send", "503 sms_budget_spent", "", VERIFYING),
        ("resend", "503 sms_budget_spent", "", VERIFYING),
        ("verify", "422 invalid_otp", "", VERIFYING),
    ] {
        let rate = routes[format!("POST /{call}")]["ThrottlingRateLimit"].as_f64().unwrap();
        let millions = rate * SECONDS_OF_A_DAY / 1e6;
        let (reads, writes) = charged(call, answer, when);
        let dynamodb = millions * (f64::from(writes) * WRITE_UNITS + f64::from(reads) * READ_UNITS);
        let api = millions * API_CALLS;
        let lambda = millions * (INVOCATIONS + memory(call) * time / 1_000.0 * 1e6 * GB_SECOND);
        // A kB of each of a million is a GB.
        let told = millions * (LOGGED * LOGS + ANSWERED * DATA_OUT + TRACED / 100.0 * TRACES);
        let together = dynamodb + api + lambda + told;
        all += together;
        writeln!(
            made,
            "| `/{call}`, {answer} | {millions:.2} M | {dynamodb:.2} | {api:.2} | {lambda:.2} | {told:.2} | {together:.2} |"
        )
        .expect("a string takes all");
    }
    writeln!(made, "| all of it | | | | | | {all:.2} |").expect("a string takes all");
    pages::holds("costs.md", "abuse", &made);
}
