//! The line that is left of each change, in the form of the service's own log.

use serde::Serialize;
use shared::domain::code::OtpId;
use shared::domain::time::Timestamp;

/// The target that the lines of the audit are filtered by.
const TARGET: &str = "countersign::audit";

/// What became of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChangeResult {
    /// It is done.
    Done,
    /// Nothing was changed: the rows were no longer those that were read.
    Overtaken,
    /// DynamoDB failed: it may have been done.
    Unknown,
}

impl ChangeResult {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Overtaken => "overtaken",
            Self::Unknown => "unknown",
        }
    }

    const fn level(self) -> &'static str {
        match self {
            Self::Done => "INFO",
            Self::Overtaken | Self::Unknown => "WARN",
        }
    }
}

/// A line of the audit: who did what to which challenge. It names neither the username nor anything else of the person.
#[derive(Clone, Debug, Serialize)]
pub struct AuditLine {
    timestamp: String,
    level: &'static str,
    message: &'static str,
    event: &'static str,
    operator: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    otp: Option<String>,
    result: &'static str,
    target: &'static str,
}

impl AuditLine {
    pub(crate) fn new(
        event: &'static str,
        operator: &str,
        otp: Option<OtpId>,
        result: ChangeResult,
        now: Timestamp,
    ) -> Self {
        Self {
            timestamp: now.to_string(),
            level: result.level(),
            message: "audit",
            event,
            operator: operator.to_owned(),
            otp: otp.map(|id| id.to_string()),
            result: result.as_str(),
            target: TARGET,
        }
    }

    /// Returns it as JSON, without a line break.
    #[must_use]
    pub fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}
