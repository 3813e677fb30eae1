//! Tokens that are not good, each refused by every call that wants one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use serde_json::{Value, json};

use super::{GATED, Gated, HEADER, body};

/// A token of this header and these claims that is signed by nobody.
fn unsigned(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", part(header), part(claims))
}

/// The same token with another value in its place of `name`.
fn with(object: &Value, name: &str, value: impl Into<Value>) -> Value {
    let mut object = object.clone();
    object[name] = value.into();
    object
}

/// All that are to be refused, each with what is wrong with it.
fn bad(gated: &Gated) -> Vec<(&'static str, Vec<String>)> {
    let (header, claims) = (gated.issuer.header(), gated.claims());
    let now = gated.service.now();
    let signed = |header: &Value, claims: &Value| vec![gated.issuer.sign(header, claims)];
    let good = gated.token();
    let (body, signature) = good.rsplit_once('.').unwrap();
    let none = unsigned(&with(&header, "alg", "none"), &claims);
    let hs256 = unsigned(&with(&header, "alg", "HS256"), &claims);
    let secret = hmac::Key::new(hmac::HMAC_SHA256, gated.issuer.public_key());
    let tag = URL_SAFE_NO_PAD.encode(hmac::sign(&secret, hs256.as_bytes()));
    let other_claims = unsigned(&header, &with(&claims, "sub", "1:123456789:ios:another"));
    let padding = "x".repeat((8_192 - good.len()) / 4 * 3);
    let long = gated.issuer.sign(&header, &with(&claims, "padding", padding));
    vec![
        ("it is empty", vec![String::new()]),
        ("it is no JWT", vec!["garbage".to_owned()]),
        ("it is expired", signed(&header, &with(&with(&claims, "iat", now - 3_700), "exp", now - 100))),
        ("it is not yet valid", signed(&header, &with(&claims, "iat", now + 100))),
        ("it will be valid later", signed(&header, &with(&claims, "nbf", now + 100))),
        ("it is another project's", signed(&header, &with(&claims, "aud", json!(["projects/987654321"])))),
        ("it is another issuer's", signed(&header, &with(&claims, "iss", "https://example.com/123456789"))),
        ("it is not signed, and says so", vec![format!("{none}.")]),
        ("it says that it is not signed", vec![format!("{none}.{signature}")]),
        ("its HMAC is made with the public key", vec![format!("{hs256}.{tag}")]),
        ("nobody knows its key", signed(&with(&header, "kid", "unknown"), &claims)),
        ("it was changed", vec![format!("{other_claims}.{signature}")]),
        ("its signature is missing", vec![format!("{body}.")]),
        ("there are two", vec![good.clone(), good.clone()]),
        ("there are two in one header", vec![format!("{good},{good}")]),
        ("it has 8 KB", vec![long]),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_not_good_is_refused_before_anything_is_read() {
    let gated = Gated::start().await;
    let _ = gated.service.proxy.take_calls();
    for path in GATED {
        for (fault, tokens) in bad(&gated) {
            let call = gated.service.call(path);
            let call = tokens.iter().fold(call, |call, token| call.header(HEADER, token));
            let answer = call.json(&body(path)).await;
            assert_eq!(answer.outcome(), "401 attestation_required", "{path}: {fault}");
        }
    }
    assert!(gated.service.proxy.take_calls().is_empty());
    assert_eq!(gated.service.courier().count(), 0);
    assert_eq!(gated.sign_up().await.status, 201, "a good one is let in all the while");
}

/// Whoever is refused learns no more than that: not what is wrong with the token.
#[tokio::test(flavor = "multi_thread")]
async fn every_refusal_reads_the_same() {
    let gated = Gated::start().await;
    let mut seen = Vec::new();
    for (_, tokens) in bad(&gated) {
        let call = gated.service.call("/send");
        let call = tokens.iter().fold(call, |call, token| call.header(HEADER, token));
        let mut answer = call.json(&body("/send")).await;
        answer.body["requestId"] = Value::Null;
        seen.push((answer.status, answer.body));
    }
    seen.dedup();
    assert_eq!(seen.len(), 1, "{seen:?}");
}

/// The issuer's clock and this one need not agree to the second.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_good_for_half_a_minute_more_than_it_says() {
    let gated = Gated::start().await;
    let token = gated.token();
    let send = async || gated.service.call("/send").header(HEADER, &token).json(&body("/send")).await;
    gated.service.tick(3_600 + 29);
    assert_eq!(send().await.status, 202);
    gated.service.tick(1);
    assert_eq!(send().await.outcome(), "401 attestation_required");
}
