//! The name that a user signs in with.

use std::fmt;

use super::field::{Rule, Violation};

/// The shortest username, in characters.
const SHORTEST: usize = 3;
/// The longest username, in characters: room for the e-mail addresses that people have, though RFC 5321 §4.5.3.1
/// would allow four times as much.
const LONGEST: usize = 64;

/// A username: 3–64 of `a-z 0-9 . _ @ + -` without two dots in a row, upper case folded to lower.
///
/// The alphabet holds e-mail addresses and nothing that means something in a path, a query or a log line, and no
/// letter that looks like another one. Two usernames that differ in case only are the same.
///
/// A username may be an e-mail address, hence personal data: `Debug` shows its first character and its length, and
/// there is no `Display`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Username(String);

impl Username {
    /// Parses a username.
    ///
    /// # Errors
    ///
    /// [`Rule::Length`] for fewer than 3 or more than 64 characters, [`Rule::Format`] for any other fault.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        if !(SHORTEST..=LONGEST).contains(&text.chars().take(LONGEST + 1).count()) {
            return Err(Violation::new(Rule::Length, "A username has 3 to 64 characters."));
        }
        if !text.bytes().all(is_allowed) || text.contains("..") {
            return Err(Violation::new(
                Rule::Format,
                "A username consists of A-Z, a-z, 0-9 and . _ @ + -, without two dots in a row.",
            ));
        }
        Ok(Self(text.to_ascii_lowercase()))
    }

    /// Takes a username as the store keeps it: one that was parsed when it was written.
    #[must_use]
    pub fn from_store(text: String) -> Self {
        Self(text)
    }

    /// Returns the username, in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = self.0.chars().next().unwrap_or_default();
        write!(f, "Username({first}…{})", self.0.chars().count())
    }
}

fn is_allowed(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._@+-".contains(&byte)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rule(text: &str) -> Option<Rule> {
        Username::parse(text).err().map(|broken| broken.rule)
    }

    #[test]
    fn names_and_addresses_are_usernames() {
        for text in ["ada", "ada.lovelace", "ada+sms@example.com", "-_-", "007", &"a".repeat(64)] {
            assert_eq!(Username::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn case_is_folded_so_that_alice_has_one_spelling() {
        assert_eq!(Username::parse("Alice@Example.COM").unwrap().as_str(), "alice@example.com");
        assert_eq!(Username::parse("ALICE"), Username::parse("alice"));
    }

    #[test]
    fn too_short_or_too_long_is_a_matter_of_length() {
        for text in ["", "a", "ab", "é", &"a".repeat(65), &"#".repeat(3_000)] {
            assert_eq!(rule(text), Some(Rule::Length), "{text:?}");
        }
    }

    /// Attack 21.
    #[test]
    fn what_means_something_elsewhere_is_refused() {
        for text in [
            "ali#ce",
            "ali/ce",
            "ali..ce",
            "...",
            "ali ce",
            " alice",
            "alice ",
            "аlice",
            "ali\nce",
            "ali\0ce",
            "ali%2e",
            "ali:ce",
            "ali\\ce",
            "{{otp}}",
            "alicé",
            "ali\u{200b}ce",
            "ａｌｉｃｅ",
            "ali,ce",
            "ali'ce",
        ] {
            assert_eq!(rule(text), Some(Rule::Format), "{text:?}");
        }
    }

    #[test]
    fn debug_shows_no_more_than_the_first_character_and_the_length() {
        assert_eq!(format!("{:?}", Username::parse("alice").unwrap()), "Username(a…5)");
    }

    #[test]
    fn a_refusal_does_not_repeat_the_value() {
        assert!(!Username::parse("canary canary").unwrap_err().detail.contains("canary"));
    }

    proptest! {
        #[test]
        fn what_is_accepted_keeps_the_law(text in "\\PC{0,70}|[A-Za-z0-9._@+-]{1,70}") {
            if let Ok(username) = Username::parse(&text) {
                let kept = username.as_str();
                prop_assert!((3..=64).contains(&kept.len()));
                prop_assert!(kept.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._@+-".contains(&b)));
                prop_assert!(!kept.contains(".."));
                prop_assert_eq!(kept, text.to_lowercase());
                prop_assert_eq!(&Username::parse(kept).unwrap(), &username);
            }
        }
    }
}
