//! The name of a user, for texts that greet by it.

use std::{fmt, str::Chars};

use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

use super::field::{Rule, Violation};

/// The longest name, in code points after NFC: what fits into one text beside the code, with room to spare.
const LONGEST: usize = 50;

/// A person's name: 1–50 characters after NFC that begin with a letter and go on with letters, marks, single spaces
/// between things, `' ’ -`, and full stops before a space or at the end.
///
/// The name goes into a text that somebody else may receive. So nothing in it makes a link or a template: no digit,
/// no slash, colon, at sign or brace, no full stop inside a word; and nothing in it hides or reorders what is read: no
/// control or format character (bidirectional, zero-width), no letter or mark that renders as nothing.
///
/// The value is the normalised form. A name is personal data: `Debug` shows its length only.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonName(String);

impl PersonName {
    /// Parses a name.
    ///
    /// # Errors
    ///
    /// [`Rule::Length`] for an empty name or one of more than 50 characters, [`Rule::Format`] for any other fault.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        let name: String = text.nfc().collect();
        if !(1..=LONGEST).contains(&name.chars().take(LONGEST + 1).count()) {
            return Err(Violation::new(Rule::Length, "A name has 1 to 50 characters."));
        }
        if !is_well_formed(&name) {
            return Err(Violation::new(
                Rule::Format,
                "A name begins with a letter and consists of letters, single spaces, apostrophes, hyphens, and full \
                 stops before a space or at the end.",
            ));
        }
        Ok(Self(name))
    }

    /// Takes a name as the store keeps it: one that was parsed when it was written.
    #[must_use]
    pub fn from_store(text: String) -> Self {
        Self(text)
    }

    /// Returns the name in NFC.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the first word of the name: all of it up to the first space.
    #[must_use]
    pub fn first_word(&self) -> &str {
        self.0.split_once(' ').map_or(&self.0, |(word, _)| word)
    }
}

impl fmt::Debug for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PersonName(…{})", self.0.chars().count())
    }
}

fn is_well_formed(name: &str) -> bool {
    let mut rest = name.chars();
    rest.next().is_some_and(is_letter) && {
        let mut well_formed = true;
        while let Some(c) = rest.next() {
            well_formed &= may_stand_before(c, &rest);
        }
        well_formed
    }
}

/// Returns whether `c` may stand inside a name before `rest`.
fn may_stand_before(c: char, rest: &Chars<'_>) -> bool {
    let next = rest.clone().next();
    match c {
        '\'' | '’' | '-' => true,
        ' ' => next.is_some_and(|next| next != ' '),
        '.' => next.is_none_or(|next| next == ' '),
        c => is_letter(c) || is_mark(c),
    }
}

fn is_letter(c: char) -> bool {
    c.general_category_group() == GeneralCategoryGroup::Letter && !renders_as_nothing(c)
}

fn is_mark(c: char) -> bool {
    c.general_category_group() == GeneralCategoryGroup::Mark && !renders_as_nothing(c)
}

/// Returns whether `c` is one of the letters and marks among Unicode's `Default_Ignorable_Code_Point`
/// (`DerivedCoreProperties.txt`): the grapheme joiner, fillers and variation selectors. They are as good as zero-width.
fn renders_as_nothing(c: char) -> bool {
    matches!(
        c,
        '\u{034F}'
            | '\u{115F}'..='\u{1160}'
            | '\u{17B4}'..='\u{17B5}'
            | '\u{180B}'..='\u{180D}'
            | '\u{180F}'
            | '\u{3164}'
            | '\u{FE00}'..='\u{FE0F}'
            | '\u{FFA0}'
            | '\u{E0100}'..='\u{E01EF}'
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rule(text: &str) -> Option<Rule> {
        PersonName::parse(text).err().map(|broken| broken.rule)
    }

    #[test]
    fn people_may_be_called_what_they_are_called() {
        for text in [
            "Ada",
            "A",
            "Ada Lovelace",
            "O'Brien",
            "O’Brien",
            "Anne-Marie",
            "Dr. No",
            "Sammy Davis Jr.",
            "J. R. R. Tolkien",
            "José Ångström",
            "Nguyễn Thị Minh Khai",
            "李小龍",
            "अमिताभ बच्चन",
            "محمد",
            "שרה",
            "Владимир",
            "ゆき",
            "김철수",
            "Siân ap Rhys",
            "D'",
            "Ngũgĩ wa Thiong'o",
            &"é".repeat(50),
        ] {
            assert_eq!(PersonName::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn the_first_word_ends_before_the_first_space() {
        for (text, word) in [
            ("Ada", "Ada"),
            ("Ada Lovelace", "Ada"),
            ("Dr. No", "Dr."),
            ("Anne-Marie d'Arc", "Anne-Marie"),
            ("李 小龍", "李"),
            ("Bank Security here. Read this code to our agent", "Bank"),
        ] {
            assert_eq!(PersonName::parse(text).unwrap().first_word(), word);
        }
    }

    #[test]
    fn one_name_has_one_spelling() {
        assert_eq!(PersonName::parse("Jose\u{301}"), PersonName::parse("José"));
        assert_eq!(PersonName::parse("Jose\u{301}").unwrap().as_str(), "Jos\u{e9}");
        assert!(PersonName::parse(&"e\u{301}".repeat(50)).is_ok(), "50 characters once composed");
    }

    #[test]
    fn nothing_and_51_characters_are_a_matter_of_length() {
        for text in ["", &"a".repeat(51), &"é".repeat(51), &"http://".repeat(500)] {
            assert_eq!(rule(text), Some(Rule::Length), "{text:?}");
        }
    }

    /// Attack 20.
    #[test]
    fn links_templates_and_hidden_characters_are_refused() {
        for text in [
            "evil.com",
            "Ada evil.com now",
            "http://evil",
            "www.evil",
            "evil。com",
            "evil．com",
            "evil․com",
            "evil/x",
            "a@b",
            "Ada1",
            "Ada ٣",
            "Ada １",
            "{{otp}}",
            "Ada {{otp}}",
            "{name}",
            "Ada {name}",
            "Ada<b>",
            "Ada [x](y)",
            "Ada *x*",
            "Ada\r\nHi",
            "Ada\nHi",
            "Ada\tHi",
            "Ada\0",
            "Ada\u{202e}moc",
            "Ada\u{2066}x",
            "Ada\u{200f}",
            "Ada\u{200b}",
            "Ada\u{200d}x",
            "Ada\u{feff}",
            "Ada\u{ad}x",
            "Ada\u{2060}x",
            "Ada\u{34f}",
            "Ada\u{3164}",
            "\u{3164}",
            "Ada\u{fe0f}",
            "Ada\u{e0100}",
            "Ada\u{a0}x",
            "Ada\u{3000}x",
            "Ada\u{2028}x",
            "Ada 😀",
            "Ada, Countess",
            "Ada$",
            "Ada_x",
            "Ada\\x",
            "Ada`x`",
            "Ada\"x\"",
            "Ada #1",
            "Ada &amp;",
        ] {
            assert_eq!(rule(text), Some(Rule::Format), "{text:?}");
        }
    }

    #[test]
    fn a_name_is_neither_trimmed_nor_tidied() {
        for text in [
            " ",
            " Ada",
            "Ada ",
            "Ada  Lovelace",
            ".",
            ".Ada",
            "'Ada",
            "-Ada",
            "\u{301}Ada",
            "Ada..",
            "Ada . ",
            "J.R. Tolkien",
        ] {
            assert_eq!(rule(text), Some(Rule::Format), "{text:?}");
        }
    }

    #[test]
    fn debug_shows_the_length_only() {
        assert_eq!(format!("{:?}", PersonName::parse("Ada").unwrap()), "PersonName(…3)");
    }

    proptest! {
        #[test]
        fn what_is_accepted_keeps_the_law(text in prop_oneof![any::<String>(), "\\p{L}[\\p{L}\\p{M} .'’-]{0,60}"]) {
            if let Ok(name) = PersonName::parse(&text) {
                let kept = name.as_str();
                prop_assert_eq!(kept, text.nfc().collect::<String>());
                prop_assert!((1..=50).contains(&kept.chars().count()));
                prop_assert!(!kept.contains("  ") && !kept.ends_with(' '));
                let suspicious = |c: char| c.is_control() || c.is_numeric() || "{}/:@<>[]*_`\\\"".contains(c);
                prop_assert!(!kept.contains(suspicious));
                prop_assert!(kept.split(' ').all(|word| !word.trim_end_matches('.').contains('.')));
                prop_assert_eq!(&PersonName::parse(kept).unwrap(), &name);
            }
        }
    }
}
