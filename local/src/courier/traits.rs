//! The traits of a text that can be told from its words: its language, the client that may fill the code in, its size.
//!
//! No request names them, so that one to Courier carries nothing that only this machine reads.

use serde::Serialize;
use shared::domain::sms::{AndroidAppHash, Language, Size};

/// The traits of a text. One that cannot be told is `null`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Traits {
    /// The tag of the language whose words these are (BCP 47).
    pub language: Option<String>,
    /// The client that the last line is for: `android` if it is the hash of an app; `web` if it names a domain, which iOS
    /// reads too; none without one.
    pub client: Option<&'static str>,
    /// The alphabet in which it is sent: `GSM-7` or `UCS-2`.
    pub encoding: Option<&'static str>,
    /// The segments in which it is sent, each of which is paid for.
    pub segments: Option<u32>,
}

impl Traits {
    /// Tells those of `text`, which was made from `body`.
    pub(super) fn of_ours(body: &str, text: &str) -> Self {
        let size = Size::of(text);
        Self {
            language: language_of(body).map(|language| language.tag().to_owned()),
            client: body.lines().next_back().and_then(client_of),
            encoding: Some(size.encoding.as_str()),
            segments: Some(size.segments),
        }
    }

    /// Tells those of a text whose words only Courier has, by what the template is given.
    pub(super) fn of_a_design(locale: Option<String>, last_line: Option<&str>) -> Self {
        Self { language: locale, client: last_line.and_then(client_of), ..Self::default() }
    }
}

/// Returns the language whose sentence stands in `body`, with some app's name in it.
fn language_of<'a>(body: &'a str) -> Option<Language> {
    let is_said = |language: &Language| {
        language.sentence().split_once("{{app}}").is_some_and(|(before, after)| {
            let name = |line: &'a str| line.strip_prefix(before)?.strip_suffix(after);
            body.lines().filter_map(name).any(|name| !name.is_empty())
        })
    };
    Language::all().find(is_said)
}

fn client_of(last_line: &str) -> Option<&'static str> {
    let domain = last_line.strip_prefix('@').and_then(|line| line.split_once(" #"));
    if domain.is_some_and(|(domain, code)| !domain.is_empty() && !code.is_empty()) {
        Some("web")
    } else if AndroidAppHash::parse(last_line).is_ok() {
        Some("android")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::domain::person_name::PersonName;
    use shared::domain::sms::{AppName, Client, LastLines, Locales, OtpDomain, Reader, Texts};

    fn texts(app: &str, last_lines: LastLines) -> Texts {
        Texts::of(AppName::parse(app).unwrap(), last_lines, Locales::parse("*").unwrap(), 6).unwrap()
    }

    fn both() -> LastLines {
        LastLines {
            domain: OtpDomain::parse("example.com").ok(),
            android: AndroidAppHash::parse("FA+9qCX9VSu").ok(),
        }
    }

    /// The names are such as could be taken for words of a text.
    #[test]
    fn each_text_tells_its_language_and_its_client() {
        let name = PersonName::parse("Ada Lovelace").unwrap();
        for app in ["Countersign", "X", "is 1.", "code for Y"] {
            for (lines, clients) in [
                (both(), [Some("web"), Some("web"), Some("web"), Some("android")]),
                (LastLines::default(), [None; 4]),
            ] {
                let texts = texts(app, lines);
                let asking = [None, Some(Client::Web), Some(Client::Ios), Some(Client::Android)];
                for (client, told) in asking.into_iter().zip(clients) {
                    for language in Language::all() {
                        let wording = texts.wording(Reader { language, client }, &name);
                        let name = wording.greeted.unwrap_or_default();
                        let text = wording.body.replace("{{name}}", name).replace("{{otp}}", "493817");
                        let traits = Traits::of_ours(&wording.body, &text);
                        let size = wording.size.unwrap();
                        let expected = Traits {
                            language: Some(language.tag().to_owned()),
                            client: told,
                            encoding: Some(size.encoding.as_str()),
                            segments: Some(size.segments),
                        };
                        assert_eq!(traits, expected, "{text}");
                    }
                }
            }
        }
    }

    #[test]
    fn nothing_is_made_up_of_a_text_that_is_not_ours() {
        for body in ["", "Hi", "@", "@ #", "Your code is {{otp}}", "@example.com", "elevencharacters"] {
            let Traits { language, client, .. } = Traits::of_ours(body, body);
            assert_eq!((language, client), (None, None), "{body:?}");
        }
    }

    #[test]
    fn of_a_template_in_courier_its_length_is_unknown() {
        let traits = Traits::of_a_design(Some("de".to_owned()), Some("FA+9qCX9VSu"));
        let expected =
            Traits { language: Some("de".to_owned()), client: Some("android"), ..Traits::default() };
        assert_eq!(traits, expected);
        assert_eq!(Traits::of_a_design(None, None), Traits::default());
    }
}
