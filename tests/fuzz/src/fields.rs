//! What a request brings, each by the parser that reads it: the first byte says which, the rest is the text.
//!
//! What is accepted keeps its type's law, and is accepted once more as it is kept; what is refused names a rule.

use shared::domain::code::{Alphabet, Code, CodeFormat, OtpId};
use shared::domain::field::{Rule, Violation};
use shared::domain::idempotency::IdempotencyKey;
use shared::domain::password::Password;
use shared::domain::person_name::PersonName;
use shared::domain::phone::MobileNumber;
use shared::domain::region::{Region, Regions};
use shared::domain::sms::{Client, Language, Locales};
use shared::domain::username::Username;

use crate::headers;

/// Reads `data` by the parser that its first byte names.
#[must_use]
pub fn run(data: &[u8]) -> bool {
    let Some((kind, rest)) = data.split_first() else { return false };
    // What is read as bytes comes first: a header need not be text.
    match kind {
        b'k' => key(rest),
        b'v' => return headers::viewer(rest),
        b't' => return headers::token(rest),
        _ => {
            let Ok(text) = std::str::from_utf8(rest) else { return false };
            match kind {
                b'u' => username(text),
                b'm' => mobile(text),
                b'n' => name(text),
                b'p' => password(text),
                b'c' => code(text),
                b'o' => otp_id(text),
                b'l' => locale(text),
                b'a' => client(text),
                b's' => return headers::signed_token(text),
                _ => return false,
            }
        }
    }
    true
}

fn username(text: &str) {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._@+-".contains(&byte);
    let characters = text.chars().count();
    match Username::parse(text) {
        Ok(username) => {
            let kept = username.as_str();
            assert!((3..=64).contains(&kept.len()) && kept.bytes().all(allowed) && !kept.contains(".."));
            assert_eq!(kept, text.to_ascii_lowercase());
            assert_eq!(Username::parse(kept), Ok(username.clone()));
        }
        Err(broken) => assert_eq!(broken.rule == Rule::Length, !(3..=64).contains(&characters), "{text:?}"),
    }
}

fn mobile(text: &str) {
    let number = match MobileNumber::parse(text, &Regions::all()) {
        Ok(number) => number,
        Err(broken) => return assert!([Rule::Format, Rule::LineType].contains(&broken.rule), "{text:?}"),
    };
    let digits = text.strip_prefix('+').expect("a plus sign");
    assert!((7..=15).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit()));
    assert!(!digits.starts_with('0'));
    assert_eq!(number.as_str(), text);
    let region = number.region().expect("a region");
    let only = |region: Region| Regions::parse(region.as_str()).expect("a region's code");
    assert_eq!(MobileNumber::parse(text, &only(region)).expect("allowed").region(), Some(region));
    let other = ["US", "AU"].into_iter().filter_map(Region::parse).find(|other| *other != region);
    let refused = MobileNumber::parse(text, &only(other.expect("one of two")));
    assert_eq!(refused.map_err(|broken| broken.rule), Err(Rule::Region), "{text}");
    let shown = format!("{number:?}");
    assert!(!shown.contains(&digits[digits.len() - 3..]), "{shown}");
}

fn name(text: &str) {
    match PersonName::parse(text) {
        Ok(name) => {
            let kept = name.as_str();
            assert!((1..=50).contains(&kept.chars().count()));
            assert!(
                !kept.contains(|c: char| c.is_ascii_digit() || c.is_control() || "/:@{}<>&\\".contains(c))
            );
            assert!(!kept.contains("  ") && !kept.ends_with(' '));
            assert!(kept.starts_with(name.first_word()) && !name.first_word().contains(' '));
            assert_eq!(PersonName::parse(kept), Ok(name.clone()), "{text:?}");
        }
        Err(broken) => refused_by_length_or(Rule::Format, &broken),
    }
}

/// The first line is the password, the others are what guessers know of its owner.
fn password(text: &str) {
    let mut lines = text.split('\n');
    let password = lines.next().unwrap_or_default();
    let own: Vec<_> = lines.collect();
    match Password::parse(password, &own) {
        // NFC takes at most three times the code points, and no password has fewer than one in three of them.
        Ok(accepted) => {
            assert!((3..=3 * 128).contains(&password.chars().count()), "{password:?}");
            assert_eq!(format!("{accepted:?}"), "Password(…)");
            // With less known of its owner it is no easier to guess.
            assert!(Password::parse(password, &[]).is_ok(), "{password:?} {own:?}");
        }
        Err(broken) => refused_by_length_or(Rule::Common, &broken),
    }
}

fn code(text: &str) {
    for length in 6..=10 {
        let numeric = CodeFormat { alphabet: Alphabet::Numeric, length };
        let alphanumeric = CodeFormat { alphabet: Alphabet::Alphanumeric, length };
        for format in [numeric, alphanumeric] {
            match Code::parse(text, format) {
                Ok(code) => {
                    let kept = code.reveal();
                    assert_eq!(kept.len(), usize::from(length));
                    assert_eq!(kept, text.to_ascii_lowercase());
                    let again = Code::parse(&text.to_ascii_uppercase(), format).expect("the same code");
                    assert_eq!(again.reveal(), kept);
                    assert_eq!(format!("{code:?}"), "Code(…)");
                }
                Err(broken) => {
                    let is_of_length = text.chars().count() == usize::from(length);
                    assert_eq!(broken.rule == Rule::Format, is_of_length, "{text:?}");
                }
            }
        }
        assert!(Code::parse(text, numeric).is_err() || Code::parse(text, alphanumeric).is_ok(), "{text:?}");
    }
}

fn otp_id(text: &str) {
    match OtpId::parse(text) {
        Ok(id) => {
            assert_eq!(id.to_string(), text);
            assert_eq!(OtpId::from_bytes(*id.as_bytes()), id);
        }
        Err(broken) => assert_eq!(broken.rule, Rule::Format),
    }
}

fn key(bytes: &[u8]) {
    let valid = (1..=64).contains(&bytes.len()) && bytes.iter().all(|byte| (b'!'..=b'~').contains(byte));
    assert_eq!(IdempotencyKey::parse(bytes).is_ok(), valid, "{}", bytes.escape_ascii());
}

fn locale(tag: &str) {
    let all = Locales::parse("*").expect("all languages");
    match all.choose(tag) {
        Ok(language) => {
            assert!((1..=35).contains(&tag.len()) && tag.is_ascii());
            assert_eq!(all.choose(language.tag()), Ok(language));
            let named = Language::all().find(|known| known.tag().eq_ignore_ascii_case(tag));
            assert!(named.is_none_or(|named| named == language), "{tag}: {language:?}");
            // Where no other is enabled, it is that one or the default.
            let two = Locales::parse(&format!("fr,{}", language.tag())).expect("two languages");
            let chosen = two.choose(tag).expect("the same tag");
            assert!([language, two.default_language()].contains(&chosen), "{tag}: {chosen:?}");
        }
        Err(broken) => refused_by_length_or(Rule::Format, &broken),
    }
}

fn client(text: &str) {
    match Client::parse(text) {
        Ok(client) => assert_eq!(client.as_str(), text),
        Err(broken) => assert_eq!(broken.rule, Rule::Format),
    }
}

fn refused_by_length_or(rule: Rule, broken: &Violation) {
    assert!([Rule::Length, rule].contains(&broken.rule), "{broken:?}");
}
