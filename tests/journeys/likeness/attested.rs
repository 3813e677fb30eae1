//! Where attested apps are required, both names are let in alike, and refused alike.

use crate::attestation::Gated;
use crate::likeness::ADA;
use tests::rows::put_verified_user;

use super::script::Twins;

#[tokio::test(flavor = "multi_thread")]
async fn with_a_token_and_without_one_both_are_answered_the_same() {
    let gated = Gated::start().await;
    let (good, mut bad) = (gated.token(), gated.token());
    bad.pop();
    put_verified_user(&gated.service, "known", ADA).await;
    let twins = Twins::of(gated.service, ["known", "stray"]);
    for path in ["/send", "/resend"] {
        for token in [None, Some(bad.as_str())] {
            assert_eq!(twins.attested(path, token).await, "401 attestation_required");
            assert!(twins.work().is_empty(), "{path} {token:?}");
        }
    }
    assert_eq!(twins.attested("/send", Some(&good)).await, "202");
    assert_eq!(twins.work()[0], "BatchGetItem otps 1 users 1");
    assert_eq!(twins.attested("/send", Some(&good)).await, "409 otp_pending");
    assert_eq!(twins.attested("/send", None).await, "401 attestation_required");
    twins.tick(30);
    assert_eq!(twins.attested("/resend", Some(&good)).await, "202");
    assert_eq!(twins.verify("123456").await, "422 invalid_otp");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_key_both_are_refused() {
    let issuer = crate::attestation::issuer().await;
    issuer.fail(503, "");
    let gated = Gated::with(issuer, "require", &[]).await;
    let token = gated.token();
    put_verified_user(&gated.service, "known", ADA).await;
    let twins = Twins::of(gated.service, ["known", "stray"]);
    for path in ["/send", "/resend"] {
        assert_eq!(twins.attested(path, Some(&token)).await, "503 unavailable");
        assert!(twins.work().is_empty(), "{path}");
    }
}
