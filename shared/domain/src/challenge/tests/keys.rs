//! The calls that are remembered by their idempotency key.

use super::*;

fn keyed(call: Call, nth: u32, key_nth: u8) -> Draft {
    Draft { key: Some(hash(call, key_nth)), ..draft(call, nth) }
}

fn hash(call: Call, nth: u8) -> KeyHash {
    key(nth).hash(&pepper(1), call, &ada())
}

#[test]
fn a_key_is_remembered_for_an_hour_whatever_becomes_of_the_code() {
    let signed_up = Challenge::first(keyed(Call::Signup, 0, 1), &Policy::default(), at(0));
    for challenge in [signed_up.clone(), confirmed(signed_up.clone()), attempted(signed_up, 5)] {
        assert!(challenge.answered(Call::Signup, hash(Call::Signup, 1), at(3_599)));
        assert!(!challenge.answered(Call::Signup, hash(Call::Signup, 1), at(3_600)));
    }
}

#[test]
fn a_key_is_remembered_when_newer_codes_have_come() {
    let signed_up = Challenge::first(keyed(Call::Signup, 0, 1), &Policy::default(), at(0));
    let second =
        Challenge::issue(Some(&signed_up), None, keyed(Call::Resend, 1, 2), &Policy::default(), at(30))
            .unwrap();
    assert!(second.answered(Call::Signup, hash(Call::Signup, 1), at(3_599)));
    assert!(second.answered(Call::Resend, hash(Call::Resend, 2), at(3_600)));
    assert!(!second.answered(Call::Signup, hash(Call::Signup, 1), at(3_600)));
}

#[test]
fn a_key_is_its_calls_own() {
    let signed_up = Challenge::first(keyed(Call::Signup, 0, 1), &Policy::default(), at(0));
    assert!(!signed_up.answered(Call::Send, hash(Call::Signup, 1), at(0)));
    assert!(!signed_up.answered(Call::Signup, hash(Call::Send, 1), at(0)));
    assert!(!signed_up.answered(Call::Signup, hash(Call::Signup, 2), at(0)));
    assert!(!self::signed_up().answered(Call::Signup, hash(Call::Signup, 1), at(0)));
}

#[test]
fn of_failed_texts_only_a_signup_is_remembered() {
    for (call, remembered) in [(Call::Signup, true), (Call::Send, false), (Call::Resend, false)] {
        let newest = failed(Challenge::first(keyed(call, 0, 1), &Policy::default(), at(0)));
        assert_eq!(newest.answered(call, hash(call, 1), at(0)), remembered, "{call:?}");
        let replaced = issue(&newest, Call::Send, 1, at(0)).unwrap();
        assert_eq!(replaced.answered(call, hash(call, 1), at(0)), remembered, "{call:?}, replaced");
    }
}
