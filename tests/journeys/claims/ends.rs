//! The end of a PENDING user's time.

use serde_json::json;
use tests::service::{PASSWORD, Service, text};

use super::{ADA, BOB, Code, EVES, ask, claim, details, is_contested, user, verify};
use crate::expected::{invalid_otp, otp_superseded, told, verified};

const DAY: u64 = 86_400;
/// The longest life of a code, which a user outlives its day by.
const LONGEST: u64 = 900;

/// Whom nobody ever was.
const STRAY: &str = "stray";

/// A service whose codes live as long as they can.
async fn service() -> Service {
    Service::with(&[("OTP_TTL_SECONDS", "900"), ("CODES_PER_ADDRESS_PER_HOUR", "0")]).await
}

/// Case 33: a code that is asked for in the last second of the day can be confirmed for its whole life.
#[tokio::test(flavor = "multi_thread")]
async fn a_code_of_the_last_second_of_the_day_is_good_for_its_whole_life() {
    for path in ["/send", "/resend"] {
        let service = service().await;
        claim_of_900(&service).await;
        service.tick(DAY - 1);
        let texts = service.courier().count();
        let answer = ask(&service, path, None).await;
        assert_eq!((answer.status, &answer.body["otp"]["expiresIn"]), (202, &json!(900)), "{answer:?}");
        assert_eq!(service.courier().count(), texts + 1);
        let code = Code::of(&service, &answer);
        service.tick(LONGEST - 1);
        assert_eq!(verify(&service, &code.code, Some(&code.id)).await, verified("ada"), "{path}");
        assert_eq!(user(&service).await.get("expiresAt"), None);
    }
}

/// Case 33: a second later send and resend are answered as for an unknown name, replacing a live code too, and no text
/// goes out.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_after_the_day_the_name_is_like_an_unknown_one() {
    for path in ["/send", "/resend"] {
        for live in [false, true] {
            let service = service().await;
            claim_of_900(&service).await;
            service.tick(DAY - 1);
            let mut code = None;
            if live {
                code = Some(Code::of(&service, &ask(&service, path, None).await));
            }
            service.tick(1);
            let texts = service.courier().count();
            let [ours, strays] = both(&service, path).await;
            assert_eq!(ours, strays, "{path} with a live code: {live}");
            assert_eq!(ours.0, 202, "{ours:?}");
            assert_eq!(both(&service, "/send").await, [pending(), pending()]);
            assert_eq!(service.courier().count(), texts);
            assert_eq!(text(&user(&service).await, "mobileNo"), ADA, "the row is still there");

            if let Some(code) = code {
                assert_eq!(verify(&service, &code.code, Some(&code.id)).await, otp_superseded(None));
                assert_eq!(verify(&service, &code.code, None).await, invalid_otp(4), "nothing matches");
                assert_eq!(text(&user(&service).await, "status"), "PENDING");
            }
        }
    }
}

/// Case 33: a code that nobody replaces is good after the day, to its end.
#[tokio::test(flavor = "multi_thread")]
async fn after_the_day_the_last_code_is_still_good() {
    let service = service().await;
    claim_of_900(&service).await;
    service.tick(DAY - 1);
    let code = Code::of(&service, &ask(&service, "/send", None).await);
    service.tick(LONGEST - 1);
    let again = ask(&service, "/send", Some("A".repeat(22).as_str())).await;
    assert_eq!(told(&again), otp_superseded(None));
    assert_eq!(verify(&service, &code.code, None).await, verified("ada"));
}

/// Case 33: a signup still meets the row until the longest code has ended, and then the name is free.
#[tokio::test(flavor = "multi_thread")]
async fn a_signup_meets_the_user_until_its_last_code_has_ended() {
    for (second, meets) in [(DAY, true), (DAY + LONGEST - 1, true), (DAY + LONGEST, false)] {
        for sends in [false, true] {
            let service = Service::start().await;
            claim(&service, PASSWORD, ADA).await;
            service.tick(second);
            if sends {
                assert_eq!(ask(&service, "/send", None).await.status, 202);
                assert_eq!(service.courier().count(), 1, "as for an unknown name");
            }
            let code = claim(&service, EVES, BOB).await;
            assert_eq!(is_contested(&service).await, meets, "after {second} s");
            assert_eq!(verify(&service, &code.code, Some(&code.id)).await, verified("ada"));
        }
    }
}

/// Signs "ada" up with the phone [`ADA`], where codes live 900 s.
async fn claim_of_900(service: &Service) {
    let answer = service.post("/signup", details(PASSWORD, ADA)).await;
    assert_eq!(answer.status, 201, "{answer:?}");
}

/// What "ada" and the unknown name are answered on `path`, without the ids.
async fn both(service: &Service, path: &str) -> [(u16, serde_json::Value); 2] {
    let mut seen = Vec::new();
    for username in ["ada", STRAY] {
        let mut answer = told(&service.post(path, json!({ "username": username })).await);
        if let Some(id) = answer.1.pointer_mut("/otp/id") {
            *id = json!(id.as_str().map(str::len));
        }
        seen.push(answer);
    }
    seen.try_into().expect("two")
}

fn pending() -> (u16, serde_json::Value) {
    crate::expected::otp_pending(900)
}
