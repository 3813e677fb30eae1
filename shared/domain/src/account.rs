//! The id of an account, by which what was read of a username is known to belong together.

use std::fmt;

use rand::{Rng, RngExt as _};

/// The id of an account: 128 random bits, drawn at signup and never shown.
///
/// It stands in the user's row and in its challenge's. A username can be signed up for again while its user is PENDING,
/// and each signup is another account: a code is issued, texted, answered and confirmed only where both rows are of one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct AccountId([u8; 16]);

impl AccountId {
    /// The id that the challenge of an unknown username has, so that its row is like any other.
    pub const UNKNOWN: Self = Self([0; 16]);

    /// Draws an id.
    pub fn draw(random: &mut impl Rng) -> Self {
        Self(random.random())
    }

    /// Returns the id that is stored as `bytes`.
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

impl fmt::Debug for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == Self::UNKNOWN { "AccountId(unknown)" } else { "AccountId(…)" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_id() {
        let id = AccountId([65; 16]);
        assert_eq!(format!("{id:?} {:?}", AccountId::UNKNOWN), "AccountId(…) AccountId(unknown)");
    }
}
