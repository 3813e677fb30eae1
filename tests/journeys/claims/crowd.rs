//! Many signups for one name at the same moment.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures::{StreamExt as _, stream};
use tests::answer::Answer;
use tests::crowd;
use tests::service::{PASSWORD, Service, number, text};

use super::{ADA, Code, claim, details, is_contested, otp, user, verify};
use crate::expected::{
    invalid_otp, otp_id_required, otp_superseded, rate_limited, signed_up, told, unavailable, verified,
};

const FIFTY: usize = 50;

/// How many of them are under way at any moment. Each hashes a password and compares some, and has seconds for it.
const AT_ONCE: usize = 8;

/// Signs "ada" up with each of the passwords.
async fn at_once(service: &Arc<Service>, passwords: impl Iterator<Item = String>) -> Vec<Answer> {
    let signing = passwords.map(|password| {
        let service = Arc::clone(service);
        async move {
            let signup = async move { service.post("/signup", details(&password, ADA)).await };
            tokio::spawn(signup).await.expect("an answer")
        }
    });
    stream::iter(signing).buffer_unordered(AT_ONCE).collect().await
}

fn password(nth: usize) -> String {
    format!("harbour {nth} at dawn")
}

/// Case 18: fifty signups at once, all alike, are one: fifty are answered with its id, and one text goes out.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_signups_alike_are_one() {
    let _turn = crowd::turn().await;
    for round in 0..3 {
        let service = Arc::new(Service::start().await);
        let answers = at_once(&service, std::iter::repeat_n(PASSWORD.to_owned(), FIFTY)).await;
        assert_eq!(service.courier().count(), 1, "round {round}");
        let id = text(&otp(&service).await, "otpId").to_owned();
        for answer in &answers {
            let (status, mut body) = told(answer);
            // What is known of the text depends on whether it was sent when the answer was made.
            if body["otp"]["delivery"] == "UNKNOWN" {
                body["otp"]["delivery"] = "SENT".into();
                body["message"] = "OTP sent successfully".into();
            }
            assert_eq!((status, body), signed_up("ada", &id, service.now()), "round {round}");
        }
        assert!(!is_contested(&service).await);
        let limits = service.rows("limits").await;
        let mut counts: Vec<_> =
            limits.iter().filter(|row| row.contains_key("count")).map(|row| number(row, "count")).collect();
        counts.sort_unstable();
        assert_eq!(counts, [1, 50], "one code of the phone's; fifty of the address's");
        assert_eq!(verify(&service, &service.code_to(ADA), None).await, verified("ada"));
    }
}

/// Case 18: fifty signups at once with fifty passwords replace each other: no more texts go out than the phone's cap
/// permits, and the account that stays is contested and has its own code alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_signups_with_fifty_passwords_leave_one_contested_account() {
    let _turn = crowd::turn().await;
    for round in 0..2 {
        let service = Arc::new(Service::start().await);
        let answers = at_once(&service, (0..FIFTY).map(password)).await;
        let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 201);
        // Nobody gives up before four others have had the name.
        assert!((4..=5).contains(&won.len()), "round {round}: {} won", won.len());
        assert_eq!(service.courier().count(), won.len(), "round {round}");
        for answer in lost {
            let expected = if answer.status == 429 { rate_limited(43_200) } else { unavailable() };
            assert_eq!(told(answer), expected, "round {round}");
        }
        let mut codes: Vec<_> = won.iter().map(|answer| Code::of(&service, answer)).collect();
        for (answer, code) in won.iter().zip(&codes) {
            assert_eq!(told(answer), signed_up("ada", &code.id, service.now()), "round {round}");
        }
        assert!(is_contested(&service).await);
        let newest = text(&otp(&service).await, "otpId").to_owned();
        assert!(
            codes.iter().any(|code| code.id == newest),
            "round {round}: whose the account is was told so"
        );
        codes.sort_by_key(|code| code.id == newest);
        if codes.len() == 4 {
            codes.push(claim(&service, &password(FIFTY), ADA).await);
        }
        let one_more = service.post("/signup", details(&password(FIFTY + 1), ADA)).await;
        assert_eq!((told(&one_more), service.courier().count()), (rate_limited(43_200), 5));

        let [earlier @ .., own] = &*codes else { unreachable!("there are five") };
        let ids: BTreeSet<_> = codes.iter().map(|code| &code.id).collect();
        assert_eq!(ids.len(), 5);
        let mut tries = 5;
        for code in earlier {
            assert_eq!(verify(&service, &code.code, None).await, otp_id_required());
            assert_eq!(verify(&service, &code.code, Some(&code.id)).await, otp_superseded(None));
            assert_eq!(verify(&service, &own.code, Some(&code.id)).await, otp_superseded(None));
            tries -= 1;
            assert_eq!(verify(&service, &code.code, Some(&own.id)).await, invalid_otp(tries));
        }
        assert_eq!(verify(&service, &own.code, None).await, otp_id_required());
        assert_eq!(text(&user(&service).await, "status"), "PENDING");
        assert_eq!(verify(&service, &own.code, Some(&own.id)).await, verified("ada"));
    }
}
