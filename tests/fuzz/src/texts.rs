//! Texts of any app to anybody: each enabled one fits, and has the segments that a plain count gives it.

use arbitrary::{Arbitrary, Unstructured};
use shared::domain::person_name::PersonName;
use shared::domain::sms::{
    AndroidAppHash, AppName, Client, Encoding, Language, LastLines, Locales, OtpDomain, Reader, Size, Texts,
};

/// An app, and somebody whom it texts.
#[derive(Arbitrary, Debug)]
struct Given<'a> {
    app: &'a str,
    domain: Option<&'a str>,
    android: Option<&'a str>,
    locales: u32,
    /// 6 and up to 4 more characters.
    code_length: u8,
    designed: bool,
    name: &'a str,
    /// Any text at all, to be measured.
    text: &'a str,
}

/// Writes the texts of what `data` is made into.
#[must_use]
pub fn run(data: &[u8]) -> bool {
    let Ok(given) = Given::arbitrary_take_rest(Unstructured::new(data)) else { return false };
    // Repeated, it meets the ends of segments.
    for times in [1, 10, 70] {
        let text = given.text.repeat(times);
        assert_eq!(Size::of(&text), plain_size(&text), "{text:?}");
    }
    let (Ok(app), Ok(name)) = (AppName::parse(given.app), PersonName::parse(given.name)) else { return true };
    assert!(plain_size(app.as_str()).units <= 30);
    let domain = given.domain.and_then(|domain| OtpDomain::parse(domain).ok());
    let android = given.android.and_then(|hash| AndroidAppHash::parse(hash).ok());
    let enabled = Language::all().enumerate().filter(|(nth, _)| given.locales >> nth & 1 == 1);
    let tags: Vec<_> = enabled.map(|(_, language)| language.tag()).collect();
    let locales = Locales::parse(&tags.join(",")).unwrap_or_default();
    let code = &"1234567890"[..6 + usize::from(given.code_length % 5)];
    let (length, last_lines) = (code.len(), LastLines { domain, android });
    let texts = if given.designed {
        Texts::designed(app, last_lines, locales.clone(), length)
    } else {
        match Texts::of(app, last_lines, locales.clone(), length) {
            Ok(texts) => texts,
            Err(fault) => {
                let named = tags.iter().any(|tag| fault.contains(*tag)) || fault.contains("en");
                assert!(named, "{fault}");
                return true;
            }
        }
    };
    for language in locales.iter() {
        for client in Client::ALL.into_iter().map(Some).chain([None]) {
            check(&texts, Reader { language, client }, &name, code);
        }
    }
    true
}

fn check(texts: &Texts, reader: Reader, name: &PersonName, code: &str) {
    let wording = texts.wording(reader, name);
    let greeted = wording.greeted.unwrap_or_default();
    assert!(greeted.chars().count() <= 20 && name.as_str().starts_with(greeted));
    assert_eq!(wording.greeted.is_some(), wording.body.contains("{{name}}"), "{wording:?}");
    assert!(wording.body.contains("{{otp}}"), "{wording:?}");
    // The code first: what a name says is never a place for it.
    let text = wording.body.replace("{{otp}}", code).replace("{{name}}", greeted);
    assert!(!text.contains("{{"), "{text}");
    let Some(size) = wording.size else { return assert_eq!(texts.segments(reader), 1) };
    assert_eq!(size, plain_size(&text), "{text}");
    assert_eq!(size.segments, texts.segments(reader), "a name must cost nothing: {text}");
    assert!(size.segments <= if size.encoding == Encoding::Gsm7 { 1 } else { 2 }, "{text}");
    if wording.greeted.is_some() {
        let (before, _) = text.split_once(code).expect("the code");
        assert!(before.encode_utf16().count() + code.len() <= 70, "{text}");
    }
    if reader.client == Some(Client::Android) && wording.last_line.is_some() {
        assert!(text.len() <= 140, "{text}");
    }
}

/// Counts the segments of a text by filling one after the other.
fn plain_size(text: &str) -> Size {
    let gsm: Option<Vec<usize>> = text.chars().map(septets).collect();
    let (encoding, alone, joined, widths) = match gsm {
        Some(widths) => (Encoding::Gsm7, 160, 153, widths),
        None => (Encoding::Ucs2, 70, 67, text.chars().map(char::len_utf16).collect()),
    };
    let units: usize = widths.iter().sum();
    let (mut segments, mut filled) = (1, 0);
    for width in widths {
        if filled + width > joined {
            segments += 1;
            filled = 0;
        }
        filled += width;
    }
    Size { encoding, units, segments: if units > alone { segments } else { 1 } }
}

/// Returns the septets of a character, by the tables of 3GPP TS 23.038 §6.2.1 written as what they differ in from ASCII.
fn septets(c: char) -> Option<usize> {
    match c {
        '\u{c}' | '[' | ']' | '{' | '}' | '\\' | '^' | '~' | '|' | '€' => Some(2),
        '`' => None,
        '\n' | '\r' | ' '..='~' => Some(1),
        c => "£¥§¡¿¤àèéìòùÇÉÑñÄÖÜäöüßÅåÆæØøΔΦΓΛΩΠΨΣΘΞ".contains(c).then_some(1),
    }
}
