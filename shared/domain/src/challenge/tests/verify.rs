//! The meaning of a typed code, and the reasons why one cannot be compared or confirmed.

use super::*;

fn no_try(row: &Challenge, asked: Option<OtpId>, now: i64) -> Refusal {
    Challenge::why_no_attempt(Some(row), asked, pepper(1).id(), &Policy::default(), at(now))
}

fn judged(challenge: &Challenge, nth: u32) -> Verdict {
    challenge.judge(&code(nth), &ada(), &pepper(1))
}

#[test]
fn a_typed_code_is_the_newest_an_earlier_one_or_none_of_ours() {
    let second = issue(&signed_up(), Call::Resend, 1, at(30)).unwrap();
    let third = issue(&second, Call::Resend, 2, at(90)).unwrap();
    let verdicts: Vec<_> = (0..4).map(|nth| judged(&third, nth)).collect();
    let superseded = Verdict::Refused(Wrong::Superseded);
    assert_eq!(verdicts, [superseded, superseded, Verdict::Right, Verdict::Refused(Wrong::NoMatch)]);
}

#[test]
fn a_used_code_is_used_and_not_right() {
    let used = confirmed(issue(&signed_up(), Call::Resend, 1, at(30)).unwrap());
    assert_eq!(judged(&used, 1), Verdict::Refused(Wrong::AlreadyUsed));
    assert_eq!(judged(&used, 0), Verdict::Refused(Wrong::Superseded));
    assert_eq!(judged(&used, 7), Verdict::Refused(Wrong::NoMatch));
}

#[test]
fn a_code_drawn_twice_in_an_hour_is_the_newest() {
    let again = Draft { mac: code(0).mac(&pepper(1), id(1), &ada()), ..draft(Call::Resend, 1) };
    let second = Challenge::issue(Some(&signed_up()), None, again, &Policy::default(), at(30)).unwrap();
    assert_eq!(judged(&second, 0), Verdict::Right);
}

#[test]
fn a_code_drawn_twice_before_the_newest_is_superseded() {
    let again = Draft { mac: code(0).mac(&pepper(1), id(1), &ada()), ..draft(Call::Resend, 1) };
    let second = Challenge::issue(Some(&signed_up()), None, again, &Policy::default(), at(30)).unwrap();
    let third = issue(&second, Call::Resend, 2, at(90)).unwrap();
    assert_eq!(judged(&third, 0), Verdict::Refused(Wrong::Superseded));
}

#[test]
fn a_code_belongs_to_its_username_its_challenge_and_its_pepper() {
    let bob = Username::parse("bob").unwrap();
    let nothing = Verdict::Refused(Wrong::NoMatch);
    assert_eq!(signed_up().judge(&code(0), &bob, &pepper(1)), nothing);
    assert_eq!(signed_up().judge(&code(0), &ada(), &pepper(2)), nothing);
    assert_eq!(
        judged(&Challenge { newest: IssuedCode { id: id(9), ..signed_up().newest }, ..signed_up() }, 0),
        nothing
    );
}

#[test]
fn nothing_matches_the_challenge_of_an_unknown_name() {
    let decoy = Draft { mac: Mac::of_nothing([7; 32]), ..draft(Call::Send, 0) };
    let decoy = Challenge::first(decoy, &Policy::default(), at(0));
    for nth in 0..100 {
        assert_eq!(judged(&decoy, nth), Verdict::Refused(Wrong::NoMatch));
    }
}

#[test]
fn no_try_is_had_for_the_first_reason_in_the_documented_order() {
    let other_id = Refusal::OtpSuperseded { attempts_remaining: None };
    let none = |asked| Challenge::why_no_attempt(None, asked, pepper(1).id(), &Policy::default(), at(0));
    assert_eq!(none(Some(id(0))), other_id);
    assert_eq!(none(None), Refusal::OtpNotFound);
    let locked = Challenge { failures: 100, ..failed(attempted(signed_up(), 5)) };
    let contested = |challenge| Challenge { contested: true, ..challenge };
    let cases = [
        (locked.clone(), Some(id(1)), 9_999, other_id.clone()),
        (failed(attempted(signed_up(), 5)), Some(id(1)), 600, other_id.clone()),
        (attempted(signed_up(), 5), Some(id(1)), 0, other_id.clone()),
        (confirmed(signed_up()), Some(id(1)), 0, other_id.clone()),
        (attempted(signed_up(), 5), Some(id(0)), 3_600, other_id),
        (contested(locked.clone()), None, 3_599, Refusal::OtpIdRequired),
        (contested(locked.clone()), Some(id(0)), 3_599, Refusal::Locked),
        (contested(locked.clone()), None, 3_600, Refusal::Locked),
        (contested(failed(signed_up())), None, 0, Refusal::OtpIdRequired),
        (contested(signed_up()), None, 3_600, Refusal::OtpNotFound),
        (locked, None, 9_999, Refusal::Locked),
        (failed(attempted(signed_up(), 5)), None, 600, Refusal::OtpNotFound),
        (attempted(signed_up(), 5), None, 3_600, Refusal::OtpNotFound),
        (attempted(signed_up(), 5), Some(id(0)), 3_599, Refusal::OtpExpired),
        (attempted(signed_up(), 5), None, 600, Refusal::OtpExpired),
        (confirmed(signed_up()), None, 600, Refusal::OtpExpired),
        (attempted(signed_up(), 5), None, 599, Refusal::OtpExhausted),
        (confirmed(attempted(signed_up(), 5)), Some(id(0)), 0, Refusal::OtpExhausted),
    ];
    for (row, asked, now, refusal) in cases {
        assert_eq!(no_try(&row, asked, now), refusal, "{row:?} at {now}");
    }
}

/// Case 29a, the rule itself.
#[test]
fn a_code_of_another_pepper_reads_as_expired() {
    let row = attempted(signed_up(), 5);
    let refused =
        Challenge::why_no_attempt(Some(&row), Some(id(0)), pepper(2).id(), &Policy::default(), at(0));
    assert_eq!(refused, Refusal::OtpExpired);
    let rotated = Draft { pepper: pepper(2).id(), ..draft(Call::Send, 1) };
    assert!(Challenge::issue(Some(&signed_up()), None, rotated, &Policy::default(), at(30)).is_ok());
}

#[test]
fn the_tries_left_are_those_of_the_code_or_of_the_run_if_fewer() {
    let policy = Policy::default();
    let cases =
        [(0, 0, 5), (1, 1, 4), (5, 5, 0), (6, 6, 0), (0, 97, 3), (4, 97, 1), (1, 100, 0), (0, 101, 0)];
    for (attempts, failures, left) in cases {
        let challenge = Challenge { attempts, failures, ..signed_up() };
        assert_eq!(challenge.attempts_remaining(&policy), left, "{attempts} {failures}");
    }
}

#[test]
fn a_code_is_not_confirmed_for_what_the_condition_met() {
    let why =
        |row: Option<&Challenge>, now| Challenge::why_not_confirmed(row, id(0), &Policy::default(), at(now));
    let replaced = attempted(issue(&signed_up(), Call::Resend, 1, at(30)).unwrap(), 2);
    assert_eq!(why(None, 0), Refusal::OtpNotFound);
    assert_eq!(why(Some(&replaced), 31), Refusal::OtpSuperseded { attempts_remaining: Some(3) });
    assert_eq!(why(Some(&confirmed(signed_up())), 600), Refusal::OtpAlreadyUsed);
    assert_eq!(why(Some(&failed(signed_up())), 0), Refusal::OtpNotFound);
    assert_eq!(why(Some(&signed_up()), 599), Refusal::OtpNotFound, "it was not for the code");
    assert_eq!(why(Some(&signed_up()), 600), Refusal::OtpExpired);
}
