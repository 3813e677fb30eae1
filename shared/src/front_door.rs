//! The front door: whether a request came by the way that the operator chose, and from which address.
//!
//! Behind a content delivery network the gateway sees the network's addresses and not the callers'. What stands before
//! the API then proves itself by a secret, and its word is taken for the caller's address.

use std::fmt;
use std::net::IpAddr;

use lambda_http::http::HeaderMap;
use subtle::{Choice, ConstantTimeEq as _};
use zeroize::Zeroizing;

use crate::error::Error;

/// The header that brings a secret of the origin.
pub const ORIGIN_SECRET: &str = "x-origin-secret";

/// The header in which `CloudFront` says who the viewer is: the address, a colon and the port.
pub const VIEWER_ADDRESS: &str = "cloudfront-viewer-address";

/// The secrets that may be in use at once: the one that is, and the one that will be.
const MOST: usize = 2;

/// The lengths of a secret, in characters. The shortest has 160 bits if each character is drawn from 32.
const LENGTHS: std::ops::RangeInclusive<usize> = 32..=128;

/// The way into the functions.
#[derive(Clone, Debug, Default)]
pub enum FrontDoor {
    /// Through the gateway, which says where a request comes from.
    #[default]
    Open,
    /// Through what brings one of these secrets, and says so in its stead.
    Gated(OriginSecrets),
}

impl FrontDoor {
    /// Lets a request in, and returns the address of whoever made it; `seen` is the one that the gateway saw.
    ///
    /// # Errors
    /// [`Error::Forbidden`] without a secret where one is wanted.
    pub fn admit(&self, headers: &HeaderMap, seen: Option<IpAddr>) -> Result<Option<IpAddr>, Error> {
        match self {
            Self::Open => Ok(seen),
            Self::Gated(secrets) if secrets.are_brought(headers) => Ok(viewer(headers)),
            Self::Gated(_) => Err(Error::Forbidden),
        }
    }
}

/// The secrets by which the origin knows what stands before it: one, or two while it changes.
#[derive(Clone)]
pub struct OriginSecrets(Vec<Zeroizing<String>>);

impl OriginSecrets {
    /// Parses the setting `ORIGIN_SECRETS`: a secret, or two with a comma between them.
    ///
    /// # Errors
    /// What is wrong with the setting.
    pub fn parse(setting: &str) -> Result<Self, String> {
        let of_base64url = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let valid = |secret: &str| LENGTHS.contains(&secret.len()) && secret.bytes().all(of_base64url);
        let secrets: Vec<_> = setting.split(',').collect();
        if secrets.len() > MOST || !secrets.iter().all(|secret| valid(secret)) {
            return Err(
                "must be one secret, or two with a comma: 32 to 128 letters, digits, - and _ each".into()
            );
        }
        Ok(Self(secrets.into_iter().map(|secret| Zeroizing::new(secret.to_owned())).collect()))
    }

    /// Returns whether exactly one secret was brought, and it is one of these; in constant time but for its length.
    fn are_brought(&self, headers: &HeaderMap) -> bool {
        let mut brought = headers.get_all(ORIGIN_SECRET).iter();
        let (Some(brought), None) = (brought.next(), brought.next()) else { return false };
        let is = |secret: &Zeroizing<String>| secret.as_bytes().ct_eq(brought.as_bytes());
        self.0.iter().fold(Choice::from(0), |any, secret| any | is(secret)).into()
    }
}

impl fmt::Debug for OriginSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OriginSecrets({})", self.0.len())
    }
}

/// Reads the viewer's address: `192.0.2.1:4711`, `2001:db8::1:4711`, or with brackets around the latter's address.
fn viewer(headers: &HeaderMap) -> Option<IpAddr> {
    let mut said = headers.get_all(VIEWER_ADDRESS).iter();
    let (Some(said), None) = (said.next(), said.next()) else { return None };
    let (address, port) = said.to_str().ok()?.rsplit_once(':')?;
    let is_port = port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok();
    let bare = address.strip_prefix('[').and_then(|address| address.strip_suffix(']'));
    let address = match bare {
        Some(bare) => IpAddr::V6(bare.parse().ok()?),
        None => address.parse().ok()?,
    };
    is_port.then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "the-old-secret-of-the-origin-0001";
    const NEW: &str = "the-new-secret-of-the-origin-0002";

    fn headers(given: &[(&'static str, &str)]) -> HeaderMap {
        given.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    fn gated(setting: &str) -> FrontDoor {
        FrontDoor::Gated(OriginSecrets::parse(setting).unwrap())
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_open_door_takes_the_gateways_word_alone() {
        let headers = headers(&[(ORIGIN_SECRET, OLD), (VIEWER_ADDRESS, "192.0.2.1:4711")]);
        for seen in [None, Some(address("198.51.100.7"))] {
            assert_eq!(FrontDoor::Open.admit(&headers, seen).unwrap(), seen);
        }
    }

    #[test]
    fn a_gated_door_opens_to_either_secret() {
        for (setting, secret) in [(OLD, OLD), (&format!("{OLD},{NEW}"), OLD), (&format!("{OLD},{NEW}"), NEW)]
        {
            let headers = headers(&[(ORIGIN_SECRET, secret), (VIEWER_ADDRESS, "192.0.2.1:4711")]);
            let admitted = gated(setting).admit(&headers, Some(address("198.51.100.7"))).unwrap();
            assert_eq!(admitted, Some(address("192.0.2.1")));
        }
    }

    #[test]
    fn a_gated_door_stays_shut_to_everything_else() {
        let (both, long, cut) = (format!("{OLD},{NEW}"), format!("{OLD}x"), &OLD[..OLD.len() - 1]);
        let upper = OLD.to_uppercase();
        for brought in ["", NEW, cut, &long, &upper, &both, &format!(" {OLD}x")] {
            let headers = headers(&[(ORIGIN_SECRET, brought), (VIEWER_ADDRESS, "192.0.2.1:4711")]);
            let refused = gated(OLD).admit(&headers, Some(address("198.51.100.7")));
            assert!(matches!(refused, Err(Error::Forbidden)), "{brought:?}");
        }
        let without = gated(OLD).admit(&HeaderMap::new(), Some(address("198.51.100.7")));
        assert!(matches!(without, Err(Error::Forbidden)));
        let mut twice = headers(&[(ORIGIN_SECRET, OLD)]);
        twice.append(ORIGIN_SECRET, OLD.parse().unwrap());
        assert!(matches!(gated(OLD).admit(&twice, None), Err(Error::Forbidden)));
    }

    #[test]
    fn a_viewers_address_is_read_with_its_port_in_each_form() {
        for (said, read) in [
            ("192.0.2.1:4711", Some(address("192.0.2.1"))),
            ("192.0.2.1:0", Some(address("192.0.2.1"))),
            ("2001:db8::1:4711", Some(address("2001:db8::1"))),
            ("2001:db8:1:2:3:4:5:6:65535", Some(address("2001:db8:1:2:3:4:5:6"))),
            ("[2001:db8::1]:4711", Some(address("2001:db8::1"))),
            ("::ffff:192.0.2.1:4711", Some(address("::ffff:192.0.2.1"))),
            ("", None),
            ("192.0.2.1", None),
            ("192.0.2.1:", None),
            ("192.0.2.1:65536", None),
            ("192.0.2.1:+80", None),
            ("192.0.2.1:-1", None),
            ("[192.0.2.1]:80", None),
            ("[2001:db8::1:80", None),
            (" 192.0.2.1:80", None),
            ("192.0.2.1:80,198.51.100.7:80", None),
            ("example.com:80", None),
        ] {
            assert_eq!(viewer(&headers(&[(VIEWER_ADDRESS, said)])), read, "{said:?}");
        }
        let mut twice = headers(&[(VIEWER_ADDRESS, "192.0.2.1:80")]);
        twice.append(VIEWER_ADDRESS, "192.0.2.2:80".parse().unwrap());
        assert_eq!((viewer(&twice), viewer(&HeaderMap::new())), (None, None));
    }

    /// It may be shown wherever settings are.
    #[test]
    fn secrets_are_long_and_never_shown() {
        let longest = "a".repeat(128);
        for setting in [&"a".repeat(32), &longest, &format!("{longest},{longest}")] {
            let shown = format!("{:?}", OriginSecrets::parse(setting).unwrap());
            assert!(!shown.contains("aa"), "{shown}");
        }
        for setting in [
            "",
            ",",
            &"a".repeat(31),
            &"a".repeat(129),
            &format!("{OLD},"),
            &format!("{OLD},{NEW},{OLD}"),
            &format!("{OLD} {NEW}"),
            &format!("{OLD}, {NEW}"),
            &"ä".repeat(32),
        ] {
            assert!(OriginSecrets::parse(setting).is_err(), "{setting:?}");
        }
    }
}
