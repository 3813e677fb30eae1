//! Behind a front door: who is let in, and whose address counts.

use serde_json::json;
use tests::answer::Answer;
use tests::service::{Call, Service, signup};

const OLD: &str = "the-old-secret-of-the-origin-0001";
const NEW: &str = "the-new-secret-of-the-origin-0002";

/// A service that is gated by both secrets, with one code per address and hour.
async fn gated() -> Service {
    let secrets = format!("{OLD},{NEW}");
    Service::with(&[("ORIGIN_SECRETS", &secrets), ("CODES_PER_ADDRESS_PER_HOUR", "1")]).await
}

/// A call as what stands before the API passes it on from `viewer`.
fn passed_on(service: &Service, path: &str, viewer: &str) -> Call {
    service.call(path).header("x-origin-secret", NEW).header("cloudfront-viewer-address", viewer)
}

async fn sign_up_from(service: &Service, username: &str, viewer: &str) -> Answer {
    let number = format!("+1202555{:04}", 100 + usize::from(username.as_bytes()[0] - b'a'));
    passed_on(service, "/signup", viewer).json(&signup(username, &number)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_around_it_is_told_nothing_and_reads_nothing() {
    let service = gated().await;
    let longer = format!("{NEW}x");
    let _ = service.proxy.take_calls();
    for path in ["/signup", "/send", "/resend", "/verify"] {
        for secret in ["", "wrong", &longer, &NEW[1..]] {
            let call = service.call(path).header("x-origin-secret", secret);
            let answer = call.header("cloudfront-viewer-address", "192.0.2.1:4711").json(&json!({})).await;
            assert_eq!(answer.outcome(), "403 forbidden", "{path} {secret:?}");
        }
        // Before its form is looked at, too.
        assert_eq!(service.call(path).raw("{").await.outcome(), "403 forbidden", "{path}");
    }
    assert!(service.proxy.take_calls().is_empty());
    assert_eq!(service.courier().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn both_secrets_open_it_while_they_change() {
    let service = gated().await;
    for (secret, username) in [(OLD, "ada"), (NEW, "bob")] {
        let viewer = format!("192.0.2.{}:4711", username.len() + usize::from(username.as_bytes()[0]));
        let call = service.call("/signup").header("x-origin-secret", secret);
        let number = if username == "ada" { "+12025550143" } else { "+12025550144" };
        let call = call.header("cloudfront-viewer-address", &viewer);
        assert_eq!(call.json(&signup(username, number)).await.status, 201, "{username}");
        let code = service.code_to(number);
        let verify = passed_on(&service, "/verify", &viewer);
        let answer = verify.json(&json!({ "username": username, "otp": code })).await;
        assert_eq!(answer.status, 200);
    }
}

/// All of them reach the gateway from one address, that of what stands before it.
#[tokio::test(flavor = "multi_thread")]
async fn the_viewers_address_counts_and_no_other() {
    let service = gated().await;
    assert_eq!(sign_up_from(&service, "ada", "192.0.2.1:4711").await.status, 201);
    let again = sign_up_from(&service, "bob", "192.0.2.1:4712").await;
    assert_eq!(again.outcome(), "429 rate_limited");
    assert_eq!(sign_up_from(&service, "bob", "192.0.2.2:4711").await.status, 201);
    assert_eq!(sign_up_from(&service, "cyd", "2001:db8:1:2::7:4711").await.status, 201);
    let neighbour = sign_up_from(&service, "dan", "[2001:db8:1:2:ffff::9]:80").await;
    assert_eq!(neighbour.outcome(), "429 rate_limited");
    assert_eq!(sign_up_from(&service, "dan", "2001:db8:1:3::7:4711").await.status, 201);

    let forwarded = passed_on(&service, "/signup", "192.0.2.1:4713").header("x-forwarded-for", "192.0.2.99");
    assert_eq!(forwarded.json(&signup("eve", "+12025550150")).await.outcome(), "429 rate_limited");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_be_counted_is_not_served() {
    let service = gated().await;
    for viewer in ["", "192.0.2.1", "192.0.2.1:4711, 192.0.2.2:4711", "unknown:1"] {
        let answer = sign_up_from(&service, "ada", viewer).await;
        assert_eq!(answer.outcome(), "400 invalid_request", "{viewer:?}");
    }
    let without = service.call("/signup").header("x-origin-secret", NEW);
    assert_eq!(without.json(&signup("ada", "+12025550143")).await.outcome(), "400 invalid_request");
    assert_eq!(service.everything().await, [vec![], vec![], vec![]]);
}

/// Else anyone could claim to be anywhere.
#[tokio::test(flavor = "multi_thread")]
async fn an_open_door_believes_no_header() {
    let service = Service::with(&[("CODES_PER_ADDRESS_PER_HOUR", "1")]).await;
    assert_eq!(sign_up_from(&service, "ada", "192.0.2.1:4711").await.status, 201);
    assert_eq!(sign_up_from(&service, "bob", "192.0.2.2:4711").await.outcome(), "429 rate_limited");
}
