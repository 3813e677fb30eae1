//! The code that a person types, and the id of the challenge that it answers.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::{Rng, RngExt as _};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::field::{Rule, Violation};
use super::mac::{Mac, Pepper};
use super::username::Username;

/// The characters that a code is drawn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alphabet {
    /// `0`–`9`: what a phone's keypad offers and iOS and Android recognise.
    Numeric,
    /// `0`–`9` and `a`–`z`: 36 characters, for those who would rather have 31 bits than 20.
    Alphanumeric,
}

impl Alphabet {
    const fn characters(self) -> &'static [u8] {
        match self {
            Self::Numeric => b"0123456789",
            Self::Alphanumeric => b"0123456789abcdefghijklmnopqrstuvwxyz",
        }
    }
}

/// The length of a code, and the characters that it is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeFormat {
    /// The characters that it is drawn from.
    pub alphabet: Alphabet,
    /// The number of its characters (6–10).
    pub length: u8,
}

/// A one-time password (OTP): exactly as many characters of the alphabet as its format says.
///
/// It is shown to nobody but the phone: `Debug` is redacted, and its memory is zeroed when it is dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Code(String);

impl Code {
    /// Draws a code with at least one digit, each of all such codes with the same chance.
    ///
    /// Android's SMS User Consent offers only texts with a code that has a digit in it. A code without one is drawn
    /// anew as a whole, since any other way to a digit would favour some codes.
    pub fn draw(format: CodeFormat, random: &mut impl Rng) -> Self {
        let characters = format.alphabet.characters();
        loop {
            let draw = |_| char::from(characters[random.random_range(0..characters.len())]);
            let code = Self((0..format.length).map(draw).collect());
            if code.0.bytes().any(|byte| byte.is_ascii_digit()) {
                return code;
            }
        }
    }

    /// Reads what a person typed; upper case is folded, nothing is trimmed.
    ///
    /// # Errors
    /// [`Rule::Length`] when it has another number of characters than a code, [`Rule::Format`] when one of
    /// them is not of the alphabet.
    pub fn parse(text: &str, format: CodeFormat) -> Result<Self, Violation> {
        let length = usize::from(format.length);
        if text.chars().take(length + 1).count() != length {
            return Err(Violation::new(Rule::Length, format!("A code has {length} characters.")));
        }
        let code = Self(text.to_ascii_lowercase());
        if code.0.bytes().all(|byte| format.alphabet.characters().contains(&byte)) {
            Ok(code)
        } else {
            let detail = match format.alphabet {
                Alphabet::Numeric => "A code is made of the digits 0 to 9.",
                Alphabet::Alphanumeric => "A code is made of the digits 0 to 9 and the letters a to z.",
            };
            Err(Violation::new(Rule::Format, detail))
        }
    }

    /// Returns the code itself, for the text that carries it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Returns the MAC that is stored instead of the code: HMAC-SHA256(pepper, id ‖ username ‖ code),
    /// length-prefixed.
    #[must_use]
    pub fn mac(&self, pepper: &Pepper, id: OtpId, username: &Username) -> Mac {
        pepper.mac(&[&id.0, username.as_str().as_bytes(), self.0.as_bytes()])
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(…)")
    }
}

/// The public name of a challenge: 128 random bits, shown as 22 characters of base64url (RFC 4648 §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OtpId([u8; 16]);

impl OtpId {
    /// Draws an id.
    pub fn draw(random: &mut impl Rng) -> Self {
        Self(random.random())
    }

    /// Reads an id as an answer showed it.
    ///
    /// # Errors
    /// [`Rule::Format`] when no id is written so.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        let broken = || Violation::new(Rule::Format, "Give the `otp.id` of the answer that issued the code.");
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| broken())?;
        Ok(Self(bytes.try_into().map_err(|_| broken())?))
    }

    /// Returns the id that the list of issued codes stores as `bytes`.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Returns its bytes, for the store.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for OtpId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    use super::*;

    const SIX_DIGITS: CodeFormat = CodeFormat { alphabet: Alphabet::Numeric, length: 6 };
    const EIGHT_LETTERS: CodeFormat = CodeFormat { alphabet: Alphabet::Alphanumeric, length: 8 };

    /// Case 9: leading zeros survive, every code can be drawn, and none more often than another. Of a million
    /// draws each of the 60 (place, digit) counts is binomial (100,000 ± 300): 6 σ is 1,800.
    #[test]
    fn a_million_draws_are_even() {
        let mut random = StdRng::seed_from_u64(9);
        let mut counts = [[0_u32; 10]; 6];
        let mut tenths = [0_u32; 10];
        for _ in 0..1_000_000 {
            let code = Code::draw(SIX_DIGITS, &mut random);
            assert_eq!(code.reveal().len(), 6);
            for (place, digit) in code.reveal().bytes().enumerate() {
                counts[place][usize::from(digit - b'0')] += 1;
            }
            let number: usize = code.reveal().parse().unwrap();
            tenths[number / 100_000] += 1;
        }
        for count in counts.iter().flatten().chain(&tenths) {
            assert!(count.abs_diff(100_000) < 1_800, "{counts:?} {tenths:?}");
        }
    }

    /// Case 41: every alphanumeric code has a digit, and none of them is drawn more often than another. Of the
    /// N = 36⁶ − 26⁶ codes 36⁵ have a certain digit in a certain place, and 36⁵ − 26⁵ a certain letter. So of a
    /// million draws each count of a digit is binomial (32,372 ± 177), and of a letter (26,011 ± 159): 6 σ are 1,062
    /// and 955. The number of digits in a code is held to its share in the same way.
    #[test]
    fn a_million_alphanumeric_draws_have_a_digit_and_are_even() {
        let format = CodeFormat { alphabet: Alphabet::Alphanumeric, length: 6 };
        let mut random = StdRng::seed_from_u64(41);
        let mut counts = [[0_u32; 36]; 6];
        let mut with_digits = [0_u32; 7];
        for _ in 0..1_000_000 {
            let code = Code::draw(format, &mut random);
            assert_eq!(code.reveal().len(), 6);
            for (place, character) in code.reveal().bytes().enumerate() {
                let at = format.alphabet.characters().iter().position(|known| *known == character);
                counts[place][at.unwrap()] += 1;
            }
            with_digits[code.reveal().bytes().filter(u8::is_ascii_digit).count()] += 1;
        }
        for place in counts {
            let (digits, letters) = place.split_at(10);
            assert!(digits.iter().all(|count| count.abs_diff(32_372) < 1_062), "{place:?}");
            assert!(letters.iter().all(|count| count.abs_diff(26_011) < 955), "{place:?}");
        }
        // (6 over n) × 10ⁿ × 26⁶⁻ⁿ of N.
        let shares = [0, 381_656, 366_977, 188_193, 54_287, 8_352, 535];
        for (count, share) in with_digits.into_iter().zip(shares) {
            let bound = 6.0 * f64::from(share).sqrt();
            assert!(f64::from(u32::abs_diff(count, share)) <= bound, "{with_digits:?}");
        }
    }

    #[test]
    fn what_was_drawn_is_what_is_read() {
        let mut random = StdRng::seed_from_u64(1);
        for format in [SIX_DIGITS, EIGHT_LETTERS] {
            for _ in 0..1_000 {
                let drawn = Code::draw(format, &mut random);
                assert_eq!(Code::parse(drawn.reveal(), format).unwrap().reveal(), drawn.reveal());
            }
        }
    }

    #[test]
    fn only_a_code_reads_as_a_code() {
        let length = Violation::new(Rule::Length, "A code has 6 characters.");
        let format = Violation::new(Rule::Format, "A code is made of the digits 0 to 9.");
        let digits = "1".repeat(3_000);
        for text in ["", "1", "12345", "1234567", " 123456", "123456 ", &digits] {
            assert_eq!(Code::parse(text, SIX_DIGITS).unwrap_err(), length, "{text:?}");
        }
        for text in ["12345a", "+12345", "１２３４５６", "12 456", "1e5000", "12345\n", "\0\0\0\0\0\0"]
        {
            assert_eq!(Code::parse(text, SIX_DIGITS).unwrap_err(), format, "{text:?}");
        }
        assert_eq!(Code::parse("000007", SIX_DIGITS).unwrap().reveal(), "000007");
    }

    #[test]
    fn upper_case_folds_in_the_alphanumeric_alphabet() {
        assert_eq!(Code::parse("AbC123xY", EIGHT_LETTERS).unwrap().reveal(), "abc123xy");
    }

    #[test]
    fn a_mac_holds_for_one_challenge_one_username_and_one_code() {
        use subtle::ConstantTimeEq as _;
        let pepper = Pepper::from_bytes(vec![1; 32]).unwrap();
        let mut random = StdRng::seed_from_u64(2);
        let (one, other) = (OtpId::draw(&mut random), OtpId::draw(&mut random));
        let (ada, bob) = (Username::parse("ada").unwrap(), Username::parse("bob").unwrap());
        let code = |text| Code::parse(text, SIX_DIGITS).unwrap();
        let mac = code("123456").mac(&pepper, one, &ada);
        assert!(bool::from(mac.ct_eq(&code("123456").mac(&pepper, one, &ada))));
        for wrong in [
            code("123456").mac(&pepper, other, &ada),
            code("123456").mac(&pepper, one, &bob),
            code("123457").mac(&pepper, one, &ada),
        ] {
            assert!(!bool::from(mac.ct_eq(&wrong)));
        }
    }

    #[test]
    fn debug_shows_no_code() {
        assert_eq!(format!("{:?}", Code::parse("493817", SIX_DIGITS).unwrap()), "Code(…)");
    }

    proptest! {
        #[test]
        fn an_id_survives_being_written_and_read(bytes: [u8; 16]) {
            prop_assert_eq!(OtpId::parse(&OtpId(bytes).to_string()).unwrap(), OtpId(bytes));
        }

        #[test]
        fn reading_never_panics(text: String) {
            let _ = Code::parse(&text, SIX_DIGITS);
            let _ = Code::parse(&text, EIGHT_LETTERS);
            let _ = OtpId::parse(&text);
        }
    }
}
