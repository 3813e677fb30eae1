//! The key by which a client repeats a call without doing it twice.

use super::call::Call;
use super::field::{Rule, Violation};
use super::mac::Pepper;
use super::username::Username;

/// The value of a client's `Idempotency-Key`: 1–64 visible ASCII characters.
#[derive(Clone, Debug)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// Parses the header.
    ///
    /// # Errors
    /// [`Rule::Length`] when it is empty or too long, [`Rule::Format`] when a character is not visible ASCII.
    pub fn parse(text: &[u8]) -> Result<Self, Violation> {
        if text.is_empty() || text.len() > 64 {
            return Err(Violation::new(Rule::Length, "An idempotency key has 1 to 64 characters."));
        }
        match std::str::from_utf8(text) {
            Ok(text) if text.bytes().all(|byte| byte.is_ascii_graphic()) => Ok(Self(text.to_owned())),
            _ => Err(Violation::new(Rule::Format, "An idempotency key is made of visible ASCII characters.")),
        }
    }

    /// Returns the hash by which the key is remembered. It holds for this call and username alone.
    #[must_use]
    pub fn hash(&self, pepper: &Pepper, call: Call, username: &Username) -> KeyHash {
        let parts =
            [b"idempotency key", call.as_str().as_bytes(), username.as_str().as_bytes(), self.0.as_bytes()];
        let mut hash = [0; 16];
        hash.copy_from_slice(&pepper.mac(&parts).as_bytes()[..16]);
        KeyHash(hash)
    }
}

/// The first 128 bits of the MAC of an idempotency key, its call and its username.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyHash([u8; 16]);

impl KeyHash {
    /// Returns the hash that is stored as `bytes`.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Returns its bytes, for the store.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_1_to_64_visible_ascii_characters() {
        let rule = |text: &[u8]| IdempotencyKey::parse(text).map(|_| ()).map_err(|broken| broken.rule);
        assert_eq!(rule(b"a"), Ok(()));
        assert_eq!(rule(&[b'~'; 64]), Ok(()));
        assert_eq!(rule(b""), Err(Rule::Length));
        assert_eq!(rule(&[b'a'; 65]), Err(Rule::Length));
        for text in [&b"a b"[..], b"a\n", b"\x7f", "é".as_bytes(), b"\xff"] {
            assert_eq!(rule(text), Err(Rule::Format), "{text:?}");
        }
    }

    #[test]
    fn a_key_of_one_call_or_username_is_nothing_to_another() {
        let pepper = Pepper::from_bytes(vec![1; 32]).unwrap();
        let key = IdempotencyKey::parse(b"k-1").unwrap();
        let (ada, bob) = (Username::parse("ada").unwrap(), Username::parse("bob").unwrap());
        let hash = key.hash(&pepper, Call::Send, &ada);
        assert_eq!(hash, key.hash(&pepper, Call::Send, &ada));
        assert_ne!(hash, key.hash(&pepper, Call::Resend, &ada));
        assert_ne!(hash, key.hash(&pepper, Call::Send, &bob));
    }
}
