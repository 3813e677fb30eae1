//! Keyed hashes: what stands in the tables instead of codes, phones, addresses and idempotency keys.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac as _};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// The shortest pepper accepted, in bytes: the output size of SHA-256 (RFC 2104 §3).
pub const SHORTEST_PEPPER: usize = 32;

/// A key of at least 32 bytes that lives outside the database.
///
/// A million codes are quickly tried against a plain hash; without the pepper a stolen table is worthless
/// (NIST SP 800-63B-4 §3.1.1.2 asks for such a key for passwords).
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Pepper(Vec<u8>);

impl Pepper {
    /// Returns the pepper made of `bytes`, unless they are fewer than [`SHORTEST_PEPPER`].
    #[must_use]
    pub fn from_bytes(bytes: Vec<u8>) -> Option<Self> {
        let pepper = Self(bytes);
        (pepper.0.len() >= SHORTEST_PEPPER).then_some(pepper)
    }

    /// Returns the id that tells this pepper from another one without telling anything about it.
    #[must_use]
    pub fn id(&self) -> PepperId {
        let mac = self.mac(&[b"pepper id"]);
        let mut id = [0; 8];
        id.copy_from_slice(&mac.0[..8]);
        PepperId(id)
    }

    /// Returns HMAC-SHA256 over `parts`, each with its length before it, so that no two lists of parts read alike.
    pub(crate) fn mac(&self, parts: &[&[u8]]) -> Mac {
        let mut hmac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        for part in parts {
            hmac.update(&(part.len() as u64).to_be_bytes());
            hmac.update(part);
        }
        Mac(hmac.finalize().into_bytes().into())
    }
}

impl fmt::Debug for Pepper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pepper(…)")
    }
}

/// The id of the pepper that a MAC was made with. After a rotation, MACs of the old one match nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PepperId([u8; 8]);

impl PepperId {
    /// Returns the id that is stored as `bytes`.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 8]) -> Self {
        Self(bytes)
    }

    /// Returns its bytes, for the store.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 8] {
        &self.0
    }
}

/// An HMAC-SHA256, compared in constant time.
#[derive(Clone)]
pub struct Mac([u8; 32]);

impl Mac {
    /// Returns a MAC that no code has: 256 bits drawn at random by the caller.
    #[must_use]
    pub const fn of_nothing(random: [u8; 32]) -> Self {
        Self(random)
    }

    /// Returns the MAC that is stored as `bytes`.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Returns its bytes, for the store.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl ConstantTimeEq for Mac {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.0.ct_eq(&other.0)
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mac(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pepper(byte: u8) -> Pepper {
        Pepper::from_bytes(vec![byte; 32]).unwrap()
    }

    #[test]
    fn a_pepper_shorter_than_32_bytes_is_none() {
        assert!(Pepper::from_bytes(vec![7; 31]).is_none());
        assert!(Pepper::from_bytes(vec![7; 32]).is_some());
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        let (one, other) = (pepper(1).mac(&[b"ab", b"c"]), pepper(1).mac(&[b"a", b"bc"]));
        assert!(!bool::from(one.ct_eq(&other)));
    }

    #[test]
    fn each_pepper_has_its_id_and_its_macs() {
        assert_eq!(pepper(1).id(), pepper(1).id());
        assert_ne!(pepper(1).id(), pepper(2).id());
        assert!(!bool::from(pepper(1).mac(&[b"a"]).ct_eq(&pepper(2).mac(&[b"a"]))));
    }

    #[test]
    fn debug_shows_neither_pepper_nor_mac() {
        assert_eq!(format!("{:?} {:?}", pepper(65), pepper(65).mac(&[])), "Pepper(…) Mac(…)");
    }
}
