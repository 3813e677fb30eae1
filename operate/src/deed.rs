//! The changes that an operator makes to the rows of a username.

use shared::clock::Deadline;
use shared::domain::challenge::Challenge;
use shared::domain::code::OtpId;
use shared::domain::user::User;
use shared::domain::username::Username;
use shared::store::{Failure, OperatorWrite, Store};

/// A change, with the rows that were read for it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Deed<'a> {
    /// Ends a run of wrong codes, of one or more.
    Unlock(&'a Challenge),
    /// Deletes the rows, one of which is there.
    Forget(Option<&'a User>, Option<&'a Challenge>),
}

impl<'a> Deed<'a> {
    /// Returns the change that unlocks; `None` where there is no run of wrong codes.
    pub(crate) fn unlock(challenge: Option<&'a Challenge>) -> Option<Self> {
        challenge.filter(|challenge| challenge.failures() > 0).map(Self::Unlock)
    }

    /// Returns the change that forgets; `None` where there is nothing to forget.
    pub(crate) fn forget(user: Option<&'a User>, challenge: Option<&'a Challenge>) -> Option<Self> {
        (user.is_some() || challenge.is_some()).then_some(Self::Forget(user, challenge))
    }

    /// Returns its name in the audit.
    pub(crate) const fn event(&self) -> &'static str {
        match self {
            Self::Unlock(_) => "unlock",
            Self::Forget(..) => "forget",
        }
    }

    /// Returns the challenge that it is about, by its public name.
    pub(crate) fn otp(&self) -> Option<OtpId> {
        match self {
            Self::Unlock(challenge) => Some(challenge.id()),
            Self::Forget(_, challenge) => challenge.map(Challenge::id),
        }
    }

    /// Returns what it would do.
    pub(crate) fn would(&self) -> String {
        match self {
            Self::Unlock(_) => format!("Would end {}.", self.object()),
            Self::Forget(..) => format!("Would delete {}.", self.object()),
        }
    }

    /// Returns what it did.
    pub(crate) fn did(&self) -> String {
        match self {
            Self::Unlock(_) => format!("Ended {}.", self.object()),
            Self::Forget(..) => format!("Deleted {}.", self.object()),
        }
    }

    /// Returns what is ended or deleted.
    fn object(&self) -> String {
        match self {
            Self::Unlock(challenge) => run_of(challenge.failures()),
            Self::Forget(user, challenge) => {
                let rows = match (user, challenge) {
                    (Some(_), Some(_)) => "the user and the challenge",
                    (Some(_), None) => "the user",
                    (None, _) => "the challenge",
                };
                match challenge.map_or(0, Challenge::failures) {
                    0 => rows.to_owned(),
                    failures => format!("{rows}, and with it {}", run_of(failures)),
                }
            }
        }
    }

    /// Writes it, if the rows are still what was read.
    pub(crate) async fn write(
        &self,
        username: &Username,
        store: &Store,
        deadline: Deadline,
    ) -> Result<OperatorWrite, Failure> {
        match *self {
            Self::Unlock(challenge) => store.unlock(username, challenge, deadline).await,
            Self::Forget(user, challenge) => store.forget(username, user, challenge, deadline).await,
        }
    }
}

fn run_of(failures: u32) -> String {
    let codes = if failures == 1 { "code" } else { "codes" };
    format!("the run of {failures} wrong {codes}")
}
