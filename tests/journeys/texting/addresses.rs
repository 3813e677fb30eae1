//! Many phones from one address.

use serde_json::{Value, json};
use tests::answer::Answer;
use tests::service::{Service, signup};

use super::phone;
use crate::direct::{Functions, event};

async fn sign_up(service: &Service, nth: usize, address: &str) -> Answer {
    service.call("/signup").from(address).json(&signup(&format!("user{nth}"), &phone(nth))).await
}

/// Case 13: the hundred and first code of an hour from one address is refused until the hour of the clock ends, and
/// `X-Forwarded-For` changes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn the_101st_code_of_an_hour_from_one_address_waits_for_the_next_hour() {
    let service = Service::start().await;
    service.tick(600);
    for nth in 0..100 {
        assert_eq!(sign_up(&service, nth, "192.0.2.1").await.status, 201, "{nth}");
    }
    let refused = sign_up(&service, 100, "192.0.2.1").await;
    assert_eq!((refused.outcome().as_str(), refused.retry_after()), ("429 rate_limited", 3_000));
    for header in ["x-forwarded-for", "forwarded", "x-real-ip", "true-client-ip", "cf-connecting-ip"] {
        let call = service.call("/signup").header(header, "198.51.100.7");
        let refused = call.json(&signup("user100", &phone(100))).await;
        assert_eq!(refused.outcome(), "429 rate_limited", "{header}");
    }
    assert_eq!(sign_up(&service, 101, "192.0.2.2").await.status, 201);

    service.tick(600);
    let refused = service.send("user0").await;
    assert_eq!((refused.outcome().as_str(), refused.retry_after()), ("429 rate_limited", 2_400));
    let refused = service.resend("user0").await;
    assert_eq!((refused.outcome().as_str(), refused.retry_after()), ("429 rate_limited", 2_400));
    service.tick(2_399);
    assert_eq!(service.send("user0").await.retry_after(), 1);
    assert_eq!(service.courier().count(), 101);
    service.tick(1);
    assert_eq!(service.send("user0").await.status, 202);
}

/// Case 13: what counts as one address, and what as two.
#[tokio::test(flavor = "multi_thread")]
async fn addresses_count_by_their_network() {
    let table = [
        (["2001:db8:1:2::1", "2001:db8:1:2::2"], "2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:3::1"),
        (["192.0.2.1", "::ffff:192.0.2.1"], "::ffff:c000:201", "::ffff:192.0.2.2"),
        (["2001:db8::", "2001:0DB8:0::9"], "2001:db8:0:0:1::", "2001:db8:0:1::"),
    ];
    for (two, same, other) in table {
        let service = Service::with(&[("CODES_PER_ADDRESS_PER_HOUR", "2")]).await;
        for (nth, address) in two.into_iter().enumerate() {
            assert_eq!(sign_up(&service, nth, address).await.status, 201, "{address}");
        }
        assert_eq!(sign_up(&service, 2, same).await.outcome(), "429 rate_limited", "{same}");
        assert_eq!(sign_up(&service, 3, other).await.status, 201, "{other}");
    }
}

/// Case 13: 0 switches the cap off.
#[tokio::test(flavor = "multi_thread")]
async fn a_cap_of_zero_counts_no_addresses() {
    let service = Service::with(&[("CODES_PER_ADDRESS_PER_HOUR", "0")]).await;
    for nth in 0..101 {
        assert_eq!(sign_up(&service, nth, "192.0.2.1").await.status, 201, "{nth}");
    }
}

/// Case 13: an event without a source address is refused by whatever texts.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_cannot_be_counted_is_not_texted() {
    let service = Service::start().await;
    let functions = Functions::on(&service).await;
    let ada = json!({ "username": "ada" }).to_string();
    let bodies =
        [("/signup", signup("ada", &phone(0)).to_string()), ("/send", ada.clone()), ("/resend", ada)];
    let sources =
        [None, Some(Value::Null), Some(json!("")), Some(json!("unknown")), Some(json!("192.0.2.7, ::1"))];
    for source in sources {
        for (path, body) in &bodies {
            let mut event = event(path, body);
            let http = event["requestContext"]["http"].as_object_mut().unwrap();
            http.remove("sourceIp");
            if let Some(source) = &source {
                http.insert("sourceIp".to_owned(), source.clone());
            }
            event["headers"]["x-forwarded-for"] = json!("198.51.100.7");
            let answer = functions.answer(&event).await;
            assert_eq!(answer.outcome(), "400 invalid_request", "{path} from {source:?}");
        }
    }
    assert_eq!(service.everything().await, [vec![], vec![], vec![]]);
    assert_eq!(service.courier().count(), 0);
    let answer = functions.answer(&event("/signup", &bodies[0].1)).await;
    assert_eq!(answer.outcome(), "201 OTP sent successfully", "the same with a source");
}
