//! Passwords and their hashes.

use std::fmt;

use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version, password_hash::phc};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;
use zxcvbn::{Score, zxcvbn};

use super::field::{Rule, Violation};

/// The shortest password, in code points (NIST SP 800-63B-4 §3.1.1.2 for one that is not the only factor).
const SHORTEST: usize = 8;
/// The longest password, in code points: the same section asks for at least 64; the bound keeps hashing cheap.
const LONGEST: usize = 128;

/// The least that a guesser has to need: more than 10^6 guesses. Composition rules are left out on purpose, as the
/// same section asks.
const WEAKEST: Score = Score::Two;

/// The number of code points of a password that its strength is judged by.
///
/// The estimate goes through every reading of digits and symbols as letters: 100 code points made of such characters
/// take a second, 32 take a tenth of that. A password whose first 32 are guessed in a million guesses is not a good one.
const JUDGED: usize = 32;

/// The shortest tail of a phone number that counts as its owner's detail: what is left without the calling and area
/// codes is what people use.
const PHONE_TAIL: usize = 6;

/// The most digits of a phone number (ITU-T E.164 §6). What has more is none, and has tails without end.
const PHONE_DIGITS: usize = 15;

/// Argon2id with m = 19 MiB, t = 2, p = 1 (OWASP Password Storage Cheat Sheet; RFC 9106).
const PARAMS: Result<Params, argon2::Error> = Params::new(19_456, 2, 1, None);

/// A password in NFC: 8–128 code points that take more than a million guesses, even to someone who knows its owner.
///
/// It is zeroed on drop, `Debug` shows nothing of it, and nothing serialises it.
pub struct Password(Zeroizing<String>);

impl Password {
    /// Parses a password, judged in the light of its owner's `own` details: username, name, phone number, and what
    /// else guessers will begin with, such as the app's name.
    ///
    /// # Errors
    ///
    /// [`Rule::Length`] for fewer than 8 or more than 128 code points, [`Rule::Common`] for what is too easy to guess.
    pub fn parse(text: &str, own: &[&str]) -> Result<Self, Violation> {
        let password = nfc(text);
        if !(SHORTEST..=LONGEST).contains(&password.chars().take(LONGEST + 1).count()) {
            return Err(Violation::new(Rule::Length, "A password has 8 to 128 characters."));
        }
        if score(&password, own) < WEAKEST {
            return Err(Violation::new(
                Rule::Common,
                "This password is too easy to guess. A few uncommon words make a good one.",
            ));
        }
        Ok(Self(password))
    }

    /// Returns the hash that is kept of the password, under a random `salt`.
    ///
    /// It takes some 20 ms of a core: call it where blocking does no harm.
    ///
    /// # Panics
    ///
    /// Never: Argon2 fails only for lengths and parameters outside its limits, and all of these are fixed within them.
    #[must_use]
    pub fn hash(&self, salt: [u8; 16]) -> PasswordHash {
        let params = PARAMS.expect("the parameters are within Argon2's limits");
        let hash: phc::PasswordHash = Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_with_salt(self.0.as_bytes(), &salt)
            .expect("password and salt are within Argon2's limits");
        PasswordHash(hash.to_string())
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// The Argon2id hash of a password as a PHC string, which carries its own salt and parameters.
///
/// `Debug` shows nothing of it.
#[derive(Clone)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Takes a hash as the store keeps it.
    #[must_use]
    pub fn from_store(text: String) -> Self {
        Self(text)
    }

    /// Returns whether this is the hash of `password`, compared in constant time.
    ///
    /// It takes as long as [`Password::hash`]. Text that is not a PHC string is the hash of no password.
    #[must_use]
    pub fn matches(&self, password: &Password) -> bool {
        Argon2::default().verify_password(password.0.as_bytes(), self.0.as_str()).is_ok()
    }

    /// Returns the PHC string, `$argon2id$v=19$…`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// Builds the tables of common passwords, which takes some 30 ms: meant for the start of a function.
pub fn warm() {
    score("a password to judge", &[]);
}

/// Returns `text` in NFC, with no other copy of it left in memory.
fn nfc(text: &str) -> Zeroizing<String> {
    // NFC takes at most three times the bytes (UAX #15), so the string never moves while it grows.
    let mut normal = Zeroizing::new(String::with_capacity(3 * text.len()));
    normal.extend(text.nfc());
    normal
}

fn score(password: &str, own: &[&str]) -> Score {
    let details = details(own);
    zxcvbn(first(password), &details).score()
}

/// Returns a guesser's knowledge of the owner: each detail whole, its parts, and the tails of a phone number.
fn details<'a>(own: &[&'a str]) -> Vec<&'a str> {
    let mut details = Vec::new();
    for &detail in own {
        details.push(first(detail));
        details
            .extend(detail.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()).map(first));
        let number =
            |digits: &&str| digits.len() <= PHONE_DIGITS && digits.bytes().all(|b| b.is_ascii_digit());
        if let Some(digits) = detail.strip_prefix('+').filter(number) {
            details.extend((1..=digits.len().saturating_sub(PHONE_TAIL)).map(|from| &digits[from..]));
        }
    }
    details
}

/// Returns the part of `text` that is judged.
fn first(text: &str) -> &str {
    text.char_indices().nth(JUDGED).map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OWN: [&str; 4] = ["ada.lovelace@example.com", "Ada Lovelace", "+447911012345", "Countersign"];

    fn rule(text: &str) -> Option<Rule> {
        Password::parse(text, &OWN).err().map(|broken| broken.rule)
    }

    #[test]
    fn what_takes_a_million_guesses_is_a_password() {
        for text in [
            "correct horse battery staple",
            "violet-otter-42",
            "xK9#mQ2$",
            "съешь ещё этих булок",
            "我最喜欢吃苹果派",
            "пароль длинный",
            "🦀🦊🐙🦉🐢🦔🐝🦋",
            &"4@8({[<3691!|70$5+%2".repeat(6),
            &"violet otter ".repeat(9),
        ] {
            assert_eq!(rule(text), None, "{text:?}");
        }
    }

    #[test]
    fn length_is_counted_in_code_points_after_nfc() {
        for (text, broken) in [
            ("", Some(Rule::Length)),
            ("xK9#mQ2", Some(Rule::Length)),
            ("xK9#mQé", Some(Rule::Length)),
            ("xK9#mQe\u{301}", Some(Rule::Length)),
            ("xK9#mQ2é", None),
            ("xK9#mQ2e\u{301}", None),
            (&"xK9#mQ2é".repeat(16), None),
            (&"xK9#mQ2e\u{301}".repeat(16), None),
            (&format!("{}x", "xK9#mQ2é".repeat(16)), Some(Rule::Length)),
        ] {
            assert_eq!(rule(text), broken, "{text:?}");
        }
    }

    #[test]
    fn what_everybody_tries_first_is_refused() {
        for text in [
            "password",
            "Password1",
            "P@ssw0rd",
            "12345678",
            "1234567890",
            "qwertyuiop",
            "aaaaaaaaaaaa",
            "abcdefghij",
            "iloveyou",
            "administratoradministrator",
            &"a".repeat(128),
            &"password".repeat(16),
            &"x1".repeat(40),
        ] {
            assert_eq!(rule(text), Some(Rule::Common), "{text:?}");
        }
    }

    #[test]
    fn the_owners_details_are_refused() {
        for text in [
            "ada.lovelace@example.com",
            "ADA.LOVELACE@EXAMPLE.COM",
            "Ada Lovelace",
            "lovelace",
            "Lovelace1",
            "L0vel@ce",
            "ecalevol",
            "+447911012345",
            "447911012345",
            "7911012345",
            "07911012345",
            "countersign",
            "Countersign1",
        ] {
            assert_eq!(rule(text), Some(Rule::Common), "{text:?}");
        }
        let long = "christopher.montgomery-smythe@mail.example.com";
        assert_eq!(Password::parse(long, &[long]).unwrap_err().rule, Rule::Common);
    }

    #[test]
    fn a_guesser_knows_each_detail_its_parts_and_the_ends_of_a_number() {
        assert_eq!(details(&["ada@x-y.example", ""]), ["ada@x-y.example", "ada", "x", "y", "example", ""]);
        let ends = details(&["+12025550143"]);
        assert_eq!(ends[..3], ["+12025550143", "12025550143", "2025550143"]);
        assert_eq!(ends.last().map(|end| end.len()), Some(PHONE_TAIL));
        let (no_number, too_long) = ("+1202555014x", format!("+{}", "1".repeat(PHONE_DIGITS + 1)));
        assert_eq!(details(&[no_number]), [no_number, &no_number[1..]]);
        assert_eq!(details(&[&too_long]), [&*too_long, &too_long[1..]]);
    }

    #[test]
    fn a_hash_is_what_another_implementation_computes() {
        let salt = std::array::from_fn(|i| u8::try_from(i).unwrap());
        let hash = Password::parse("correct horse battery stapl\u{e9}", &[]).unwrap().hash(salt);
        // From the reference implementation in C, by argon2-cffi.
        assert_eq!(
            hash.as_str(),
            "$argon2id$v=19$m=19456,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$chyIgFmD19Z/hAr/yBADYrJ0mfu8CIAhkPq6REH90s0"
        );
    }

    #[test]
    fn a_hash_matches_its_password_only() {
        let password = Password::parse("correct horse battery stapl\u{e9}", &[]).unwrap();
        let hash = password.hash([7; 16]);
        assert!(hash.matches(&password));
        assert!(hash.matches(&Password::parse("correct horse battery staple\u{301}", &[]).unwrap()));
        assert!(!hash.matches(&Password::parse("correct horse battery staple", &[]).unwrap()));
        assert!(PasswordHash::from_store(hash.as_str().to_owned()).matches(&password));
        assert_ne!(password.hash([8; 16]).as_str(), hash.as_str());
    }

    #[test]
    fn what_is_not_a_phc_string_matches_nothing() {
        let password = Password::parse("correct horse battery staple", &[]).unwrap();
        for text in [
            "",
            "correct horse battery staple",
            "$argon2id$",
            "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA",
        ] {
            assert!(!PasswordHash::from_store(text.to_owned()).matches(&password), "{text:?}");
        }
    }

    #[test]
    fn debug_shows_nothing() {
        let password = Password::parse("correct horse battery staple", &[]).unwrap();
        assert_eq!(format!("{password:?} {:?}", password.hash([0; 16])), "Password(…) PasswordHash(…)");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn parsing_never_panics(
            text in prop_oneof![any::<String>(), "[a-z0-9@$!|.({<+% \u{130}\u{df}]{0,130}"],
            own in proptest::collection::vec("\\+?[0-9a-zé\u{130}@. ]{0,60}", 0..4),
        ) {
            let own: Vec<&str> = own.iter().map(String::as_str).collect();
            match Password::parse(&text, &own) {
                Ok(password) => prop_assert!((8..=128).contains(&password.0.chars().count())),
                Err(broken) => prop_assert!(matches!(broken.rule, Rule::Length | Rule::Common)),
            }
        }

        #[test]
        fn normalising_never_moves_the_string(text: String) {
            let normal = nfc(&text);
            prop_assert!(normal.len() <= 3 * text.len());
        }
    }
}
