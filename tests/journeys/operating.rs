//! What an operator reads: one line per request, one per change of state, and metrics, from the real processes.

mod alarms;
mod metrics;
mod template;

use std::collections::BTreeSet;

use local::courier::{Behaviour, Script};
use serde_json::{Value, json};
use tests::answer::Answer;
use tests::lines::{Lines, members};
use tests::proxy::{Fault, Match, Operation};
use tests::runtime::{Functions, Process, named};
use tests::service::{Service, signup};

use crate::as_if;

const OPERATIONS: &str = include_str!("../../docs/operations.md");
const COSTS: &str = include_str!("../../docs/costs.md");

const ADA: &str = "+12025550143";
const BOB: &str = "+12025550144";
const EVE: &str = "+12025550145";
const CANADIAN: &str = "+14165550143";

const SETTINGS: &[(&str, &str)] = &[
    ("CODES_PER_USERNAME_PER_HOUR", "3"),
    // Nobody waits here for an answer.
    ("SEND_ANSWER_STEP_MILLISECONDS", "0"),
    // A quarter of the budget buys no text to Canada.
    ("SMS_PRICES", "CA:100,*:1"),
    ("DAILY_BUDGET_DOLLARS", "399"),
];

/// The four functions on one service.
struct All {
    service: Service,
    signup: Process,
    send: Process,
    resend: Process,
    verify: Process,
}

impl All {
    async fn start() -> Self {
        let service = Service::with(SETTINGS).await;
        let functions = Functions::of(&service, SETTINGS);
        let (signup, send, resend, verify) = tokio::join!(
            functions.start("signup"),
            functions.start("send"),
            functions.start("resend"),
            functions.start("verify")
        );
        Self { service, signup, send, resend, verify }
    }

    async fn type_code(&self, username: &str, code: &str) -> Answer {
        self.verify.post(&json!({ "username": username, "otp": code })).await
    }

    /// What a send writes that takes note of whether an attested app asks: none does.
    async fn at_the_gate(&self) -> Lines {
        let nobody = "http://127.0.0.1:9";
        let settings = [("APP_CHECK_PROJECT_NUMBER", "123456789"), ("APP_CHECK_BASE_URL", nobody)];
        let send = Functions::of(&self.service, &settings).start("send").await;
        send.post(&named("nobody-at-the-gate")).await;
        Lines::of(&send.kill().await)
    }

    /// Ends them all, and answers what signup, send, resend and verify wrote.
    async fn end(self) -> [Lines; 4] {
        [
            Lines::of(&self.signup.kill().await),
            Lines::of(&self.send.kill().await),
            Lines::of(&self.resend.kill().await),
            Lines::of(&self.verify.kill().await),
        ]
    }
}

/// The first column of the page's table that begins with the row `header`, each name in it.
pub(crate) fn documented(header: &str) -> BTreeSet<&'static str> {
    let (_, table) =
        OPERATIONS.split_once(header).unwrap_or_else(|| panic!("the page has no table {header}"));
    let rows = table.trim_start_matches('\n').lines().skip(1).take_while(|line| line.starts_with('|'));
    let cells = rows.filter_map(|row| row.split('|').nth(1));
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect()
}

/// Status, code, and the members beyond those that every line has.
fn told(line: &Value) -> String {
    let mut own = members(line);
    for member in [
        "cold",
        "code",
        "invocation",
        "level",
        "message",
        "milliseconds",
        "request",
        "route",
        "status",
        "target",
        "timestamp",
    ] {
        assert!(own.remove(member), "{member} is missing in {line}");
    }
    let own: Vec<_> = own.into_iter().collect();
    format!("{} {}: {}", line["status"], line["code"].as_str().unwrap_or_default(), own.join(" "))
}

/// What the events of a process were, without ids.
fn events(lines: &Lines) -> Vec<&str> {
    lines.events.iter().filter_map(|event| event["event"].as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_outcome_leaves_one_line_with_the_documented_members() {
    let all = All::start().await;
    let mut ada = signup("ada", ADA);
    ada["client"] = json!("web");
    let first = all.signup.post_with(&ada, "idempotency-key", "key").await;
    all.signup.post_with(&ada, "idempotency-key", "key").await;
    all.signup.post(&ada).await;
    all.signup.post(&json!([])).await;
    all.send.post(&named("ada")).await;
    all.send.post(&named("nobody")).await;
    all.resend.post(&named("ada")).await;
    for _ in 0..2 {
        as_if::aged(&all.service, "ada", 60).await;
        all.resend.post(&named("ada")).await;
    }
    all.resend.post(&named("ada")).await;
    let wrong = all.service.wrong_code(ADA, 0);
    all.type_code("ada", &wrong).await;
    for _ in 0..2 {
        all.type_code("ada", &all.service.code_to(ADA)).await;
    }
    all.signup.post(&ada).await;
    all.signup.post(&signup("bob", CANADIAN)).await;
    let refused = Fault::Refuse { status: 400, error: "ValidationException" };
    all.service.proxy.inject(Match::every(Operation::UpdateItem), refused);
    all.type_code("ada", &wrong).await;
    all.service.proxy.clear_faults();

    let gated = all.at_the_gate().await;
    let lines = all.end().await;
    let [signup, send, resend, verify] =
        lines.each_ref().map(|lines| lines.requests.iter().map(told).collect::<Vec<_>>());
    assert_eq!(
        signup,
        [
            "201 signed_up: client delivery hash_ms language record_ms region segments store_ms text_ms",
            "201 repeated: hash_ms load_ms region store_ms",
            "201 repeated: count_ms hash_ms load_ms region store_ms",
            "400 invalid_request: ",
            "409 username_taken: count_ms hash_ms region store_ms",
            "503 sms_budget_spent: causes full hash_ms region store_ms",
        ]
    );
    assert_eq!(
        send,
        [
            "409 otp_pending: load_ms",
            "202 sent: delivery language load_ms record_ms store_ms text_ms wait_ms",
        ]
    );
    assert_eq!(
        resend,
        [
            "429 resend_too_soon: load_ms",
            "202 sent: delivery language load_ms record_ms region segments store_ms text_ms wait_ms",
            "202 sent: delivery language load_ms record_ms region segments store_ms text_ms wait_ms",
            "429 rate_limited: cap load_ms",
        ]
    );
    assert_eq!(
        verify,
        [
            "422 invalid_otp: try_ms",
            "200 verified: confirm_ms try_ms",
            "409 otp_already_used: settle_ms try_ms",
            "500 internal: causes try_ms",
        ]
    );

    for lines in &lines {
        let cold: Vec<_> = lines.requests.iter().filter(|line| line["cold"] == true).collect();
        assert_eq!(cold, [&lines.requests[0]], "the first request of a process, and only that");
    }
    let [signup, send, resend, verify] = &lines;
    assert_eq!(signup.requests[0]["request"].as_str(), first.headers.get("x-request-id").map(String::as_str));
    assert_eq!(signup.requests[0]["region"], "US");
    assert_eq!(signup.requests[0]["delivery"], "SENT");
    let text = ["client", "language", "segments"].map(|member| &signup.requests[0][member]);
    assert_eq!(text, [&json!("web"), &json!("en"), &json!(1)]);
    assert_eq!(signup.requests[5]["full"], "CA");
    assert_eq!(send.requests[1]["delivery"], "PRETENDED");
    assert_eq!(resend.requests[3]["cap"], "username");
    let failed = &verify.requests[3];
    assert_eq!((failed["level"].as_str(), failed["message"].as_str()), (Some("ERROR"), Some("failed")));
    assert!(failed["causes"].as_str().unwrap().contains("take a try: ValidationException"), "{failed}");

    let documented = documented("| member of a request's line | what |\n");
    let mut seen = BTreeSet::new();
    assert_eq!(gated.requests[0]["attestation"], "missing");
    for line in lines.iter().chain([&gated]).flat_map(|lines| &lines.requests) {
        seen.extend(members(line).into_iter().map(str::to_owned));
    }
    let undocumented: Vec<_> = seen.iter().filter(|member| !documented.contains(member.as_str())).collect();
    assert!(undocumented.is_empty(), "the page does not name {undocumented:?}");
    let unseen: Vec<_> = documented.iter().filter(|member| !seen.contains(**member)).collect();
    assert!(unseen.is_empty(), "the page names {unseen:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_change_of_state_leaves_an_event() {
    let all = All::start().await;
    all.signup.post(&signup("ada", ADA)).await;
    let first = all.service.code_to(ADA);
    as_if::aged(&all.service, "ada", 60).await;
    let second = all.resend.post(&named("ada")).await;
    all.type_code("ada", &first).await;
    all.type_code("ada", &all.service.code_to(ADA)).await;
    for name in ["nobody", "ada"] {
        all.send.post(&named(name)).await;
    }
    all.service.courier().play(Script::of([Behaviour::answer(400)]));
    let failed = all.signup.post(&signup("bob", BOB)).await;
    assert_eq!(failed.body["otp"]["delivery"], "FAILED");
    all.service.courier().play(Script::always(Behaviour::answer(504)));
    let unknown = all.send.post(&named("bob")).await;
    assert_eq!(unknown.body["otp"]["delivery"], "UNKNOWN");
    all.service.courier().play(Script::default());
    all.signup.post(&signup("eve", EVE)).await;
    as_if::failed(&all.service, "eve", 99).await;
    for nth in 0..2 {
        all.type_code("eve", &all.service.wrong_code(EVE, nth)).await;
    }
    let mut claim = signup("eve", EVE);
    claim["password"] = json!("another quiet harbour");
    all.signup.post(&claim).await;

    let [signup, send, resend, verify] = all.end().await;
    let of_signup = |text| ["user_created", "code_issued", text];
    let mut of_signups = ["text_accepted", "text_failed", "text_accepted"].map(of_signup).concat();
    of_signups.extend(["user_created", "code_superseded", "code_issued", "text_accepted"]);
    assert_eq!(events(&signup), of_signups);
    assert_eq!(events(&resend), ["code_superseded", "code_issued", "text_accepted"]);
    assert_eq!(events(&send), ["code_issued", "code_issued", "text_accepted", "code_issued", "text_unknown"]);
    assert_eq!(events(&verify), ["code_confirmed", "user_verified", "user_locked"]);

    // Each names the challenge of the answer, and the request.
    assert_eq!(resend.events[0]["by"], second.body["otp"]["id"]);
    assert_eq!(resend.events[1]["otp"], second.body["otp"]["id"]);
    assert_eq!(verify.events[0]["otp"], second.body["otp"]["id"]);
    assert_eq!(resend.events[0]["otp"], signup.events[1]["otp"]);
    assert_eq!(resend.events[1]["request"], resend.requests[0]["request"]);
    let recipients = [0, 1, 3].map(|nth: usize| send.events[nth]["recipient"].as_str().unwrap());
    assert_eq!(recipients, ["unknown", "verified", "pending"]);
    let contested = [0, 3, 6, 9].map(|nth: usize| signup.events[nth]["contested"].as_bool().unwrap());
    assert_eq!(contested, [false, false, false, true]);
    assert_eq!(signup.events[10]["otp"], signup.events[7]["otp"], "what the last signup superseded");

    let failure = |event: &Value| {
        let level = event["level"].as_str().unwrap_or_default().to_owned();
        (level, event["tries"].as_u64(), event["last_status"].as_u64())
    };
    assert_eq!(failure(&signup.events[5]), ("WARN".to_owned(), Some(1), Some(400)));
    assert_eq!(failure(&send.events[4]), ("WARN".to_owned(), Some(3), Some(504)));
    assert_eq!(failure(&signup.events[2]), ("INFO".to_owned(), Some(1), None));

    let all = [&signup, &send, &resend, &verify];
    let seen: BTreeSet<_> = all.iter().flat_map(|lines| events(lines)).collect();
    assert_eq!(seen, documented("| event | further members | when |\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signup_and_its_verification_write_three_and_a_half_kilobytes() {
    let all = All::start().await;
    all.signup.post(&signup("ada", ADA)).await;
    all.type_code("ada", &all.service.code_to(ADA)).await;
    let written = all.signup.kill().await.len() + all.verify.kill().await.len();
    assert!((3_250..3_750).contains(&written), "{written}");
    assert!(COSTS.contains("and its verification write 3.5 kB themselves"));
}
