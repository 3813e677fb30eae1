//! What a guess costs, one after the other.

use local::courier::{Behaviour, Script};
use serde_json::{Value, json};
use tests::service::{Service, number, text};

use super::{ADA, BOB, ada};
use crate::expected::{
    invalid_otp, locked, otp_already_used, otp_exhausted, otp_expired, otp_not_found, rate_limited,
    resend_too_soon, told, verified,
};

/// Case 1: the sixth code is not compared, be it wrong or right.
#[tokio::test(flavor = "multi_thread")]
async fn after_five_wrong_codes_neither_a_wrong_nor_the_right_one_is_compared() {
    let service = ada(&[]).await;
    for nth in 0..5 {
        let answer = service.verify("ada", &service.wrong_code(ADA, nth)).await;
        assert_eq!(told(&answer), invalid_otp(4 - nth));
    }
    let before = service.everything().await;
    assert_eq!(told(&service.verify("ada", &service.wrong_code(ADA, 5)).await), otp_exhausted());
    assert_eq!(told(&service.verify("ada", &service.code_to(ADA)).await), otp_exhausted());
    assert_eq!(service.everything().await, before);

    service.tick(30);
    assert_eq!(service.send("ada").await.status, 202);
    assert_eq!(told(&service.verify("ada", &service.code_to(ADA)).await), verified("ada"));
}

/// Case 1: as the fifth, the right code is still in time.
#[tokio::test(flavor = "multi_thread")]
async fn the_right_code_is_accepted_at_the_last_try() {
    let service = ada(&[("OTP_MAX_ATTEMPTS", "2")]).await;
    assert_eq!(told(&service.verify("ada", &service.wrong_code(ADA, 0)).await), invalid_otp(1));
    assert_eq!(told(&service.verify("ada", &service.code_to(ADA)).await), verified("ada"));
    assert_eq!(told(&service.verify("ada", &service.code_to(ADA)).await), otp_exhausted());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_used_code_goes_on_costing_tries() {
    let service = ada(&[]).await;
    assert_eq!(told(&service.verify("ada", &service.code_to(ADA)).await), verified("ada"));
    assert_eq!(told(&service.verify("ada", &service.code_to(ADA)).await), otp_already_used());
    assert_eq!(told(&service.verify("ada", &service.wrong_code(ADA, 0)).await), invalid_otp(2));
    assert_eq!(told(&service.verify("ada", &service.code_to(ADA)).await), otp_already_used());
    assert_eq!(told(&service.verify("ada", &service.code_to(ADA)).await), otp_already_used());
    assert_eq!(told(&service.verify("ada", &service.code_to(ADA)).await), otp_exhausted());
    let otp = service.otp("ada").await.unwrap();
    assert_eq!((number(&otp, "attempts"), number(&otp, "failures")), (5, 0), "the right one ends the run");
}

/// The wait since the newest code that so many failures in a row impose, as the table of the numbers has it.
fn slowdown(failures: u32) -> u64 {
    match failures {
        0..25 => 0,
        failures => (30 << ((20 * u64::from(failures) - 500) / 100)).min(86_400),
    }
}

/// Case 4: wrong ×4, a new code, wrong ×4 …: the run grows over 25 codes, each of which waits as long as the run
/// demands, and at 100 everything is locked, until an operator sets it to 0.
#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_wrong_codes_in_a_row_lock_the_username() {
    let service = ada(&[("CODES_PER_PHONE_PER_DAY", "100")]).await;
    assert_eq!(told(&service.verify("ada", &service.code_to(ADA)).await), verified("ada"));
    let begun = service.now();
    for round in 0..25 {
        // An hour, after which neither the cooldown nor the cap of the hour counts the codes before.
        match slowdown(4 * round) {
            wait @ 3_601.. => {
                service.tick(wait - 1);
                assert_eq!(told(&service.resend("ada").await), resend_too_soon(1), "round {round}");
                service.tick(1);
            }
            _ => service.tick(3_600),
        }
        assert_eq!(service.resend("ada").await.status, 202, "round {round}");
        for nth in 0..4 {
            let answer = service.verify("ada", &service.wrong_code(ADA, nth)).await;
            let of_run = 100 - (4 * round + nth + 1);
            assert_eq!(told(&answer), invalid_otp((4 - nth).min(of_run)), "round {round}");
        }
    }
    assert!(service.now() - begun > 3 * 86_400, "a lock takes days");
    for days in [0, 1, 300] {
        service.tick(days * 86_400);
        service.sweep();
        let (before, texts) = (service.everything().await, service.courier().count());
        assert_eq!(told(&service.verify("ada", &service.code_to(ADA)).await), locked());
        assert_eq!(told(&service.send("ada").await), locked());
        assert_eq!(told(&service.resend("ada").await), locked());
        assert_eq!(service.everything().await, before);
        assert_eq!(service.courier().count(), texts);
    }

    service.set("otps", "ada", "failures", 0).await;
    assert_eq!(service.send("ada").await.status, 202);
    assert_eq!(told(&service.verify("ada", &service.code_to(ADA)).await), verified("ada"));
    assert_eq!(number(&service.otp("ada").await.unwrap(), "failures"), 0);
}

/// Case 6: at `validUntil` exactly the code is too old, though its row is still there; an hour after its issue it is no more.
#[tokio::test(flavor = "multi_thread")]
async fn a_code_ends_at_valid_until_exactly() {
    let service = ada(&[]).await;
    service.tick(599);
    assert_eq!(told(&service.verify("ada", &service.wrong_code(ADA, 0)).await), invalid_otp(4));
    service.tick(1);
    let before = service.everything().await;
    assert_eq!(
        number(&service.otp("ada").await.unwrap(), "validUntil"),
        i64::try_from(service.now()).unwrap()
    );
    assert_eq!(told(&service.verify("ada", &service.code_to(ADA)).await), otp_expired());
    service.tick(2_999);
    assert_eq!(told(&service.verify("ada", &service.code_to(ADA)).await), otp_expired());
    service.tick(1);
    assert_eq!(told(&service.verify("ada", &service.code_to(ADA)).await), otp_not_found());
    assert_eq!(service.everything().await, before);
}

/// Case 6: a second before, it is accepted.
#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_accepted_in_its_last_second() {
    let service = ada(&[]).await;
    service.tick(599);
    assert_eq!(told(&service.verify("ada", &service.code_to(ADA)).await), verified("ada"));
}

/// Case 7: a code is its username's own.
#[tokio::test(flavor = "multi_thread")]
async fn the_right_code_of_another_username_is_wrong() {
    let service = ada(&[]).await;
    assert_eq!(service.sign_up("bob", BOB).await.status, 201);
    assert_eq!(told(&service.verify("ada", &service.code_to(BOB)).await), invalid_otp(4));
    assert_eq!(told(&service.verify("bob", &service.code_to(ADA)).await), invalid_otp(4));
    assert_eq!(told(&service.verify("bob", &service.code_to(BOB)).await), verified("bob"));
    assert_eq!(text(&service.user("ada").await.unwrap(), "status"), "PENDING");
}

/// Case 7: a new account begins with no wrong codes, but its phone has had its texts of the day.
#[tokio::test(flavor = "multi_thread")]
async fn signing_up_again_does_not_reset_what_a_phone_may_get() {
    let service = Service::start().await;
    for account in 0..5 {
        let answer = service.sign_up("ada", ADA).await;
        assert_eq!(answer.status, 201, "account {account}: {answer:?}");
        assert_eq!(service.courier().count(), account + 1);
        assert_eq!(told(&service.verify("ada", &service.wrong_code(ADA, 0)).await), invalid_otp(4));
        assert_eq!(number(&service.otp("ada").await.unwrap(), "failures"), 1);
        service.tick(600);
    }
    let before = service.everything().await;
    let until_midnight = 43_200 - 3_000;
    assert_eq!(told(&service.sign_up("ada", ADA).await), rate_limited(until_midnight));
    assert_eq!(told(&service.sign_up("eve", ADA).await), rate_limited(until_midnight));
    assert_eq!(service.everything().await, before);
    assert_eq!(service.courier().count(), 5);
}

/// Types a code with the id of the newest one, as an app does.
async fn by_id(service: &Service, otp: &str) -> (u16, Value) {
    let id = text(&service.otp("ada").await.unwrap(), "otpId").to_owned();
    told(&service.post("/verify", json!({ "username": "ada", "otp": otp, "otpId": id })).await)
}

/// Cases 1, 4, 6 and 29a: whoever knows the id of a code that is closed knows no more than its id.
#[tokio::test(flavor = "multi_thread")]
async fn an_id_opens_no_code_that_is_closed() {
    let service = ada(&[]).await;
    for nth in 0..5 {
        assert_eq!(by_id(&service, &service.wrong_code(ADA, nth)).await, invalid_otp(4 - nth));
    }
    assert_eq!(by_id(&service, &service.code_to(ADA)).await, otp_exhausted());

    let service = ada(&[]).await;
    service.tick(599);
    assert_eq!(by_id(&service, &service.wrong_code(ADA, 0)).await, invalid_otp(4));
    service.tick(1);
    assert_eq!(by_id(&service, &service.code_to(ADA)).await, otp_expired());
    assert_eq!(number(&service.otp("ada").await.unwrap(), "attempts"), 1);

    let service = ada(&[]).await;
    service.set("otps", "ada", "failures", 99).await;
    assert_eq!(by_id(&service, &service.wrong_code(ADA, 0)).await, invalid_otp(0));
    assert_eq!(by_id(&service, &service.code_to(ADA)).await, locked());

    let service = ada(&[]).await;
    let code = service.code_to(ADA);
    let pepper = [("OTP_PEPPER", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")];
    assert_eq!(by_id(&service.restarted_with(&pepper).await, &code).await, otp_expired());

    let service = Service::start().await;
    service.courier().play(Script::of([Behaviour::answer(400)]));
    assert_eq!(service.sign_up("ada", ADA).await.body["otp"]["delivery"], "FAILED");
    assert_eq!(by_id(&service, "000000").await, otp_not_found());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_used_code_is_used_by_its_id_too() {
    let service = ada(&[]).await;
    assert_eq!(by_id(&service, &service.code_to(ADA)).await, verified("ada"));
    assert_eq!(by_id(&service, &service.code_to(ADA)).await, otp_already_used());
    assert_eq!(by_id(&service, &service.wrong_code(ADA, 0)).await, invalid_otp(2));
}
