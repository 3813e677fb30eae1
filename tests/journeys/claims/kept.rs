//! How long each row is kept: the exact `expiresAt` after every write, and what is deleted by it.

use std::collections::BTreeSet;

use local::courier::{Behaviour, Script};
use tests::service::{PASSWORD, Row, Service, number, text};

use super::{ADA, BOB, EVES, ask, claim, details, verify};
use crate::expected::{invalid_otp, otp_already_used, told, username_taken, verified};

const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

/// A PENDING user: the day in which it is sent codes, and the longest life of a code.
const USER: i64 = DAY + 900;
/// A challenge: the life of its code, and the hour in which the next one looks at it.
const SHORT: i64 = 600 + HOUR;
/// A challenge with wrong codes in a row, since the last of them.
const LONG: i64 = 400 * DAY;

/// Seconds until the row may be deleted; none if never.
fn left(service: &Service, row: &Row) -> Option<i64> {
    let now = i64::try_from(service.now()).unwrap();
    row.contains_key("expiresAt").then(|| number(row, "expiresAt") - now)
}

/// Seconds that user and challenge of a name are kept.
async fn kept(service: &Service, username: &str) -> (Option<i64>, Option<i64>) {
    let (user, otp) = (service.user(username).await, service.otp(username).await);
    (user.and_then(|row| left(service, &row)), otp.and_then(|row| left(service, &row)))
}

/// Seconds that the counters are kept, each with what it counts.
async fn counters(service: &Service) -> BTreeSet<(&'static str, i64)> {
    let limits = service.rows("limits").await;
    let counted = |row: &Row| {
        let of = ["count", "verified", "others"].into_iter().filter(|pot| row.contains_key(*pot));
        of.map(|pot| (pot, left(service, row).expect("an end"))).collect::<Vec<_>>()
    };
    limits.iter().flat_map(counted).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_users_rows_are_kept_as_long_as_they_are_read() {
    let service = Service::start().await;
    claim(&service, PASSWORD, ADA).await;
    assert_eq!(kept(&service, "ada").await, (Some(USER), Some(SHORT)), "a signup");
    service.tick(30);
    assert_eq!(kept(&service, "ada").await, (Some(USER - 30), Some(SHORT - 30)));
    assert_eq!(ask(&service, "/resend", None).await.status, 202);
    assert_eq!(kept(&service, "ada").await, (Some(USER - 30), Some(SHORT)), "a resend");
    assert_eq!(verify(&service, &service.wrong_code(ADA, 0), None).await, invalid_otp(4));
    assert_eq!(kept(&service, "ada").await, (Some(USER - 30), Some(LONG)), "a wrong code");
    service.tick(60);
    assert_eq!(kept(&service, "ada").await, (Some(USER - 90), Some(LONG - 60)));
    assert_eq!(ask(&service, "/resend", None).await.status, 202);
    assert_eq!(
        kept(&service, "ada").await,
        (Some(USER - 90), Some(LONG)),
        "a resend in a run of wrong codes"
    );

    let right = service.code_to(ADA);
    service.tick(1);
    assert_eq!(verify(&service, &right, None).await, verified("ada"));
    assert_eq!(kept(&service, "ada").await, (None, Some(SHORT - 1)), "the right code");
    assert_eq!(verify(&service, &right, None).await, otp_already_used());
    assert_eq!(kept(&service, "ada").await, (None, Some(SHORT - 1)), "the right code again");
    assert_eq!(verify(&service, &service.wrong_code(ADA, 0), None).await, invalid_otp(2));
    assert_eq!(kept(&service, "ada").await, (None, Some(LONG)), "a wrong code on a used one");
    assert_eq!(verify(&service, &right, None).await, otp_already_used());
    assert_eq!(kept(&service, "ada").await, (None, Some(SHORT - 1)), "the right code once more");

    service.tick(1);
    assert_eq!(ask(&service, "/send", None).await.status, 202);
    assert_eq!(kept(&service, "ada").await, (None, Some(SHORT)), "a send");
    assert_eq!(verify(&service, &service.code_to(ADA), None).await, verified("ada"));
    assert_eq!(kept(&service, "ada").await, (None, Some(SHORT)), "the right code of a VERIFIED user");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_failed_leaves_the_end_of_its_row() {
    let service = Service::start().await;
    let failing = || service.courier().play(Script::of([Behaviour::answer(400)]));
    failing();
    assert_eq!(service.post("/signup", details(PASSWORD, ADA)).await.body["otp"]["delivery"], "FAILED");
    assert_eq!(kept(&service, "ada").await, (Some(USER), Some(SHORT)), "at the signup");
    service.tick(1);
    failing();
    assert_eq!(ask(&service, "/send", None).await.status, 503);
    assert_eq!(kept(&service, "ada").await, (Some(USER - 1), Some(SHORT)), "at a send");
    assert_eq!(ask(&service, "/send", None).await.status, 202);
    assert_eq!(verify(&service, &service.wrong_code(ADA, 0), None).await, invalid_otp(4));
    service.tick(30);
    failing();
    assert_eq!(ask(&service, "/resend", None).await.status, 503);
    assert_eq!(text(&service.otp("ada").await.unwrap(), "status"), "REJECTED");
    assert_eq!(kept(&service, "ada").await, (Some(USER - 31), Some(LONG)), "in a run of wrong codes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replacing_signup_begins_both_rows_anew() {
    let service = Service::start().await;
    claim(&service, EVES, ADA).await;
    assert_eq!(verify(&service, &service.wrong_code(ADA, 0), None).await, invalid_otp(4));
    service.tick(100);
    claim(&service, PASSWORD, ADA).await;
    assert_eq!(kept(&service, "ada").await, (Some(USER), Some(SHORT)));
    service.tick(100);
    assert_eq!(service.post("/signup", details(PASSWORD, ADA)).await.status, 201);
    assert_eq!(kept(&service, "ada").await, (Some(USER - 100), Some(SHORT - 100)), "the very same signup");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_challenge_of_an_unknown_name_is_kept_like_any_other() {
    let service = Service::start().await;
    assert_eq!(service.send("stray").await.status, 202);
    assert_eq!(kept(&service, "stray").await, (None, Some(SHORT)), "a send");
    service.tick(30);
    assert_eq!(service.resend("stray").await.status, 202);
    assert_eq!(kept(&service, "stray").await, (None, Some(SHORT)), "a resend");
    assert_eq!(told(&service.verify("stray", "314159").await), invalid_otp(4));
    assert_eq!(kept(&service, "stray").await, (None, Some(LONG)), "a code");
    service.tick(60);
    assert_eq!(service.resend("stray").await.status, 202);
    assert_eq!(kept(&service, "stray").await, (None, Some(LONG)), "a resend after a code");

    assert_eq!(service.sign_up("stray", ADA).await.status, 201);
    assert_eq!(kept(&service, "stray").await, (Some(USER), Some(SHORT)), "a signup");
}

/// Whoever counts and whatever is counted, a counter is kept to the end of its day or hour.
#[tokio::test(flavor = "multi_thread")]
async fn a_counter_is_kept_to_the_end_of_its_day_or_hour() {
    let service = Service::start().await;
    service.tick(3_000);
    let (hour, day) = (HOUR - 3_000, 43_200 - 3_000);
    let of_signups = BTreeSet::from([("count", hour), ("count", day), ("others", day)]);
    claim(&service, EVES, ADA).await;
    assert_eq!(counters(&service).await, of_signups, "a signup");
    let code = claim(&service, PASSWORD, ADA).await;
    assert_eq!(counters(&service).await, of_signups, "a replacing signup");

    assert_eq!(service.send("stray").await.status, 202);
    let of_all = &of_signups | &BTreeSet::from([("verified", day)]);
    assert_eq!(counters(&service).await, of_all, "an unknown name");
    assert_eq!(verify(&service, &code.code, Some(&code.id)).await, verified("ada"));
    assert_eq!(ask(&service, "/send", None).await.status, 202);
    assert_eq!(counters(&service).await, of_all, "a VERIFIED user");
    assert_eq!(service.rows("limits").await.iter().filter(|row| row.contains_key("count")).count(), 4);
}

/// The counters that `signup` adds or changes, and how long they are kept.
async fn counted_by(service: &Service, signup: impl Future<Output = ()>) -> Vec<Option<i64>> {
    let before = service.rows("limits").await;
    signup.await;
    let after = service.rows("limits").await;
    after.iter().filter(|row| !before.contains(row)).map(|row| left(service, row)).collect()
}

/// What stores nothing but a count stores it to the end of the hour.
#[tokio::test(flavor = "multi_thread")]
async fn the_counter_of_a_signup_that_stores_nothing_is_kept_for_the_hour() {
    let service = Service::start().await;
    service.tick(3_599);
    let code = claim(&service, PASSWORD, ADA).await;
    service.tick(1);
    let very_same = async {
        assert_eq!(service.post("/signup", details(PASSWORD, ADA)).await.body["otp"]["id"], code.id.as_str());
    };
    assert_eq!(counted_by(&service, very_same).await, [Some(HOUR)]);
    assert_eq!(verify(&service, &code.code, None).await, verified("ada"));
    service.tick(3_600 + 60);
    let taken = async {
        assert_eq!(told(&service.post("/signup", details(PASSWORD, ADA)).await), username_taken());
    };
    assert_eq!(counted_by(&service, taken).await, [Some(HOUR - 60)]);
}

/// The rows that are stored, the counters by their number.
async fn stored(service: &Service) -> (BTreeSet<String>, usize) {
    let [users, otps, limits] = service.everything().await;
    let name = |table, row: &Row| format!("{table} {}", text(row, "username"));
    let users = users.iter().map(|row| name("user", row));
    (users.chain(otps.iter().map(|row| name("otp", row))).collect(), limits.len())
}

/// What has ended is deleted, and nothing else is: each row stays to its last second.
#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_deletes_what_has_ended_and_nothing_else() {
    // Without shards, which are chosen at random, the number of counters is known.
    let service = Service::with(&[("DAILY_BUDGET_DOLLARS", "0"), ("ALLOWED_REGIONS", "*")]).await;
    for (username, phone) in [("ada", ADA), ("bob", BOB), ("eve", "+13035550100"), ("joe", "+13035550101")] {
        assert_eq!(service.sign_up(username, phone).await.status, 201);
    }
    for (username, phone) in [("ada", ADA), ("bob", BOB)] {
        assert_eq!(told(&service.verify(username, &service.code_to(phone)).await), verified(username));
    }
    for username in ["stray", "other"] {
        assert_eq!(service.send(username).await.status, 202);
    }
    for username in ["ada", "eve", "stray"] {
        assert_eq!(service.verify(username, "314159").await.code(), "invalid_otp");
    }

    let mut names: BTreeSet<String> = ["ada", "bob", "eve", "joe"].map(|name| format!("user {name}")).into();
    names.extend(["ada", "bob", "eve", "joe", "stray", "other"].map(|name| format!("otp {name}")));
    let mut at = 0;
    // Four phones, those of two unknown names, and the address.
    let mut counters = 7;
    for (end, deleted, counters_deleted) in [
        (HOUR, &[][..], 1),
        (SHORT, &["otp bob", "otp joe", "otp other"][..], 0),
        (43_200, &[][..], 6),
        (USER, &["user eve", "user joe"][..], 0),
        (LONG, &["otp ada", "otp eve", "otp stray"][..], 0),
    ] {
        service.tick(u64::try_from(end - at).unwrap());
        service.sweep();
        assert_eq!(stored(&service).await, (names.clone(), counters), "after {end} s");
        service.tick(1);
        service.sweep();
        names.retain(|name| !deleted.contains(&name.as_str()));
        counters -= counters_deleted;
        assert_eq!(stored(&service).await, (names.clone(), counters), "a second after {end} s");
        at = end + 1;
    }
    assert_eq!(names, ["user ada", "user bob"].map(str::to_owned).into());
    service.tick(10 * 365 * 86_400);
    service.sweep();
    assert_eq!(stored(&service).await, (names, 0), "a VERIFIED user stays");
}
