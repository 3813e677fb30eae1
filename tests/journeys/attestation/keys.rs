//! The issuer's keys: fetched as a function starts, and again when there is a reason, once a minute at most.

use serde_json::{Value, json};
use tests::answer::Answer;
use tests::service::signup;

use super::{ADA, GATED, Gated, HEADER, body, issuer};

/// The functions behind the gate, each of which has the keys of its own.
const FUNCTIONS: usize = GATED.len();

impl Gated {
    /// A send with a token that names this key.
    async fn send_by(&self, kid: &str) -> Answer {
        let mut header = self.issuer.header();
        header["kid"] = json!(kid);
        let token = self.issuer.sign(&header, &self.claims());
        self.service.call("/send").header(HEADER, &token).json(&body("/send")).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn they_are_fetched_once_in_a_start_and_not_for_each_call() {
    let gated = Gated::start().await;
    assert_eq!(gated.issuer.fetches(), FUNCTIONS);
    for _ in 0..3 {
        gated.service.tick(900);
        assert_eq!(gated.attested("/send").json(&body("/send")).await.status, 202);
        assert_eq!(gated.service.send("ada").await.status, 401);
    }
    assert_eq!(gated.issuer.fetches(), FUNCTIONS);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_one_has_them_fetched_once_a_minute_at_most() {
    let gated = Gated::start().await;
    gated.issuer.rotate("new");
    gated.service.tick(59);
    assert_eq!(gated.send_by("new").await.outcome(), "401 attestation_required");
    assert_eq!(gated.issuer.fetches(), FUNCTIONS, "they were fetched less than a minute ago");
    gated.service.tick(1);
    assert_eq!(gated.send_by("new").await.status, 202);
    assert_eq!(gated.issuer.fetches(), FUNCTIONS + 1);
    for wait in [0, 59] {
        gated.service.tick(wait);
        assert_eq!(gated.send_by("unknown").await.outcome(), "401 attestation_required");
        assert_eq!(gated.issuer.fetches(), FUNCTIONS + 1);
    }
    gated.service.tick(1);
    let stream = futures::future::join_all((0..8).map(|_| gated.send_by("unknown"))).await;
    assert!(stream.iter().all(|answer| answer.status == 401), "{stream:?}");
    assert_eq!(gated.issuer.fetches(), FUNCTIONS + 2);
}

/// Only a token that could be good is worth a fetch.
#[tokio::test(flavor = "multi_thread")]
async fn garbage_has_none_fetched() {
    let gated = Gated::start().await;
    gated.service.tick(60);
    let mut header = gated.issuer.header();
    header["kid"] = json!("unknown");
    header["alg"] = json!("none");
    for token in ["", "garbage", "a.b.c", &gated.issuer.sign(&header, &gated.claims())] {
        let call = gated.service.call("/send").header(HEADER, token);
        assert_eq!(call.json(&body("/send")).await.outcome(), "401 attestation_required");
    }
    assert_eq!(gated.issuer.fetches(), FUNCTIONS);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_any_nobody_is_let_in_until_they_come() {
    for (status, answer) in [
        (503, ""),
        (302, ""),
        (200, ""),
        (200, "<html>"),
        (200, r#"{"keys":[]}"#),
        (200, r#"{"keys":[{"kty":"EC"}]}"#),
        (200, &" ".repeat(65_537)),
    ] {
        let issuer = issuer().await;
        issuer.fail(status, answer);
        let gated = Gated::with(issuer, "require", &[]).await;
        assert_eq!(gated.issuer.fetches(), FUNCTIONS, "the service starts all the same");
        let _ = gated.service.proxy.take_calls();
        gated.service.tick(20);
        for path in GATED {
            let refused = gated.attested(path).json(&body(path)).await;
            assert_eq!(refused.outcome(), "503 unavailable", "{path} {status} {answer:.20}");
            assert_eq!(refused.retry_after(), 40);
            assert_eq!(gated.service.post(path, body(path)).await.status, 401, "no key would let that in");
        }
        gated.service.tick(40);
        assert_eq!(gated.sign_up().await.outcome(), "503 unavailable");
        assert_eq!(gated.issuer.fetches(), FUNCTIONS + 1);
        assert!(gated.service.proxy.take_calls().is_empty());
        assert_eq!(gated.service.courier().count(), 0);
        gated.issuer.mend();
        gated.service.tick(59);
        let refused = gated.sign_up().await;
        assert_eq!((refused.status, refused.retry_after()), (503, 1));
        gated.service.tick(1);
        assert_eq!(gated.sign_up().await.status, 201);
        assert_eq!(gated.issuer.fetches(), FUNCTIONS + 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_only_records_goes_on_without_any() {
    let issuer = issuer().await;
    issuer.fail(503, "");
    let gated = Gated::with(issuer, "record", &[]).await;
    assert_eq!(gated.sign_up().await.status, 201);
}

/// Who stole a key that was withdrawn can sign with it: for six hours more at most, while the issuer answers.
#[tokio::test(flavor = "multi_thread")]
async fn after_six_hours_they_are_fetched_again_and_one_that_was_withdrawn_is_gone() {
    let gated = Gated::start().await;
    let old = gated.issuer.header()["kid"].as_str().unwrap().to_owned();
    gated.issuer.rotate("new");
    gated.issuer.withdraw_old();
    gated.service.tick(6 * 3_600 - 1);
    assert_eq!(gated.send_by(&old).await.status, 202);
    assert_eq!(gated.issuer.fetches(), FUNCTIONS);
    gated.service.tick(1);
    assert_eq!(gated.send_by(&old).await.outcome(), "401 attestation_required");
    assert_eq!(gated.issuer.fetches(), FUNCTIONS + 1);
    gated.service.tick(900);
    assert_eq!(gated.send_by("new").await.status, 202);
}

/// An issuer that is down is no reason to refuse whom its keys vouch for.
#[tokio::test(flavor = "multi_thread")]
async fn old_ones_serve_on_while_no_newer_ones_can_be_had() {
    let gated = Gated::start().await;
    gated.issuer.fail(503, "");
    gated.service.tick(7 * 3_600);
    assert_eq!(gated.attested("/signup").json(&signup("ada", ADA)).await.status, 201);
    assert_eq!(gated.issuer.fetches(), FUNCTIONS + 1);
    let again = gated.attested("/signup").json(&signup("bob", "+12125550143")).await;
    assert_eq!((again.status, gated.issuer.fetches()), (201, FUNCTIONS + 1));
    gated.service.tick(60);
    gated.issuer.mend();
    let last: Value = signup("eve", "+13055550143");
    assert_eq!(gated.attested("/signup").json(&last).await.status, 201);
    assert_eq!(gated.issuer.fetches(), FUNCTIONS + 2);
}
