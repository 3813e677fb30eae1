//! The person who signed up.

use super::account::AccountId;
use super::password::PasswordHash;
use super::person_name::PersonName;
use super::phone::MobileNumber;
use super::policy::LONGEST_CODE_TTL;
use super::time::Timestamp;
use super::username::Username;

/// A user: a username, and the phone that it says it holds.
#[derive(Clone, Debug)]
pub struct User {
    /// The key.
    pub username: Username,
    /// Which of the accounts that the username may have had.
    pub account: AccountId,
    /// What texts greet.
    pub name: PersonName,
    /// Where texts go.
    pub mobile: MobileNumber,
    /// What signup was given. Only another signup for the name of a PENDING user compares it.
    pub password_hash: PasswordHash,
    /// Whether the number is proven.
    pub status: UserStatus,
    /// When signup stored it.
    pub created_at: Timestamp,
}

/// Whether a user has proven to hold the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserStatus {
    /// Not yet, and gone at `expires_at` if never. Such a user owns nothing: its name can be signed up for again.
    Pending {
        /// From this moment on the user no longer exists, whatever the table still holds: the end of the longest code
        /// that it can be sent.
        expires_at: Timestamp,
        /// Whether signups with different passwords have claimed the name. The id of a code is then needed to use it.
        contested: bool,
    },
    /// Yes, for the first time at `at`.
    Verified {
        /// When.
        at: Timestamp,
    },
}

impl UserStatus {
    /// The name of the status of a user who has not proven it.
    pub const PENDING: &'static str = "PENDING";
    /// The name of the status of a user who has.
    pub const VERIFIED: &'static str = "VERIFIED";

    /// Its name in answers and stored rows.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending { .. } => Self::PENDING,
            Self::Verified { .. } => Self::VERIFIED,
        }
    }

    /// The status of a user who signs up at `now` and can be sent codes for `signup_ttl` seconds.
    #[must_use]
    pub fn signed_up(signup_ttl: i64, contested: bool, now: Timestamp) -> Self {
        Self::Pending { expires_at: now.plus(signup_ttl).plus(LONGEST_CODE_TTL), contested }
    }
}

impl User {
    /// Whether the user still exists at `now`.
    #[must_use]
    pub fn exists(&self, now: Timestamp) -> bool {
        match self.status {
            UserStatus::Pending { expires_at, .. } => now < expires_at,
            UserStatus::Verified { .. } => true,
        }
    }

    /// Whether the user can still be sent codes at `now`: one that it is sent now ends before it does.
    #[must_use]
    pub fn is_sent_codes(&self, now: Timestamp) -> bool {
        self.exists(now.plus(LONGEST_CODE_TTL))
    }

    /// Whether signups with different passwords have claimed the name.
    #[must_use]
    pub fn is_contested(&self) -> bool {
        matches!(self.status, UserStatus::Pending { contested: true, .. })
    }
}
