//! Codes that are typed with an id which is not the newest code's. Case 35.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use futures::StreamExt as _;
use local::courier::{Behaviour, Script};
use serde_json::{Value, json};
use tests::answer::Answer;
use tests::proxy::Operation;
use tests::service::Service;

use crate::expected::{otp_superseded, told};

/// An id that nobody was ever given.
const FOREIGN: &str = "AAAAAAAAAAAAAAAAAAAAAA";

/// All that a caller sees, and all that DynamoDB has to do, but for the time and the ids of the request.
#[derive(Debug, PartialEq)]
struct Seen {
    status: u16,
    headers: BTreeMap<String, String>,
    body: Value,
}

impl Seen {
    fn of(answer: &Answer) -> Self {
        assert_eq!(told(answer), otp_superseded(None));
        let (mut headers, mut body) = (answer.headers.clone(), answer.body.clone());
        for id in ["x-request-id", "apigw-requestid", "date"] {
            assert!(headers.remove(id).is_some_and(|id| !id.is_empty()), "{id}");
        }
        body["requestId"] = json!(body["requestId"].as_str().map(str::len));
        // The length of the body remains among the headers.
        Self { status: answer.status, headers, body }
    }
}

async fn probe(service: &Service, username: &str, otp: &str, id: &str) -> Answer {
    service.post("/verify", json!({ "username": username, "otp": otp, "otpId": id })).await
}

/// Names in every state, each of which is its own word.
const STATES: [&str; 12] = [
    "unknown",
    "asked-for",
    "codeless",
    "live",
    "verified",
    "contested",
    "failed",
    "exhausted",
    "expired",
    "long-ended",
    "user-ended",
    "locked",
];

/// A service with a name in each of the states.
async fn in_every_state() -> Service {
    let service = Service::with(&[("CODES_PER_ADDRESS_PER_HOUR", "0")]).await;
    let phone = |nth: usize| format!("+1303555{:04}", 100 + nth);
    let of = |state: &str| STATES.iter().position(|name| *name == state).map(phone).unwrap();
    let sign_up = async |state| assert_eq!(service.sign_up(state, &of(state)).await.status, 201, "{state}");

    sign_up("user-ended").await;
    let wrong = service.wrong_code(&of("user-ended"), 0);
    assert_eq!(
        service.verify("user-ended", &wrong).await.code(),
        "invalid_otp",
        "so that its challenge is kept"
    );
    sign_up("codeless").await;
    assert_eq!(service.verify("codeless", &service.code_to(&of("codeless"))).await.status, 200);
    let delete = service.dynamodb().delete_item().table_name("otps");
    delete.key("username", AttributeValue::S("codeless".to_owned())).send().await.unwrap();
    service.tick(86_400 + 900);

    sign_up("long-ended").await;
    service.tick(3_600);
    sign_up("expired").await;
    service.tick(600);

    for state in ["live", "verified", "exhausted", "locked", "contested"] {
        sign_up(state).await;
    }
    assert_eq!(service.verify("verified", &service.code_to(&of("verified"))).await.status, 200);
    for nth in 0..5 {
        let wrong = service.wrong_code(&of("exhausted"), nth);
        assert_eq!(service.verify("exhausted", &wrong).await.code(), "invalid_otp");
    }
    service.set("otps", "locked", "failures", 100).await;
    let mut other = tests::service::signup("contested", &of("contested"));
    other["password"] = json!("quite another harbour");
    assert_eq!(service.post("/signup", other).await.status, 201);
    service.courier().play(Script::of([Behaviour::answer(400)]));
    let failed = service.sign_up("failed", &of("failed")).await;
    assert_eq!(failed.body["otp"]["delivery"], "FAILED");
    assert_eq!(service.send("asked-for").await.status, 202);

    // What has ended would be deleted some time or other, and nothing is to change by itself from here on.
    service.sweep();
    assert!(service.user("user-ended").await.is_none() && service.otp("user-ended").await.is_some());
    service
}

/// What verify says of each state to a wrong code without an id: the states are what they are called.
const WITHOUT_ID: [&str; 12] = [
    "404 otp_not_found",
    "422 invalid_otp",
    "404 otp_not_found",
    "422 invalid_otp",
    "422 invalid_otp",
    "409 otp_id_required",
    "404 otp_not_found",
    "410 otp_exhausted",
    "410 otp_expired",
    "404 otp_not_found",
    "404 otp_not_found",
    "403 locked",
];

/// Case 35: whatever the name's state, the answer to a foreign id is the same to the byte, the work is the same, and no try
/// is spent; the right code makes no difference.
#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_id_is_answered_alike_for_every_name() {
    let service = in_every_state().await;
    let before = service.everything().await;
    let mut seen = Vec::new();
    for (nth, state) in STATES.iter().enumerate() {
        let text = service.courier().newest_to(&format!("+1303555{:04}", 100 + nth));
        let code = text.as_ref().and_then(|text| text.code()).unwrap_or("123456").to_owned();
        for otp in [&code, "314159"] {
            let _ = service.proxy.take_calls();
            let answer = probe(&service, state, otp, FOREIGN).await;
            let calls = service.proxy.take_calls();
            assert_eq!(
                calls.iter().map(|call| &call.operation).collect::<Vec<_>>(),
                [&Operation::UpdateItem]
            );
            seen.push((*state, Seen::of(&answer), calls[0].to_string()));
        }
    }
    for (state, answer, work) in &seen {
        assert_eq!((answer, work), (&seen[0].1, &seen[0].2), "{state}");
    }
    assert_eq!(service.everything().await, before, "no try is spent");

    let outcomes = STATES.map(|state| service.verify(state, "314159"));
    let outcomes = futures::future::join_all(outcomes).await;
    assert_eq!(outcomes.iter().map(Answer::outcome).collect::<Vec<_>>(), WITHOUT_ID);
}

/// Case 35: an id that was the newest is foreign from the hour after its issue on, as if the name were unknown.
#[tokio::test(flavor = "multi_thread")]
async fn an_id_is_foreign_an_hour_after_its_code_was_issued() {
    let service = super::ada(&[]).await;
    let id = tests::service::text(&service.otp("ada").await.unwrap(), "otpId").to_owned();
    let code = service.code_to(super::ADA);
    service.tick(3_599);
    let last = probe(&service, "ada", &code, &id).await;
    assert_eq!(told(&last), crate::expected::otp_expired());
    service.tick(1);
    let before = service.everything().await;
    let ended = probe(&service, "ada", &code, &id).await;
    assert_eq!(Seen::of(&ended), Seen::of(&probe(&service, "stray", &code, &id).await));
    assert_eq!(service.everything().await, before);
}

/// Case 35: two thousand names are probed, of which a dozen are somebody's, and nobody is found.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_thousand_names_probed_with_an_id_nobody_is_found() {
    let _turn = tests::crowd::turn().await;
    let service = in_every_state().await;
    let before = service.everything().await;
    let names = (0..2_000).map(|nth| match (nth % 160, nth / 160) {
        (0, state) if state < STATES.len() => STATES[state].to_owned(),
        _ => format!("guess-{nth}"),
    });
    let names: Vec<_> = names.collect();
    assert_eq!(names.iter().filter(|name| STATES.contains(&name.as_str())).count(), STATES.len());
    let answers = futures::stream::iter(&names)
        .map(async |name| Seen::of(&probe(&service, name, "314159", FOREIGN).await))
        .buffer_unordered(8);
    let first = Seen::of(&probe(&service, "stray", "314159", FOREIGN).await);
    let different = answers.filter(|seen| std::future::ready(*seen != first)).collect::<Vec<_>>().await;
    assert_eq!(different, []);
    assert_eq!(service.everything().await, before);
}
