//! What an operator is shown of a username: what helps to help, and nothing that identifies the person.

use std::{fmt, iter};

use shared::domain::account::AccountId;
use shared::domain::challenge::{Challenge, ChallengeStatus};
use shared::domain::phone::MobileNumber;
use shared::domain::policy::Policy;
use shared::domain::time::Timestamp;
use shared::domain::user::{User, UserStatus};

/// The rows of a username, to be shown at `now`.
#[derive(Debug)]
pub(crate) struct Sheet<'a> {
    pub(crate) user: Option<&'a User>,
    pub(crate) challenge: Option<&'a Challenge>,
    pub(crate) policy: &'a Policy,
    pub(crate) now: Timestamp,
}

/// A row per line, the last one without a line break.
impl fmt::Display for Sheet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, (name, value)) in self.rows().into_iter().enumerate() {
            let between = if nth == 0 { "" } else { "\n" };
            write!(f, "{between}{name:<13}{value}")?;
        }
        Ok(())
    }
}

impl Sheet<'_> {
    fn rows(&self) -> Vec<(&'static str, String)> {
        let mut rows = Vec::new();
        match self.user {
            None => rows.push(("user", "none".to_owned())),
            Some(user) => rows.extend([
                ("user", self.status(user)),
                ("created", user.created_at.to_string()),
                ("phone", masked(&user.mobile)),
            ]),
        }
        let Some(challenge) = self.challenge else {
            rows.push(("code", "none".to_owned()));
            return rows;
        };
        rows.push(("code", self.code(challenge)));
        rows.extend(self.whose(challenge).map(|whose| ("", whose.to_owned())));
        rows.extend([
            ("text", text(challenge)),
            ("wrong codes", self.wrong_codes(challenge)),
            ("next code", self.next_code(challenge)),
            ("otp", challenge.id().to_string()),
        ]);
        let issued = challenge.earlier().iter().chain([challenge.newest()]);
        let issued = issued.filter(|code| code.at.within_hour_before(self.now));
        let names = iter::once("last hour").chain(iter::repeat(""));
        rows.extend(names.zip(issued).map(|(name, code)| {
            (name, format!("{} {:<6} {}", code.at, code.call.as_str(), code.status.as_str()))
        }));
        rows
    }

    fn status(&self, user: &User) -> String {
        let status = user.status.as_str();
        match user.status {
            UserStatus::Verified { at } => format!("{status} since {at}"),
            UserStatus::Pending { expires_at, contested } => {
                let ends = if user.exists(self.now) { "ends" } else { "ended" };
                let contested = if contested { ", contested" } else { "" };
                format!("{status}, {ends} at {expires_at}{contested}")
            }
        }
    }

    fn code(&self, challenge: &Challenge) -> String {
        let status = challenge.status();
        let mut code = status.as_str().to_owned();
        if status == ChallengeStatus::Pending {
            let until = challenge.valid_until();
            let expires = if self.now < until { "expires" } else { "expired" };
            code = format!("{code}, {expires} at {until}");
        }
        format!("{code}, {} of {} attempts taken", challenge.attempts(), self.policy.max_attempts)
    }

    /// Returns whose the challenge is, where it is not the user's.
    fn whose(&self, challenge: &Challenge) -> Option<&'static str> {
        match self.user {
            Some(user) if user.account == challenge.account() => None,
            _ if challenge.account() == AccountId::UNKNOWN => Some("of an unknown username"),
            Some(_) => Some("of another account"),
            None => Some("of a user who is gone"),
        }
    }

    fn wrong_codes(&self, challenge: &Challenge) -> String {
        let cap = self.policy.max_consecutive_failures;
        let locked = if challenge.is_locked(self.policy) { ": LOCKED" } else { "" };
        format!("{} in a row, {cap} lock{locked}", challenge.failures())
    }

    /// Returns when the next code may be asked for, as far as the username's own codes decide.
    fn next_code(&self, challenge: &Challenge) -> String {
        match challenge.resend_after(self.policy, self.now) {
            _ if challenge.is_locked(self.policy) => "none while it is locked".to_owned(),
            0 => "at once".to_owned(),
            seconds => format!("from {} on", self.now.plus(seconds)),
        }
    }
}

/// Returns the region of a number and its last two digits.
fn masked(number: &MobileNumber) -> String {
    let (digits, region) = (number.as_str(), number.region());
    let last_two = digits.get(digits.len().saturating_sub(2)..).unwrap_or_default();
    let region = region.as_ref().map_or("of no known region", |region| region.as_str());
    format!("{region}, …{last_two}")
}

/// Returns the outcome of the newest code's text. That of an unknown username is made up, so that its row is like any
/// other.
fn text(challenge: &Challenge) -> String {
    match challenge.delivery() {
        _ if challenge.account() == AccountId::UNKNOWN => "none, pretended".to_owned(),
        None => "not recorded".to_owned(),
        Some(text) if text.tries == 1 => format!("{}, tried once", text.outcome.as_str()),
        Some(text) => format!("{}, tried {} times", text.outcome.as_str(), text.tries),
    }
}
