//! Courier refuses, is slow, is gone, or says strange things. (25)

use std::collections::BTreeMap;

use futures::future::join_all;
use local::courier::{Behaviour, Delay, Script};
use serde_json::Value;
use tests::proxy::{Match, Operation};
use tests::service::{Row, Service, text};

use super::{BOB, adas_code_works, key_numbers, script, with_ada};
use crate::texting;

const RESET: Behaviour = Behaviour::Reset { accepting: false };
const HANG: Behaviour = Behaviour::Hang { accepting: false, millis: None };

fn answer_with(status: u16, header: &str, value: &str) -> Behaviour {
    let headers = BTreeMap::from([(header.to_owned(), value.to_owned())]);
    Behaviour::Answer { status, body: None, headers }
}

fn delivery<'a>(row: &'a Row, attribute: &str) -> Option<&'a str> {
    row["delivery"].as_m().unwrap().get(attribute).map(|value| value.as_s().unwrap().as_str())
}

/// What the limits hold in all.
async fn counted(service: &Service) -> i64 {
    texting::counted(&service.rows("limits").await)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_is_refused_is_not_tried_again_and_imposes_no_wait() {
    for (status, wait) in [(400, 1), (401, 30), (403, 30)] {
        let service = with_ada(&[("CODES_PER_USERNAME_PER_HOUR", "2")]).await;
        let before = counted(&service).await;
        script(&service, [Behaviour::answer(status)]);
        let refused = service.send("ada").await;
        assert_eq!(refused.outcome(), "503 sms_unavailable", "{status}");
        assert_eq!(refused.retry_after(), wait, "{status}");
        assert_eq!(key_numbers(&service, "ada").await, ["0"], "{status}");
        let row = service.otp("ada").await.unwrap();
        assert_eq!((text(&row, "status"), delivery(&row, "status")), ("REJECTED", Some("FAILED")));
        assert_eq!(counted(&service).await, before + 3, "phone, address and budget keep their counts");

        // A try of another function's process: its breaker has seen nothing.
        assert_eq!(service.resend("ada").await.outcome(), "202 OTP sent successfully", "{status}: no wait");
        service.tick(600);
        assert_eq!(
            service.send("ada").await.outcome(),
            "429 rate_limited",
            "{status}: the failed one counts"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_an_answered_failure_the_next_try_has_the_next_key() {
    for status in [500, 503, 429] {
        let service = with_ada(&[]).await;
        script(&service, [Behaviour::answer(status)]);
        let sent = service.send("ada").await;
        assert_eq!(sent.body["otp"]["delivery"], "SENT", "{sent:?}");
        assert_eq!(key_numbers(&service, "ada").await, ["0", "1"]);
        assert!(adas_code_works(&service).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_no_answer_the_next_try_has_the_same_key() {
    // Courier had taken the text, and answers the repeated key as it would have answered then.
    for lost in [RESET, Behaviour::Reset { accepting: true }, Behaviour::Close { accepting: true }] {
        let service = with_ada(&[]).await;
        script(&service, [lost]);
        let sent = service.send("ada").await;
        assert_eq!(sent.body["otp"]["delivery"], "SENT", "{sent:?}");
        assert_eq!(key_numbers(&service, "ada").await, ["0", "0"]);
        assert_eq!(service.courier().count(), 2, "the signup's text and one more");
        assert!(adas_code_works(&service).await);
    }
}

/// A key stands for one request; the next one has a text of its own, with the life that is left.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_repeated_under_a_key_is_the_same_request() {
    let service = with_ada(&[]).await;
    let slow = Behaviour::Hang { accepting: false, millis: Some(20) };
    let course = Script::of([Behaviour::answer(500), slow]);
    service.courier().play(Script { delay: Delay::of(20), ..course });
    assert_eq!(service.send("ada").await.body["otp"]["delivery"], "SENT");
    assert_eq!(key_numbers(&service, "ada").await, ["0", "1", "1"]);
    let bodies = service.courier().bodies();
    let [.., first, next, again] = &bodies[..] else { panic!("{bodies:?}") };
    assert_eq!(next, again);
    let life =
        |body| serde_json::from_slice::<Value>(body).unwrap()["message"]["timeout"]["message"].as_u64();
    assert!(life(next) < life(first), "{bodies:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_any_answer_nobody_knows_and_the_code_works() {
    let courses = [
        [RESET, RESET, Behaviour::Reset { accepting: true }],
        [HANG, HANG, Behaviour::Hang { accepting: true, millis: None }],
        [RESET, Behaviour::answer(500), Behaviour::Reset { accepting: true }],
    ];
    join_all(courses.map(async |course| {
        let replays = course[1] == Behaviour::answer(500);
        let service = with_ada(&[]).await;
        script(&service, course);
        let sent = service.send("ada").await;
        assert_eq!(sent.outcome(), "202 OTP issued; whether its text was sent is not known");
        assert_eq!(sent.body["otp"]["delivery"], "UNKNOWN");
        assert_eq!(key_numbers(&service, "ada").await, ["0", "0", "0"]);
        let row = service.otp("ada").await.unwrap();
        assert_eq!((text(&row, "status"), delivery(&row, "status")), ("PENDING", Some("UNKNOWN")));
        // A stored 500 is replayed, so that text never left.
        assert!(replays || adas_code_works(&service).await);
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_follows_a_silence_never_makes_it_a_failure() {
    let courses = [
        vec![HANG, Behaviour::answer(409)],
        vec![RESET, Behaviour::answer(409)],
        vec![HANG, Behaviour::answer(429)],
        vec![RESET, Behaviour::answer(400)],
        vec![RESET, Behaviour::answer(403)],
    ];
    join_all(courses.map(async |course| {
        let service = with_ada(&[]).await;
        script(&service, course.clone());
        let sent = service.send("ada").await;
        assert_eq!(
            (sent.status, sent.body["otp"]["delivery"].as_str()),
            (202, Some("UNKNOWN")),
            "{course:?}"
        );
        assert!(key_numbers(&service, "ada").await.iter().all(|number| number == "0"), "{course:?}");
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_not_followed() {
    for status in [302, 307] {
        let service = with_ada(&[]).await;
        let here = format!("http://{}/send", service.courier().address());
        script(&service, [answer_with(status, "location", &here)]);
        assert_eq!(service.send("ada").await.outcome(), "503 sms_unavailable", "{status}");
        assert_eq!(key_numbers(&service, "ada").await, ["0"], "{status}");
        assert_eq!(service.courier().count(), 1, "{status}");
    }
}

/// An id at the end of ten megabytes is not read; accepted is accepted all the same.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_without_end_is_cut_off() {
    let end = r#"{"requestId":"1-00000000-000000000000000000000000"}"#;
    let body = format!("{}{end}", " ".repeat(10 * 1024 * 1024));
    let long = Behaviour::Answer { status: 202, body: Some(body), headers: BTreeMap::new() };
    join_all([long, Behaviour::Drip { status: 202 }].map(async |behaviour| {
        let service = with_ada(&[]).await;
        script(&service, [behaviour]);
        let sent = service.send("ada").await;
        assert_eq!(sent.body["otp"]["delivery"], "SENT", "{sent:?}");
        assert_eq!(key_numbers(&service, "ada").await, ["0"]);
        assert_eq!(delivery(&service.otp("ada").await.unwrap(), "requestId"), None);
        assert!(adas_code_works(&service).await);
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_that_courier_asks_for_is_kept_if_there_is_time() {
    let service = with_ada(&[]).await;
    script(&service, [answer_with(429, "retry-after", "2")]);
    assert_eq!(service.send("ada").await.body["otp"]["delivery"], "SENT");
    assert_eq!(key_numbers(&service, "ada").await, ["0", "1"]);

    let service = with_ada(&[]).await;
    script(&service, [answer_with(429, "retry-after", "120")]);
    assert_eq!(service.send("ada").await.outcome(), "503 sms_unavailable");
    assert_eq!(key_numbers(&service, "ada").await, ["0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signup_whose_text_fails_is_a_signup() {
    let service = Service::start().await;
    service.courier().play(Script::always(Behaviour::answer(500)));
    let signed_up = service.sign_up("bob", BOB).await;
    assert_eq!(signed_up.outcome(), "201 OTP could not be sent; call /send for another one");
    assert_eq!(signed_up.body["otp"]["delivery"], "FAILED");
    assert_eq!(signed_up.body["otp"]["resendAfter"], 0);
    assert_eq!(signed_up.body["user"]["status"], "PENDING");
    assert_eq!(key_numbers(&service, "bob").await, ["0", "1", "2"]);
    assert_eq!(service.verify("bob", "123456").await.outcome(), "404 otp_not_found");

    service.courier().play(Script::default());
    assert_eq!(service.send("bob").await.outcome(), "202 OTP sent successfully");
    assert_eq!(service.verify("bob", &service.code_to(BOB)).await.outcome(), "200 User verified");
}

/// A failed code keeps its place in every cap, so the caller is told when the cap has room again.
#[tokio::test(flavor = "multi_thread")]
async fn a_failure_that_fills_the_cap_says_when_it_frees() {
    let service = with_ada(&[("CODES_PER_USERNAME_PER_HOUR", "2")]).await;
    script(&service, [Behaviour::answer(400), Behaviour::answer(400)]);
    for wait in [1, 3_600] {
        let refused = service.send("ada").await;
        assert_eq!((refused.outcome().as_str(), refused.retry_after()), ("503 sms_unavailable", wait));
    }
    assert_eq!(service.send("ada").await.outcome(), "429 rate_limited");
}

/// A text that Courier says it refused may have arrived all the same, and its code may be used before that is recorded.
#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_was_used_is_not_rejected_by_the_failure_of_its_text() {
    let service = with_ada(&[]).await;
    script(&service, [Behaviour::answer(400)]);
    let recording = service.proxy.hold(Match::first(Operation::UpdateItem).on("otps"));
    let used = async {
        recording.arrived(1).await;
        let bodies = service.courier().bodies();
        let body: Value = serde_json::from_slice(bodies.last().unwrap()).unwrap();
        let code = body["message"]["to"]["data"]["otp"].as_str().unwrap();
        assert_eq!(service.verify("ada", code).await.outcome(), "200 User verified");
        recording.release();
    };
    let (refused, ()) = tokio::join!(service.send("ada"), used);
    assert_eq!(refused.outcome(), "503 sms_unavailable");
    let row = service.otp("ada").await.unwrap();
    assert_eq!((text(&row, "status"), row.contains_key("delivery")), ("CONFIRMED", false));
}

/// Courier may take so long that the record of a text comes after the next code, which has a text of its own.
#[tokio::test(flavor = "multi_thread")]
async fn a_late_record_is_not_of_the_newer_code() {
    for (refusal, status) in [(Some(Behaviour::answer(400)), 503), (None, 202)] {
        let service = with_ada(&[]).await;
        script(&service, refusal);
        let recording = service.proxy.hold(Match::first(Operation::UpdateItem).on("otps"));
        let newer = async {
            recording.arrived(1).await;
            service.tick(30);
            assert_eq!(service.resend("ada").await.status, 202);
            let row = service.otp("ada").await;
            recording.release();
            row
        };
        let (late, row) = tokio::join!(service.send("ada"), newer);
        assert_eq!(late.status, status);
        assert_eq!(service.otp("ada").await, row);
    }
}
