//! The client that a text is read on, and the last line by which that client alone may fill the code in.

use std::fmt;

use super::OtpDomain;
use crate::field::{Rule, Violation};

/// The client that asks for a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    /// A page in a browser.
    Web,
    /// An app on iOS.
    Ios,
    /// An app on Android.
    Android,
}

impl Client {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Web, Self::Ios, Self::Android];

    /// Parses the field `client`.
    ///
    /// # Errors
    /// [`Rule::Format`] for anything but the three names.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        let known = Self::ALL.into_iter().find(|client| client.as_str() == text);
        known.ok_or_else(|| Violation::new(Rule::Format, "A client is `web`, `ios` or `android`."))
    }

    /// Returns its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Ios => "ios",
            Self::Android => "android",
        }
    }
}

/// The hash of an Android app by which Google Play services find its texts: 11 characters of base64, made of the app's
/// package and the certificate that it is signed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AndroidAppHash(String);

impl AndroidAppHash {
    /// The length of a hash, in characters.
    const LENGTH: usize = 11;

    /// Parses the setting `ANDROID_APP_HASH`.
    ///
    /// # Errors
    /// What is wrong with the setting.
    pub fn parse(setting: &str) -> Result<Self, String> {
        let of_base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
        if setting.len() == Self::LENGTH && setting.bytes().all(of_base64) {
            Ok(Self(setting.to_owned()))
        } else {
            Err(format!("must be the {} characters of an app's hash: letters, digits, + and /", Self::LENGTH))
        }
    }
}

impl fmt::Display for AndroidAppHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The last lines that this app's texts can end with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LastLines {
    /// The host on whose pages, and in whose apps, codes are filled in.
    pub domain: Option<OtpDomain>,
    /// The hash of the Android app.
    pub android: Option<AndroidAppHash>,
}

impl LastLines {
    /// Returns the last line of a text to `client`. A client that does not say what it is gets that of the domain, which
    /// any browser reads; none gets what another one needs.
    #[must_use]
    pub fn of(&self, client: Option<Client>) -> Option<LastLine<'_>> {
        match client {
            None | Some(Client::Web | Client::Ios) => self.domain.as_ref().map(LastLine::Domain),
            Some(Client::Android) => self.android.as_ref().map(LastLine::App),
        }
    }

    /// Returns every last line that a text can have, none included.
    pub(super) fn all(&self) -> impl Iterator<Item = Option<LastLine<'_>>> {
        let domain = self.domain.as_ref().map(LastLine::Domain);
        let android = self.android.as_ref().map(LastLine::App);
        [None].into_iter().chain([domain, android].into_iter().flatten().map(Some))
    }
}

/// The last line of a text, for machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastLine<'a> {
    /// `@<domain> #<code>`, as "Origin-bound one-time codes delivered via SMS" (WICG) has it.
    Domain(&'a OtpDomain),
    /// The hash that Android's SMS Retriever looks for.
    App(&'a AndroidAppHash),
}

impl LastLine<'_> {
    /// The most bytes of UTF-8 of a text that SMS Retriever reads.
    pub(super) const RETRIEVED: usize = 140;

    /// Returns the line with `code` in its place.
    #[must_use]
    pub fn with(self, code: &str) -> String {
        match self {
            Self::Domain(domain) => format!("@{domain} #{code}"),
            Self::App(hash) => hash.to_string(),
        }
    }

    /// Returns the setting that it comes from.
    pub(super) const fn setting(self) -> &'static str {
        match self {
            Self::Domain(_) => "OTP_DOMAIN",
            Self::App(_) => "ANDROID_APP_HASH",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_one_of_three() {
        for client in Client::ALL {
            assert_eq!(Client::parse(client.as_str()), Ok(client));
        }
        let refusal = Violation::new(Rule::Format, "A client is `web`, `ios` or `android`.");
        for text in ["", "Web", "iOS", "ANDROID", "android ", "windows", "web,ios", "{{otp}}"] {
            assert_eq!(Client::parse(text), Err(refusal.clone()), "{text:?}");
        }
    }

    #[test]
    fn a_hash_is_eleven_characters_of_base64() {
        for text in ["FA+9qCX9VSu", "00000000000", "///////////", "abcdefghijK"] {
            assert_eq!(AndroidAppHash::parse(text).unwrap().to_string(), text);
        }
        for text in
            ["", "FA+9qCX9VS", "FA+9qCX9VSu=", "FA-9qCX9VSu", "FA+9qCX9VS ", "FA+9qCX9VSü", "{{otp}}12345"]
        {
            assert!(AndroidAppHash::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_client_gets_its_own_last_line_and_no_other() {
        let domain = OtpDomain::parse("example.com").ok();
        let android = AndroidAppHash::parse("FA+9qCX9VSu").ok();
        let line = |lines: &LastLines, client| lines.of(client).map(|line| line.with("493817"));
        let (at, hash) = (Some("@example.com #493817".to_owned()), Some("FA+9qCX9VSu".to_owned()));
        let clients = [None, Some(Client::Web), Some(Client::Ios), Some(Client::Android)];
        for (lines, expected) in [
            (LastLines::default(), [None, None, None, None]),
            (LastLines { domain: domain.clone(), android: None }, [at.clone(), at.clone(), at.clone(), None]),
            (LastLines { domain: None, android: android.clone() }, [None, None, None, hash.clone()]),
            (LastLines { domain, android }, [at.clone(), at.clone(), at, hash]),
        ] {
            assert_eq!(clients.map(|client| line(&lines, client)), expected);
        }
    }
}
