//! What each write leaves in the tables, whole rows, as `docs/data-model.md` describes them.

use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use local::courier::{Behaviour, Script};
use serde_json::{Map, Value, json};
use tests::service::{NOON, Row, Service, signup};

const ADA: &str = "+12025550143";

const HOUR: u64 = 3_600;
const DAY: u64 = 86_400;
const FAILURES_ARE_KEPT: u64 = 400 * DAY;

fn plain(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!(text),
        AttributeValue::N(number) => number.parse::<u64>().unwrap().into(),
        AttributeValue::B(bytes) => json!(STANDARD.encode(bytes)),
        AttributeValue::Bool(flag) => json!(flag),
        AttributeValue::L(values) => values.iter().map(plain).collect(),
        AttributeValue::M(members) => plain_row(members),
        other => panic!("{other:?}"),
    }
}

fn plain_row(row: &Row) -> Value {
    let members = row.iter().map(|(name, value)| (name.clone(), plain(value)));
    Value::Object(members.collect::<Map<_, _>>())
}

async fn user(service: &Service, username: &str) -> Value {
    plain_row(&service.user(username).await.expect("a user"))
}

async fn otp(service: &Service, username: &str) -> Value {
    plain_row(&service.otp(username).await.expect("a challenge"))
}

/// The bytes of an attribute, which no other row has.
fn bytes(row: &Value, attribute: &str) -> Vec<u8> {
    STANDARD.decode(row[attribute].as_str().expect("bytes")).unwrap()
}

/// Asserts that the row is as `expected`, and that what was drawn for it has its length.
fn holds(row: &Value, drawn: &[(&str, usize)], mut expected: Value) {
    for (attribute, length) in drawn {
        assert_eq!(bytes(row, attribute).len(), *length, "{attribute}");
        expected[*attribute] = row[*attribute].clone();
    }
    assert_eq!(*row, expected);
}

/// Asserts that the row is a challenge as `expected`, whose newest code is the last of its list.
fn holds_challenge(row: &Value, entries: &[Value], mut expected: Value) {
    let id = URL_SAFE_NO_PAD.decode(row["otpId"].as_str().unwrap()).unwrap();
    assert_eq!(id.len(), 16);
    let issued = row["issued"].as_array().unwrap();
    let newest = issued.last().unwrap();
    assert_eq!((&newest["id"], &newest["mac"]), (&json!(STANDARD.encode(id)), &row["mac"]));
    assert_eq!(newest["at"], row["issuedAt"]);
    let mut entries = entries.to_vec();
    assert_eq!(issued.len(), entries.len());
    for (code, entry) in issued.iter().zip(&mut entries) {
        for (attribute, length) in [("id", 16), ("mac", 32)] {
            assert_eq!(bytes(code, attribute).len(), length, "{attribute}");
            entry[attribute] = code[attribute].clone();
        }
        if !entry["key"].is_null() {
            assert_eq!(bytes(code, "key").len(), 16);
            entry["key"] = code["key"].clone();
        }
    }
    expected["issued"] = json!(entries);
    expected["otpId"] = row["otpId"].clone();
    holds(row, &[("accountId", 16), ("mac", 32), ("pepperId", 8)], expected);
}

fn sent(at: u64) -> Value {
    json!({ "status": "SENT", "tries": 1, "at": at })
}

/// The challenge without Courier's id of its text, which there has to be.
fn without_request_id(mut row: Value) -> Value {
    let id = row["delivery"].as_object_mut().unwrap().remove("requestId").unwrap();
    assert!(!id.as_str().unwrap().is_empty());
    row
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signup_leaves_a_user_a_challenge_and_counters() {
    let service = Service::start().await;
    assert_eq!(service.sign_up("ada", ADA).await.status, 201);
    let pending = |at: u64| {
        json!({
            "username": "ada", "name": "Ada", "mobileNo": ADA, "region": "US", "status": "PENDING",
            "createdAt": at, "updatedAt": at, "expiresAt": at + DAY + 900,
        })
    };
    let expected = |at: u64, row: &Value| {
        let mut expected = pending(at);
        expected["passwordHash"] = row["passwordHash"].clone();
        expected
    };
    let row = user(&service, "ada").await;
    assert!(row["passwordHash"].as_str().unwrap().starts_with("$argon2id$"));
    holds(&row, &[("accountId", 16)], expected(NOON, &row));
    let challenge = |at: u64| {
        json!({
            "username": "ada", "status": "PENDING", "attempts": 0, "failures": 0, "issuedAt": at,
            "validUntil": at + 600, "expiresAt": at + 600 + HOUR, "delivery": sent(at),
        })
    };
    let first = without_request_id(otp(&service, "ada").await);
    holds_challenge(&first, &[json!({ "at": NOON, "call": "signup" })], challenge(NOON));
    assert_eq!(first["accountId"], row["accountId"]);

    let limits: Vec<_> = service.rows("limits").await.iter().map(plain_row).collect();
    let ends_with = |wanted: Value| {
        let of = |row: &&Value| {
            let mut row = (*row).clone();
            row.as_object_mut().unwrap().remove("key");
            row == wanted
        };
        assert!(limits.iter().any(|row| of(&row)), "{wanted} in {limits:?}");
    };
    assert_eq!(limits.len(), 3, "{limits:?}");
    ends_with(json!({ "count": 1, "expiresAt": NOON + 12 * HOUR }));
    ends_with(json!({ "count": 1, "expiresAt": NOON + HOUR }));
    ends_with(json!({ "others": 1_000_000, "US": 1, "expiresAt": NOON + 12 * HOUR }));

    // Another password, and a key.
    service.tick(60);
    let mut other = signup("ada", ADA);
    other["password"] = json!("quite another harbour");
    assert_eq!(service.call("/signup").key("k").json(&other).await.status, 201);
    let at = NOON + 60;
    let row = user(&service, "ada").await;
    let mut replaced = expected(at, &row);
    replaced["contested"] = json!(true);
    holds(&row, &[("accountId", 16)], replaced);
    let second = without_request_id(otp(&service, "ada").await);
    let mut contested = challenge(at);
    contested["contested"] = json!(true);
    holds_challenge(&second, &[json!({ "at": at, "call": "signup", "key": "" })], contested);
    assert_eq!(second["accountId"], row["accountId"]);
    assert_ne!(second["accountId"], first["accountId"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verification_changes_what_it_says_and_nothing_else() {
    let service = Service::start().await;
    service.sign_up("ada", ADA).await;
    let (signed_up, first) = (user(&service, "ada").await, otp(&service, "ada").await);

    service.tick(10);
    service.verify("ada", &service.wrong_code(ADA, 0)).await;
    let mut attempted = first.clone();
    attempted["attempts"] = json!(1);
    attempted["failures"] = json!(1);
    attempted["expiresAt"] = json!(NOON + 10 + FAILURES_ARE_KEPT);
    assert_eq!(otp(&service, "ada").await, attempted);
    service.tick(5);
    let wrong = service.wrong_code(ADA, 0);
    service.post("/verify", json!({ "username": "ada", "otp": wrong, "otpId": first["otpId"] })).await;
    attempted["attempts"] = json!(2);
    attempted["failures"] = json!(2);
    attempted["expiresAt"] = json!(NOON + 15 + FAILURES_ARE_KEPT);
    assert_eq!(otp(&service, "ada").await, attempted);

    service.tick(15);
    let resend = json!({ "username": "ada" });
    assert_eq!(service.call("/resend").key("k").json(&resend).await.status, 202);
    let at = NOON + 30;
    let second = without_request_id(otp(&service, "ada").await);
    let entries = [
        json!({ "at": NOON, "call": "signup", "outcome": "PENDING" }),
        json!({ "at": at, "call": "resend", "key": "" }),
    ];
    let expected = json!({
        "username": "ada", "status": "PENDING", "attempts": 0, "failures": 2, "issuedAt": at,
        "validUntil": at + 600, "expiresAt": at + FAILURES_ARE_KEPT, "delivery": sent(at),
    });
    holds_challenge(&second, &entries, expected);
    let mut earlier = second["issued"][0].clone();
    earlier.as_object_mut().unwrap().remove("outcome");
    assert_eq!((&earlier, &second["accountId"]), (&first["issued"][0], &first["accountId"]));
    assert_eq!(user(&service, "ada").await, signed_up);

    service.tick(10);
    let before = otp(&service, "ada").await;
    assert_eq!(service.verify("ada", &service.code_to(ADA)).await.status, 200);
    let now = NOON + 40;
    let mut verified = signed_up;
    verified.as_object_mut().unwrap().remove("expiresAt");
    verified["status"] = json!("VERIFIED");
    verified["verifiedAt"] = json!(now);
    verified["updatedAt"] = json!(now);
    assert_eq!(user(&service, "ada").await, verified);
    let mut confirmed = before;
    confirmed["status"] = json!("CONFIRMED");
    confirmed["attempts"] = json!(1);
    confirmed["failures"] = json!(0);
    confirmed["expiresAt"] = json!(at + 600 + HOUR);
    assert_eq!(otp(&service, "ada").await, confirmed);

    // A wrong code on the used one, and the right one again.
    service.verify("ada", &service.wrong_code(ADA, 0)).await;
    service.tick(1);
    service.verify("ada", &service.code_to(ADA)).await;
    confirmed["attempts"] = json!(3);
    assert_eq!(otp(&service, "ada").await, confirmed);
    assert_eq!(user(&service, "ada").await, verified);

    // The next verification is not the first.
    service.tick(DAY);
    service.send("ada").await;
    assert_eq!(service.verify("ada", &service.code_to(ADA)).await.status, 200);
    verified["updatedAt"] = json!(service.now());
    assert_eq!(user(&service, "ada").await, verified);
}

/// Without a user the row is like any other, and of no account.
#[tokio::test(flavor = "multi_thread")]
async fn a_send_to_an_unknown_name_leaves_a_challenge_of_no_account() {
    let service = Service::start().await;
    let send = json!({ "username": "nobody" });
    assert_eq!(service.call("/send").key("k").json(&send).await.status, 202);
    let row = otp(&service, "nobody").await;
    let expected = json!({
        "username": "nobody", "status": "PENDING", "attempts": 0, "failures": 0, "issuedAt": NOON,
        "validUntil": NOON + 600, "expiresAt": NOON + 600 + HOUR, "delivery": row["delivery"],
    });
    holds_challenge(&row, &[json!({ "at": NOON, "call": "send", "key": "" })], expected);
    assert_eq!(bytes(&row, "accountId"), [0; 16]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_failed_leaves_a_rejected_challenge() {
    let service = Service::start().await;
    service.courier().play(Script::always(Behaviour::answer(400)));
    assert_eq!(service.sign_up("ada", ADA).await.status, 201);
    let row = otp(&service, "ada").await;
    let expected = json!({
        "username": "ada", "status": "REJECTED", "attempts": 0, "failures": 0, "issuedAt": NOON,
        "validUntil": NOON + 600, "expiresAt": NOON + 600 + HOUR,
        "delivery": { "status": "FAILED", "tries": 1, "at": NOON },
    });
    holds_challenge(&row, &[json!({ "at": NOON, "call": "signup" })], expected);
}
