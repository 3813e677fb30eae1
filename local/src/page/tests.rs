use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::files::FILES;
use super::*;
use crate::courier::Behaviour;
use crate::raw::{Raw, request};
use crate::stack::{Options, Stack};

const JSON: &str = "Content-Type: application/json";

fn options() -> Options {
    Options::of_a_test(Clock::ahead())
}

async fn started(options: Options) -> (Stack, SocketAddr) {
    let stack = Stack::start(options).await.unwrap();
    let address = stack.summary().addresses.api.strip_prefix("http://").unwrap().parse().unwrap();
    (stack, address)
}

async fn state(address: SocketAddr) -> Value {
    request(address, "GET /_local/state", b"").await.json()
}

async fn advance(address: SocketAddr, body: &str) -> Raw {
    request(address, &format!("POST /_local/clock\n{JSON}"), body.as_bytes()).await
}

async fn sign_up(address: SocketAddr, username: &str) -> Raw {
    let body = format!(
        r#"{{"username":"{username}","password":"a quiet harbour at dawn","mobileNo":"+12025550143","name":"Ada"}}"#
    );
    request(address, &format!("POST /signup\n{JSON}"), body.as_bytes()).await
}

/// Reads events until there are `count`, and returns their texts.
async fn events(stream: &mut TcpStream, count: usize) -> Vec<Value> {
    let mut read = String::new();
    loop {
        let whole: Vec<_> = read
            .split("\n\n")
            .filter_map(|event| event.split("data: ").nth(1))
            .filter_map(|data| serde_json::from_str(data).ok())
            .collect();
        if whole.len() >= count {
            return whole;
        }
        let mut buffer = [0; 4_096];
        let reading = tokio::time::timeout(Duration::from_secs(10), stream.read(&mut buffer)).await;
        let length = reading.expect("no more events came").unwrap();
        assert!(length > 0, "the stream ended after {read:?}");
        read.push_str(&String::from_utf8_lossy(&buffer[..length]));
    }
}

async fn listening(address: SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!("GET /_local/texts HTTP/1.1\r\nhost: {address}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

#[tokio::test]
async fn the_page_and_its_files_are_served_under_a_policy_that_lets_nothing_else_in() {
    let (_stack, address) = started(options()).await;
    for (path, kind, text) in FILES {
        let raw = request(address, &format!("GET {path}"), b"").await;
        assert_eq!((raw.status(), raw.body()), (200, text.to_owned()), "{path}");
        assert_eq!(raw.header("content-type").as_deref(), Some(kind), "{path}");
        let policy = raw.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(raw.header("x-content-type-options").as_deref(), Some("nosniff"), "{path}");
        assert_eq!(raw.header("cache-control").as_deref(), Some("no-store"), "{path}");
    }
}

#[test]
fn every_file_of_the_folder_is_served_short_and_all_are_small() {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src/page"));
    let names: BTreeSet<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.to_ascii_lowercase().ends_with(".rs"))
        .collect();
    let served: BTreeSet<_> = FILES
        .iter()
        .map(|(path, ..)| if *path == "/" { "index.html" } else { path.strip_prefix("/_local/").unwrap() })
        .map(str::to_owned)
        .collect();
    assert_eq!(names, served);
    assert!(FILES.iter().all(|(.., text)| text.lines().count() <= 400));
    let bytes: usize = FILES.iter().map(|(.., text)| text.len()).sum();
    assert!(bytes < 60_000, "{bytes}");
}

#[tokio::test]
async fn the_state_says_what_the_settings_are() {
    let mut options = options();
    options.environment = Arc::new(|name| {
        let value = match name {
            "LOCALES" => "de,ar",
            "OTP_DOMAIN" => "example.com",
            "OTP_LENGTH" => "8",
            _ => return None,
        };
        Some(value.to_owned())
    });
    let (_stack, address) = started(options).await;
    let mut state = state(address).await;
    assert!(state["now"].take().as_str().unwrap().parse::<jiff::Timestamp>().is_ok());
    assert_eq!(
        state,
        json!({
            "app": "Countersign",
            "appCheck": false,
            "code": { "length": 8, "alphabet": "numeric" },
            "languages": [{ "tag": "de", "rightToLeft": false }, { "tag": "ar", "rightToLeft": true }],
            "lastLines": ["web", "ios"],
            "now": null,
            "advancedSeconds": 0,
            "clockStands": null,
            "textsGoOut": false,
            "script": {},
        })
    );
}

#[tokio::test]
async fn a_reader_gets_the_texts_there_are_and_then_each_that_comes() {
    let (stack, address) = started(options()).await;
    let inbox = || serde_json::to_value(stack.courier().unwrap().texts()).unwrap();
    for name in ["ada", "bob"] {
        assert_eq!(sign_up(address, name).await.status(), 201);
    }
    let mut stream = listening(address).await;
    assert_eq!(json!(events(&mut stream, 2).await), inbox());
    assert_eq!(sign_up(address, "eve").await.status(), 201);
    assert_eq!(events(&mut stream, 1).await, [inbox()[2].clone()]);
}

#[tokio::test]
async fn a_reader_that_reads_nothing_holds_up_nobody_and_misses_nothing() {
    let (stack, address) = started(options()).await;
    let mut slow = listening(address).await;
    for name in ["ada", "bob", "eve"] {
        assert_eq!(sign_up(address, name).await.status(), 201);
    }
    let inbox = serde_json::to_value(stack.courier().unwrap().texts()).unwrap();
    assert_eq!(json!(events(&mut slow, 3).await), inbox);
}

#[tokio::test]
async fn an_open_stream_does_not_hold_up_the_end() {
    let (stack, address) = started(options()).await;
    assert_eq!(sign_up(address, "ada").await.status(), 201);
    let mut stream = listening(address).await;
    events(&mut stream, 1).await;
    tokio::time::timeout(Duration::from_secs(10), stack.stop()).await.unwrap();
}

#[tokio::test]
async fn the_messenger_does_what_the_page_says() {
    let (stack, address) = started(options()).await;
    let script = r#"{"then":{"answer":{"status":400}}}"#;
    let told = request(address, &format!("PUT /_local/script\n{JSON}"), script.as_bytes()).await;
    assert_eq!((told.status(), told.body()), (204, String::new()));
    assert_eq!(state(address).await["script"], json!({"then": {"answer": {"status": 400}}}));
    assert_eq!(sign_up(address, "ada").await.json()["otp"]["delivery"], "FAILED");
    assert_eq!(stack.courier().unwrap().count(), 0);

    let wrong = request(address, &format!("PUT /_local/script\n{JSON}"), br#"{"later":1}"#).await;
    assert_eq!(wrong.status(), 400);
    assert!(wrong.json()["message"].as_str().unwrap().starts_with("not a script: "));
    assert_eq!(state(address).await["script"]["then"]["answer"]["status"], 400);
}

#[tokio::test]
async fn everything_goes_by_the_clock_that_the_page_puts_ahead() {
    let (stack, address) = started(options()).await;
    let issued = sign_up(address, "ada").await.json();
    let code = stack.courier().unwrap().newest_to("+12025550143").unwrap().code().unwrap().to_owned();
    let answer = advance(address, r#"{"advanceSeconds":601}"#).await;
    assert_eq!((answer.status(), &answer.json()["advancedSeconds"]), (200, &json!(601)));
    let now: jiff::Timestamp = answer.json()["now"].as_str().unwrap().parse().unwrap();
    let expiry: jiff::Timestamp = issued["otp"]["expiresAt"].as_str().unwrap().parse().unwrap();
    assert!(now > expiry, "{now} {expiry}");
    let typed = format!(r#"{{"username":"ada","otp":"{code}"}}"#);
    let verified = request(address, &format!("POST /verify\n{JSON}"), typed.as_bytes()).await;
    assert_eq!(verified.json()["code"], "otp_expired");

    advance(address, r#"{"advanceSeconds":90000}"#).await;
    assert!(stack.embedded().unwrap().sweep().unwrap() > 0, "the database keeps what has expired");
}

#[tokio::test]
async fn the_clock_goes_forward_by_seconds_and_not_without_end() {
    let (_stack, address) = started(options()).await;
    for body in [
        "",
        "{}",
        "60",
        r#"{"advanceSeconds":0}"#,
        r#"{"advanceSeconds":-60}"#,
        r#"{"advanceSeconds":1.5}"#,
        r#"{"advanceSeconds":2592001}"#,
        r#"{"advanceSeconds":60,"more":1}"#,
    ] {
        assert_eq!(advance(address, body).await.status(), 400, "{body}");
    }
    let mut last = 200;
    for _ in 0..200 {
        last = advance(address, r#"{"advanceSeconds":2592000}"#).await.status();
        if last != 200 {
            break;
        }
    }
    assert_eq!(last, 409);
    assert_eq!(request(address, "GET /_local/state", b"").await.status(), 200);
}

#[tokio::test]
async fn a_clock_that_others_go_by_is_not_moved() {
    let mut elsewhere = options();
    let (first, _) = started(options()).await;
    let dynamodb = first.summary().addresses.dynamodb.clone();
    elsewhere.environment =
        Arc::new(move |name| (name == "AWS_ENDPOINT_URL_DYNAMODB").then(|| dynamodb.clone()));
    for options in [elsewhere, Options::of_a_test(Clock::System)] {
        let (_stack, address) = started(options).await;
        let reason = state(address).await["clockStands"].clone();
        let refused = advance(address, r#"{"advanceSeconds":60}"#).await;
        assert_eq!((refused.status(), &refused.json()["message"]), (409, &reason));
        assert!(reason.is_string());
    }
}

#[tokio::test]
async fn where_texts_go_out_there_is_nothing_to_show_or_to_script() {
    let mut options = options();
    options.environment = Arc::new(|name| match name {
        "COURIER_BASE_URL" => Some("http://127.0.0.1:9".to_owned()),
        "COURIER_TOKEN" => Some("token".to_owned()),
        _ => None,
    });
    let (_stack, address) = started(options).await;
    assert_eq!(state(address).await["textsGoOut"], true);
    assert_eq!(request(address, "GET /_local/texts", b"").await.status(), 409);
    assert_eq!(request(address, "PUT /_local/script", b"{}").await.status(), 409);
}

#[tokio::test]
async fn where_apps_are_looked_at_the_page_is_given_tokens() {
    let (_stack, address) = started(options()).await;
    assert_eq!(request(address, "POST /_local/app-check", b"").await.status(), 404);
    let mut options = options();
    options.environment = Arc::new(|name| match name {
        "APP_CHECK_PROJECT_NUMBER" => Some("123456789".to_owned()),
        "APP_CHECK_MODE" => Some("require".to_owned()),
        "SEND_ANSWER_STEP_MILLISECONDS" => Some("0".to_owned()),
        _ => None,
    });
    let (_stack, address) = started(options).await;
    assert_eq!(state(address).await["appCheck"], true);
    assert_eq!(sign_up(address, "ada").await.status(), 401);
    // One that was given before the clock was put ahead has ended.
    for advanced in [1, 3_600] {
        assert_eq!(advance(address, &format!(r#"{{"advanceSeconds":{advanced}}}"#)).await.status(), 200);
        let given = request(address, "POST /_local/app-check", b"").await.json();
        assert_eq!(given["ttl"], "3600s");
        let token = given["token"].as_str().unwrap();
        let head = format!("POST /send\n{JSON}\nX-Firebase-AppCheck: {token}");
        let sent = request(address, &head, br#"{"username":"nobody"}"#).await;
        assert_eq!(sent.status(), 202, "{}", sent.text());
    }
}

#[tokio::test]
async fn foreign_names_and_pages_are_refused_everything_but_the_api() {
    let (stack, address) = started(options()).await;
    stack.courier().unwrap().play(crate::courier::Script::always(Behaviour::answer(400)));
    let raw = async |line: &str, host: &str, origin: &str| {
        let head = format!(
            "{line} HTTP/1.1\r\nhost: {host}\r\n{origin}connection: close\r\ncontent-length: 2\r\n\r\n{{}}"
        );
        crate::raw::exchange(address, head.as_bytes()).await.status()
    };
    let own = address.to_string();
    for line in [
        "GET /",
        "GET /openapi.yaml",
        "GET /_local/main.js",
        "GET /_local/state",
        "GET /_local/texts",
        "PUT /_local/script",
        "POST /_local/clock",
        "POST /_local/app-check",
        "GET /_local/nowhere",
    ] {
        assert_eq!(raw(line, "rebound.example.com", "").await, 403, "{line}");
        assert_eq!(raw(line, &own, "origin: http://example.com\r\n").await, 403, "{line}");
    }
    let from_here = format!("origin: http://{own}\r\n");
    assert_eq!(raw("PUT /_local/script", &own, &from_here).await, 204);
    assert_eq!(raw("POST /verify", "rebound.example.com", "origin: http://example.com\r\n").await, 415);
}
