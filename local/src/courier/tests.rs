use std::io::ErrorKind;
use std::sync::Mutex;
use std::time::Instant;

use serde_json::{Value, json};

use super::*;
use crate::clock::ManualClock;
use crate::raw::{Raw, request};

async fn courier() -> (Courier, Arc<ManualClock>) {
    courier_that_tells(None).await
}

async fn courier_that_tells(on_text: Option<OnText>) -> (Courier, Arc<ManualClock>) {
    let (clock, handle) = Clock::manual(1_700_000_000);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    (Courier::start(listener, "token", clock, on_text, std::future::pending()).unwrap(), handle)
}

fn body(number: &str) -> Value {
    json!({"message": {
        "to": {"data": {"name": "Ada", "otp": "493817"}, "phone_number": number},
        "content": {"title": "XYZ Verification", "body": "Hi {{name}}, {{otp}}"},
    }})
}

async fn text(courier: &Courier, key: &str) -> Raw {
    let head = format!(
        "POST /send\nAuthorization: Bearer token\nContent-Type: application/json\nIdempotency-Key: {key}"
    );
    request(courier.address(), &head, body("+12025550143").to_string().as_bytes()).await
}

fn refusal(raw: &Raw) -> (u16, Value) {
    (raw.status(), raw.json()["type"].clone())
}

#[tokio::test]
async fn a_text_is_accepted_kept_and_told() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let hearing = Arc::clone(&told);
    let on_text: OnText = Arc::new(move |text| hearing.lock().unwrap().push(text.text.clone()));
    let (courier, _) = courier_that_tells(Some(on_text)).await;
    let raw = text(&courier, "a:1").await;
    assert_eq!(raw.status(), 202);
    let id = raw.json()["requestId"].as_str().unwrap().to_owned();
    assert!(id.starts_with("1-6553f100-") && id.len() == 35, "{id}");
    let kept = Text {
        to: "+12025550143".to_owned(),
        text: "Hi Ada, 493817".to_owned(),
        traits: Traits { encoding: Some("GSM-7"), segments: Some(1), ..Traits::default() },
        at: jiff::Timestamp::from_second(1_700_000_000).unwrap(),
        idempotency_key: Some("a:1".to_owned()),
        request: body("+12025550143"),
    };
    assert_eq!(courier.texts(), std::slice::from_ref(&kept));
    assert_eq!(courier.newest_to("+12025550143"), Some(kept));
    assert_eq!(courier.texts()[0].code(), Some("493817"));
    assert_eq!(courier.count(), 1);
    assert_eq!(*told.lock().unwrap(), ["Hi Ada, 493817"]);
}

#[tokio::test]
async fn the_inbox_shows_the_texts_of_a_number_newest_first() {
    let (courier, clock) = courier().await;
    for number in ["+12025550143", "+12025550144", "+12025550143"] {
        let head = "POST /send\nAuthorization: Bearer token\nContent-Type: application/json";
        request(courier.address(), head, body(number).to_string().as_bytes()).await;
        clock.tick(Duration::from_secs(1));
    }
    let entry = |second: u32| {
        json!({
            "to": "+12025550143",
            "text": "Hi Ada, 493817",
            "language": null,
            "client": null,
            "encoding": "GSM-7",
            "segments": 1,
            "at": format!("2023-11-14T22:13:{second}Z"),
            "idempotencyKey": null,
            "request": body("+12025550143"),
        })
    };
    for query in ["+12025550143", "%2B12025550143"] {
        let inbox = request(courier.address(), &format!("GET /inbox?to={query}"), b"").await;
        assert_eq!((inbox.status(), inbox.json()), (200, json!([entry(22), entry(20)])));
    }
    let all = request(courier.address(), "GET /inbox", b"").await;
    assert_eq!(all.json().as_array().map(Vec::len), Some(3));
}

#[tokio::test]
async fn what_courier_refuses_is_refused_in_its_words() {
    let (courier, _) = courier().await;
    let call =
        async |head: &str, body: &str| refusal(&request(courier.address(), head, body.as_bytes()).await);
    let body = body("+12025550143").to_string();
    let json = "Content-Type: application/json";
    let invalid = json!("invalid_request_error");
    assert_eq!(call(&format!("POST /send\n{json}"), &body).await, (401, json!("authentication_error")));
    assert_eq!(
        call(&format!("POST /send\n{json}\nAuthorization: Bearer other"), &body).await,
        (401, json!("authentication_error"))
    );
    let token = "Authorization: Bearer token";
    assert_eq!(call(&format!("POST /send\n{token}"), &body).await, (400, invalid.clone()));
    assert_eq!(call(&format!("POST /send\n{token}\n{json}"), "{").await, (400, invalid.clone()));
    assert_eq!(call("GET /send", "").await, (404, invalid.clone()));
    assert_eq!(call("POST /sends", "").await, (404, invalid));
    assert_eq!(courier.count(), 0);
}

#[tokio::test]
async fn a_repeated_key_is_answered_as_the_first_time_for_a_day() {
    let (courier, clock) = courier().await;
    let first = text(&courier, "a:1").await;
    clock.tick(Duration::from_secs(24 * 3_600 - 1));
    assert_eq!(text(&courier, "a:1").await.body(), first.body());
    assert_eq!(courier.count(), 1);
    clock.tick(Duration::from_secs(1));
    assert_ne!(text(&courier, "a:1").await.body(), first.body());
    assert_eq!(courier.count(), 2);
    assert_eq!(courier.keys(), vec![Some("a:1".to_owned()); 3]);
    assert_eq!(courier.bodies(), vec![body("+12025550143").to_string(); 3]);
}

#[tokio::test]
async fn a_token_that_was_rotated_is_refused() {
    let (courier, _) = courier().await;
    courier.rotate("another");
    assert_eq!(refusal(&text(&courier, "a:1").await), (401, json!("authentication_error")));
    courier.rotate("token");
    assert_eq!(text(&courier, "a:1").await.status(), 202);
}

#[tokio::test]
async fn a_failure_is_replayed_too_but_not_a_refused_token() {
    let (courier, _) = courier().await;
    courier.play(Script::of([Behaviour::answer(500), Behaviour::answer(401)]));
    assert_eq!(refusal(&text(&courier, "a:1").await), (500, json!("api_error")));
    assert_eq!(refusal(&text(&courier, "a:1").await), (500, json!("api_error")));
    assert_eq!(refusal(&text(&courier, "b:1").await), (401, json!("authentication_error")));
    assert_eq!(text(&courier, "b:1").await.status(), 202);
    assert_eq!(courier.count(), 1);
}

#[tokio::test]
async fn two_requests_of_one_key_at_once_conflict() {
    let (courier, _) = courier().await;
    courier.play(Script { delay: Delay::of(300), ..Script::default() });
    let started = Instant::now();
    let (first, second) = tokio::join!(text(&courier, "a:1"), text(&courier, "a:1"));
    assert!(started.elapsed() >= Duration::from_millis(300));
    let mut statuses = [first.status(), second.status()];
    statuses.sort_unstable();
    assert_eq!(statuses, [202, 409]);
    assert_eq!(courier.count(), 1);
}

#[tokio::test]
async fn a_scripted_answer_has_the_headers_and_body_of_the_script() {
    let (courier, _) = courier().await;
    let script = r#"[{"answer": {"status": 429, "headers": {"Retry-After": "2"}}},
                     {"answer": {"status": 200, "body": "not JSON"}}]"#;
    assert_eq!(request(courier.address(), "PUT /script", script.as_bytes()).await.status(), 204);
    let limited = text(&courier, "a:1").await;
    assert_eq!(refusal(&limited), (429, json!("rate_limit_error")));
    assert_eq!(limited.header("retry-after").as_deref(), Some("2"));
    let odd = text(&courier, "a:2").await;
    assert_eq!((odd.status(), odd.body()), (200, "not JSON".to_owned()));
    assert_eq!(courier.count(), 1);
    let no_script = request(courier.address(), "PUT /script", br#"[{"explode": {}}]"#).await;
    assert_eq!(refusal(&no_script), (400, json!("invalid_request_error")));
}

#[tokio::test]
async fn a_lost_request_is_as_if_it_had_never_been() {
    let (courier, _) = courier().await;
    let accepting = false;
    courier.play(Script::of([
        Behaviour::Close { accepting },
        Behaviour::Reset { accepting },
        Behaviour::Hang { accepting, millis: Some(100) },
    ]));
    for _ in 0..3 {
        assert_eq!(text(&courier, "a:1").await.bytes, b"");
    }
    assert_eq!(courier.count(), 0);
    assert_eq!(text(&courier, "a:1").await.status(), 202);
}

#[tokio::test]
async fn a_lost_answer_is_replayed() {
    let (courier, _) = courier().await;
    courier.play(Script::of([Behaviour::Close { accepting: true }]));
    assert_eq!(text(&courier, "a:1").await.bytes, b"");
    assert_eq!(courier.count(), 1);
    assert_eq!(text(&courier, "a:1").await.status(), 202);
    assert_eq!(courier.count(), 1);
}

#[tokio::test]
async fn a_connection_can_be_closed_reset_or_left_hanging() {
    let (courier, _) = courier().await;
    let accepting = false;
    courier.play(Script::of([
        Behaviour::Close { accepting },
        Behaviour::Reset { accepting },
        Behaviour::Hang { accepting, millis: None },
    ]));
    assert!(text(&courier, "a:1").await.ended.is_ok());
    assert_eq!(text(&courier, "a:1").await.ended.unwrap_err().kind(), ErrorKind::ConnectionReset);
    assert_eq!(text(&courier, "a:1").await.ended.unwrap_err().kind(), ErrorKind::TimedOut);
}

#[tokio::test]
async fn an_answer_can_be_huge_or_drip() {
    let (courier, _) = courier().await;
    courier.play(Script::of([Behaviour::Huge { status: 202 }]));
    assert_eq!(text(&courier, "a:1").await.body().len(), HUGE);
    courier.play(Script::always(Behaviour::Drip { status: 500 }));
    let dripping = tokio::time::timeout(Duration::from_millis(500), text(&courier, "a:2")).await;
    assert!(dripping.is_err(), "it ended");
    assert_eq!(courier.count(), 1);
}
