//! What `docs/languages.md` shows of each text is what arrives.

use std::fmt::Write as _;

use shared::domain::person_name::PersonName;
use shared::domain::sms::{
    AndroidAppHash, AppName, Client, Encoding, Language, LastLines, Locales, OtpDomain, Reader, Size, Texts,
};

use crate::pages;

const PAGE: &str = include_str!("../../docs/languages.md");

/// Texts of an app with this name and these last lines, in all languages.
pub(crate) fn texts(app: &str, domain: Option<&str>, hash: Option<&str>, code_length: usize) -> Texts {
    let last_lines = LastLines {
        domain: domain.map(|domain| OtpDomain::parse(domain).unwrap()),
        android: hash.map(|hash| AndroidAppHash::parse(hash).unwrap()),
    };
    Texts::of(AppName::parse(app).unwrap(), last_lines, Locales::parse("*").unwrap(), code_length).unwrap()
}

/// The texts that the list is checked with.
pub(crate) fn longest() -> Texts {
    texts("An App of 20 Letters", Some("verification.login.accounts.example.info"), Some("FA+9qCX9VSu"), 8)
}

/// The size of the text that `texts` have for a reader.
pub(crate) fn size(texts: &Texts, language: Language, client: Client) -> Size {
    let name = PersonName::parse("Ada").unwrap();
    texts.wording(Reader { language, client: Some(client) }, &name).size.unwrap()
}

/// A text as a cell: what cannot be seen is written out.
fn cell(text: &str) -> String {
    let shown = text.chars().map(|c| match c {
        '\n' => "<br>".to_owned(),
        '\u{2066}'..='\u{2069}' => format!("&#x{:x};", u32::from(c)),
        c => c.to_string(),
    });
    shown.collect()
}

#[test]
fn the_page_shows_every_text_as_it_arrives() {
    let texts = texts("Countersign", Some("example.com"), Some("FA+9qCX9VSu"), 6);
    let plain = self::texts("Countersign", None, None, 6);
    let longest = longest();
    let name = PersonName::parse("Ada").unwrap();
    let mut made = String::from(
        "| tag | language | a text to a browser | sent in | no last line | domain | Android | longest |\n\
         | --- | --- | --- | --- | --: | --: | --: | --: |\n",
    );
    for language in Language::all() {
        let wording = texts.wording(Reader { language, client: Some(Client::Web) }, &name);
        let text = wording
            .body
            .replace("{{otp}}", "493817")
            .replace("{{name}}", wording.greeted.unwrap_or_default());
        let sizes = [
            size(&plain, language, Client::Web),
            size(&texts, language, Client::Web),
            size(&texts, language, Client::Android),
            size(&longest, language, Client::Web),
        ];
        let encodings = sizes.map(|size| size.encoding);
        assert_eq!(encodings, [encodings[0]; 4], "{language:?}");
        let [plain, domain, android, longest] =
            sizes.map(|size| format!("{} ({})", size.units, size.segments));
        let (tag, name, text, encoding) =
            (language.tag(), language.name(), cell(&text), encodings[0].as_str());
        writeln!(
            made,
            "| `{tag}` | {name} | {text} | {encoding} | {plain} | {domain} | {android} | {longest} |"
        )
        .expect("a string takes all");
    }
    pages::holds("languages.md", "texts", &made);
}

#[test]
fn the_page_says_how_many_texts_take_which_alphabet() {
    let longest = longest();
    let of = |encoding| {
        Language::all().filter(|language| size(&longest, *language, Client::Web).encoding == encoding).count()
    };
    let (gsm7, ucs2) = (of(Encoding::Gsm7), of(Encoding::Ucs2));
    assert!(
        PAGE.contains(&format!("{} languages: {gsm7} in GSM-7 and {ucs2} in UCS-2", gsm7 + ucs2)),
        "{gsm7} {ucs2}"
    );
}
