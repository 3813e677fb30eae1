//! Whom a code is for. All that must be alike for a known and an unknown username matches on this one type.

use super::account::AccountId;
use super::challenge::Challenge;
use super::time::Timestamp;
use super::user::{Status, User};
use super::username::Username;

/// Whom a code is for.
#[derive(Clone, Debug)]
pub enum Recipient {
    /// A user who has proven to hold the phone.
    Verified(User),
    /// A user who signed up and can still be sent codes.
    Pending(User),
    /// Nobody: no phone receives the code, and nothing matches it.
    Unknown {
        /// The username, which counts a phone of its own.
        username: Username,
        /// The account of a user who can no longer be sent codes.
        ended: Option<AccountId>,
    },
}

/// Whose challenge was read beside the recipient.
#[derive(Clone, Copy, Debug)]
pub enum Belonging<'a> {
    /// The recipient's own.
    Own(&'a Challenge),
    /// None, or that of an account whose time is up: of no concern.
    Absent,
    /// Another account's: a signup came between the two reads, or one of the tables was restored.
    Foreign,
}

impl Recipient {
    /// The recipient of a code for `username` at `now`, given the row of its user.
    #[must_use]
    pub fn of(username: &Username, user: Option<User>, now: Timestamp) -> Self {
        match user {
            Some(user) if user.is_sent_codes(now) => match user.status {
                Status::Verified { .. } => Self::Verified(user),
                Status::Pending { .. } => Self::Pending(user),
            },
            ended => Self::Unknown { username: username.clone(), ended: ended.map(|user| user.account) },
        }
    }

    /// The user who is texted, if anybody is.
    #[must_use]
    pub fn user(&self) -> Option<&User> {
        match self {
            Self::Verified(user) | Self::Pending(user) => Some(user),
            Self::Unknown { .. } => None,
        }
    }

    /// Its username.
    #[must_use]
    pub fn username(&self) -> &Username {
        match self {
            Self::Verified(user) | Self::Pending(user) => &user.username,
            Self::Unknown { username, .. } => username,
        }
    }

    /// The account that its challenges are of.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.user().map_or(AccountId::UNKNOWN, |user| user.account)
    }

    /// Whether the account is contested, so that its codes are used by their ids alone.
    #[must_use]
    pub fn is_contested(&self) -> bool {
        self.user().is_some_and(User::is_contested)
    }

    /// Whose the challenge is that was read at the same time.
    #[must_use]
    pub fn belonging<'a>(&self, challenge: Option<&'a Challenge>) -> Belonging<'a> {
        let Some(challenge) = challenge else { return Belonging::Absent };
        if challenge.account() == self.account() {
            return Belonging::Own(challenge);
        }
        match self {
            Self::Unknown { ended, .. } if *ended == Some(challenge.account()) => Belonging::Absent,
            Self::Unknown { .. } | Self::Verified(_) | Self::Pending(_) => Belonging::Foreign,
        }
    }

    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> RecipientKind {
        match self {
            Self::Verified(_) => RecipientKind::Verified,
            Self::Pending(_) => RecipientKind::Pending,
            Self::Unknown { .. } => RecipientKind::Unknown,
        }
    }
}

/// The kind of a [`Recipient`], without anything personal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecipientKind {
    /// A user who has proven to hold the phone.
    Verified,
    /// A user who signed up and can still be sent codes.
    Pending,
    /// Nobody.
    Unknown,
}

impl RecipientKind {
    /// Its name in logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Pending => "pending",
            Self::Unknown => "unknown",
        }
    }
}
