//! An operator at the tables: looks a username up, unlocks it, forgets it. Case 43.

mod forgetting;
mod guide;
mod process;
mod symptoms;
mod unlocking;

use std::time::{Duration, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use clap::Parser as _;
use operate::flags::Flags;
use operate::{Exit, Report, run};
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::context::OperatorContext;
use tests::proxy::{Fault, Match, Operation};
use tests::service::{Service, text};

use crate::as_if;

const OPERATIONS: &str = include_str!("../../docs/operations.md");

const ADA: &str = "+12025550143";
const BOB: &str = "+12125550167";

/// What is added to a command to have it done.
const APPLIED: &str = "--apply --operator grace";

/// What `operate <line>` comes to at the tables of `service`, at its time.
pub(crate) async fn operate(service: &Service, line: &str) -> Report {
    let now = UNIX_EPOCH + Duration::from_secs(service.now());
    let words = ["operate"].into_iter().chain(line.split(' '));
    let command = Flags::parse_from(words).command;
    let settings = command.target().settings(|name| {
        Some(match name {
            "USERS_TABLE" => "users".to_owned(),
            "OTPS_TABLE" => "otps".to_owned(),
            "AWS_ENDPOINT_URL_DYNAMODB" => service.proxy.url(),
            "AWS_REGION" => "us-east-1".to_owned(),
            "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => "local".to_owned(),
            _ => return None,
        })
    });
    let context = OperatorContext::connect(settings.unwrap(), Clock::reading(move || now)).unwrap();
    run(&command, &context).await
}

/// The last line for people.
fn last(report: &Report) -> &str {
    report.shown.lines().next_back().unwrap_or_default()
}

/// The line of the audit.
fn audited(report: &Report) -> Value {
    serde_json::from_str(&report.audit.as_ref().expect("a line").json()).unwrap()
}

/// The operations so far, which are then forgotten.
fn operations(service: &Service) -> Vec<String> {
    service.proxy.take_calls().iter().map(|call| call.operation.name().to_owned()).collect()
}

/// The user "ada" of yesterday, whose hundredth wrong code in a row was just typed.
async fn locked() -> Service {
    let service = Service::start().await;
    service.user_of_yesterday("ada", ADA).await;
    assert_eq!(service.send("ada").await.status, 202);
    as_if::failed(&service, "ada", 99).await;
    assert_eq!(service.verify("ada", &service.wrong_code(ADA, 0)).await.outcome(), "422 invalid_otp");
    for answer in [service.send("ada").await, service.verify("ada", &service.code_to(ADA)).await] {
        assert_eq!(answer.outcome(), "403 locked");
    }
    service
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_shows_what_helps() {
    let service = locked().await;
    let id = text(&service.otp("ada").await.unwrap(), "otpId").to_owned();
    let report = operate(&service, "look ADA").await;
    let expected = format!(
        "\
user         VERIFIED since 2026-01-05T12:00:00Z
created      2026-01-05T12:00:00Z
phone        US, …43
code         PENDING, expires at 2026-01-06T12:10:00Z, 1 of 5 attempts taken
text         SENT, tried once
wrong codes  100 in a row, 100 lock: LOCKED
next code    none while it is locked
otp          {id}
last hour    2026-01-06T12:00:00Z send   PENDING"
    );
    assert_eq!((report.exit, report.shown), (Exit::Done, expected));
    assert!(report.audit.is_none());

    service.sign_up("bob", BOB).await;
    service.tick(60);
    service.resend("bob").await;
    service.verify("bob", &service.wrong_code(BOB, 0)).await;
    let mut other = tests::service::signup("bob", BOB);
    other["password"] = json!("quite another harbour");
    let contested = service.post("/signup", other).await;
    let id = contested.body["otp"]["id"].as_str().unwrap();
    let report = operate(&service, "look bob").await;
    let expected = format!(
        "\
user         PENDING, ends at 2026-01-07T12:16:00Z, contested
created      2026-01-06T12:01:00Z
phone        US, …67
code         PENDING, expires at 2026-01-06T12:11:00Z, 0 of 5 attempts taken
text         SENT, tried once
wrong codes  0 in a row, 100 lock
next code    from 2026-01-06T12:01:30Z on
otp          {id}
last hour    2026-01-06T12:01:00Z signup PENDING"
    );
    assert_eq!(report.shown, expected);
}

/// A username of which one row is missing, or of which the two rows are of two accounts.
#[tokio::test(flavor = "multi_thread")]
async fn a_look_says_whose_a_code_is() {
    let service = Service::start().await;
    service.send("nobody").await;
    let shown = operate(&service, "look nobody").await.shown;
    assert!(shown.starts_with("user         none\ncode         PENDING"), "{shown}");
    assert!(
        shown.contains("\n             of an unknown username\ntext         none, pretended\n"),
        "{shown}"
    );

    service.sign_up("ada", ADA).await;
    service.tick(3_600);
    let shown = operate(&service, "look ada").await.shown;
    assert!(shown.contains("PENDING, expired at 2026-01-05T12:10:00Z"), "{shown}");
    assert!(shown.contains("next code    at once") && !shown.contains("last hour"), "{shown}");
    let delete = service.dynamodb().delete_item().table_name("users");
    let user = delete.key("username", service.otp("ada").await.unwrap()["username"].clone());
    user.send().await.unwrap();
    let shown = operate(&service, "look ada").await.shown;
    assert!(shown.contains("\n             of a user who is gone\n"), "{shown}");

    let report = operate(&service, "look eve").await;
    assert_eq!((report.exit, report.shown.as_str()), (Exit::Refused, "Nothing is stored of this username."));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_only_reads() {
    let service = locked().await;
    let before = service.everything().await;
    for (line, would) in [
        ("unlock ada", "Would end the run of 100 wrong codes."),
        ("forget ada", "Would delete the user and the challenge, and with it the run of 100 wrong codes."),
        ("forget ada --operator grace", "Would delete the user and the challenge"),
    ] {
        let _ = service.proxy.take_calls();
        let report = operate(&service, line).await;
        assert_eq!(operations(&service), ["BatchGetItem"], "{line}");
        assert!(report.shown.contains(would), "{line}: {}", report.shown);
        let id = text(&before[1][0], "otpId");
        let to_apply = format!("Nothing was changed. To do it, add --apply --operator NAME --otp={id}");
        assert_eq!(last(&report), to_apply, "{line}");
        assert_eq!((report.exit, report.audit.is_none()), (Exit::Done, true), "{line}");
    }
    assert_eq!(service.everything().await, before);
}

/// Case 43: nothing that an operator is shown, and nothing in the audit, is personal or secret.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_the_person_is_shown_or_audited() {
    let service = Service::start().await;
    let mut canary = tests::service::signup("canary-of-a-username", ADA);
    canary["name"] = json!("Canaria Wellensittich");
    assert_eq!(service.call("/signup").key("canary-of-a-key").json(&canary).await.status, 201);
    let first = service.code_to(ADA);
    service.verify("canary-of-a-username", &service.wrong_code(ADA, 0)).await;
    service.tick(30);
    service.resend("canary-of-a-username").await;
    let [user, otp] = [service.user("canary-of-a-username").await, service.otp("canary-of-a-username").await];
    let (user, otp) = (user.unwrap(), otp.unwrap());
    let mut canaries = vec![first, service.code_to(ADA)];
    canaries
        .extend(["canary", "Canaria", "Wellensittich", "$argon2id$", "5550143", "0143"].map(str::to_owned));
    canaries.push(text(&user, "passwordHash").to_owned());
    let of_codes = otp["issued"].as_l().unwrap().iter().map(|code| &code.as_m().unwrap()["mac"]);
    for secret in of_codes.chain([&otp["mac"], &otp["accountId"], &otp["pepperId"]]) {
        let bytes = secret.as_b().unwrap().as_ref();
        canaries.extend([STANDARD.encode(bytes), URL_SAFE_NO_PAD.encode(bytes), format!("{bytes:?}")]);
        let hexadecimal: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        canaries.push(hexadecimal.concat());
    }

    let mut seen = Vec::new();
    let failing = async |line: String| {
        service.proxy.inject(Match::every(Operation::BatchGetItem).times(3), Fault::ServerError);
        let report = operate(&service, &line).await;
        service.proxy.clear_faults();
        assert_eq!(report.exit, Exit::Failed);
        report
    };
    for line in ["look", "unlock", "forget"].map(|deed| format!("{deed} canary-of-a-username")) {
        seen.push(operate(&service, &line).await);
        seen.push(failing(line).await);
    }
    for line in ["unlock", "forget"].map(|deed| format!("{deed} canary-of-a-username {APPLIED}")) {
        service.proxy.inject(Match::every(Operation::TransactWriteItems).times(3), Fault::ServerError);
        seen.push(operate(&service, &line).await);
        service.proxy.clear_faults();
        seen.push(operate(&service, &line).await);
    }
    let exits: Vec<_> = seen[6..].iter().map(|report| report.exit).collect();
    assert_eq!(exits, [Exit::Failed, Exit::Done, Exit::Failed, Exit::Done]);
    for report in &seen {
        let line = report.audit.as_ref().map(operate::AuditLine::json).unwrap_or_default();
        for canary in &canaries {
            assert!(!report.shown.contains(canary) && !line.contains(canary), "{canary} in {report:?}");
        }
    }
}

/// Case 43: what may have been written is said to be so, and what was repeated after a lost answer is done once.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_no_wrong_one() {
    let service = locked().await;
    service.proxy.inject(Match::first(Operation::TransactWriteItems), Fault::ResetAfter);
    let report = operate(&service, &format!("unlock ada {APPLIED}")).await;
    assert_eq!((report.exit, last(&report)), (Exit::Done, "Ended the run of 100 wrong codes."));
    assert_eq!(service.proxy.unmet_faults(), []);

    service.proxy.inject(Match::every(Operation::TransactWriteItems), Fault::ResetAfter);
    let report = operate(&service, &format!("forget ada {APPLIED}")).await;
    assert_eq!(report.exit, Exit::Failed);
    assert!(last(&report).starts_with("It may have been done, or not: could not forget the username"));
    assert_eq!(audited(&report)["result"], "unknown");
    assert_eq!(audited(&report)["level"], "WARN");
    service.proxy.clear_faults();
    assert_eq!(operate(&service, "look ada").await.shown, "Nothing is stored of this username.");
}
