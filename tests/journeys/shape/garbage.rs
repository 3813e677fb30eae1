//! The gateway in front: its own answers, and whatever else arrives on its port.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use tests::service::Service;

use super::calls;

/// Longer than any answer takes; only a connection that is neither answered nor closed meets it.
const PATIENCE: Duration = Duration::from_secs(10);

/// What comes back for `bytes` on a fresh connection. Whoever hangs up need not be answered, so only what may be no
/// whole request does.
fn exchange(address: &str, bytes: &[u8], hangs_up: bool) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut answer = Vec::new();
    // It may hang up on us before all is said.
    let _ = stream.write_all(bytes);
    if hangs_up {
        let _ = stream.shutdown(std::net::Shutdown::Write);
    }
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

fn request(method: &str, path: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// The status of an HTTP answer; none when there is no answer.
fn status(answer: &str) -> Option<u16> {
    let answer = answer.strip_prefix("HTTP/1.1 100 Continue\r\n\r\n").unwrap_or(answer);
    answer.strip_prefix("HTTP/1.")?.get(2..5)?.parse().ok()
}

async fn service_at() -> (Service, String) {
    let service = Service::start().await;
    let address = service.url().trim_start_matches("http://").to_owned();
    (service, address)
}

/// No address can be made of these, and none is needed: the function reads on, and misses a body.
#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_address_is_of_no_concern() {
    let (_service, address) = service_at().await;
    for (query, headers) in [("?{}", ""), ("", "host: a b\r\n"), ("", "x-forwarded-proto: https,http\r\n")] {
        let headers = format!("content-type: application/json\r\n{headers}");
        let answer = exchange(&address, &request("POST", &format!("/send{query}"), &headers, b""), false);
        assert_eq!(status(&answer), Some(400), "{query} {headers} {answer}");
        assert!(answer.contains("urn:problem:countersign:invalid_request"), "{query} {headers} {answer}");
    }
}

/// Of case 24: what never reaches a function is answered in the gateway's own shape.
#[tokio::test(flavor = "multi_thread")]
async fn what_no_function_answers_has_the_gateways_shape() {
    let (_service, address) = service_at().await;
    for (method, path) in [
        ("GET", "/signup"),
        ("PUT", "/verify"),
        ("DELETE", "/send"),
        ("POST", "/"),
        ("POST", "/nope"),
        ("POST", "/signup/"),
        ("POST", "/Signup"),
        ("POST", "//signup"),
        ("POST", "/signup/../send"),
    ] {
        let answer = exchange(&address, &request(method, path, "", b""), false);
        assert_eq!(status(&answer), Some(404), "{method} {path}: {answer}");
        assert!(answer.ends_with("\r\n\r\n{\"message\":\"Not Found\"}"), "{method} {path}: {answer}");
        assert!(answer.contains("\r\ncontent-type: application/json\r\n"), "{method} {path}: {answer}");
    }
}

fn garbage(random: &mut StdRng, longest: usize) -> Vec<u8> {
    let length = random.random_range(0..longest);
    (0..length).map(|_| random.random()).collect()
}

/// A right body with some of its bytes changed, left out or repeated.
fn mutated(random: &mut StdRng) -> Vec<u8> {
    let calls = calls();
    let mut body = calls.choose(random).unwrap().1.to_string().into_bytes();
    for _ in 0..random.random_range(1..8) {
        let at = random.random_range(0..body.len());
        match random.random_range(0..4) {
            0 => body[at] = random.random(),
            1 => body.truncate(at.max(1)),
            2 => body[at] = *b"{}[]\",:\\\0".choose(random).unwrap(),
            _ => {
                let tail = body[at..].to_vec();
                body.extend(tail);
            }
        }
    }
    body
}

/// A request, and whether its framing is a lie.
fn any_request(random: &mut StdRng) -> (Vec<u8>, bool) {
    let method = *["POST", "POST", "POST", "GET", "PUT", "HEAD", "OPTIONS", "BREW"].choose(random).unwrap();
    let path = *["/signup", "/send", "/resend", "/verify", "/", "/%00", "/send?a=%ff&a=1", "/verify#x", "*"]
        .choose(random)
        .unwrap();
    let mut headers = String::new();
    if random.random_bool(0.9) {
        headers.push_str("content-type: application/json\r\n");
    }
    headers.push_str(
        [
            "",
            "",
            "idempotency-key: \u{1}\r\n",
            "idempotency-key: é\r\n",
            "cookie: a=b; ;; c\r\n",
            "x-request-id: forged\r\n",
            "x-pretended-source: nowhere\r\n",
            "transfer-encoding: chunked\r\n",
            "expect: 100-continue\r\n",
            "content-type: text/plain\r\n",
        ]
        .choose(random)
        .unwrap(),
    );
    let body = if random.random_bool(0.7) { mutated(random) } else { garbage(random, 6_000) };
    (request(method, path, &headers, &body), headers.contains("transfer-encoding"))
}

/// `local` stays up whatever it is sent, and blames nothing of it on itself.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_arrives_the_next_user_is_served() {
    let (service, address) = service_at().await;
    let statuses = tokio::task::spawn_blocking(move || {
        let mut random = StdRng::seed_from_u64(24);
        let mut statuses = std::collections::BTreeSet::new();
        for nth in 0..400 {
            let (bytes, hangs_up) =
                if nth % 4 == 3 { (garbage(&mut random, 20_000), true) } else { any_request(&mut random) };
            let answer = exchange(&address, &bytes, hangs_up);
            let status = status(&answer);
            assert!(status.is_none_or(|status| status < 500), "{answer} to {}", bytes.escape_ascii());
            statuses.extend(status);
        }
        statuses
    })
    .await
    .unwrap();
    assert!([400, 404, 413, 415].iter().all(|status| statuses.contains(status)), "{statuses:?}");

    assert_eq!(service.sign_up("the-next-user", "+12125550143").await.status, 201);
    let verified = service.verify("the-next-user", &service.code_to("+12125550143")).await;
    assert_eq!(verified.outcome(), "200 User verified");
}
