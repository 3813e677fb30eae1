//! The person who signed up.

use super::password::PasswordHash;
use super::person_name::PersonName;
use super::phone::MobileNumber;
use super::time::Timestamp;
use super::username::Username;

/// A user: a username, and the phone that it says it holds.
#[derive(Clone, Debug)]
pub struct User {
    /// The key.
    pub username: Username,
    /// What texts greet.
    pub name: PersonName,
    /// Where texts go.
    pub mobile: MobileNumber,
    /// What signup was given; no call but a signup's repeat checks it.
    pub password_hash: PasswordHash,
    /// Whether the number is proven.
    pub status: Status,
    /// When signup stored it.
    pub created_at: Timestamp,
}

/// Whether a user has proven to hold the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Not yet, and gone at `expires_at` if never.
    Pending {
        /// From this moment on the user no longer exists, whatever the table still holds.
        expires_at: Timestamp,
    },
    /// Yes, for the first time at `at`.
    Verified {
        /// When.
        at: Timestamp,
    },
}

impl User {
    /// Whether the user still exists at `now`.
    #[must_use]
    pub fn exists(&self, now: Timestamp) -> bool {
        match self.status {
            Status::Pending { expires_at } => now < expires_at,
            Status::Verified { .. } => true,
        }
    }
}
