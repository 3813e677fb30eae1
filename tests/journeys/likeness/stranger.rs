//! What becomes of an unknown username.

use serde_json::json;
use shared::domain::code::{Alphabet, Code, CodeFormat, OtpId};
use shared::domain::mac::{Mac, Pepper};
use shared::domain::username::Username;
use subtle::ConstantTimeEq as _;
use tests::service::{Service, text};

use super::ADA;
use super::script::wrong;

#[tokio::test(flavor = "multi_thread")]
async fn no_text_is_ever_sent_for_an_unknown_name() {
    let service = Service::start().await;
    assert_eq!(service.send("nobody").await.status, 202);
    service.tick(30);
    assert_eq!(service.resend("nobody").await.status, 202);
    service.tick(60);
    let keyed = service.call("/resend").key("k").json(&json!({ "username": "nobody" })).await;
    assert_eq!(keyed.status, 202);
    assert!(service.courier().keys().is_empty(), "Courier was not even asked");
    assert_eq!(service.user("nobody").await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_signup_replaces_the_challenge_of_an_unknown_name() {
    let service = Service::with(&[("MAX_CONSECUTIVE_FAILURES", "20")]).await;
    let mut sent = service.send("ada").await;
    for code in 0..4 {
        for nth in 0..5 {
            assert_eq!(service.verify("ada", &wrong(nth)).await.code(), "invalid_otp");
        }
        // Longer than fifteen wrong codes of twenty slow it down.
        service.tick(43_200);
        if code < 3 {
            sent = service.send("ada").await;
        }
    }
    assert_eq!(service.send("ada").await.code(), "locked");

    let signed_up = service.sign_up("ada", ADA).await;
    assert_eq!(signed_up.outcome(), "201 OTP sent successfully");
    assert_ne!(signed_up.body["otp"]["id"], sent.body["otp"]["id"]);
    // Neither the lock nor the cooldown of what was there before is the new user's.
    assert_eq!(signed_up.body["otp"]["resendAfter"], 30);
    assert_eq!(service.verify("ada", &service.code_to(ADA)).await.outcome(), "200 User verified");
}

/// All million codes against what is stored: the one of a known name is found, and none for an unknown one.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_matches_an_unknown_names_code() {
    let service = Service::start().await;
    service.sign_up("ada", ADA).await;
    service.send("nobody").await;
    let texted: u32 = service.code_to(ADA).parse().unwrap();
    assert_eq!(matching(&service, "ada", texted..texted + 1).await, Some(texted), "the MAC is the service's");
    let (low, high) = tokio::join!(
        matching(&service, "nobody", 0..500_000),
        matching(&service, "nobody", 500_000..1_000_000)
    );
    assert_eq!((low, high), (None, None));
}

/// The first of `codes` whose MAC stands in the row of `name`.
async fn matching(service: &Service, name: &str, mut codes: std::ops::Range<u32>) -> Option<u32> {
    let row = service.otp(name).await.unwrap();
    let stored = Mac::of_nothing(row["mac"].as_b().unwrap().as_ref().try_into().unwrap());
    let id = OtpId::parse(text(&row, "otpId")).unwrap();
    let username = Username::parse(name).unwrap();
    let pepper = Pepper::from_bytes(b"pepper for local use, no secret!".to_vec()).unwrap();
    let format = CodeFormat { alphabet: Alphabet::Numeric, length: 6 };
    let search = tokio::task::spawn_blocking(move || {
        codes.find(|code| {
            let code = Code::parse(&format!("{code:06}"), format).unwrap();
            bool::from(code.mac(&pepper, id, &username).ct_eq(&stored))
        })
    });
    search.await.unwrap()
}
