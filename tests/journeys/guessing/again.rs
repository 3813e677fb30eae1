//! The right code, typed again: a lost answer, a double tap. Case 37.

use std::sync::Arc;

use tests::proxy::{Fault, Match, Operation};
use tests::service::{Service, number, text};

use super::{ADA, ada};
use crate::expected::{invalid_otp, locked, otp_already_used, otp_exhausted, rate_limited, told, verified};

const YEAR_AND_MORE: i64 = 400 * 86_400;

/// Tries, the run of failures, and the seconds until the row of "ada" may be deleted.
async fn run(service: &Service) -> (i64, i64, i64) {
    let otp = service.otp("ada").await.unwrap();
    let now = i64::try_from(service.now()).unwrap();
    (number(&otp, "attempts"), number(&otp, "failures"), number(&otp, "expiresAt") - now)
}

/// Seconds that a row is kept that says nothing of a run: its code's life, and an hour.
const SHORT: i64 = 600 + 3_600;

async fn type_right(service: &Service) -> (u16, serde_json::Value) {
    told(&service.verify("ada", &service.code_to(ADA)).await)
}

/// Case 37: as often as one likes it was used already, until the tries are gone; it is no failure, and the row's life stays
/// short.
#[tokio::test(flavor = "multi_thread")]
async fn the_right_code_again_is_used_already_and_no_failure() {
    let settings = [("OTP_MAX_ATTEMPTS", "20"), ("MAX_CONSECUTIVE_FAILURES", "80")];
    let service = ada(&settings).await;
    for nth in 0..3 {
        let answer = service.verify("ada", &service.wrong_code(ADA, nth)).await;
        assert_eq!(told(&answer), invalid_otp(19 - nth));
    }
    assert_eq!(run(&service).await, (3, 3, YEAR_AND_MORE));
    assert_eq!(type_right(&service).await, verified("ada"));
    assert_eq!(run(&service).await, (4, 0, SHORT));
    let verified_at = service.user("ada").await;
    for tries in 5..=20 {
        service.tick(1);
        assert_eq!(type_right(&service).await, otp_already_used());
        assert_eq!(run(&service).await, (tries, 0, SHORT - (tries - 4)));
    }
    let before = service.everything().await;
    assert_eq!(type_right(&service).await, otp_exhausted());
    assert_eq!(service.everything().await, before);
    assert_eq!(service.user("ada").await, verified_at, "never a second confirmation");
}

/// Case 37: a wrong code on a used one counts like any wrong one, and the right one ends that run, too.
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_code_on_a_used_one_counts_until_the_right_one_is_typed_again() {
    let service = ada(&[]).await;
    assert_eq!(type_right(&service).await, verified("ada"));
    assert_eq!(told(&service.verify("ada", &service.wrong_code(ADA, 0)).await), invalid_otp(3));
    assert_eq!(told(&service.verify("ada", &service.wrong_code(ADA, 1)).await), invalid_otp(2));
    assert_eq!(run(&service).await, (3, 2, YEAR_AND_MORE));
    assert_eq!(type_right(&service).await, otp_already_used());
    assert_eq!(run(&service).await, (4, 0, SHORT));
}

/// Case 37: whoever confirms code after code, tapping twice each time, is never locked.
#[tokio::test(flavor = "multi_thread")]
async fn tapping_twice_locks_nobody() {
    let settings = [("MAX_CONSECUTIVE_FAILURES", "20"), ("CODES_PER_USERNAME_PER_HOUR", "20")];
    let service = ada(&settings).await;
    assert_eq!(type_right(&service).await, verified("ada"));
    for _ in 0..4 {
        assert_eq!(type_right(&service).await, otp_already_used());
    }
    for code in 0..10 {
        assert_eq!(service.send("ada").await.status, 202, "code {code}");
        assert_eq!(type_right(&service).await, verified("ada"));
        for _ in 0..4 {
            assert_eq!(type_right(&service).await, otp_already_used());
        }
        assert_eq!(type_right(&service).await, otp_exhausted());
        assert_eq!(run(&service).await, (5, 0, SHORT), "code {code}");
    }
    assert_eq!(told(&service.send("ada").await), rate_limited(43_200), "the phone's cap, and no lock");
}

/// Case 37: two taps at the same moment, both compared before either confirms: one verifies, the other finds the code used,
/// whichever is first.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_taps_at_the_same_moment_one_verifies_and_neither_counts() {
    for failures in [0, 98] {
        let service = Arc::new(ada(&[]).await);
        service.set("otps", "ada", "failures", failures).await;
        let confirming = service.proxy.hold(Match::every(Operation::TransactWriteItems).times(2));
        let taps = [0, 1].map(|_| {
            let service = Arc::clone(&service);
            tokio::spawn(async move { type_right(&service).await })
        });
        confirming.arrived(2).await;
        assert_eq!(run(&service).await, (2, failures + 2, YEAR_AND_MORE));
        confirming.release();
        let [one, other] = taps;
        let mut answers = [one.await.unwrap(), other.await.unwrap()];
        answers.sort_by_key(|(status, _)| *status);
        assert_eq!(answers, [verified("ada"), otp_already_used()]);
        assert_eq!(run(&service).await, (2, 0, SHORT));
        assert_eq!(type_right(&service).await, otp_already_used(), "and so it stays");
    }
}

/// Case 37: the second tap takes its try while the first one confirms, and pays for it after.
#[tokio::test(flavor = "multi_thread")]
async fn a_tap_that_comes_while_another_confirms_ends_the_run_itself() {
    let service = ada(&[]).await;
    let taking = service.proxy.hold(Match::first(Operation::UpdateItem).on("otps"));
    let first = async {
        taking.arrived(1).await;
        assert_eq!(type_right(&service).await, verified("ada"));
        taking.release();
    };
    let (second, ()) = tokio::join!(type_right(&service), first);
    assert_eq!(second, otp_already_used());
    assert_eq!(run(&service).await, (2, 0, SHORT));
}

/// Case 37: where the try of the first tap reaches the cap, the second one is locked while the first is confirmed, and no
/// longer.
#[tokio::test(flavor = "multi_thread")]
async fn a_tap_at_the_cap_locks_the_other_until_it_is_confirmed() {
    let service = ada(&[]).await;
    service.set("otps", "ada", "failures", 99).await;
    let confirming = service.proxy.hold(Operation::TransactWriteItems);
    let second = async {
        confirming.arrived(1).await;
        assert_eq!(type_right(&service).await, locked());
        confirming.release();
    };
    let (first, ()) = tokio::join!(type_right(&service), second);
    assert_eq!(first, verified("ada"));
    assert_eq!(run(&service).await, (1, 0, SHORT));
    assert_eq!(type_right(&service).await, otp_already_used());
}

/// The end of the run is of no consequence for the answer. Where DynamoDB fails at it, the run is one long, and the next
/// right code ends it.
#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_used_already_though_the_run_could_not_be_ended() {
    let service = ada(&[]).await;
    assert_eq!(type_right(&service).await, verified("ada"));
    // The first update takes the try.
    service.proxy.inject(Match::every(Operation::UpdateItem).skip(1), Fault::ServerError);
    assert_eq!(type_right(&service).await, otp_already_used());
    assert_eq!(service.proxy.unmet_faults(), []);
    assert_eq!(run(&service).await, (2, 1, YEAR_AND_MORE));
    service.proxy.clear_faults();
    assert_eq!(type_right(&service).await, otp_already_used());
    assert_eq!(run(&service).await, (3, 0, SHORT));
}

/// The end of the run comes too late for a newer code: its row is kept as long as the run that it was issued with.
#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_run_does_not_touch_a_newer_code() {
    let service = ada(&[]).await;
    assert_eq!(type_right(&service).await, verified("ada"));
    // The first update takes the try.
    let ending = service.proxy.hold(Match::first(Operation::UpdateItem).skip(1));
    let resend = async {
        ending.arrived(1).await;
        service.tick(1);
        assert_eq!(service.resend("ada").await.status, 202);
        ending.release();
    };
    let (again, ()) = tokio::join!(type_right(&service), resend);
    assert_eq!(again, otp_already_used());
    assert_eq!(run(&service).await, (0, 1, YEAR_AND_MORE));
    assert_eq!(text(&service.otp("ada").await.unwrap(), "status"), "PENDING");
    assert_eq!(type_right(&service).await, verified("ada"));
}

/// Nor where the newer one is used, too: a wrong code on that begins a run of its own.
#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_run_does_not_touch_a_newer_used_code() {
    let service = ada(&[]).await;
    assert_eq!(type_right(&service).await, verified("ada"));
    let ending = service.proxy.hold(Match::first(Operation::UpdateItem).skip(1));
    let newer = async {
        ending.arrived(1).await;
        service.tick(1);
        assert_eq!(service.resend("ada").await.status, 202);
        assert_eq!(type_right(&service).await, verified("ada"));
        assert_eq!(told(&service.verify("ada", &service.wrong_code(ADA, 0)).await), invalid_otp(3));
        ending.release();
    };
    let (again, ()) = tokio::join!(type_right(&service), newer);
    assert_eq!(again, otp_already_used());
    assert_eq!(run(&service).await, (2, 1, YEAR_AND_MORE));
}
