//! The keys are made for these tests alone; whoever has them can do nothing with them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use ring::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair, RsaPublicKeyComponents};
use serde_json::{Value, json};

use super::{Keys, LONGEST, Project, Unattested};

const NOW: i64 = 1_800_000_000;

fn issuer() -> RsaKeyPair {
    RsaKeyPair::from_pkcs8(include_bytes!("test-key-issuer.pk8")).unwrap()
}

fn stranger() -> RsaKeyPair {
    RsaKeyPair::from_pkcs8(include_bytes!("test-key-stranger.pk8")).unwrap()
}

fn keys() -> Keys {
    let key = RsaPublicKeyComponents::<Vec<u8>>::from(issuer().public_key());
    let (n, e) = (BASE64.encode(&key.n), BASE64.encode(&key.e));
    let set = json!({ "keys": [
        { "kty": "EC", "kid": "other" },
        { "kty": "RSA", "use": "sig", "alg": "RS256", "kid": "k1", "n": n, "e": e },
    ] });
    Keys::parse(set.to_string().as_bytes()).unwrap()
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
    let signed = format!("{}.{}", BASE64.encode(header.to_string()), BASE64.encode(claims.to_string()));
    let mut signature = vec![0; key.public().modulus_len()];
    let random = ring::rand::SystemRandom::new();
    key.sign(&RSA_PKCS1_SHA256, &random, signed.as_bytes(), &mut signature).unwrap();
    format!("{signed}.{}", BASE64.encode(signature))
}

fn check(token: &str) -> Result<(), Unattested> {
    Project::new("123456789").check(token, &keys(), NOW)
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

#[test]
fn garbage_is_refused() {
    let good = signed(&issuer(), &header(), &claims());
    for token in
        ["", ".", "..", "a.b.c", &format!("{good}="), &format!("{good},{good}"), &format!("{good}.a")]
    {
        assert_eq!(check(token), Err(Unattested::Malformed), "{token}");
    }
    assert_eq!(check(&"a".repeat(LONGEST + 1)), Err(Unattested::TooLong));
}
