//! From sign-up to a verified number.

use tests::service::{Service, text};

const PHONE: &str = "+12025550143";

#[tokio::test(flavor = "multi_thread")]
async fn whoever_types_the_code_that_was_texted_is_verified() {
    let service = Service::start().await;

    let signed_up = service.sign_up("Ada@example.com", PHONE).await;
    assert_eq!(signed_up.status, 201, "{signed_up:?}");
    assert_eq!(signed_up.body["user"]["username"], "ada@example.com");
    assert_eq!(signed_up.body["otp"]["delivery"], "SENT");
    let user = service.user("ada@example.com").await.unwrap();
    assert_eq!(text(&user, "status"), "PENDING");

    let verified = service.verify("ada@example.com", &service.code_to(PHONE)).await;
    assert_eq!(verified.outcome(), "200 User verified");
    let user = service.user("ada@example.com").await.unwrap();
    assert_eq!(text(&user, "status"), "VERIFIED");
    assert!(!user.contains_key("expiresAt"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resend_makes_the_first_code_useless() {
    let service = Service::start().await;
    service.sign_up("ada", PHONE).await;
    let first = service.code_to(PHONE);
    service.tick(30);
    assert_eq!(service.resend("ada").await.status, 202);
    let second = service.code_to(PHONE);
    assert_eq!(service.verify("ada", &first).await.outcome(), "422 otp_superseded");
    assert_eq!(service.verify("ada", &second).await.outcome(), "200 User verified");
}
