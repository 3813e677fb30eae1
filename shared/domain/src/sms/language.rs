//! The languages that texts are written in: a closed list, and the choice among those that a deployment enables.

use std::fmt;

use oxilangtag::LanguageTag;

use crate::field::{Rule, Violation};

/// The longest tag that is read, in characters (RFC 5646 §4.4.1).
const LONGEST_TAG: usize = 35;

/// The tags that mean a language of the list without being its tag: old ones, those whose script says more than they do,
/// and the region by which Chinese is usually named.
const ALIASES: [(&str, &str); 9] = [
    ("zh", "zh-Hans"),
    ("zh-CN", "zh-Hans"),
    ("zh-SG", "zh-Hans"),
    ("zh-TW", "zh-Hant"),
    ("zh-HK", "zh-Hant"),
    ("zh-MO", "zh-Hant"),
    ("iw", "he"),
    ("in", "id"),
    ("no", "nb"),
];

/// The direction that a script is read in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    LeftToRight,
    RightToLeft,
}

/// A language with its text.
#[derive(Debug)]
struct Entry {
    tag: &'static str,
    name: &'static str,
    direction: Direction,
    text: &'static str,
}

macro_rules! entries {
    ($($tag:literal $name:literal $direction:ident,)*) => {
        &[$(Entry {
            tag: $tag,
            name: $name,
            direction: Direction::$direction,
            text: include_str!(concat!("../../texts/", $tag, ".txt")),
        },)*]
    };
}

/// English, which is the default, then all others by their tags. The words of each stand in `texts/<tag>.txt`.
static ENTRIES: &[Entry] = entries![
    "en" "English" LeftToRight,
    "ar" "Arabic" RightToLeft,
    "bn" "Bengali" LeftToRight,
    "cs" "Czech" LeftToRight,
    "da" "Danish" LeftToRight,
    "de" "German" LeftToRight,
    "el" "Greek" LeftToRight,
    "es" "Spanish" LeftToRight,
    "fi" "Finnish" LeftToRight,
    "fr" "French" LeftToRight,
    "he" "Hebrew" RightToLeft,
    "hi" "Hindi" LeftToRight,
    "hu" "Hungarian" LeftToRight,
    "id" "Indonesian" LeftToRight,
    "it" "Italian" LeftToRight,
    "ja" "Japanese" LeftToRight,
    "ko" "Korean" LeftToRight,
    "ms" "Malay" LeftToRight,
    "nb" "Norwegian" LeftToRight,
    "nl" "Dutch" LeftToRight,
    "pl" "Polish" LeftToRight,
    "pt" "Portuguese" LeftToRight,
    "pt-BR" "Portuguese of Brazil" LeftToRight,
    "ro" "Romanian" LeftToRight,
    "ru" "Russian" LeftToRight,
    "sv" "Swedish" LeftToRight,
    "th" "Thai" LeftToRight,
    "tr" "Turkish" LeftToRight,
    "uk" "Ukrainian" LeftToRight,
    "vi" "Vietnamese" LeftToRight,
    "zh-Hans" "Chinese, simplified" LeftToRight,
    "zh-Hant" "Chinese, traditional" LeftToRight,
];

/// A language of the list.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Language(usize);

/// The words of a language, with places for what changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Phrases {
    /// The greeting with `{{name}}`, and the one without. A language in which one does not greet by the first word of a
    /// name has none.
    pub(super) greeting: Option<(&'static str, &'static str)>,
    /// The sentence with `{{app}}` and `{{otp}}`.
    pub(super) sentence: &'static str,
}

impl Language {
    /// The language of the tutorial, and of a deployment that names none.
    pub const ENGLISH: Self = Self(0);

    /// Returns the whole list, English first.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..ENTRIES.len()).map(Self)
    }

    /// Returns the language of exactly this tag, in whatever case.
    fn named(tag: &str) -> Option<Self> {
        Self::all().find(|language| language.tag().eq_ignore_ascii_case(tag))
    }

    /// Returns its tag (BCP 47).
    #[must_use]
    pub fn tag(self) -> &'static str {
        self.entry().tag
    }

    /// Returns its name in English.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.entry().name
    }

    /// Returns whether it is read from right to left.
    #[must_use]
    pub fn is_right_to_left(self) -> bool {
        self.entry().direction == Direction::RightToLeft
    }

    /// Returns the sentence with `{{app}}` and `{{otp}}` that each text of it has.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        self.phrases().sentence
    }

    /// Returns its words: the last line of its file is the sentence, two before it are the greetings.
    pub(super) fn phrases(self) -> Phrases {
        let mut lines = self.file().lines();
        let sentence = lines.next_back().unwrap_or_default();
        Phrases { greeting: lines.next().zip(lines.next()), sentence }
    }

    /// Returns its file.
    pub(super) fn file(self) -> &'static str {
        self.entry().text
    }

    fn entry(self) -> &'static Entry {
        &ENTRIES[self.0]
    }
}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Language({})", self.tag())
    }
}

/// The languages that a deployment enables. The first is the default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locales(Vec<Language>);

impl Default for Locales {
    fn default() -> Self {
        Self(vec![Language::ENGLISH])
    }
}

impl Locales {
    /// Parses the setting `LOCALES`: tags of the list with commas between them, or `*` for all of it with English as the
    /// default.
    ///
    /// # Errors
    /// What is wrong with the setting.
    pub fn parse(setting: &str) -> Result<Self, String> {
        if setting == "*" {
            return Ok(Self(Language::all().collect()));
        }
        let mut enabled = Vec::new();
        for tag in setting.split(',') {
            let Some(language) = Language::named(tag) else {
                let known: Vec<_> = Language::all().map(Language::tag).collect();
                return Err(format!("must be * or tags with commas, of {}", known.join(" ")));
            };
            if !enabled.contains(&language) {
                enabled.push(language);
            }
        }
        Ok(Self(enabled))
    }

    /// Returns the enabled languages, the default first.
    pub fn iter(&self) -> impl Iterator<Item = Language> {
        self.0.iter().copied()
    }

    /// Returns the language of whoever does not say.
    #[must_use]
    pub fn default_language(&self) -> Language {
        self.0.first().copied().unwrap_or(Language::ENGLISH)
    }

    /// Chooses the language for the field `locale`, by the lookup of RFC 4647 §3.4: the tag itself, or what is left of it
    /// when parts are taken from its end, one by one; the default where none of that is enabled.
    ///
    /// # Errors
    /// [`Rule::Length`] or [`Rule::Format`] for what is no language tag of BCP 47.
    pub fn choose(&self, tag: &str) -> Result<Language, Violation> {
        if !(1..=LONGEST_TAG).contains(&tag.chars().take(LONGEST_TAG + 1).count()) {
            return Err(Violation::new(Rule::Length, "A language tag has 1 to 35 characters."));
        }
        if LanguageTag::parse(tag).is_err() {
            return Err(Violation::new(Rule::Format, "Give a language tag of BCP 47, such as `pt-BR`."));
        }
        // Each is shorter than the one before, so these are all.
        let ranges = std::iter::successors(Some(tag), |tag| shortened(tag)).take(LONGEST_TAG);
        let mut named = ranges.filter_map(|tag| Language::named(unaliased(tag)));
        let enabled = named.find(|language| self.0.contains(language));
        Ok(enabled.unwrap_or_else(|| self.default_language()))
    }
}

/// Returns the tag of the list that `tag` stands for, or itself.
fn unaliased(tag: &str) -> &str {
    let alias = ALIASES.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(tag));
    alias.map_or(tag, |(_, tag)| tag)
}

/// Returns `tag` without its last part, and without a single character before that, which only introduces it.
fn shortened(tag: &str) -> Option<&str> {
    let (rest, _) = tag.rsplit_once('-')?;
    match rest.rsplit_once('-') {
        Some((shorter, introduces)) if introduces.len() == 1 => Some(shorter),
        _ => Some(rest),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn chosen(enabled: &str, tag: &str) -> &'static str {
        Locales::parse(enabled).unwrap().choose(tag).unwrap().tag()
    }

    #[test]
    fn the_list_is_in_order_and_names_each_language_once() {
        let tags: Vec<_> = Language::all().map(Language::tag).collect();
        assert_eq!((tags[0], Language::ENGLISH.tag()), ("en", "en"));
        assert!(tags[1..].is_sorted(), "{tags:?}");
        for tag in &tags {
            assert!(LanguageTag::parse(*tag).is_ok(), "{tag}");
            assert_eq!(Language::named(tag).map(Language::tag), Some(*tag));
        }
        let names: std::collections::BTreeSet<_> = Language::all().map(Language::name).collect();
        assert_eq!((Language::ENGLISH.name(), names.len()), ("English", tags.len()));
        assert!(format!("{:?}", Language::ENGLISH).contains("en"));
        for (alias, tag) in ALIASES {
            assert!(tags.contains(&tag) && !tags.contains(&alias), "{alias}");
        }
    }

    #[test]
    fn each_sentence_names_the_app_and_the_code() {
        for language in Language::all() {
            let sentence = language.sentence();
            assert!(["{{app}}", "{{otp}}"].iter().all(|name| sentence.contains(name)), "{sentence}");
        }
    }

    #[test]
    fn a_tag_is_looked_up_from_its_whole_to_its_language() {
        for (tag, language) in [
            ("de", "de"),
            ("DE", "de"),
            ("de-AT", "de"),
            ("de-Latn-DE-1996", "de"),
            ("de-DE-u-co-phonebk", "de"),
            ("de-a-value-x-y", "de"),
            ("pt", "pt"),
            ("pt-PT", "pt"),
            ("pt-br", "pt-BR"),
            ("pt-BR-x-own", "pt-BR"),
            ("zh", "zh-Hans"),
            ("zh-CN", "zh-Hans"),
            ("zh-SG", "zh-Hans"),
            ("zh-MY", "zh-Hans"),
            ("zh-Hans-TW", "zh-Hans"),
            ("zh-TW", "zh-Hant"),
            ("ZH-hk", "zh-Hant"),
            ("zh-MO", "zh-Hant"),
            ("zh-TW-u-nu-hanidec", "zh-Hant"),
            ("zh-Hant-HK", "zh-Hant"),
            ("iw", "he"),
            ("iw-IL", "he"),
            ("in-ID", "id"),
            ("no", "nb"),
            ("no-NO", "nb"),
        ] {
            assert_eq!(chosen("*", tag), language, "{tag}");
        }
    }

    #[test]
    fn a_tag_loses_its_last_part_and_what_introduced_it() {
        for (tag, shorter) in
            [("pt-BR", Some("pt")), ("de-a-value", Some("de")), ("de-DE-u-co", Some("de-DE")), ("pt", None)]
        {
            assert_eq!(shortened(tag), shorter, "{tag}");
        }
    }

    #[test]
    fn what_is_not_enabled_gets_the_default() {
        for tag in ["fr", "fr-CA", "tlh", "x-own", "i-klingon", "en-GB-oed", "pt-BR", "zh-TW", "mul", "und"] {
            assert_eq!(chosen("de,en", tag), if tag.starts_with("en") { "en" } else { "de" }, "{tag}");
        }
        assert_eq!(chosen("en,zh-Hans", "zh-TW"), "zh-Hans", "zh is what is left of it");
        assert_eq!(Locales::default().choose("de").unwrap(), Language::ENGLISH);
    }

    #[test]
    fn what_is_no_tag_breaks_its_rule() {
        let rule = |tag: &str| Locales::default().choose(tag).map_err(|violation| violation.rule);
        for tag in ["", &"a".repeat(36), &format!("en-{}", "x-".repeat(500))] {
            assert_eq!(rule(tag), Err(Rule::Length), "{tag}");
        }
        for tag in [
            "*",
            "e",
            "en_US",
            "en-",
            "-en",
            "en--US",
            "en US",
            "en,de",
            "12",
            "abcdefghi",
            "en-a",
            "dé",
            "{{otp}}",
            "en\n",
            "../de",
        ] {
            assert_eq!(rule(tag), Err(Rule::Format), "{tag}");
        }
        assert!(rule("en-u-va-posix-x-ab-abcdefgh-abcdefg").is_ok(), "35 characters");
    }

    #[test]
    fn a_deployment_names_languages_of_the_list() {
        let tags = |setting: &str| -> Vec<_> {
            Locales::parse(setting).unwrap().iter().map(Language::tag).collect()
        };
        assert_eq!(tags("en"), ["en"]);
        assert_eq!(tags("pt-BR,en,es"), ["pt-BR", "en", "es"]);
        assert_eq!(tags("de,en,de,DE"), ["de", "en"]);
        assert_eq!(tags("*").len(), ENTRIES.len());
        assert_eq!(tags("*")[0], "en");
        for setting in ["", ",", "en,", "en, de", "en;de", "xx", "zh", "no", "*,en", "de-AT"] {
            assert!(Locales::parse(setting).unwrap_err().contains("must be * or tags"), "{setting}");
        }
    }

    proptest! {
        #[test]
        fn a_tag_never_leads_out_of_what_is_enabled(tag in any::<String>(), shape in "[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8}){0,4}") {
            let locales = Locales::parse("de,pt-BR,zh-Hant").unwrap();
            for tag in [tag, shape] {
                if let Ok(language) = locales.choose(&tag) {
                    prop_assert!(locales.iter().any(|enabled| enabled == language));
                }
            }
        }
    }
}
