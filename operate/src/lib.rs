//! The operator's tool: looks a username up, unlocks it, forgets it.
//!
//! A change is only shown unless it is to be applied, and is written only if the rows are still what was read for it.
//! `flags` says what can be asked, `sheet` what is shown, `deed` what is changed, `audit` what is left of a change.

mod audit;
mod deed;
pub mod flags;
mod sheet;

use std::time::Duration;

use shared::clock::Deadline;
use shared::context::OperatorContext;
use shared::domain::username::Username;
use shared::error::causes;
use shared::store::OperatorWrite;

pub use audit::AuditLine;

use audit::ChangeResult;
use deed::Deed;
use flags::Command;
use sheet::Sheet;

/// The longest that reading and writing may take together: somebody waits at a terminal.
const PATIENCE: Duration = Duration::from_secs(10);

const NOTHING: &str = "Nothing is stored of this username.";
const NO_RUN: &str = "Nothing was changed: there is no run of wrong codes to end.";
const TO_APPLY: &str = "Nothing was changed. To do it, add --apply --operator NAME";
const OVERTAKEN: &str = "Nothing was changed: a row is no longer the one above. Look again.";
const OTHER_OTP: &str = "Nothing was changed: the newest code is not that of --otp.";

/// How a command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// It is done, or was shown.
    Done = 0,
    /// Nothing was changed, or nothing is there.
    Refused = 1,
    /// It was called wrongly.
    Usage = 2,
    /// DynamoDB failed.
    Failed = 3,
}

/// What a command has to say.
#[derive(Clone, Debug)]
pub struct Report {
    /// How it ends.
    pub exit: Exit,
    /// For people, on standard output; without a line break at its end.
    pub shown: String,
    /// For the audit, if a change was tried.
    pub audit: Option<AuditLine>,
}

impl Report {
    fn new(exit: Exit, shown: impl Into<String>) -> Self {
        Self { exit, shown: shown.into(), audit: None }
    }
}

/// Carries a command out on the tables of `context`.
pub async fn run(command: &Command, context: &OperatorContext) -> Report {
    let deadline = Deadline::after(PATIENCE);
    let now = context.clock.now().timestamp;
    let (user, challenge) = match context.store.load(&command.target().username, deadline).await {
        Ok((None, None)) => return Report::new(Exit::Refused, NOTHING),
        Ok((user, challenge)) => (user, challenge),
        Err(failure) => {
            return Report::new(Exit::Failed, format!("Nothing was changed: {}.", causes(&failure)));
        }
    };
    let (user, challenge) = (user.as_ref(), challenge.as_ref());
    let sheet = Sheet { user, challenge, policy: &context.policy, now };
    let (deed, change) = match command {
        Command::Look(_) => return Report::new(Exit::Done, sheet.to_string()),
        Command::Unlock(change) => (Deed::unlock(challenge), change),
        Command::Forget(change) => (Deed::forget(user, challenge), change),
    };
    let report = match (deed, change.applied_by()) {
        _ if change.otp.is_some_and(|shown| challenge.is_none_or(|read| read.id() != shown)) => {
            Report::new(Exit::Refused, OTHER_OTP)
        }
        (None, _) => Report::new(Exit::Refused, NO_RUN),
        (Some(deed), None) => {
            let otp = deed.otp().map(|id| format!(" --otp={id}")).unwrap_or_default();
            Report::new(Exit::Done, format!("{}\n{TO_APPLY}{otp}", deed.would()))
        }
        (Some(deed), Some(operator)) => {
            apply(deed, &change.target.username, operator, context, deadline).await
        }
    };
    Report { shown: format!("{sheet}\n\n{}", report.shown), ..report }
}

/// Writes a change, and says what became of it, to the audit too.
async fn apply(
    deed: Deed<'_>,
    username: &Username,
    operator: &str,
    context: &OperatorContext,
    deadline: Deadline,
) -> Report {
    let (exit, result, shown) = match deed.write(username, &context.store, deadline).await {
        Ok(OperatorWrite::Done) => (Exit::Done, ChangeResult::Done, deed.did()),
        Ok(OperatorWrite::Overtaken) => (Exit::Refused, ChangeResult::Overtaken, OVERTAKEN.to_owned()),
        Err(failure) => {
            let shown = format!("It may have been done, or not: {}. Look again.", causes(&failure));
            (Exit::Failed, ChangeResult::Unknown, shown)
        }
    };
    let now = context.clock.now().timestamp;
    let line = AuditLine::new(deed.event(), operator, deed.otp(), result, now);
    Report { audit: Some(line), ..Report::new(exit, shown) }
}
