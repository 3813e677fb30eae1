//! Many usernames on one phone.

use tests::service::Service;

const PHONE: &str = "+12025550143";

/// Case 12: the eleventh code of a day for one phone is refused, whoever asks, until the next UTC day begins.
#[tokio::test(flavor = "multi_thread")]
async fn the_eleventh_code_of_a_day_for_one_phone_waits_for_midnight() {
    let service = Service::start().await;
    for nth in 0..10 {
        assert_eq!(service.sign_up(&format!("user{nth}"), PHONE).await.status, 201, "{nth}");
    }
    let eleventh = service.sign_up("user10", PHONE).await;
    assert_eq!((eleventh.outcome().as_str(), eleventh.retry_after()), ("429 rate_limited", 43_200));

    service.tick(600);
    for call in ["/send", "/resend"] {
        let refused = service.post(call, serde_json::json!({ "username": "user0" })).await;
        assert_eq!((refused.outcome().as_str(), refused.retry_after()), ("429 rate_limited", 42_600));
    }
    for spelling in
        ["+1 202 555 0143", "12025550143", "+112025550143", "+1202555014\u{ff13}", "tel:+12025550143"]
    {
        let other = service.sign_up("user10", spelling).await;
        assert_eq!(other.broken(), ["mobileNo:format"], "{spelling}");
    }

    service.tick(42_599);
    let refused = service.send("user0").await;
    assert_eq!((refused.outcome().as_str(), refused.retry_after()), ("429 rate_limited", 1));
    assert_eq!(service.courier().count(), 10);
    service.tick(1);
    assert_eq!(service.send("user0").await.status, 202);
    assert_eq!(service.sign_up("user10", PHONE).await.status, 201);
}

/// Case 12: the codes of one phone leave those of another alone.
#[tokio::test(flavor = "multi_thread")]
async fn one_phone_does_not_use_up_anothers_codes() {
    let service = Service::with(&[("CODES_PER_PHONE_PER_DAY", "1")]).await;
    assert_eq!(service.sign_up("ada", PHONE).await.status, 201);
    assert_eq!(service.sign_up("bob", PHONE).await.outcome(), "429 rate_limited");
    assert_eq!(service.sign_up("bob", "+12025550144").await.status, 201);
}
