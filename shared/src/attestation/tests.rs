//! The keys are made for these tests alone; whoever has them can do nothing with them.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD as BASE64};
use lambda_http::http::{HeaderMap, HeaderValue};
use ring::hmac;
use ring::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair, RsaPublicKeyComponents};
use serde_json::{Value, json};

use super::keys::{Keyring, Keys};
use super::token::Project;
use super::{APP_CHECK, AppCheckToken, AttestationMode, LONGEST, ProjectNumber, Unattested};
use crate::clock::Deadline;
use crate::domain::time::Timestamp;
use crate::https::Https;

const NOW: i64 = 1_800_000_000;

/// Far more than anything here takes.
const LONG: Duration = Duration::from_hours(24);

const ISSUER: &str = "https://firebaseappcheck.googleapis.com";

fn issuer() -> RsaKeyPair {
    RsaKeyPair::from_pkcs8(include_bytes!("test-key-issuer.pk8")).unwrap()
}

fn stranger() -> RsaKeyPair {
    RsaKeyPair::from_pkcs8(include_bytes!("test-key-stranger.pk8")).unwrap()
}

fn keys() -> Keys {
    Keys::parse(json!({ "keys": [{ "kty": "EC", "kid": "other" }, jwk()] }).to_string().as_bytes()).unwrap()
}

/// The issuer's public key as a JWK.
fn jwk() -> Value {
    let key = RsaPublicKeyComponents::<Vec<u8>>::from(issuer().public_key());
    let (n, e) = (BASE64.encode(&key.n), BASE64.encode(&key.e));
    json!({ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": "k1", "n": n, "e": e })
}

fn header() -> Value {
    json!({ "alg": "RS256", "typ": "JWT", "kid": "k1" })
}

fn claims() -> Value {
    json!({
        "iss": "https://firebaseappcheck.googleapis.com/123456789",
        "aud": ["projects/other", "projects/123456789"],
        "sub": "1:123456789:ios:0123456789abcdef",
        "iat": NOW - 60,
        "exp": NOW + 3_540,
    })
}

fn with(mut object: Value, name: &str, value: Value) -> Value {
    object[name] = value;
    object
}

fn without(mut object: Value, name: &str) -> Value {
    object.as_object_mut().unwrap().remove(name);
    object
}

fn signed(key: &RsaKeyPair, header: &Value, claims: &Value) -> String {
    signed_as_it_is(key, header, &claims.to_string())
}

fn unsigned(header: &Value, claims: &str) -> String {
    format!("{}.{}", BASE64.encode(header.to_string()), BASE64.encode(claims))
}

/// A token whose claims need not be JSON.
fn signed_as_it_is(key: &RsaKeyPair, header: &Value, claims: &str) -> String {
    let signed = unsigned(header, claims);
    let mut signature = vec![0; key.public().modulus_len()];
    let random = ring::rand::SystemRandom::new();
    key.sign(&RSA_PKCS1_SHA256, &random, signed.as_bytes(), &mut signature).unwrap();
    format!("{signed}.{}", BASE64.encode(signature))
}

fn check(token: &str) -> Result<(), Unattested> {
    check_with(&keys(), token)
}

fn check_with(keys: &Keys, token: &str) -> Result<(), Unattested> {
    Project::new(ISSUER, "123456789").check(token, keys, Timestamp::from_second(NOW))
}

#[test]
fn a_good_token_is_good() {
    assert_eq!(check(&signed(&issuer(), &header(), &claims())), Ok(()));
}

#[test]
fn a_header_of_another_kind_is_refused() {
    use Unattested::{Malformed, UnknownKey, Unsupported};
    for (header, reason) in [
        (with(header(), "alg", json!("none")), Unsupported),
        (with(header(), "alg", json!("HS256")), Unsupported),
        (with(header(), "alg", json!("RS512")), Unsupported),
        (with(header(), "typ", json!("at+jwt")), Unsupported),
        (with(header(), "crit", json!(["exp"])), Unsupported),
        (with(header(), "kid", json!("k2")), UnknownKey),
        (with(header(), "kid", json!("other")), UnknownKey),
        (without(header(), "alg"), Malformed),
        (without(header(), "typ"), Malformed),
        (without(header(), "kid"), Malformed),
    ] {
        assert_eq!(check(&signed(&issuer(), &header, &claims())), Err(reason), "{header}");
    }
}

#[test]
fn claims_of_others_and_of_other_times_are_refused() {
    use Unattested::{Expired, Foreign, Malformed, NotYetValid};
    for (claims, reason) in [
        (with(claims(), "iss", json!("https://firebaseappcheck.googleapis.com/1234567890")), Foreign),
        (with(claims(), "aud", json!(["projects/1234567890"])), Foreign),
        (with(claims(), "aud", json!([])), Foreign),
        (with(claims(), "exp", json!(NOW - 30)), Expired),
        (with(claims(), "iat", json!(NOW + 31)), NotYetValid),
        (with(claims(), "nbf", json!(NOW + 31)), NotYetValid),
        (with(claims(), "sub", json!("")), Malformed),
        (without(claims(), "iss"), Malformed),
        (without(claims(), "aud"), Malformed),
        (without(claims(), "sub"), Malformed),
        (without(claims(), "iat"), Malformed),
        (without(claims(), "exp"), Malformed),
    ] {
        assert_eq!(check(&signed(&issuer(), &header(), &claims)), Err(reason), "{claims}");
    }
}

#[test]
fn clocks_may_differ_by_the_leeway() {
    for claims in [with(claims(), "exp", json!(NOW - 29)), with(claims(), "iat", json!(NOW + 30))] {
        assert_eq!(check(&signed(&issuer(), &header(), &claims)), Ok(()), "{claims}");
    }
}

#[test]
fn a_signature_of_somebody_else_or_none_is_refused() {
    let good = signed(&issuer(), &header(), &claims());
    let (unsigned, _) = good.rsplit_once('.').unwrap();
    assert_eq!(check(&signed(&stranger(), &header(), &claims())), Err(Unattested::BadSignature));
    assert_eq!(check(&format!("{unsigned}.")), Err(Unattested::BadSignature));
}

/// The best known way to fool a verifier: it takes the public key for the secret of an HMAC.
#[test]
fn an_hmac_with_the_public_key_is_refused() {
    let pair = issuer();
    let public = pair.public_key().as_ref();
    let pem = format!(
        "-----BEGIN RSA PUBLIC KEY-----\n{}\n-----END RSA PUBLIC KEY-----\n",
        STANDARD.encode(public)
    );
    let key = RsaPublicKeyComponents::<Vec<u8>>::from(pair.public_key());
    for secret in [public, pem.as_bytes(), &key.n, jwk().to_string().as_bytes()] {
        let secret = hmac::Key::new(hmac::HMAC_SHA256, secret);
        for (alg, reason) in [("HS256", Unattested::Unsupported), ("RS256", Unattested::BadSignature)] {
            let signed = unsigned(&with(header(), "alg", json!(alg)), &claims().to_string());
            let tag = hmac::sign(&secret, signed.as_bytes());
            assert_eq!(check(&format!("{signed}.{}", BASE64.encode(tag))), Err(reason), "{alg}");
        }
    }
}

#[test]
fn a_token_that_is_not_signed_is_refused() {
    let none = unsigned(&with(header(), "alg", json!("none")), &claims().to_string());
    for token in [format!("{none}."), format!("{none}.AA")] {
        assert_eq!(check(&token), Err(Unattested::Unsupported));
    }
}

/// The signature is good, so this is the issuer's own; it is not read as something that it does not say.
#[test]
fn signed_garbage_is_refused() {
    for claims in [
        "",
        "null",
        "[]",
        "{}",
        "not JSON",
        &with(claims(), "aud", json!("projects/123456789")).to_string(),
        &with(claims(), "aud", json!([123_456_789])).to_string(),
        &with(claims(), "exp", json!("1800003540")).to_string(),
        &with(claims(), "exp", json!(1e300)).to_string(),
        &with(claims(), "iat", json!(null)).to_string(),
        &format!("{} {{}}", claims()),
    ] {
        let token = signed_as_it_is(&issuer(), &header(), claims);
        assert_eq!(check(&token), Err(Unattested::Malformed), "{claims}");
    }
}

#[test]
fn garbage_is_refused() {
    let good = signed(&issuer(), &header(), &claims());
    for token in
        ["", ".", "..", "a.b.c", &format!("{good}="), &format!("{good},{good}"), &format!("{good}.a")]
    {
        assert_eq!(check(token), Err(Unattested::Malformed), "{token}");
    }
    let (unsigned, _) = good.rsplit_once('.').unwrap();
    assert_eq!(check(&format!("{unsigned}.====")), Err(Unattested::Malformed));
}

#[test]
fn a_token_comes_in_one_header_and_is_short() {
    let brought = |values: &[&str]| {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(APP_CHECK, HeaderValue::from_str(value).unwrap());
        }
        AppCheckToken::of(&headers).map(|token| token.0.to_string())
    };
    assert_eq!(brought(&["a.b.c"]), Ok("a.b.c".to_owned()));
    assert_eq!(brought(&[]), Err(Unattested::Missing));
    assert_eq!(brought(&["a.b.c", "a.b.c"]), Err(Unattested::Malformed));
    assert_eq!(brought(&["ä"]), Err(Unattested::Malformed));
    assert_eq!(brought(&[&"a".repeat(LONGEST)]), Ok("a".repeat(LONGEST)));
    assert_eq!(brought(&[&"a".repeat(LONGEST + 1)]), Err(Unattested::TooLong));
}

#[test]
fn a_token_is_never_shown() {
    let headers = HeaderMap::from_iter([(APP_CHECK.parse().unwrap(), HeaderValue::from_static("canary"))]);
    assert_eq!(format!("{:?}", AppCheckToken::of(&headers)), "Ok(AppCheckToken)");
}

#[test]
fn only_keys_that_can_verify_are_kept() {
    let good = signed(&issuer(), &header(), &claims());
    for (key, reason) in [
        (with(jwk(), "kty", json!("oct")), Unattested::UnknownKey),
        (with(jwk(), "alg", json!("RS512")), Unattested::UnknownKey),
        (with(jwk(), "use", json!("enc")), Unattested::UnknownKey),
        (without(jwk(), "kid"), Unattested::UnknownKey),
        (without(jwk(), "n"), Unattested::UnknownKey),
        (with(jwk(), "e", json!("=")), Unattested::UnknownKey),
        (with(jwk(), "n", json!("")), Unattested::BadSignature),
        (with(jwk(), "n", json!("AQAB")), Unattested::BadSignature),
        (json!(null), Unattested::UnknownKey),
    ] {
        let keys = Keys::parse(json!({ "keys": [key] }).to_string().as_bytes()).unwrap();
        assert_eq!(check_with(&keys, &good), Err(reason), "{key}");
    }
    for key in [jwk(), without(jwk(), "alg"), without(jwk(), "use"), with(jwk(), "x5c", json!([]))] {
        let keys = Keys::parse(json!({ "keys": [null, key] }).to_string().as_bytes()).unwrap();
        assert_eq!(check_with(&keys, &good), Ok(()), "{key}");
    }
    assert!(Keys::parse(br#"{"keys":[]}"#).unwrap().is_empty());
    for json in ["", "[]", "{}", r#"{"keys":{}}"#, "<html>"] {
        assert!(Keys::parse(json.as_bytes()).is_err(), "{json}");
    }
}

/// A start and a request wait for it so long, and no longer.
#[tokio::test(start_paused = true)]
async fn an_issuer_that_says_nothing_is_not_waited_for() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let now = Timestamp::from_second(NOW);
    let keyring = Keyring::fetched(&Https::new(None).unwrap(), &url, now).await;
    let later = now.plus(60);
    assert!(keyring.renewed(later, Deadline::after(LONG)).await.is_empty());
    assert_eq!(keyring.pause(later), 60, "it was asked again");
}

#[test]
fn settings_are_read_as_they_are_documented() {
    for number in ["1", "123456789", "12345678901234567890"] {
        assert!(ProjectNumber::parse(number).is_ok(), "{number}");
    }
    for number in
        ["", "0", "0123", "-1", "+1", "1 ", "projects/1", "my-project", "123456789012345678901", "١"]
    {
        assert!(ProjectNumber::parse(number).is_err(), "{number}");
    }
    assert_eq!(AttestationMode::parse("record"), Ok(AttestationMode::Record));
    assert_eq!(AttestationMode::parse("require"), Ok(AttestationMode::Require));
    for mode in ["Require", "enforce", "off", "true"] {
        assert!(AttestationMode::parse(mode).is_err(), "{mode}");
    }
}
