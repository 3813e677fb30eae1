//! The stand-in for the issuer, as a function asks it.

use serde_json::Value;

use super::*;
use crate::raw::{Raw, request};

async fn issuer() -> Issuer {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (clock, _) = Clock::manual(1_800_000_000);
    Issuer::start(listener, clock, std::future::pending()).unwrap()
}

async fn jwks(issuer: &Issuer) -> Raw {
    request(issuer.address(), "GET /v1/jwks", b"").await
}

fn kids(set: &Value) -> Vec<&str> {
    set["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap()).collect()
}

fn decoded(part: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[tokio::test]
async fn a_token_is_signed_by_a_key_that_is_published() {
    let issuer = issuer().await;
    let token = issuer.token("123456789");
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let (header, claims) = signed.split_once('.').unwrap();
    let set = jwks(&issuer).await.json();
    let [key] = &set["keys"].as_array().unwrap()[..] else { panic!("{set}") };
    assert_eq!(decoded(header), json!({ "alg": "RS256", "kid": key["kid"], "typ": "JWT" }));
    let number = |name: &str| URL_SAFE_NO_PAD.decode(key[name].as_str().unwrap()).unwrap();
    RsaPublicKeyComponents { n: number("n"), e: number("e") }
        .verify(
            &ring::signature::RSA_PKCS1_2048_8192_SHA256,
            signed.as_bytes(),
            &URL_SAFE_NO_PAD.decode(signature).unwrap(),
        )
        .unwrap();
    let claims = decoded(claims);
    assert_eq!(claims["iss"], format!("{}/123456789", issuer.url()));
    assert_eq!(claims["aud"][0], "projects/123456789");
    assert_eq!((&claims["iat"], &claims["exp"]), (&json!(1_800_000_000), &json!(1_800_003_600)));
}

#[tokio::test]
async fn keys_change_their_names_and_are_withdrawn() {
    let issuer = issuer().await;
    issuer.rotate("development-2");
    assert_eq!(kids(&jwks(&issuer).await.json()), ["development-1", "development-2"]);
    assert_eq!(issuer.header()["kid"], "development-2");
    issuer.withdraw_old();
    assert_eq!(kids(&jwks(&issuer).await.json()), ["development-2"]);
}

#[tokio::test]
async fn what_is_to_fail_fails_and_is_counted() {
    let issuer = issuer().await;
    issuer.fail(503, "later");
    let answer = jwks(&issuer).await;
    assert_eq!((answer.status(), answer.body()), (503, "later".to_owned()));
    issuer.mend();
    assert_eq!(jwks(&issuer).await.status(), 200);
    assert_eq!(issuer.fetches(), 2);
}
