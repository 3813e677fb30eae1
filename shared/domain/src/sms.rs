//! The text that carries a code.

use std::fmt;

use super::{gsm7, person_name::PersonName};

/// The longest name of an app, in septets: with it the plain text leaves half of a segment to the greeting and the
/// last line.
const LONGEST_APP_NAME: usize = 30;

/// The longest word that greets, in characters: as long as first names are, and too short for several words run
/// together, which a text under the app's name must not say for a stranger.
const LONGEST_GREETED: usize = 20;

/// The name of the app that a code is for: 1–30 septets of the GSM 7-bit alphabet, without braces, control characters or
/// spaces at its ends.
///
/// It becomes part of a template, where a brace would begin an expression, and of every text, which one character from
/// outside the alphabet would more than double.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppName(String);

impl AppName {
    /// Parses the setting `APP_NAME`.
    ///
    /// # Errors
    ///
    /// What is wrong with the setting.
    pub fn parse(setting: &str) -> Result<Self, String> {
        if setting.trim() != setting || setting.is_empty() {
            return Err("must not be empty or have spaces at its ends".into());
        }
        if setting.contains(['{', '}']) || setting.contains(char::is_control) {
            return Err("must not contain braces or control characters".into());
        }
        match gsm7::septets(setting) {
            None => Err("must consist of characters of the GSM 7-bit alphabet (3GPP TS 23.038)".into()),
            Some(length) if length > LONGEST_APP_NAME => Err(format!(
                "must not be longer than {LONGEST_APP_NAME} characters of a text, but has {length}"
            )),
            Some(_) => Ok(Self(setting.to_owned())),
        }
    }

    /// Returns the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AppName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The host that codes are bound to: a DNS name in lower case (RFC 1123 §2.1) with at least two labels, so that a phone
/// fills a code in on this site and on no other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtpDomain(String);

impl OtpDomain {
    /// Parses the setting `OTP_DOMAIN`.
    ///
    /// # Errors
    ///
    /// What is wrong with the setting.
    pub fn parse(setting: &str) -> Result<Self, String> {
        let labels: Vec<&str> = setting.split('.').collect();
        let numeric = labels.last().is_some_and(|label| label.bytes().all(|b| b.is_ascii_digit()));
        if setting.len() > 253 || labels.len() < 2 || numeric || !labels.iter().all(|label| is_label(label)) {
            return Err(
                "must be a host name in lower case, such as example.com, without a scheme, port or path"
                    .into(),
            );
        }
        Ok(Self(setting.to_owned()))
    }

    /// Returns the host.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OtpDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// Checks that a text without a name fits into one segment with a code of `code_length` characters; every text does
/// then.
///
/// # Errors
///
/// By how much the text is too long.
pub fn fits(app: &AppName, domain: Option<&OtpDomain>, code_length: usize) -> Result<(), String> {
    match rendered(NAMELESS, app, domain, "", code_length) {
        Some(length) if length <= gsm7::SEGMENT => Ok(()),
        Some(length) => Err(format!(
            "APP_NAME and OTP_DOMAIN together make a text of {length} characters, and one segment has {}",
            gsm7::SEGMENT
        )),
        None => Err("APP_NAME and OTP_DOMAIN must consist of characters of the GSM 7-bit alphabet".into()),
    }
}

/// A template of a text: constant but for the app's own settings, with `{{otp}}` for the code and, when it greets by
/// name, `{{name}}` for the first word of the name.
///
/// The values travel beside the template, so nothing that a user chose is ever read as a template. A rendered text is
/// one segment of the GSM 7-bit alphabet; that takes the word as it stands, as a text should show it. Whether Courier
/// escapes values for HTML in a text (an apostrophe would become six characters) is not documented.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// The title, for channels that show one; a text message does not.
    pub title: String,
    /// The body, which becomes the text.
    pub body: String,
    /// True when the body has a place for the name.
    pub greets_by_name: bool,
}

const NAMED: &str = "Hi {{name}},";
const NAMELESS: &str = "Hi,";

impl Template {
    /// Chooses the template of a text to `name` with a code of `code_length` characters: it greets by the name's
    /// first word, unless that has more than 20 characters or would make the text leave the GSM 7-bit alphabet or
    /// exceed one segment.
    ///
    /// With a `domain` the last line is `@<domain> #<code>`, exactly as "Origin-bound one-time codes delivered via SMS"
    /// (WICG) has it, by which iOS, Android and WebOTP fill the code in.
    #[must_use]
    pub fn choose(app: &AppName, domain: Option<&OtpDomain>, name: &PersonName, code_length: usize) -> Self {
        let word = name.first_word();
        let greets_by_name = word.chars().count() <= LONGEST_GREETED
            && rendered(NAMED, app, domain, word, code_length).is_some_and(|length| length <= gsm7::SEGMENT);
        Self {
            title: format!("{app} Verification"),
            body: body(if greets_by_name { NAMED } else { NAMELESS }, app, domain),
            greets_by_name,
        }
    }
}

fn body(greeting: &str, app: &AppName, domain: Option<&OtpDomain>) -> String {
    let last_line = domain.map(|domain| format!("\n@{domain} #{{{{otp}}}}")).unwrap_or_default();
    format!("{greeting}\nYour verification code for {app} is {{{{otp}}}}.{last_line}")
}

/// Returns the septets of the rendered text; `None` outside the alphabet.
fn rendered(
    greeting: &str,
    app: &AppName,
    domain: Option<&OtpDomain>,
    name: &str,
    code_length: usize,
) -> Option<usize> {
    let text =
        body(greeting, app, domain).replace("{{otp}}", &"0".repeat(code_length)).replace("{{name}}", name);
    gsm7::septets(&text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn app(text: &str) -> AppName {
        AppName::parse(text).unwrap()
    }

    fn domain(text: &str) -> OtpDomain {
        OtpDomain::parse(text).unwrap()
    }

    fn name(text: &str) -> PersonName {
        PersonName::parse(text).unwrap()
    }

    fn render(template: &Template, name: &PersonName, code: &str) -> String {
        template.body.replace("{{otp}}", code).replace("{{name}}", name.first_word())
    }

    #[test]
    fn a_text_greets_by_name() {
        let template = Template::choose(&app("XYZ"), None, &name("Ada"), 6);
        assert_eq!(
            template,
            Template {
                title: "XYZ Verification".into(),
                body: "Hi {{name}},\nYour verification code for XYZ is {{otp}}.".into(),
                greets_by_name: true,
            }
        );
        assert_eq!(
            render(&template, &name("Ada"), "493817"),
            "Hi Ada,\nYour verification code for XYZ is 493817."
        );
    }

    /// Case 38.
    #[test]
    fn only_the_first_word_of_a_name_is_greeted() {
        for (text, greeting) in [
            ("Ada Lovelace", "Hi Ada,"),
            ("Ada 李小龍", "Hi Ada,"),
            ("Bank Security here. Read this code to our agent", "Hi Bank,"),
            (&"a".repeat(20), "Hi aaaaaaaaaaaaaaaaaaaa,"),
            (&"é".repeat(20), "Hi éééééééééééééééééééé,"),
            (&"a".repeat(21), "Hi,"),
            (&format!("{} Lovelace", "a".repeat(21)), "Hi,"),
            ("李 Ada", "Hi,"),
        ] {
            let text = render(&Template::choose(&app("XYZ"), None, &name(text), 6), &name(text), "493817");
            assert_eq!(text, format!("{greeting}\nYour verification code for XYZ is 493817."));
        }
    }

    #[test]
    fn a_domain_makes_the_last_line() {
        let template = Template::choose(&app("XYZ"), Some(&domain("example.com")), &name("Ada"), 6);
        assert_eq!(
            render(&template, &name("Ada"), "493817"),
            "Hi Ada,\nYour verification code for XYZ is 493817.\n@example.com #493817"
        );
    }

    #[test]
    fn a_name_outside_the_alphabet_is_not_greeted() {
        for text in ["李小龍", "Владимир", "O’Brien", "Siân", "Zoë"] {
            let template = Template::choose(&app("XYZ"), None, &name(text), 6);
            assert_eq!(template.body, "Hi,\nYour verification code for XYZ is {{otp}}.", "{text}");
            assert!(!template.greets_by_name);
        }
        for text in ["José", "Ångström", "O'Brien", "Müller", "Ø"] {
            assert!(Template::choose(&app("XYZ"), None, &name(text), 6).greets_by_name, "{text}");
        }
    }

    #[test]
    fn a_name_that_needs_a_second_segment_is_not_greeted() {
        let (app, host) = (app(&"A".repeat(30)), domain(&format!("{}.com", "d".repeat(55))));
        let text = |letters: usize| Template::choose(&app, Some(&host), &name(&"a".repeat(letters)), 6);
        let longest = (1..=20).take_while(|&letters| text(letters).greets_by_name).count();
        assert!((1..20).contains(&longest), "the boundary lies among the lengths of words that greet");
        let rendered = render(&text(longest), &name(&"a".repeat(longest)), "123456");
        assert_eq!(rendered.len(), gsm7::SEGMENT);
        assert!(text(longest + 1).body.starts_with("Hi,\n"));
    }

    #[test]
    fn settings_whose_text_needs_two_segments_are_refused() {
        let app = app(&"A".repeat(30));
        assert_eq!(fits(&app, None, 10), Ok(()));
        assert_eq!(fits(&app, Some(&domain("example.com")), 10), Ok(()));
        let at_most = domain(&format!("{}.{}", "d".repeat(35), "e".repeat(34)));
        let too_long = domain(&format!("{}.{}", "d".repeat(35), "e".repeat(35)));
        assert_eq!(fits(&app, Some(&at_most), 10), Ok(()));
        assert!(fits(&app, Some(&too_long), 10).unwrap_err().contains("161 characters"));
        assert_eq!(fits(&app, Some(&too_long), 9), Ok(()));
    }

    #[test]
    fn an_app_is_called_what_fits_a_text() {
        for text in ["XYZ", "AT&T", "Café Zürich", "A", &"A".repeat(30), &"€".repeat(15)] {
            assert_eq!(app(text).as_str(), text);
        }
        for (text, why) in [
            ("", "empty"),
            (" ", "empty"),
            (" XYZ", "spaces"),
            ("XYZ\n", "spaces"),
            ("X\nYZ", "control"),
            ("{{name}}", "braces"),
            ("X}", "braces"),
            ("Здравствуй", "GSM"),
            ("X’s", "GSM"),
            (&"A".repeat(31), "longer than 30"),
            (&"€".repeat(16), "has 32"),
        ] {
            assert!(AppName::parse(text).unwrap_err().contains(why), "{text:?}");
        }
    }

    #[test]
    fn a_domain_is_a_host_name() {
        for text in ["example.com", "login.example.co.uk", "xn--bcher-kva.example", "a-1.b2", "1.example.com"]
        {
            assert_eq!(domain(text).as_str(), text);
        }
        for text in [
            "",
            ".",
            "localhost",
            "example.com.",
            ".example.com",
            "a..b",
            "Example.com",
            "https://example.com",
            "example.com:443",
            "example.com/",
            "-a.com",
            "a-.com",
            "a_b.com",
            "bücher.example",
            "192.0.2.1",
            "a b.com",
            "example.com #1",
            &format!("{}.com", "a".repeat(64)),
            &format!("{}com", "abcdefgh.".repeat(30)),
        ] {
            assert!(OtpDomain::parse(text).is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn every_text_is_one_segment_of_the_alphabet(
            app in "[A-Za-z€^&éÜ]{1,15}",
            host in proptest::option::of("[a-z]{1,30}\\.[a-z]{2,30}"),
            name in "\\p{L}[\\p{L}' -]{0,49}|[A-Za-z][A-Za-zéüÅ'-]{0,49}",
            code in "[0-9a-z]{6,10}",
        ) {
            let Ok(name) = PersonName::parse(&name) else { return Ok(()) };
            let (app, host) = (self::app(&app), host.map(|host| domain(&host)));
            prop_assume!(fits(&app, host.as_ref(), code.len()).is_ok());
            let template = Template::choose(&app, host.as_ref(), &name, code.len());
            let text = render(&template, &name, &code);
            prop_assert!(gsm7::septets(&text).is_some_and(|length| length <= gsm7::SEGMENT));
            let braces = text.contains(['{', '}']);
            prop_assert!(!braces);
            prop_assert_eq!(template.greets_by_name, template.body.contains("{{name}}"));
            if let Some(host) = &host {
                let last_line = format!("@{host} #{code}");
                prop_assert_eq!(text.lines().last(), Some(last_line.as_str()));
            }
        }
    }
}
