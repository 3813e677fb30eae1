//! What happens beside the usual ways: signups at once, locks, contention, and names whose users have gone.

use futures::future::join_all;
use serde_json::json;
use tests::proxy::{Fault, Match, Operation};
use tests::service::{PASSWORD, Row, Service, number};

use super::{ADA, Code, ask, claim, details, verify};
use crate::expected::{locked, otp_superseded, rate_limited, told, username_taken, verified};

/// What addresses and phones have counted, sorted.
async fn counts(service: &Service) -> Vec<i64> {
    let rows = service.rows("limits").await;
    let counters = rows.iter().filter(|row: &&Row| row.contains_key("count"));
    let mut counts: Vec<_> = counters.map(|row| number(row, "count")).collect();
    counts.sort_unstable();
    counts
}

/// Case 39a: signups at once compare their passwords with one account, which one of them replaces; each of the others
/// counts against its address.
#[tokio::test(flavor = "multi_thread")]
async fn of_guesses_at_once_one_replaces_the_account_and_each_other_counts() {
    const GUESSES: usize = 6;
    let service = Service::with(&[("SIGNUP_CODES_PER_PHONE_PER_DAY", "2")]).await;
    claim(&service, PASSWORD, ADA).await;
    assert_eq!(counts(&service).await, [1, 1]);

    let reads = service.proxy.hold(Match::every(Operation::GetItem).on("otps"));
    let guess = |nth: usize| {
        let call = service.call("/signup").from(&format!("198.51.100.{}", 10 + nth));
        async move { told(&call.json(&details(&format!("quite another harbour {nth}"), ADA)).await) }
    };
    let all_have_met_the_account = async {
        reads.arrived(GUESSES).await;
        reads.release();
    };
    let (answers, ()) = tokio::join!(join_all((0..GUESSES).map(guess)), all_have_met_the_account);
    let refused = answers.iter().filter(|answer| **answer == rate_limited(43_200)).count();
    assert_eq!(refused, GUESSES - 1, "{answers:?}");
    assert_eq!(service.courier().count(), 2);
    assert_eq!(counts(&service).await, [1, 1, 1, 1, 1, 1, 1, 2], "each address, and the phone's two codes");
}

/// A locked account gives way to its very same signup: to be told of its code again would be of no use.
#[tokio::test(flavor = "multi_thread")]
async fn a_locked_account_gives_way_to_the_very_same_signup() {
    let service = Service::start().await;
    let first = claim(&service, PASSWORD, ADA).await;
    service.set("otps", "ada", "failures", 100).await;
    assert_eq!(verify(&service, &first.code, None).await, locked());
    let second = claim(&service, PASSWORD, ADA).await;
    assert_eq!(verify(&service, &second.code, None).await, verified("ada"));
}

/// Case 33: in the last seconds of its user, in which it is sent no code, the very same signup begins anew.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_is_sent_no_codes_gives_way_to_the_very_same_signup() {
    let service = Service::with(&[("SIGNUP_TTL_SECONDS", "60")]).await;
    let first = claim(&service, PASSWORD, ADA).await;
    service.tick(59);
    let again = service.post("/signup", details(PASSWORD, ADA)).await;
    assert_eq!((again.status, &again.body["otp"]["id"]), (201, &json!(first.id)));
    service.tick(1);
    let second = claim(&service, PASSWORD, ADA).await;
    service.tick(30);
    assert_eq!(ask(&service, "/resend", Some(&second.id)).await.status, 202);
}

/// Under contention at the user's row nothing is said of the limits before it is known whose the name is.
#[tokio::test(flavor = "multi_thread")]
async fn contention_at_the_user_changes_no_order_of_refusals() {
    for setting in [("SIGNUP_CODES_PER_PHONE_PER_DAY", "1"), ("DAILY_BUDGET_DOLLARS", "2")] {
        let service = Service::with(&[setting]).await;
        let keyed = async || told(&service.call("/signup").key("key-1").json(&details(PASSWORD, ADA)).await);
        let first = keyed().await;
        assert_eq!(first.0, 201);
        let contended =
            || service.proxy.inject(Match::first(Operation::TransactWriteItems), Fault::ConflictBeside(0));
        contended();
        assert_eq!(keyed().await, first, "{setting:?}");
        assert_eq!(verify(&service, &service.code_to(ADA), None).await, verified("ada"));
        contended();
        let taken = service.post("/signup", details(PASSWORD, ADA)).await;
        assert_eq!(told(&taken), username_taken(), "{setting:?}");
    }
}

/// Cases 19 and 35: a name whose user has gone, and whose challenge is still there for its wrong codes, takes as many calls
/// as one that never was.
#[tokio::test(flavor = "multi_thread")]
async fn a_name_whose_user_has_gone_takes_no_further_read() {
    let service = Service::start().await;
    let Code { id, .. } = claim(&service, PASSWORD, ADA).await;
    let _ = verify(&service, &service.wrong_code(ADA, 0), None).await;
    service.tick(86_400 + 901);
    service.sweep();
    assert!(service.user("ada").await.is_none() && service.otp("ada").await.is_some());
    let mut seen = Vec::new();
    for name in ["ada", "bob"] {
        let _ = service.proxy.take_calls();
        let foreign = service.post("/send", json!({ "username": name, "otpId": id })).await;
        assert_eq!(told(&foreign), otp_superseded(None), "{name}");
        assert_eq!(service.send(name).await.status, 202, "{name}");
        let mut calls: Vec<_> = service.proxy.take_calls().iter().map(ToString::to_string).collect();
        calls.sort();
        seen.push(calls);
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(service.courier().count(), 1);
}
