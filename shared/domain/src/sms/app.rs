//! The name of the app, which every text says.

use std::fmt;

use super::gsm7;

/// The longest name of an app, in septets: with it the plain text leaves half of a segment to the greeting and the
/// last line.
const LONGEST: usize = 30;

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
            Some(length) if length > LONGEST => {
                Err(format!("must not be longer than {LONGEST} characters of a text, but has {length}"))
            }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_app_is_called_what_fits_a_text() {
        for text in ["XYZ", "AT&T", "Café Zürich", "A", &"A".repeat(30), &"€".repeat(15)] {
            assert_eq!(AppName::parse(text).unwrap().as_str(), text);
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
}
