//! The domain that a code is bound to.

use std::fmt;

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

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 1035 §2.3.4: 255 octets on the wire, of which two are not in the text.
    #[test]
    fn a_domain_has_at_most_253_characters() {
        let of = |last: &str| OtpDomain::parse(&format!("{}{last}", "abcdefgh.".repeat(27)));
        assert!(of("abcdefghij").is_ok());
        assert!(of("abcdefghijk").is_err());
    }

    #[test]
    fn a_domain_is_a_host_name() {
        for text in ["example.com", "login.example.co.uk", "xn--bcher-kva.example", "a-1.b2", "1.example.com"]
        {
            assert_eq!(OtpDomain::parse(text).unwrap().as_str(), text);
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
}
