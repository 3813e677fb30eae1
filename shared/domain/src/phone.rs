//! Phone numbers that we may text.

use std::fmt;
use std::hash::{Hash, Hasher};

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberFormat, PhoneNumberType};

use super::field::{Rule, Violation};
use super::region::{Region, Regions};

/// A mobile number in E.164 form that we may text: valid, of a mobile line, in an allowed region.
///
/// A fixed line counts as mobile where a number does not tell the two apart, as in North America. One line has one
/// spelling, so that counting by number cannot be cheated: what the numbering plan would write in another way (a
/// national prefix left in) is refused.
///
/// `Debug` shows its last two digits, so a `MobileNumber` is safe to log.
#[derive(Clone)]
pub struct MobileNumber {
    e164: String,
    region: Option<Region>,
}

impl MobileNumber {
    /// Parses a mobile number in one of the regions `allowed`.
    ///
    /// # Errors
    ///
    /// The first that holds: [`Rule::Format`] for what is not a valid number in E.164 form, [`Rule::LineType`] for a
    /// line that is not mobile or belongs to no region (satellites, international networks), [`Rule::Region`] for a
    /// mobile number of a region that is not allowed.
    pub fn parse(text: &str, allowed: &Regions) -> Result<Self, Violation> {
        let number = valid(text).ok_or_else(|| {
            Violation::new(
                Rule::Format,
                "A mobile number is a valid number in E.164 form, such as +12025550143.",
            )
        })?;
        let region = mobile_region(&number)
            .ok_or_else(|| Violation::new(Rule::LineType, "The number has to be that of a mobile phone."))?;
        if !allowed.allow(region) {
            return Err(Violation::new(Rule::Region, "Numbers of this region cannot be verified here."));
        }
        Ok(Self { e164: text.to_owned(), region: Some(region) })
    }

    /// Takes a number as the store keeps it, with its region: one that was parsed when it was written.
    #[must_use]
    pub const fn from_store(e164: String, region: Option<Region>) -> Self {
        Self { e164, region }
    }

    /// Returns the number in E.164 form: a plus sign and 7 to 15 digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.e164
    }

    /// Returns the region that the number lay in when it was parsed; `None` where the store does not say.
    #[must_use]
    pub const fn region(&self) -> Option<Region> {
        self.region
    }
}

/// A number is its digits: a region that was split since it was stored makes it no other one.
impl PartialEq for MobileNumber {
    fn eq(&self, other: &Self) -> bool {
        self.e164 == other.e164
    }
}

impl Eq for MobileNumber {}

impl Hash for MobileNumber {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.e164.hash(state);
    }
}

impl fmt::Debug for MobileNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let last_two = self.e164.char_indices().rev().nth(1).map_or("", |(at, _)| &self.e164[at..]);
        write!(f, "MobileNumber(…{last_two})")
    }
}

/// Builds the tables of the numbering plans, which takes some 15 ms: meant for the start of a function.
pub fn warm() {
    // The parse compiles the patterns that most numbers meet; its result does not matter.
    let _ = MobileNumber::parse("+12025550143", &Regions::all());
}

/// Parses a number; `None` unless it is valid and `text` is just how E.164 writes it.
///
/// The library also accepts what people type (`tel:`, brackets, letters, other scripts' digits); the first check
/// keeps all of that away from it.
fn valid(text: &str) -> Option<PhoneNumber> {
    if !is_e164(text) {
        return None;
    }
    let number = PHONE_NUMBER_UTIL.parse(text, None).ok()?;
    let unchanged = PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::E164) == text;
    (unchanged && PHONE_NUMBER_UTIL.is_valid_number(&number)).then_some(number)
}

/// Returns whether `text` matches `^\+[1-9][0-9]{6,14}$`: ITU-T E.164 allows 15 digits, none of them leading zeros.
fn is_e164(text: &str) -> bool {
    match text.as_bytes() {
        [b'+', b'1'..=b'9', rest @ ..] => {
            (6..=14).contains(&rest.len()) && rest.iter().all(u8::is_ascii_digit)
        }
        _ => false,
    }
}

/// Returns the region of a mobile number; `None` for another kind of line and for networks that belong to no region.
fn mobile_region(number: &PhoneNumber) -> Option<Region> {
    match PHONE_NUMBER_UTIL.get_number_type(number) {
        PhoneNumberType::Mobile | PhoneNumberType::FixedLineOrMobile => {}
        _ => return None,
    }
    PHONE_NUMBER_UTIL.get_region_for_number(number).and_then(region)
}

/// Converts the library's region; `None` for its `001`, which stands for networks that belong to no region.
fn region(region: rlibphonenumber::Region) -> Option<Region> {
    Region::parse(&region.as_region_str())
}

#[cfg(test)]
mod tests {
    use std::hash::BuildHasher as _;

    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn only(setting: &str) -> Regions {
        Regions::parse(setting).unwrap()
    }

    fn rule(text: &str, allowed: &Regions) -> Option<Rule> {
        MobileNumber::parse(text, allowed).err().map(|broken| broken.rule)
    }

    #[test]
    fn the_regions_are_those_of_the_library() {
        let known =
            PHONE_NUMBER_UTIL.get_supported_regions().map(|region| region.as_region_str().to_string());
        let known: BTreeSet<String> = known.filter(|code| *code != "001").collect();
        let ours: BTreeSet<String> = ('A'..='Z')
            .flat_map(|first| ('A'..='Z').map(move |second| format!("{first}{second}")))
            .filter(|code| Region::parse(code).is_some())
            .collect();
        assert_eq!(ours, known);
    }

    #[test]
    fn mobile_numbers_lie_in_their_regions() {
        for (text, region) in [
            ("+12025550143", "US"),
            ("+18085550123", "US"),
            ("+17875550123", "PR"),
            ("+14165550123", "CA"),
            ("+18765550123", "JM"),
            ("+61491570006", "AU"),
            ("+4915112345678", "DE"),
            ("+447911012345", "GB"),
            ("+447911123456", "GG"),
            ("+447624123456", "IM"),
            ("+525512345678", "MX"),
            ("+79161234567", "RU"),
            ("+77010001234", "KZ"),
        ] {
            let number = MobileNumber::parse(text, &only(region)).unwrap();
            assert_eq!(number.as_str(), text);
            assert_eq!(number.region(), Region::parse(region));
            assert_eq!(MobileNumber::parse(text, &Regions::all()), Ok(number));
        }
    }

    /// Attack 15.
    #[test]
    fn a_calling_code_is_not_a_region() {
        for (text, allowed) in [
            ("+18765550123", "US"),
            ("+17875550123", "US"),
            ("+14165550123", "US"),
            ("+447911123456", "GB"),
            ("+447624123456", "GB"),
            ("+77010001234", "RU"),
            ("+61491570006", "US,CA"),
        ] {
            assert_eq!(rule(text, &only(allowed)), Some(Rule::Region), "{text}");
        }
    }

    /// Attack 15.
    #[test]
    fn lines_that_are_not_mobile_are_refused_wherever_they_are() {
        for (text, line) in [
            ("+18005550199", "toll-free"),
            ("+19005550100", "premium rate"),
            ("+15005550006", "personal, North America"),
            ("+447012345678", "personal"),
            ("+448451234567", "shared cost"),
            ("+33891234567", "premium rate, France"),
            ("+443001234567", "universal access"),
            ("+447640123456", "pager"),
            ("+442079460000", "fixed"),
            ("+390612345678", "fixed, with its zero"),
            ("+541123456789", "fixed, Argentina"),
            ("+445612345678", "voice over IP"),
            ("+881612345678", "satellite"),
            ("+870301234567", "satellite, at sea"),
            ("+80012345678", "international toll-free"),
            ("+979123456789", "international premium rate"),
        ] {
            assert_eq!(rule(text, &Regions::all()), Some(Rule::LineType), "{line}");
            assert_eq!(rule(text, &only("JP")), Some(Rule::LineType), "{line}, elsewhere");
        }
    }

    #[test]
    fn numbers_that_nobody_can_have_are_refused() {
        for text in [
            "+447700900123",
            "+13335550123",
            "+999123456789",
            "+61491570006000",
            "+1202555014",
            "+120255501433",
            "+33712345678",
            "+2120612345678",
        ] {
            assert_eq!(rule(text, &Regions::all()), Some(Rule::Format), "{text}");
        }
    }

    /// Attack 16.
    #[test]
    fn one_line_has_one_spelling() {
        for text in [
            "",
            "+",
            "12025550143",
            "0012025550143",
            "2025550143",
            "+1 (202) 555-0143",
            "+1 2025550143",
            " +12025550143",
            "+12025550143 ",
            "+12025550143\n",
            "++12025550143",
            "tel:+12025550143",
            "+12025550143;ext=9",
            "+12025550143x9",
            "+12025550143,9",
            "+1\u{200b}2025550143",
            "\u{200b}+12025550143",
            "+１２０２５５５０１４３",
            "＋12025550143",
            "+1202555٠١٤٣",
            "+1202555CALL",
            "+02025550143",
            "+112025550143",
            "+4407911012345",
            &format!("+1{}", "2".repeat(3_000)),
        ] {
            assert_eq!(rule(text, &Regions::all()), Some(Rule::Format), "{text:?}");
        }
    }

    #[test]
    fn debug_shows_the_last_two_digits_only() {
        let number = MobileNumber::parse("+12025550143", &Regions::all()).unwrap();
        assert_eq!(format!("{number:?}"), "MobileNumber(…43)");
        assert_eq!(format!("{:?}", MobileNumber::from_store(String::new(), None)), "MobileNumber(…)");
    }

    #[test]
    fn a_number_is_its_digits() {
        let number = MobileNumber::parse("+12025550143", &Regions::all()).unwrap();
        assert_eq!(number, MobileNumber::from_store("+12025550143".to_owned(), None));
        assert_ne!(number, MobileNumber::from_store("+12025550144".to_owned(), number.region()));
    }

    /// A set asks for no number that is none of its own.
    #[test]
    fn other_numbers_have_other_hashes() {
        let hashing = std::hash::RandomState::new();
        let hash = |text: &str| hashing.hash_one(MobileNumber::from_store(text.to_owned(), None));
        assert_ne!(hash("+12025550143"), hash("+12025550144"));
    }

    #[test]
    fn e164_is_a_plus_and_seven_to_fifteen_digits_without_a_leading_zero() {
        for text in ["+1202555", "+12025550143", "+123456789012345"] {
            assert!(is_e164(text), "{text}");
        }
        for text in [
            "",
            "+",
            "12025550143",
            "+120255",
            "+1234567890123456",
            "+02025550143",
            "+1202555014x",
            "+1 2025550143",
        ] {
            assert!(!is_e164(text), "{text}");
        }
    }

    #[test]
    fn a_refusal_does_not_repeat_the_value() {
        for text in ["+18005550199", "+18765550123", "+447700900123"] {
            assert!(!MobileNumber::parse(text, &only("US")).unwrap_err().detail.contains(text));
        }
    }

    proptest! {
        #[test]
        fn what_is_accepted_is_unchanged_and_in_e164(text in prop_oneof![any::<String>(), "\\+?[0-9]{1,17}"]) {
            if let Ok(number) = MobileNumber::parse(&text, &Regions::all()) {
                prop_assert_eq!(number.as_str(), &text);
                prop_assert!(is_e164(&text));
                prop_assert!(number.region().is_some());
            }
        }

        #[test]
        fn an_allowed_region_is_the_numbers_own(text in "\\+(1|7|44|61|49|212|599)[0-9]{7,10}") {
            if let Ok(number) = MobileNumber::parse(&text, &Regions::all()) {
                let own = number.region().unwrap();
                prop_assert_eq!(rule(&text, &only(own.as_str())), None);
                let other = if own.as_str() == "JP" { "US" } else { "JP" };
                prop_assert_eq!(rule(&text, &only(other)), Some(Rule::Region));
            }
        }
    }
}
