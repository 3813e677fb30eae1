//! Recipients of codes. All that must be alike for a known and an unknown username matches on this one type.

use super::account::AccountId;
use super::challenge::Challenge;
use super::time::Timestamp;
use super::user::{User, UserStatus};
use super::username::Username;

/// The recipient of a code.
#[derive(Clone, Debug)]
pub enum Recipient {
    /// A user who has proven to hold the phone.
    Verified(User),
    /// A user who signed up and can still be sent codes.
    Pending(User),
    /// An unknown username, or one whose PENDING user can no longer be sent codes: no phone receives the code, and nothing
    /// matches it. The username counts a phone of its own.
    Unknown(Username),
}

/// The relation of a challenge to the recipient that was read beside it.
#[derive(Clone, Copy, Debug)]
pub enum Belonging<'a> {
    /// The recipient's own.
    Own(&'a Challenge),
    /// None, or, the username being unknown, that of some account: of no concern. If it is a new one's, whose signup came
    /// between the two reads, the write that follows finds its user.
    Absent,
    /// Another account's: a signup came between the two reads, or one of the tables was restored.
    Foreign,
}

impl Recipient {
    /// Returns the recipient of a code for `username` at `now`, given the row of its user.
    #[must_use]
    pub fn of(username: &Username, user: Option<User>, now: Timestamp) -> Self {
        match user {
            Some(user) if user.is_sent_codes(now) => match user.status {
                UserStatus::Verified { .. } => Self::Verified(user),
                UserStatus::Pending { .. } => Self::Pending(user),
            },
            Some(_) | None => Self::Unknown(username.clone()),
        }
    }

    /// Returns the user who is texted, if anybody is.
    #[must_use]
    pub fn user(&self) -> Option<&User> {
        match self {
            Self::Verified(user) | Self::Pending(user) => Some(user),
            Self::Unknown(_) => None,
        }
    }

    /// Returns its username.
    #[must_use]
    pub fn username(&self) -> &Username {
        match self {
            Self::Verified(user) | Self::Pending(user) => &user.username,
            Self::Unknown(username) => username,
        }
    }

    /// Returns the account that its challenges are of.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.user().map_or(AccountId::UNKNOWN, |user| user.account)
    }

    /// Returns whether the account is contested, so that its codes are used by their ids alone.
    #[must_use]
    pub fn is_contested(&self) -> bool {
        self.user().is_some_and(User::is_contested)
    }

    /// Returns the relation of the challenge that was read at the same time.
    ///
    /// For an unknown username it costs no further read, whatever the row holds: how often a name is read must not tell that
    /// somebody had it.
    #[must_use]
    pub fn belonging<'a>(&self, challenge: Option<&'a Challenge>) -> Belonging<'a> {
        let Some(challenge) = challenge else { return Belonging::Absent };
        if challenge.account() == self.account() {
            return Belonging::Own(challenge);
        }
        match self {
            Self::Unknown(_) => Belonging::Absent,
            Self::Verified(_) | Self::Pending(_) => Belonging::Foreign,
        }
    }

    /// Returns its kind.
    #[must_use]
    pub const fn kind(&self) -> RecipientKind {
        match self {
            Self::Verified(_) => RecipientKind::Verified,
            Self::Pending(_) => RecipientKind::Pending,
            Self::Unknown(_) => RecipientKind::Unknown,
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
    /// An unknown username.
    Unknown,
}

impl RecipientKind {
    /// Returns its name in logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Pending => "pending",
            Self::Unknown => "unknown",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Call;
    use crate::challenge::{ChallengeStatus, Draft};
    use crate::code::OtpId;
    use crate::mac::{Mac, Pepper};
    use crate::policy::Policy;
    use crate::time::DAY;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second)
    }

    fn account(byte: u8) -> AccountId {
        AccountId::from_bytes([byte; 16])
    }

    fn named() -> Username {
        Username::parse("ada").unwrap()
    }

    fn challenge(account: AccountId) -> Challenge {
        let draft = Draft {
            id: OtpId::from_bytes([2; 16]),
            mac: Mac::from_bytes([3; 32]),
            pepper: Pepper::from_bytes(vec![4; 32]).unwrap().id(),
            account,
            contested: false,
            call: Call::Signup,
            key: None,
        };
        Challenge::first(draft, &Policy::default(), at(0))
    }

    /// Case 33, the rule itself: no code outlives the user that it can verify.
    #[test]
    fn a_pending_user_is_unknown_from_the_end_of_its_day_and_gone_with_its_last_code() {
        let pending = User::ada(UserStatus::signed_up(DAY, false, at(0)));
        let kind = |now| Recipient::of(&named(), Some(pending.clone()), at(now)).kind();
        assert_eq!([0, DAY - 1].map(kind), [RecipientKind::Pending; 2]);
        assert_eq!([DAY, DAY + 899].map(kind), [RecipientKind::Unknown; 2]);
        assert_eq!([DAY + 899, DAY + 900].map(|now| pending.exists(at(now))), [true, false]);
        let verified = User::ada(UserStatus::Verified { at: at(0) });
        assert_eq!(Recipient::of(&named(), Some(verified), at(i64::MAX)).kind(), RecipientKind::Verified);
        assert_eq!(Recipient::of(&named(), None, at(0)).kind(), RecipientKind::Unknown);
    }

    #[test]
    fn an_account_is_contested_as_its_user_is_and_that_of_nobody_is_not() {
        let user = |contested| User::ada(UserStatus::signed_up(DAY, contested, at(0)));
        let is_contested = |user, now| Recipient::of(&named(), user, at(now)).is_contested();
        assert!(is_contested(Some(user(true)), 0));
        assert!(!is_contested(Some(user(false)), 0));
        assert!(!is_contested(Some(user(true)), DAY), "its day is over");
        assert!(!is_contested(None, 0));
    }

    #[test]
    fn a_kind_has_the_name_that_logs_have() {
        let kinds = [RecipientKind::Verified, RecipientKind::Pending, RecipientKind::Unknown];
        assert_eq!(kinds.map(RecipientKind::as_str), ["verified", "pending", "unknown"]);
    }

    /// Case 34, the rule itself.
    #[test]
    fn a_challenge_is_the_recipients_own_absent_or_foreign() {
        let pending = User::ada(UserStatus::signed_up(DAY, false, at(0)));
        let known = Recipient::of(&named(), Some(pending.clone()), at(0));
        let ended = Recipient::of(&named(), Some(pending), at(DAY));
        let unknown = Recipient::of(&named(), None, at(0));
        let belonging = |recipient: &Recipient, of: AccountId| match recipient.belonging(Some(&challenge(of)))
        {
            Belonging::Own(challenge) => {
                assert_eq!(challenge.status(), ChallengeStatus::Pending);
                "own"
            }
            Belonging::Absent => "absent",
            Belonging::Foreign => "foreign",
        };
        for (recipient, expected) in [
            (&known, ["own", "foreign", "foreign"]),
            (&ended, ["absent", "absent", "own"]),
            (&unknown, ["absent", "absent", "own"]),
        ] {
            let seen = [account(1), account(2), AccountId::UNKNOWN].map(|of| belonging(recipient, of));
            assert_eq!(seen, expected, "{:?}", recipient.kind());
            assert!(matches!(recipient.belonging(None), Belonging::Absent));
        }
    }
}
