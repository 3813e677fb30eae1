//! The person who signed up.

use super::account::AccountId;
use super::password::PasswordHash;
use super::person_name::PersonName;
use super::phone::MobileNumber;
use super::policy::LONGEST_CODE_TTL;
#[cfg(test)]
use super::region::Region;
use super::time::Timestamp;
use super::username::Username;

/// A user: a username, and the phone that it says it holds.
#[derive(Clone, Debug)]
pub struct User {
    /// The key.
    pub username: Username,
    /// The account, one of those that the username may have had.
    pub account: AccountId,
    /// The name that texts greet.
    pub name: PersonName,
    /// The number that texts go to.
    pub mobile: MobileNumber,
    /// The hash of the password that signup was given. Only another signup for the name of a PENDING user compares it.
    pub password_hash: PasswordHash,
    /// The status: whether the number is proven.
    pub status: UserStatus,
    /// The moment at which signup stored it.
    pub created_at: Timestamp,
}

/// The status of a user: whether the number is proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserStatus {
    /// Not proven yet, and gone at `expires_at` if never. Such a user owns nothing: its name can be signed up for again.
    Pending {
        /// From this moment on the user no longer exists, whatever the table still holds: the end of the longest code
        /// that it can be sent.
        expires_at: Timestamp,
        /// True when signups with different passwords have claimed the name. The id of a code is then needed to use it.
        contested: bool,
    },
    /// Proven.
    Verified {
        /// The moment of the first proof.
        at: Timestamp,
    },
}

impl UserStatus {
    /// The name of the status of a user who has not proven it.
    pub const PENDING: &'static str = "PENDING";
    /// The name of the status of a user who has.
    pub const VERIFIED: &'static str = "VERIFIED";

    /// Returns its name in answers and stored rows.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending { .. } => Self::PENDING,
            Self::Verified { .. } => Self::VERIFIED,
        }
    }

    /// Returns the status of a user who signs up at `now` and can be sent codes for `signup_ttl` seconds.
    #[must_use]
    pub fn signed_up(signup_ttl: i64, contested: bool, now: Timestamp) -> Self {
        Self::Pending { expires_at: now.plus(signup_ttl).plus(LONGEST_CODE_TTL), contested }
    }
}

#[cfg(test)]
impl User {
    /// Returns the user `ada` of the tests, who signed up at the beginning of time.
    pub(crate) fn ada(status: UserStatus) -> Self {
        Self {
            username: Username::parse("ada").unwrap(),
            account: AccountId::from_bytes([1; 16]),
            name: PersonName::parse("Ada").unwrap(),
            mobile: MobileNumber::from_store("+12025550143".to_owned(), Region::parse("US")),
            password_hash: PasswordHash::from_store(String::new()),
            status,
            created_at: Timestamp::from_second(0),
        }
    }
}

impl User {
    /// Returns whether the user still exists at `now`.
    #[must_use]
    pub fn exists(&self, now: Timestamp) -> bool {
        match self.status {
            UserStatus::Pending { expires_at, .. } => now < expires_at,
            UserStatus::Verified { .. } => true,
        }
    }

    /// Returns whether the user can still be sent codes at `now`: one that it is sent now ends before it does.
    #[must_use]
    pub fn is_sent_codes(&self, now: Timestamp) -> bool {
        self.exists(now.plus(LONGEST_CODE_TTL))
    }

    /// Returns whether signups with different passwords have claimed the name.
    #[must_use]
    pub fn is_contested(&self) -> bool {
        matches!(self.status, UserStatus::Pending { contested: true, .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_has_the_name_that_rows_have() {
        let at = Timestamp::from_second(0);
        let statuses = [UserStatus::signed_up(1, false, at), UserStatus::Verified { at }];
        assert_eq!(statuses.map(UserStatus::as_str), ["PENDING", "VERIFIED"]);
    }
}
