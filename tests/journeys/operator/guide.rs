//! What `docs/operations.md` tells an operator is what happens: the output, the line of the audit, the rights.

use std::collections::{BTreeMap, BTreeSet};

use clap::CommandFactory as _;
use operate::flags::Flags;
use serde_json::Value;
use tests::lines::members;
use tests::service::{Service, text};

use super::{APPLIED, OPERATIONS, Report, audited, locked, operate};
use crate::deployed::rights::operations;
use crate::operating::documented;
use crate::pages::{between, holds};

/// The id of the code on the page, in the place of one that was drawn.
const OTP: &str = "Qx7hK0c1TjyPZ3gqv9aVbA";

/// A command and what it says to whoever has seen the rows already.
fn told(line: &str, report: &Report) -> String {
    let (_, result) = report.shown.split_once("\n\n").unwrap();
    let audit = report.audit.as_ref().map(|line| format!("{}\n", line.json())).unwrap_or_default();
    format!("$ operate {line}\n{audit}…\n\n{result}\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_shows_what_an_operator_sees() {
    let service = locked().await;
    let id = text(&service.otp("ada").await.unwrap(), "otpId").to_owned();
    let looked = operate(&service, "look ada").await;
    let looked = format!("```text\n$ operate look ada\n{}\n```\n", looked.shown);
    holds("operations.md", "look", &looked.replace(&id, OTP));
    for deed in ["unlock", "forget"] {
        let mut made = String::new();
        for line in [format!("{deed} ada"), format!("{deed} ada {APPLIED} --otp={id}")] {
            made.push_str(&told(&line, &operate(&service, &line).await));
            made.push('\n');
        }
        holds("operations.md", deed, &format!("```text\n{}\n```\n", made.trim().replace(&id, OTP)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_names_the_members_of_an_operators_line() {
    let service = locked().await;
    let line = audited(&operate(&service, &format!("forget ada {APPLIED}")).await);
    let documented = documented("| member of an operator's line | what |\n");
    assert_eq!(members(&line), documented.into_iter().collect::<BTreeSet<_>>());
}

/// The actions on each table that the page's policy allows.
fn allowed() -> BTreeMap<String, BTreeSet<String>> {
    let policy = between(OPERATIONS, "<<END\n", "\nEND");
    let policy: Value = serde_json::from_str(policy).unwrap();
    let statements = policy["Statement"].as_array().unwrap();
    let allowed = statements.iter().map(|statement| {
        assert_eq!(statement["Effect"], "Allow");
        assert_eq!(members(statement), BTreeSet::from(["Action", "Effect", "Resource"]));
        let table = match statement["Resource"].as_str().unwrap() {
            "$users" => "users",
            "$otps" => "otps",
            other => panic!("a right on {other}"),
        };
        let actions = statement["Action"].as_array().unwrap();
        (table.to_owned(), actions.iter().map(|action| action.as_str().unwrap().to_owned()).collect())
    });
    allowed.collect()
}

/// The policy of the page allows what an operator's commands do, and nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn the_policy_on_the_page_is_what_the_commands_need() {
    let service = Service::start().await;
    let mut used: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut record = |service: &Service| {
        for (action, table) in service.proxy.take_calls().iter().flat_map(operations) {
            used.entry(table).or_default().insert(action);
        }
    };
    let _ = service.proxy.take_calls();
    service.send("nobody").await;
    let _ = service.proxy.take_calls();
    operate(&service, &format!("forget nobody {APPLIED}")).await;
    record(&service);
    service.user_of_yesterday("ada", super::ADA).await;
    service.sweep();
    operate(&service, &format!("forget ada {APPLIED}")).await;
    record(&service);
    let service = locked().await;
    let _ = service.proxy.take_calls();
    for line in ["look ada", &format!("unlock ada {APPLIED}"), &format!("forget ada {APPLIED}")] {
        operate(&service, line).await;
    }
    record(&service);
    assert_eq!(used, allowed());
}

/// Each command of the page can be called so, and each of the tool is on the page.
#[test]
fn the_page_calls_the_tool_rightly() {
    let lines = OPERATIONS.lines().filter_map(|line| line.trim_start_matches("$ ").strip_prefix("operate "));
    let mut called = BTreeSet::new();
    for line in lines.map(|line| line.split('#').next().unwrap().trim_end()) {
        let parsed = Flags::command().try_get_matches_from(["operate"].into_iter().chain(line.split(' ')));
        let parsed = parsed.unwrap_or_else(|error| panic!("{line}: {error}"));
        called.insert(parsed.subcommand_name().unwrap().to_owned());
    }
    let all = Flags::command().get_subcommands().map(|command| command.get_name().to_owned()).collect();
    assert_eq!(called, all);
}
