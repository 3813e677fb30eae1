//! Guesses at once.

use std::collections::BTreeSet;
use std::sync::Arc;

use tests::crowd;
use tests::proxy::Operation;
use tests::service::{Service, number, text};

use super::{at_once, outcomes};

const ROUNDS: u32 = 5;

/// A service that takes any number of calls from here.
async fn service(settings: &[(&str, &str)]) -> Arc<Service> {
    let settings = [&[("CODES_PER_ADDRESS_PER_HOUR", "0")], settings].concat();
    Arc::new(Service::with(&settings).await)
}

/// The phone of a round.
fn phone(round: u32) -> String {
    format!("+1303555{:04}", 100 + round)
}

/// Case 2: of 200 different wrong codes at once exactly five are compared.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_hundred_wrong_codes_at_once_five_are_compared() {
    let _turn = crowd::turn().await;
    let service = service(&[]).await;
    for round in 0..ROUNDS {
        let (username, phone) = (format!("ada-{round}"), phone(round));
        assert_eq!(service.sign_up(&username, &phone).await.status, 201);
        let codes: BTreeSet<_> = (0..200).map(|nth| service.wrong_code(&phone, nth)).collect();
        assert_eq!(codes.len(), 200);
        let counted = at_once(&service, &username, codes.into_iter()).await;
        assert_eq!(counted, outcomes([("410 otp_exhausted", 195), ("422 invalid_otp", 5)]), "round {round}");
        let otp = service.otp(&username).await.unwrap();
        assert_eq!((number(&otp, "attempts"), number(&otp, "failures")), (5, 5));
        let answer = service.verify(&username, &service.code_to(&phone)).await;
        assert_eq!(answer.outcome(), "410 otp_exhausted");
    }
}

/// Case 2: however many tries a code has, so many are compared.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_64_wrong_codes_at_once_as_many_are_compared_as_there_are_tries() {
    let _turn = crowd::turn().await;
    for tries in [5, 7] {
        let service = service(&[("OTP_MAX_ATTEMPTS", &tries.to_string())]).await;
        for round in 0..ROUNDS {
            let (username, phone) = (format!("ada-{round}"), phone(round));
            assert_eq!(service.sign_up(&username, &phone).await.status, 201);
            let wrong = (0..64).map(|nth| service.wrong_code(&phone, nth));
            let counted = at_once(&service, &username, wrong).await;
            let expected = [("410 otp_exhausted", 64 - tries), ("422 invalid_otp", tries)];
            assert_eq!(counted, outcomes(expected), "{tries} tries, round {round}");
        }
    }
}

/// Case 4: the lock lets no more through at once than one after the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_lock_stops_wrong_codes_at_once() {
    let _turn = crowd::turn().await;
    let service = service(&[("MAX_CONSECUTIVE_FAILURES", "20")]).await;
    for round in 0..ROUNDS {
        let (username, phone) = (format!("ada-{round}"), phone(round));
        assert_eq!(service.sign_up(&username, &phone).await.status, 201);
        service.set("otps", &username, "failures", 17).await;
        let wrong = (0..64).map(|nth| service.wrong_code(&phone, nth));
        let counted = at_once(&service, &username, wrong).await;
        assert_eq!(counted, outcomes([("403 locked", 61), ("422 invalid_otp", 3)]), "round {round}");
    }
}

/// Case 3: of 100 times the right code at once, five are compared and one confirms.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_right_code_a_hundred_times_at_once_confirms_once() {
    let _turn = crowd::turn().await;
    let service = service(&[]).await;
    for round in 0..ROUNDS {
        let (username, phone) = (format!("ada-{round}"), phone(round));
        assert_eq!(service.sign_up(&username, &phone).await.status, 201);
        let _ = service.proxy.take_calls();
        let right = std::iter::repeat_n(service.code_to(&phone), 100);
        let counted = at_once(&service, &username, right).await;
        let expected = [("200 User verified", 1), ("409 otp_already_used", 4), ("410 otp_exhausted", 95)];
        assert_eq!(counted, outcomes(expected), "round {round}");

        let calls = service.proxy.take_calls();
        let confirming = calls.iter().filter(|call| call.operation == Operation::TransactWriteItems);
        let applied =
            confirming.filter(|call| call.applied.as_ref().is_some_and(|outcome| outcome.status == 200));
        assert_eq!(applied.count(), 1, "one transition");
        assert_eq!(text(&service.user(&username).await.unwrap(), "status"), "VERIFIED");
        assert_eq!(text(&service.otp(&username).await.unwrap(), "status"), "CONFIRMED");
    }
}

/// Case 3: the right code among wrong ones is compared or it is not; it never confirms twice, nor beyond the tries.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn right_and_wrong_codes_at_once_share_the_five_tries() {
    let _turn = crowd::turn().await;
    let service = service(&[]).await;
    for round in 0..ROUNDS {
        let (username, phone) = (format!("ada-{round}"), phone(round));
        assert_eq!(service.sign_up(&username, &phone).await.status, 201);
        let right = service.code_to(&phone);
        let mixed =
            (0..60).map(|nth| if nth % 2 == 0 { right.clone() } else { service.wrong_code(&phone, nth) });
        let counted = at_once(&service, &username, mixed).await;
        let of = |outcome| counted.get(outcome).copied().unwrap_or_default();
        let compared = of("200 User verified") + of("409 otp_already_used") + of("422 invalid_otp");
        assert_eq!((compared, of("410 otp_exhausted")), (5, 55), "round {round}: {counted:?}");
        let status = if of("422 invalid_otp") == 5 { "PENDING" } else { "VERIFIED" };
        assert_eq!(of("200 User verified"), usize::from(status == "VERIFIED"), "round {round}: {counted:?}");
        assert_eq!(text(&service.user(&username).await.unwrap(), "status"), status);
    }
}
