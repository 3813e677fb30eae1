//! Tables of the challenge's rules. What holds of every history is in [`properties`] and [`model`].

use rand::SeedableRng as _;
use rand::rngs::StdRng;

use super::*;
use crate::code::{Alphabet, Code, CodeFormat};
use crate::idempotency::IdempotencyKey;
use crate::mac::Pepper;
use crate::refusal::{Cap, Refusal};
use crate::username::Username;

mod keys;
mod model;
mod properties;
mod stored;
mod verify;

const SIX_DIGITS: CodeFormat = CodeFormat { alphabet: Alphabet::Numeric, length: 6 };

/// Returns the moment this many seconds after some noon.
fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_767_614_400 + second)
}

fn pepper(byte: u8) -> Pepper {
    Pepper::from_bytes(vec![byte; 32]).unwrap()
}

fn ada() -> Username {
    Username::parse("ada").unwrap()
}

/// Returns the code whose digits are those of `nth`.
fn code(nth: u32) -> Code {
    Code::parse(&format!("{nth:06}"), SIX_DIGITS).unwrap()
}

fn id(nth: u32) -> OtpId {
    OtpId::draw(&mut StdRng::seed_from_u64(u64::from(nth)))
}

fn key(nth: u8) -> IdempotencyKey {
    IdempotencyKey::parse(format!("key-{nth}").as_bytes()).unwrap()
}

/// Drafts the challenge `id(nth)` with the code `code(nth)`.
fn draft(call: Call, nth: u32) -> Draft {
    let pepper = pepper(1);
    Draft {
        id: id(nth),
        mac: code(nth).mac(&pepper, id(nth), &ada()),
        pepper: pepper.id(),
        account: AccountId::from_bytes([7; 16]),
        contested: false,
        call,
        key: None,
    }
}

fn issue(before: &Challenge, call: Call, nth: u32, now: Timestamp) -> Result<Challenge, Refusal> {
    Challenge::issue(Some(before), None, draft(call, nth), &Policy::default(), now)
}

/// Returns a new account with the code `code(0)`, at noon.
fn signed_up() -> Challenge {
    Challenge::first(draft(Call::Signup, 0), &Policy::default(), at(0))
}

fn failed(challenge: Challenge) -> Challenge {
    challenge.delivered(Delivery { outcome: DeliveryOutcome::Failed, request_id: None, tries: 1 })
}

/// Returns the challenge as the store leaves it when its code was confirmed.
fn confirmed(challenge: Challenge) -> Challenge {
    let newest = IssuedCode { status: ChallengeStatus::Confirmed, ..challenge.newest };
    Challenge { newest, failures: 0, contested: false, ..challenge }
}

/// Returns the challenge as the store leaves it when `attempts` were taken.
fn attempted(challenge: Challenge, attempts: u32) -> Challenge {
    Challenge {
        attempts: challenge.attempts + attempts,
        failures: challenge.failures + attempts,
        ..challenge
    }
}

#[test]
fn a_first_code_is_all_that_its_row_knows() {
    let challenge = signed_up();
    assert_eq!(challenge.id(), id(0));
    assert_eq!(
        (challenge.status(), challenge.outcome()),
        (ChallengeStatus::Pending, DeliveryOutcome::Unknown)
    );
    assert_eq!((challenge.attempts, challenge.failures, challenge.earlier.len()), (0, 0, 0));
    assert_eq!((challenge.valid_until(), challenge.expires_in()), (at(600), 600));
    let IssuedCode { at: issued_at, call, .. } = challenge.newest;
    assert_eq!((issued_at, call), (at(0), Call::Signup));
}

#[test]
fn a_code_is_live_while_pending_within_its_life_with_tries_left_and_of_this_pepper() {
    let policy = Policy::default();
    let ours = pepper(1).id();
    let cases = [
        (signed_up(), ours, 0, true),
        (signed_up(), ours, 599, true),
        (signed_up(), ours, 600, false),
        (attempted(signed_up(), 4), ours, 0, true),
        (attempted(signed_up(), 5), ours, 0, false),
        (confirmed(signed_up()), ours, 0, false),
        (failed(signed_up()), ours, 0, false),
        (signed_up(), pepper(2).id(), 0, false),
    ];
    for (challenge, pepper, now, live) in cases {
        assert_eq!(challenge.is_live(pepper, &policy, at(now)), live, "{challenge:?} at {now}");
    }
}

#[test]
fn send_waits_for_a_live_code_to_end_and_resend_does_not() {
    let before = signed_up();
    assert_eq!(issue(&before, Call::Send, 1, at(90)).unwrap_err(), Refusal::OtpPending { retry_after: 510 });
    assert_eq!(issue(&before, Call::Send, 1, at(599)).unwrap_err(), Refusal::OtpPending { retry_after: 1 });
    assert_eq!(issue(&before, Call::Send, 1, at(600)).unwrap().id(), id(1));
    assert_eq!(issue(&before, Call::Resend, 1, at(90)).unwrap().id(), id(1));
}

/// Case 11, the rule itself.
#[test]
fn the_wait_doubles_and_the_sixth_code_of_an_hour_waits_for_the_first_to_leave_it() {
    let mut challenge = signed_up();
    let mut now = 0;
    for (nth, wait) in [(1, 30), (2, 60), (3, 120), (4, 240)] {
        let too_soon = |retry_after| Refusal::ResendTooSoon { retry_after };
        assert_eq!(challenge.resend_after(&Policy::default(), at(now)), wait);
        assert_eq!(issue(&challenge, Call::Resend, nth, at(now)).unwrap_err(), too_soon(wait));
        assert_eq!(issue(&challenge, Call::Resend, nth, at(now + wait - 1)).unwrap_err(), too_soon(1));
        now += wait;
        challenge = issue(&challenge, Call::Resend, nth, at(now)).unwrap();
    }
    let limited = |retry_after| Refusal::RateLimited { cap: Cap::Username, retry_after };
    assert_eq!(challenge.resend_after(&Policy::default(), at(now)), 3_600 - 450);
    assert_eq!(issue(&challenge, Call::Resend, 5, at(now)).unwrap_err(), limited(3_600 - 450));
    assert_eq!(issue(&challenge, Call::Resend, 5, at(3_599)).unwrap_err(), limited(1));
    assert_eq!(issue(&challenge, Call::Resend, 5, at(3_600)).unwrap().id(), id(5));
}

#[test]
fn refusals_come_in_the_order_locked_pending_cap_cooldown() {
    let policy = Policy { codes_per_username_per_hour: 1, ..Policy::default() };
    let refused = |before: &Challenge, call, policy: &Policy| {
        Challenge::issue(Some(before), None, draft(call, 1), policy, at(10)).unwrap_err()
    };
    let locked = Challenge { failures: 100, ..signed_up() };
    assert_eq!(refused(&locked, Call::Send, &policy), Refusal::Locked);
    assert_eq!(refused(&locked, Call::Resend, &policy), Refusal::Locked);
    assert_eq!(refused(&signed_up(), Call::Send, &policy), Refusal::OtpPending { retry_after: 590 });
    let capped = Refusal::RateLimited { cap: Cap::Username, retry_after: 3_590 };
    assert_eq!(refused(&signed_up(), Call::Resend, &policy), capped);
    assert_eq!(refused(&attempted(signed_up(), 5), Call::Send, &policy), capped);
    let too_soon = Refusal::ResendTooSoon { retry_after: 20 };
    assert_eq!(refused(&signed_up(), Call::Resend, &Policy::default()), too_soon);
    assert_eq!(refused(&attempted(signed_up(), 5), Call::Send, &Policy::default()), too_soon);
}

#[test]
fn a_failed_text_imposes_no_wait_but_keeps_its_place_in_the_cap() {
    let mut challenge = failed(signed_up());
    for nth in 1..5 {
        assert_eq!(challenge.resend_after(&Policy::default(), at(0)), 0);
        challenge = failed(issue(&challenge, Call::Send, nth, at(0)).unwrap());
    }
    let limited = Refusal::RateLimited { cap: Cap::Username, retry_after: 3_600 };
    assert_eq!(issue(&challenge, Call::Send, 5, at(0)).unwrap_err(), limited);
    let unread = challenge.judge(&code(0), &ada(), &pepper(1));
    assert_eq!(unread, Verdict::Refused(Wrong::NoMatch), "nobody can have read them");
}

#[test]
fn a_failed_text_leaves_the_wait_that_the_codes_before_it_imposed() {
    let challenge = failed(issue(&signed_up(), Call::Resend, 1, at(30)).unwrap());
    assert_eq!(challenge.resend_after(&Policy::default(), at(30)), 0);
    let challenge = issue(&challenge, Call::Resend, 2, at(30)).unwrap();
    assert_eq!(challenge.resend_after(&Policy::default(), at(30)), 60);
}

#[test]
fn a_confirmed_code_ends_the_cooldown_and_keeps_its_place_in_the_cap() {
    let mut challenge = confirmed(issue(&signed_up(), Call::Resend, 1, at(30)).unwrap());
    for nth in 2..4 {
        assert_eq!(challenge.resend_after(&Policy::default(), at(30)), 0);
        challenge = confirmed(issue(&challenge, Call::Send, nth, at(30)).unwrap());
    }
    let fifth = issue(&challenge, Call::Send, 4, at(30)).unwrap();
    let policy = Policy { codes_per_username_per_hour: 6, ..Policy::default() };
    assert_eq!(fifth.resend_after(&policy, at(30)), 30, "the doubling begins anew");
    let limited = Refusal::RateLimited { cap: Cap::Username, retry_after: 3_570 };
    assert_eq!(issue(&fifth, Call::Resend, 5, at(30)).unwrap_err(), limited);
}

#[test]
fn a_wait_shrinks_when_a_code_leaves_the_hour() {
    let policy = Policy { cooldown: 3_000, ..Policy::default() };
    let second =
        Challenge::issue(Some(&signed_up()), None, draft(Call::Resend, 1), &policy, at(3_000)).unwrap();
    // Two codes ask for 3,600 s from 3,000 on; at 3,600 only one is left, which asks for 3,000 s.
    assert_eq!(second.resend_after(&policy, at(3_000)), 3_000);
    let refused =
        |now| Challenge::issue(Some(&second), None, draft(Call::Resend, 2), &policy, at(now)).unwrap_err();
    assert_eq!(refused(3_000), Refusal::ResendTooSoon { retry_after: 3_000 });
    assert_eq!(refused(5_999), Refusal::ResendTooSoon { retry_after: 1 });
    assert!(Challenge::issue(Some(&second), None, draft(Call::Resend, 2), &policy, at(6_000)).is_ok());
}

#[test]
fn a_new_code_takes_over_the_run_of_failures_and_no_attempts() {
    let next = issue(&attempted(signed_up(), 4), Call::Resend, 1, at(30)).unwrap();
    assert_eq!((next.attempts, next.failures), (0, 4));
    assert_eq!(Challenge::first(draft(Call::Signup, 2), &Policy::default(), at(60)).failures, 0);
}

#[test]
fn only_the_last_hours_codes_are_remembered() {
    let second = issue(&signed_up(), Call::Resend, 1, at(3_599)).unwrap();
    let ids = |challenge: &Challenge| challenge.earlier.iter().map(|code| code.id).collect::<Vec<_>>();
    assert_eq!(ids(&second), [id(0)]);
    let third = issue(&second, Call::Resend, 2, at(3_599 + 60)).unwrap();
    assert_eq!(ids(&third), [id(1)], "the first is an hour old");
    assert_eq!(ids(&issue(&signed_up(), Call::Resend, 1, at(3_600)).unwrap()), []);
}

#[test]
fn a_text_that_surely_failed_rejects_a_pending_code_and_no_other() {
    assert_eq!(failed(signed_up()).status(), ChallengeStatus::Rejected);
    assert_eq!(failed(confirmed(signed_up())).status(), ChallengeStatus::Confirmed);
    for outcome in [DeliveryOutcome::Sent, DeliveryOutcome::Unknown] {
        let delivery = Delivery { outcome, request_id: None, tries: 2 };
        let delivered = signed_up().delivered(delivery.clone());
        assert_eq!((delivered.status(), delivered.outcome()), (ChallengeStatus::Pending, outcome));
        assert_eq!(delivered.delivery, Some(delivery));
    }
}

#[test]
fn a_row_is_kept_an_hour_after_its_code_and_400_days_with_failures() {
    assert_eq!(signed_up().expires_at(at(0)), at(600 + HOUR));
    assert_eq!(attempted(signed_up(), 1).expires_at(at(5)), at(5 + 400 * DAY));
    assert_eq!(confirmed(attempted(signed_up(), 1)).expires_at(at(5)), at(600 + HOUR));
}

/// The ids that send and resend take: those of the account's last hour, failed ones included.
#[test]
fn a_known_id_is_that_of_a_code_of_the_last_hour() {
    let second = failed(issue(&signed_up(), Call::Resend, 1, at(30)).unwrap());
    let third = issue(&second, Call::Resend, 2, at(30)).unwrap();
    let asked = |nth, now| {
        let asked = Some(id(nth));
        Challenge::issue(Some(&third), asked, draft(Call::Resend, 9), &Policy::default(), at(now)).map(|_| ())
    };
    let superseded = Refusal::OtpSuperseded { attempts_remaining: None };
    for nth in 0..3 {
        assert_eq!(asked(nth, 90), Ok(()), "{nth}");
        assert_eq!(asked(nth, 89), Err(Refusal::ResendTooSoon { retry_after: 1 }), "{nth}");
    }
    assert_eq!(asked(3, 89), Err(superseded.clone()), "it outranks the wait");
    assert_eq!([0, 1].map(|nth| asked(nth, 3_600)), [Err(superseded.clone()), Ok(())]);
    assert_eq!([1, 2].map(|nth| asked(nth, 3_630)), [Err(superseded.clone()), Err(superseded.clone())]);
    let first =
        |asked| Challenge::issue(None, asked, draft(Call::Send, 9), &Policy::default(), at(0)).map(|_| ());
    assert_eq!((first(None), first(Some(id(0)))), (Ok(()), Err(superseded)));
}

/// Case 31, the rule itself.
#[test]
fn a_contested_account_is_sent_codes_by_id_alone() {
    let contested = |nth| Draft { contested: true, ..draft(Call::Resend, nth) };
    let first = Challenge::first(contested(0), &Policy::default(), at(0));
    let again = |asked, row: &Challenge, now| {
        Challenge::issue(Some(row), asked, contested(1), &Policy::default(), at(now))
    };
    let locked = Challenge { failures: 100, ..first.clone() };
    assert_eq!(again(None, &locked, 30).unwrap_err(), Refusal::OtpIdRequired, "it outranks the lock");
    assert_eq!(again(Some(id(0)), &locked, 30).unwrap_err(), Refusal::Locked);
    let second = again(Some(id(0)), &first, 30).unwrap();
    assert!(second.contested);
    let third = issue(&confirmed(second), Call::Resend, 2, at(90)).unwrap();
    assert!(!third.contested, "it ends with a confirmation");
}

/// Case 39, the rule itself: from a quarter of the lock's number on the newest code is waited for, a failed one too.
#[test]
fn a_run_of_failures_slows_the_next_code_down() {
    let policy = Policy::default();
    let run = |failures, challenge: Challenge| Challenge { failures, ..challenge };
    let waits: Vec<_> = [0, 24, 25, 30, 50, 75, 99]
        .into_iter()
        .map(|failures| run(failures, signed_up()).resend_after(&policy, at(0)))
        .collect();
    assert_eq!(waits, [30, 30, 30, 60, 960, 30_720, DAY]);
    let fails = run(75, failed(signed_up()));
    let too_soon = |retry_after| Refusal::ResendTooSoon { retry_after };
    assert_eq!(issue(&fails, Call::Send, 1, at(0)).unwrap_err(), too_soon(30_720));
    assert_eq!(issue(&fails, Call::Send, 1, at(30_719)).unwrap_err(), too_soon(1));
    assert!(issue(&fails, Call::Send, 1, at(30_720)).is_ok());
    assert_eq!(confirmed(run(75, signed_up())).resend_after(&policy, at(0)), 0, "a right code ends it");
}

/// A row holds its codes in the order of their issue, or it cannot be restored.
#[test]
fn a_request_of_an_earlier_second_than_the_newest_code_waits_for_it() {
    for newest in [failed(signed_up()), confirmed(signed_up())] {
        let late = issue(&newest, Call::Send, 1, at(-1)).unwrap_err();
        assert_eq!(late, Refusal::ResendTooSoon { retry_after: 1 });
        assert!(issue(&newest, Call::Send, 1, at(0)).is_ok());
    }
}
