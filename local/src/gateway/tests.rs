use std::sync::Mutex;
use std::time::Duration;

use lambda_http::RequestExt as _;
use lambda_http::request::RequestContext;
use serde_json::{Value, json};

use super::*;
use crate::raw::{Raw, exchange, request};
use crate::template::Setting;

/// Starts a gateway before one function at `POST /signup`, which answers as `handle` does.
async fn gateway<H, F>(handle: H) -> SocketAddr
where
    H: Fn(lambda_http::Request) -> F + Send + Sync + 'static,
    F: Future<Output = lambda_http::Response<lambda_http::Body>> + Send + 'static,
{
    gateway_for(None, handle).await
}

/// Starts such a gateway, which pages of one origin may call.
async fn gateway_for<H, F>(cors: Option<Cors>, handle: H) -> SocketAddr
where
    H: Fn(lambda_http::Request) -> F + Send + Sync + 'static,
    F: Future<Output = lambda_http::Response<lambda_http::Body>> + Send + 'static,
{
    let function = Function {
        name: "SignupFunction".to_owned(),
        binary: "signup".to_owned(),
        routes: vec![Route { method: "POST".to_owned(), path: "/signup".to_owned() }],
        settings: [("A".to_owned(), Setting::Optional)].into(),
        timeout: Duration::from_millis(300),
        memory: 128,
    };
    let gateway = Gateway {
        functions: vec![function],
        dispatch: Arc::new(move |name, event, context| {
            assert_eq!(name, "SignupFunction");
            Box::pin(handle(lambda_http::Request::from(event).with_lambda_context(context)))
        }),
        clock: Clock::manual(1_700_000_000).0,
        cors,
        pretended_source: Some(HeaderName::from_static("x-pretended-source")),
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(Gateway::serve(gateway.router(Router::new()), listener, std::future::pending()));
    address
}

fn ok() -> lambda_http::Response<lambda_http::Body> {
    lambda_http::Response::new("ok".into())
}

/// Returns the call as a function sees it, in a form that a test can compare.
async fn seen(head: &str, body: &[u8]) -> Value {
    let seen = Arc::new(Mutex::new(Value::Null));
    let witness = Arc::clone(&seen);
    let address = gateway(move |request| {
        let Some(RequestContext::ApiGatewayV2(context)) = request.request_context_ref().cloned() else {
            panic!("not an event of an HTTP API")
        };
        let headers = request.headers().iter();
        *witness.lock().unwrap() = json!({
            "method": request.method().as_str(),
            "path": request.raw_http_path(),
            "query": request.uri().query(),
            "headers": headers
                .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
                .collect::<std::collections::BTreeMap<_, _>>(),
            "body": match request.body() {
                lambda_http::Body::Text(text) => json!({"text": text}),
                lambda_http::Body::Binary(bytes) => json!({"binary": bytes}),
                _ => Value::Null,
            },
            "context": context,
            "deadline": request.lambda_context_ref().map(|context| context.deadline),
        });
        async { ok() }
    })
    .await;
    assert_eq!(request(address, head, body).await.status(), 200);
    seen.lock().unwrap().clone()
}

fn refusal(raw: &Raw) -> (u16, String) {
    (raw.status(), raw.body())
}

#[tokio::test]
async fn a_call_arrives_as_the_event_of_an_http_api() {
    let head = "POST /signup?a=1&b=%20\nContent-Type: application/json; charset=utf-8\nUser-Agent: test\n\
                X-Twice: one\nX-Twice: two\nCookie: a=1; b=2\nCookie: c=3";
    let seen = seen(head, b"{}").await;
    assert_eq!(seen["method"], "POST");
    assert_eq!(seen["path"], "/signup");
    assert_eq!(seen["query"], "a=1&b=%20");
    assert_eq!(seen["body"], json!({"text": "{}"}));
    assert_eq!(seen["headers"]["content-type"], "application/json; charset=utf-8");
    assert_eq!(seen["headers"]["x-twice"], "one,two");
    assert_eq!(seen["headers"]["cookie"], "a=1; b=2; c=3");
    let mut context = seen["context"].clone();
    assert_eq!(context["requestId"].as_str().map(str::len), Some(16));
    context["requestId"] = Value::Null;
    context["domainName"] = Value::Null;
    assert_eq!(
        context,
        json!({
            "routeKey": "POST /signup",
            "accountId": "000000000000",
            "stage": "$default",
            "requestId": null,
            "apiId": "local00000",
            "domainName": null,
            "domainPrefix": "local00000",
            "time": "14/Nov/2023:22:13:20 +0000",
            "timeEpoch": 1_700_000_000_000_i64,
            "http": {
                "method": "POST",
                "path": "/signup",
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": "test",
            },
        })
    );
    let deadline = seen["deadline"].as_i64().unwrap() - Clock::System.millisecond();
    assert!((-1_000..=300).contains(&deadline), "{deadline}");
}

#[tokio::test]
async fn the_source_is_the_peer_whatever_is_said_to_be_forwarded() {
    let seen = seen("POST /signup\nX-Forwarded-For: 192.0.2.1\nForwarded: for=192.0.2.1", b"").await;
    assert_eq!(seen["context"]["http"]["sourceIp"], "127.0.0.1");
    assert_eq!(seen["headers"]["x-forwarded-for"], "192.0.2.1, 127.0.0.1");
}

#[tokio::test]
async fn a_test_can_pretend_to_come_from_elsewhere() {
    let seen = seen("POST /signup\nX-Pretended-Source: 2001:db8::1", b"").await;
    assert_eq!(seen["context"]["http"]["sourceIp"], "2001:db8::1");
}

#[tokio::test]
async fn a_body_that_is_no_text_arrives_as_bytes() {
    let json = "POST /signup\nContent-Type: application/json";
    assert_eq!(seen(json, &[0xff, 0xfe]).await["body"], json!({"binary": [255, 254]}));
    assert_eq!(seen("POST /signup", b"{}").await["body"], json!({"binary": [123, 125]}));
    assert_eq!(
        seen("POST /signup\nContent-Type: image/png", b"{}").await["body"],
        json!({"binary": [123, 125]})
    );
    for textual in ["text/plain", "application/problem+json", "image/svg+xml", "Application/JSON"] {
        let head = format!("POST /signup\nContent-Type: {textual}");
        assert_eq!(seen(&head, b"{}").await["body"], json!({"text": "{}"}), "{textual}");
    }
    assert_eq!(seen(json, b"").await["body"], Value::Null);
}

#[tokio::test]
async fn a_header_that_is_not_utf8_does_not_stop_a_call() {
    let address = gateway(|_| async { ok() }).await;
    let mut bytes = b"POST /signup HTTP/1.1\r\nhost: a\r\nconnection: close\r\nx-odd: ".to_vec();
    bytes.extend_from_slice(b"\xff\xfe\r\ncontent-length: 0\r\n\r\n");
    assert_eq!(exchange(address, &bytes).await.status(), 200);
}

#[tokio::test]
async fn no_other_path_or_method_reaches_a_function() {
    let address = gateway(|_| async { panic!("it must not be called") }).await;
    let not_found = (404, r#"{"message":"Not Found"}"#.to_owned());
    for head in
        ["GET /signup", "POST /", "POST /signup/", "POST /SIGNUP", "OPTIONS /signup", "POST /x?/signup"]
    {
        let raw = request(address, head, b"").await;
        assert_eq!(refusal(&raw), not_found, "{head}");
        assert_eq!(raw.header("content-type").as_deref(), Some("application/json"), "{head}");
    }
}

#[tokio::test]
async fn a_body_over_ten_megabytes_is_too_large() {
    let address = gateway(|_| async { ok() }).await;
    let largest = vec![b' '; BODY_LIMIT];
    assert_eq!(request(address, "POST /signup\nContent-Type: text/plain", &largest).await.status(), 200);
    let chunked = b"POST /signup HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nA00001\r\n";
    let raw = exchange(address, &[&chunked[..], &largest, b" \r\n0\r\n\r\n"].concat()).await;
    assert_eq!(refusal(&raw), (413, r#"{"message":"Request Entity Too Large"}"#.to_owned()));
}

#[tokio::test]
async fn a_function_that_fails_is_answered_for_and_the_next_call_works() {
    let address = gateway(|request| async move {
        match request.uri().query() {
            Some("panic") => panic!("as the test wants it"),
            Some("sleep") => {
                tokio::time::sleep(Duration::from_secs(10)).await;
                ok()
            }
            _ => ok(),
        }
    })
    .await;
    let panicked = request(address, "POST /signup?panic", b"").await;
    assert_eq!(refusal(&panicked), (500, r#"{"message":"Internal Server Error"}"#.to_owned()));
    let slow = request(address, "POST /signup?sleep", b"").await;
    assert_eq!(refusal(&slow), (500, r#"{"message":"Internal Server Error"}"#.to_owned()));
    assert_eq!(request(address, "POST /signup", b"").await.status(), 200);
}

#[tokio::test]
async fn a_function_runs_to_its_end_though_the_caller_has_gone() {
    let (ended, end) = tokio::sync::oneshot::channel();
    let ended = Arc::new(Mutex::new(Some(ended)));
    let address = gateway(move |_| {
        let ended = ended.lock().unwrap().take();
        async move {
            tokio::time::sleep(Duration::from_millis(100)).await;
            ended.unwrap().send(()).unwrap();
            ok()
        }
    })
    .await;
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream.writable().await.unwrap();
    stream.try_write(b"POST /signup HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
    tokio::time::sleep(Duration::from_millis(30)).await;
    drop(stream);
    tokio::time::timeout(Duration::from_secs(5), end).await.unwrap().unwrap();
}

#[tokio::test]
async fn an_answer_keeps_its_status_headers_and_bytes() {
    let address = gateway(|_| async {
        lambda_http::Response::builder()
            .status(201)
            .header("content-type", "application/problem+json")
            .header("x-twice", "one")
            .header("x-twice", "two")
            .body(lambda_http::Body::Binary(vec![0x68, 0x69]))
            .unwrap()
    })
    .await;
    let raw = request(address, "POST /signup", b"").await;
    assert_eq!((raw.status(), raw.body()), (201, "hi".to_owned()));
    assert_eq!(raw.header("content-type").as_deref(), Some("application/problem+json"));
    assert_eq!(raw.header("x-twice").as_deref(), Some("one,two"));
    assert_eq!(raw.header("apigw-requestid").map(|id| id.len()), Some(16));
}

#[tokio::test]
async fn whatever_it_is_sent_it_stays_up() {
    let address = gateway(|_| async { ok() }).await;
    let half_open = tokio::net::TcpStream::connect(address).await.unwrap();
    half_open.writable().await.unwrap();
    half_open.try_write(b"POST /signup HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n{").unwrap();
    exchange(address, b"\x16\x03\x01 this is no HTTP\r\n\r\n").await;
    exchange(address, b"POST /signup HTTP/1.1\r\ncontent-length: -1\r\n\r\n").await;
    let many = format!("POST /signup\nx-long: {}", "x".repeat(20_000));
    assert_eq!(
        refusal(&request(address, &many, b"").await),
        (431, r#"{"message":"Request Header Fields Too Large"}"#.to_owned())
    );
    exchange(address, &[&b"POST /signup HTTP/1.1\r\nx: "[..], &vec![b'x'; 2_000_000]].concat()).await;
    assert_eq!(request(address, "POST /signup", b"").await.status(), 200);
    drop(half_open);
}

/// The gateway of a web app under development. Its function says of CORS what it should not.
async fn gateway_for_a_page() -> SocketAddr {
    let cors = Cors {
        origin: "http://localhost:5173".to_owned(),
        allowed: crate::template::Template::of_this_repository().unwrap().cors.unwrap(),
    };
    gateway_for(Some(cors), |request| async move {
        let answer = lambda_http::Response::builder().header("access-control-allow-origin", "*");
        let status = if request.uri().query().is_some() { 500 } else { 201 };
        answer.status(status).header("retry-after", "3").body("ok".into()).unwrap()
    })
    .await
}

/// The status line and the headers of an answer in order, without those that differ each time.
fn head(raw: &Raw) -> Vec<String> {
    let text = raw.text();
    let head = text.split("\r\n\r\n").next().unwrap().split("\r\n").map(str::to_owned);
    let changing = |line: &String| ["apigw-requestid: ", "date: "].iter().any(|name| line.starts_with(name));
    let mut lines: Vec<_> = head.filter(|line| !changing(line)).collect();
    lines[1..].sort();
    lines
}

#[tokio::test]
async fn a_preflight_of_the_allowed_origin_is_answered_without_a_function() {
    let address = gateway_for_a_page().await;
    for path in ["/signup", "/nowhere"] {
        let asked = format!(
            "OPTIONS {path}\nOrigin: http://localhost:5173\nAccess-Control-Request-Method: POST\n\
             Access-Control-Request-Headers: content-type,idempotency-key,x-firebase-appcheck"
        );
        let raw = request(address, &asked, b"").await;
        assert_eq!(
            head(&raw),
            [
                "HTTP/1.1 204 No Content",
                "access-control-allow-headers: content-type,idempotency-key,x-firebase-appcheck",
                "access-control-allow-methods: POST",
                "access-control-allow-origin: http://localhost:5173",
                "access-control-max-age: 3600",
                "connection: close",
            ]
        );
        assert!(raw.header("apigw-requestid").is_some());
        assert_eq!(raw.body(), "");
    }
}

#[tokio::test]
async fn a_page_of_the_allowed_origin_may_read_every_answer_and_when_to_come_again() {
    let address = gateway_for_a_page().await;
    let raw = request(address, "POST /signup\nOrigin: http://localhost:5173", b"").await;
    assert_eq!(
        head(&raw),
        [
            "HTTP/1.1 201 Created",
            "access-control-allow-origin: http://localhost:5173",
            "access-control-expose-headers: retry-after,x-request-id",
            "connection: close",
            "content-length: 2",
            "retry-after: 3",
        ]
    );
    for asked in ["POST /nowhere", "POST /signup?fail"] {
        let raw = request(address, &format!("{asked}\nOrigin: http://localhost:5173"), b"").await;
        assert_eq!(raw.header("access-control-allow-origin").as_deref(), Some("http://localhost:5173"));
    }
}

#[tokio::test]
async fn another_origin_is_answered_without_leave_to_read_it() {
    let address = gateway_for_a_page().await;
    for origin in ["", "Origin: http://localhost:5174", "Origin: https://localhost:5173", "Origin: null"] {
        let preflight = request(address, &format!("OPTIONS /signup\n{origin}"), b"").await;
        assert_eq!(head(&preflight), ["HTTP/1.1 204 No Content", "connection: close"], "{origin}");
        let raw = request(address, &format!("POST /signup\n{origin}"), b"").await;
        let plain = ["HTTP/1.1 201 Created", "connection: close", "content-length: 2", "retry-after: 3"];
        assert_eq!(head(&raw), plain, "{origin}");
    }
}
