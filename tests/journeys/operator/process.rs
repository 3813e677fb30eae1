//! The tool itself, as an operator calls it: its exit codes, and what it writes where.

use std::process::Output;

use serde_json::json;
use tests::lines::Lines;
use tests::proxy::{Fault, Match, Operation};
use tests::runtime::binaries;
use tests::service::{Service, text};
use tokio::process::Command;

use super::{ADA, APPLIED, as_if};

/// What `operate <line>` ends with: its exit code, its standard output and its standard error.
async fn called(line: &str, environment: &[(&str, &str)]) -> (i32, String, String) {
    let mut command = Command::new(binaries::executable("operate").await);
    command.args(line.split(' ')).env_clear().envs(environment.iter().copied());
    let Output { status, stdout, stderr } = command.output().await.unwrap();
    let [stdout, stderr] = [stdout, stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    (status.code().unwrap(), stdout, stderr)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_is_told_by_the_exit_code_and_the_audit_by_standard_error() {
    let service = Service::start().await;
    service.sign_up("ada", ADA).await;
    as_if::failed(&service, "ada", 100).await;
    let id = text(&service.otp("ada").await.unwrap(), "otpId").to_owned();
    let url = service.proxy.url();
    let environment = [
        ("AWS_ENDPOINT_URL_DYNAMODB", url.as_str()),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_SECRET_ACCESS_KEY", "local"),
        ("OTPS_TABLE", "otps"),
    ];
    let call = async |line: &str| called(&format!("{line} --users-table users"), &environment).await;

    let (code, shown, audit) = call("look ada").await;
    assert_eq!((code, audit.as_str()), (0, ""));
    assert!(
        shown.starts_with("user         PENDING, ") && shown.ends_with(&format!("\notp          {id}\n")),
        "{shown}"
    );
    let (code, shown, audit) = call("unlock ada").await;
    assert_eq!((code, audit.as_str()), (0, ""));
    assert!(shown.contains("\n\nWould end the run of 100 wrong codes.\n"), "{shown}");

    service.proxy.inject(Match::every(Operation::BatchGetItem), Fault::ServerError);
    let (code, shown, audit) = call(&format!("unlock ada {APPLIED}")).await;
    assert_eq!((code, audit.as_str()), (3, ""));
    assert!(shown.starts_with("Nothing was changed: could not read"), "{shown}");
    service.proxy.clear_faults();

    let (code, shown, audit) = call(&format!("unlock ada {APPLIED}")).await;
    assert_eq!(code, 0, "{shown}");
    assert!(shown.ends_with("\n\nEnded the run of 100 wrong codes.\n"), "{shown}");
    let lines = Lines::of(&audit);
    assert_eq!((lines.events.len(), audit.lines().count()), (1, 1));
    let told = ["event", "operator", "otp", "result"].map(|member| &lines.events[0][member]);
    assert_eq!(told, [&json!("unlock"), &json!("grace"), &json!(id), &json!("done")]);

    let (code, shown, audit) = call(&format!("unlock ada {APPLIED}")).await;
    assert_eq!((code, audit.as_str()), (1, ""));
    assert!(shown.ends_with("\n\nNothing was changed: there is no run of wrong codes to end.\n"), "{shown}");
    assert_eq!(call("look eve").await.0, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_call_reads_nothing() {
    for (line, fault) in [
        ("unlock ada --local --apply", "--operator <NAME>"),
        ("look ad#a --local", "A username consists of"),
        ("delete ada --local", "unrecognized subcommand"),
        ("look ada", "operate: the settings are wrong: AWS_ACCESS_KEY_ID is not set; "),
    ] {
        let (code, shown, told) = called(line, &[]).await;
        assert_eq!((code, shown.as_str()), (2, ""), "{line}");
        assert!(told.contains(fault), "{line}: {told}");
    }
}

/// The names and the port that `--local` means are those of `cargo run`.
#[tokio::test(flavor = "multi_thread")]
async fn the_tables_of_this_machine_are_found() {
    let service = Service::start().await;
    service.sign_up("ada", ADA).await;
    let line = format!("look ada --local={}", service.database().port());
    let (code, shown, _) = called(&line, &[]).await;
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("\nphone        US, …43\n"), "{shown}");
}
