//! Every text of the list, and what a name may change about it.

use proptest::prelude::*;
use unicode_bidi::{BidiInfo, Level};
use unicode_normalization::is_nfc;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory as _};

use super::*;
use crate::person_name::PersonName;

/// The app's name, domain and code that the list is checked with, and the hash of an Android app.
const NAME_OF_20: &str = "An App of 20 Letters";
const DOMAIN_OF_40: &str = "verification.login.accounts.example.info";
const CODE_OF_8: &str = "49381765";
const HASH: &str = "FA+9qCX9VSu";

const CLIENTS: [Option<Client>; 4] = [None, Some(Client::Web), Some(Client::Ios), Some(Client::Android)];

fn texts(app: &str, domain: Option<&str>, android: Option<&str>, code_length: usize) -> Texts {
    let last_lines = LastLines {
        domain: domain.map(|domain| OtpDomain::parse(domain).unwrap()),
        android: android.map(|hash| AndroidAppHash::parse(hash).unwrap()),
    };
    Texts::of(AppName::parse(app).unwrap(), last_lines, Locales::parse("*").unwrap(), code_length).unwrap()
}

/// Those that the list is checked with.
fn longest() -> Texts {
    texts(NAME_OF_20, Some(DOMAIN_OF_40), Some(HASH), CODE_OF_8.len())
}

fn name(text: &str) -> PersonName {
    PersonName::parse(text).unwrap()
}

fn reader(tag: &str, client: Option<Client>) -> Reader {
    Reader { language: Locales::parse("*").unwrap().choose(tag).unwrap(), client }
}

fn rendered(wording: &Wording<'_>, code: &str) -> String {
    wording.body.replace("{{otp}}", code).replace("{{name}}", wording.greeted.unwrap_or_default())
}

/// Every language with every client.
fn readers() -> impl Iterator<Item = Reader> {
    Language::all().flat_map(|language| CLIENTS.map(|client| Reader { language, client }))
}

fn is_right_to_left(c: char) -> bool {
    matches!(unicode_bidi::bidi_class(c), unicode_bidi::BidiClass::R | unicode_bidi::BidiClass::AL)
}

#[test]
fn the_list_is_checked_with_a_name_of_20_a_domain_of_40_and_a_code_of_8() {
    assert_eq!((NAME_OF_20.len(), DOMAIN_OF_40.len(), CODE_OF_8.len()), (20, 40, 8));
}

/// What a translator may get wrong: the places, and what cannot be seen.
#[test]
fn each_file_has_its_places_and_nothing_that_hides() {
    for language in Language::all() {
        let (tag, file) = (language.tag(), language.file());
        assert!(is_nfc(file), "{tag}: one character has one spelling (NFC)");
        let lines: Vec<_> = file.strip_suffix('\n').unwrap().split('\n').collect();
        assert!([1, 3].contains(&lines.len()), "{tag}: a sentence, or two greetings before it");
        let (sentence, greetings) = lines.split_last().unwrap();
        let expected: [(&str, &[&str]); 3] = [
            (sentence, &["{{app}}", "{{otp}}"]),
            (greetings.first().unwrap_or(&""), &["{{name}}"]),
            (greetings.last().unwrap_or(&""), &[]),
        ];
        for (line, places) in &expected[..lines.len()] {
            let words = places.iter().fold((*line).to_owned(), |line, place| {
                assert_eq!(line.matches(place).count(), 1, "{tag}: {place} stands once");
                line.replace(place, "")
            });
            assert!(!words.contains(['{', '}']), "{tag}: {line}");
            assert_eq!(line.trim(), *line, "{tag}");
            let hides = |c: char| {
                matches!(c.general_category(), GeneralCategory::Control | GeneralCategory::Format)
                    || (c.is_whitespace() && c != ' ')
            };
            assert!(!words.contains(hides), "{tag}: {line:?}");
            // A phone may take a digit or a link of the words for the code's.
            assert!(
                !words.contains(|c: char| c.is_numeric() || "@#/:/".contains(c) && c != ':'),
                "{tag}: {line}"
            );
        }
        let phrases = language.phrases();
        assert_eq!(phrases.sentence, *sentence);
        assert_eq!(
            phrases.greeting.map(|(by_name, plain)| vec![by_name, plain]).unwrap_or_default(),
            greetings
        );
    }
}

/// Phones look for a word that is a code: a letter next to it would make it another word.
#[test]
fn the_code_stands_apart() {
    let apart = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    for language in Language::all() {
        let (before, after) = language.phrases().sentence.split_once("{{otp}}").unwrap();
        assert!(before.ends_with(' '), "{language:?}");
        assert!(apart(after.chars().next()), "{language:?}");
    }
}

/// A language that can be spelt in GSM-7 costs one segment, whatever its last line; every other one two at most.
#[test]
fn each_language_takes_its_alphabet_and_fits() {
    let gsm7 = ["en", "da", "de", "fi", "fr", "id", "it", "ms", "nb", "nl", "pl", "ro", "sv", "tr"];
    let texts = longest();
    for reader in readers() {
        let (language, name) = (reader.language, name("李"));
        let wording = texts.wording(reader, &name);
        let text = rendered(&wording, CODE_OF_8);
        let size = Size::of(&text);
        assert_eq!(wording.size, Some(size), "{text}");
        let (encoding, most) =
            if gsm7.contains(&language.tag()) { (Encoding::Gsm7, 1) } else { (Encoding::Ucs2, 2) };
        assert_eq!(size.encoding, encoding, "{text}");
        assert!(size.segments <= most, "{text}: {size:?}");
        let end = text.find(CODE_OF_8).unwrap() + CODE_OF_8.len();
        let end = text[..end].encode_utf16().count();
        assert!(end <= 70, "{text}: the code ends at {end}");
        if reader.client == Some(Client::Android) {
            assert!(text.len() <= 140, "{text}: {} bytes", text.len());
        }
        // Without a last line each is one segment.
        let alone = self::texts(NAME_OF_20, None, None, CODE_OF_8.len());
        assert_eq!(alone.wording(reader, &name).size.map(|size| size.segments), Some(1), "{text}");
    }
}

#[test]
fn the_english_text_is_the_tutorials() {
    let (texts, ada) = (texts("XYZ", None, None, 6), name("Ada Lovelace"));
    let expected = Wording {
        language: Language::ENGLISH,
        app: &AppName::parse("XYZ").unwrap(),
        title: "XYZ Verification".into(),
        body: "Hi {{name}},\nYour verification code for XYZ is {{otp}}.".into(),
        greeted: Some("Ada"),
        last_line: None,
        size: Some(Size { encoding: Encoding::Gsm7, units: 49, segments: 1 }),
    };
    let wording = texts.wording(reader("en", None), &ada);
    assert_eq!(wording, expected);
    assert_eq!(rendered(&wording, "493817"), "Hi Ada,\nYour verification code for XYZ is 493817.");
}

/// Case 38.
#[test]
fn only_the_first_word_of_a_name_is_greeted() {
    let texts = texts("XYZ", None, None, 6);
    let (twenty, twenty_one) = ("a".repeat(20), "a".repeat(21));
    for (whole, greeted) in [
        ("Ada Lovelace", Some("Ada")),
        ("Ada 李小龍", Some("Ada")),
        ("Bank Security here. Read this code to our agent", Some("Bank")),
        (&twenty, Some(twenty.as_str())),
        (&twenty_one, None),
        (&format!("{twenty_one} Lovelace"), None),
        ("李 Ada", None),
    ] {
        let name = name(whole);
        let wording = texts.wording(reader("en", None), &name);
        assert_eq!(wording.greeted, greeted);
        let greeting = greeted.map_or_else(|| "Hi,".to_owned(), |word| format!("Hi {word},"));
        let text = format!("{greeting}\nYour verification code for XYZ is 493817.");
        assert_eq!(rendered(&wording, "493817"), text);
    }
}

#[test]
fn a_name_outside_the_alphabet_of_its_text_is_not_greeted() {
    let texts = texts("XYZ", None, None, 6);
    let greeted = |tag, word| texts.wording(reader(tag, None), &name(word)).greeted.is_some();
    for word in ["李小龍", "Владимир", "O’Brien", "Siân", "Zoë"] {
        assert!(!greeted("en", word) && !greeted("de", word), "{word}");
        assert!(greeted("ru", word) && greeted("es", word), "{word}: UCS-2 has every letter");
    }
    for word in ["José", "Ångström", "O'Brien", "Müller", "Ø"] {
        assert!(greeted("en", word) && greeted("ru", word), "{word}");
    }
}

/// The first word of a name is the family's in some languages, is spelt otherwise when it is called in others, and is
/// followed by a title in yet others.
#[test]
fn nobody_is_greeted_where_the_first_word_of_a_name_does_not_greet() {
    let texts = texts("XYZ", None, None, 6);
    let ungreeting: Vec<_> = Language::all()
        .filter(|language| {
            texts.wording(Reader { language: *language, client: None }, &name("Ada")).greeted.is_none()
        })
        .map(Language::tag)
        .collect();
    let expected = ["bn", "cs", "el", "hu", "ja", "ko", "pl", "ro", "th", "uk", "vi", "zh-Hans", "zh-Hant"];
    assert_eq!(ungreeting, expected);
}

#[test]
fn a_greeting_gives_way_before_it_costs_a_segment() {
    let texts = texts("XYZ", Some("example.com"), Some(HASH), 6);
    let body = |tag, client, word| texts.wording(reader(tag, client), &name(word)).body;
    let line = "\n@example.com #{{otp}}";
    let russian = "Ваш код подтверждения для XYZ: {{otp}}.";
    assert_eq!(body("ru", None, "Ада"), format!("{russian}{line}"), "59 units, 73 with a greeting");
    let spanish = "Su código de verificación de XYZ es {{otp}}.";
    assert_eq!(body("es", None, "Ada"), format!("Hola:\n{spanish}{line}"), "75 units with her name");
    assert_eq!(body("es", Some(Client::Android), "Ada"), format!("Hola, {{{{name}}}}:\n{spanish}\n{HASH}"));
    let hindi = "XYZ के लिए आपका सत्यापन कोड {{otp}} है।";
    let greeted = format!("नमस्ते {{{{name}}}},\n{hindi}\n{HASH}");
    assert_eq!(body("hi", Some(Client::Android), "Ada"), greeted);
    assert_eq!(
        body("hi", Some(Client::Android), &"व".repeat(9)),
        format!("नमस्ते,\n{hindi}\n{HASH}"),
        "142 bytes with the name"
    );
}

/// The words around are read from right to left; name, code and last line are not.
#[test]
fn what_is_read_from_left_to_right_stays_so_among_words_that_are_not() {
    for app in ["XYZ", "C++", "Yahoo!", "(App)", "24/7", "A&T -", "#1", "7"] {
        let texts = texts(app, Some(DOMAIN_OF_40), Some(HASH), 8);
        for (reader, code) in
            readers().flat_map(|reader| ["49381765", "4a9b3c8d", "a1b2c3d4"].map(|code| (reader, code)))
        {
            let name = name("Dr. Ada");
            let wording = texts.wording(reader, &name);
            let text = rendered(&wording, code);
            let mut lines: Vec<_> = text.lines().collect();
            if let Some(line) = wording.last_line {
                assert_eq!(lines.pop(), Some(line.with(code).as_str()));
            }
            let right_to_left = reader.language.is_right_to_left();
            assert_eq!(lines.iter().all(|line| line.contains(is_right_to_left)), right_to_left, "{text}");
            for line in lines {
                let info = BidiInfo::new(line, None);
                let paragraph = &info.paragraphs[0];
                assert_eq!(paragraph.level == Level::rtl(), right_to_left, "{line}");
                let shown = info.reorder_line(paragraph, paragraph.range.clone());
                for kept in [app, code, "Dr."].into_iter().filter(|kept| line.contains(kept)) {
                    assert!(shown.contains(kept), "{kept} in {line:?} is shown as {shown:?}");
                }
            }
        }
    }
}

/// The words of nobody else are isolated, since that takes room.
#[test]
fn only_texts_from_right_to_left_have_isolates() {
    for reader in readers() {
        let texts = longest();
        let name = name("Ada");
        let body = texts.wording(reader, &name).body;
        let isolates = body.contains(|c| ('\u{2066}'..='\u{2069}').contains(&c));
        assert_eq!(isolates, reader.language.is_right_to_left(), "{body}");
    }
}

#[test]
fn a_text_that_does_not_fit_is_no_text() {
    let refusal = |app: &str, domain: Option<usize>, hash: Option<&str>, locales: &str| {
        let domain = domain.map(|length| format!("{}.{}", "d".repeat(35), "e".repeat(length - 36)));
        let last_lines = LastLines {
            domain: domain.map(|domain| OtpDomain::parse(&domain).unwrap()),
            android: hash.map(|hash| AndroidAppHash::parse(hash).unwrap()),
        };
        let locales = Locales::parse(locales).unwrap();
        Texts::of(AppName::parse(app).unwrap(), last_lines, locales, 10).err()
    };
    let app = "A".repeat(30);
    let too_long =
        |which: &str| Some(format!("has texts that are too long with this app's settings: {which}"));
    assert_eq!(refusal(&app, None, None, "*"), None);
    assert_eq!(refusal(&app, Some(74), None, "en"), None);
    assert_eq!(
        refusal(&app, Some(75), None, "en"),
        too_long("en with OTP_DOMAIN has 161 characters where 160 fit")
    );
    assert_eq!(refusal(&app, Some(46), None, "es"), None);
    assert_eq!(
        refusal(&app, Some(47), None, "en,es"),
        too_long("es with OTP_DOMAIN has 135 characters where 134 fit")
    );
    let greek = "ΔΩ".repeat(15);
    assert_eq!(refusal(&greek, None, Some(HASH), "en"), None);
    assert_eq!(
        refusal(&greek, None, Some(HASH), "hi,en,bn"),
        too_long(
            "hi with ANDROID_APP_HASH has 155 bytes where 140 fit, bn with ANDROID_APP_HASH has 157 bytes where 140 fit"
        )
    );
    let of_bytes = |bytes: usize| format!("{}{}", "ΔΩ".repeat(11), "A".repeat(bytes - 44));
    assert_eq!(refusal(&of_bytes(45), None, Some(HASH), "hi"), None);
    assert_eq!(
        refusal(&of_bytes(46), None, Some(HASH), "hi"),
        too_long("hi with ANDROID_APP_HASH has 141 bytes where 140 fit")
    );
}

proptest! {
    /// What a text costs is a matter of language, client and settings.
    #[test]
    fn no_name_changes_what_a_text_costs(
        app in "[A-Za-z€^&éÜ]{1,15}",
        host in proptest::option::of("[a-z]{1,30}\\.[a-z]{2,9}"),
        hash in proptest::option::of(Just(HASH)),
        text in "\\p{L}[\\p{L}' -]{0,49}|[A-Za-z][A-Za-zéüÅ'-]{0,49}",
        code in "[0-9a-z]{6,10}",
    ) {
        let Ok(name) = PersonName::parse(&text) else { return Ok(()) };
        let texts = texts(&app, host.as_deref(), hash, code.len());
        for reader in readers() {
            let wording = texts.wording(reader, &name);
            let (text, size) = (rendered(&wording, &code), wording.size.unwrap());
            prop_assert_eq!(Size::of(&text), size);
            let ungreeted = texts.wording(reader, &PersonName::parse(&"a".repeat(50)).unwrap()).size.unwrap();
            prop_assert_eq!((size.encoding, size.segments), (ungreeted.encoding, ungreeted.segments));
            prop_assert!(size.fits());
            let braces = text.contains(['{', '}']);
            prop_assert!(!braces);
            prop_assert_eq!(wording.greeted.is_some(), wording.body.contains("{{name}}"));
            let last_line = wording.last_line.map(|line| line.with(&code));
            prop_assert_eq!(last_line.as_deref().is_none_or(|line| text.lines().last() == Some(line)), true);
            if let Some(LastLine::App(_)) = wording.last_line {
                prop_assert!(text.len() <= 140);
            }
        }
    }
}

#[test]
fn a_text_has_the_segments_of_its_language() {
    let texts = longest();
    assert_eq!(["en", "hi"].map(|tag| texts.segments(reader(tag, None))), [1, 2]);
}
