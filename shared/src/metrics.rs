//! Metrics for the operator, in CloudWatch's Embedded Metric Format.
//!
//! A metric is counted wherever it happens, and written by an [`Emitter`] when the request ends. Where there is none,
//! as in `local`, counting does nothing. Nothing here asks DynamoDB for anything.

use std::io::{self, Write as _};
use std::time::Duration;

use ::metrics::{Unit, counter, describe_counter, describe_histogram, histogram};
use metrics_cloudwatch_embedded::{Builder, Collector};
use thiserror::Error;

use crate::domain::challenge::DeliveryOutcome;
use crate::domain::recipient::RecipientKind;
use crate::domain::refusal::Refusal;
use crate::domain::sum::Sum;
use crate::error;
use crate::event::Event;

/// The dimension of refusals: which one, by the `code` of the answer.
pub const REASON: &str = "Reason";

/// The dimension of attestations: what became of it.
pub const OUTCOME: &str = "Outcome";

/// A metric, by its name in CloudWatch.
///
/// All but [`Metric::Refusals`] and [`Metric::Attestations`] have no dimension, so a funnel is a sum and not a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// Codes stored for a phone.
    CodesIssued,
    /// Micro-dollars that texts to VERIFIED users cost: what their pot of the day's budget has spent.
    SpentOnVerified,
    /// Micro-dollars that texts to signups and PENDING users cost.
    SpentOnOthers,
    /// Codes stored for an unknown username, which no phone receives.
    CodesToNobody,
    /// Texts that Courier took.
    TextsAccepted,
    /// Texts that surely were not sent.
    TextsFailed,
    /// Texts that may have been sent.
    TextsUnknown,
    /// Segments of the texts that Courier took or may have taken: what they cost.
    TextSegments,
    /// The time that a text took with all its retries, in milliseconds.
    TextTime,
    /// Right codes, each of which verified its user.
    CodesConfirmed,
    /// Wrong or superseded codes that cost an attempt.
    WrongCodes,
    /// Usernames that were locked.
    UsersLocked,
    /// Codes that were refused because their region has had its texts of the day.
    RegionRefusals,
    /// Requests that did not get what they asked for, by [`REASON`].
    Refusals,
    /// Requests that came to the gate for apps, where there is one, by [`OUTCOME`].
    Attestations,
}

impl Metric {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::CodesIssued,
        Self::SpentOnVerified,
        Self::SpentOnOthers,
        Self::CodesToNobody,
        Self::TextsAccepted,
        Self::TextsFailed,
        Self::TextsUnknown,
        Self::TextSegments,
        Self::TextTime,
        Self::CodesConfirmed,
        Self::WrongCodes,
        Self::UsersLocked,
        Self::RegionRefusals,
        Self::Refusals,
        Self::Attestations,
    ];

    /// Returns its name in CloudWatch.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CodesIssued => "CodesIssued",
            Self::SpentOnVerified => "SpentOnVerified",
            Self::SpentOnOthers => "SpentOnOthers",
            Self::CodesToNobody => "CodesToNobody",
            Self::TextsAccepted => "TextsAccepted",
            Self::TextsFailed => "TextsFailed",
            Self::TextsUnknown => "TextsUnknown",
            Self::TextSegments => "TextSegments",
            Self::TextTime => "TextTime",
            Self::CodesConfirmed => "CodesConfirmed",
            Self::WrongCodes => "WrongCodes",
            Self::UsersLocked => "UsersLocked",
            Self::RegionRefusals => "RegionRefusals",
            Self::Refusals => "Refusals",
            Self::Attestations => "Attestations",
        }
    }

    /// Returns the dimension that it has.
    #[must_use]
    pub const fn dimension(self) -> Option<&'static str> {
        match self {
            Self::Refusals => Some(REASON),
            Self::Attestations => Some(OUTCOME),
            _ => None,
        }
    }

    fn count(self) {
        self.add(1);
    }

    fn add(self, count: u64) {
        counter!(self.name()).increment(count);
    }
}

/// Counts a change of state.
pub(crate) fn count(event: Event) {
    match event {
        Event::CodeIssued { recipient, spent, .. } => match recipient {
            RecipientKind::Verified => {
                Metric::CodesIssued.count();
                Metric::SpentOnVerified.add(spent.get());
            }
            RecipientKind::Pending => {
                Metric::CodesIssued.count();
                Metric::SpentOnOthers.add(spent.get());
            }
            RecipientKind::Unknown => Metric::CodesToNobody.count(),
        },
        Event::TextSettled { outcome, segments, took, .. } => {
            let segments = segments.unwrap_or_default().into();
            match outcome {
                DeliveryOutcome::Sent => {
                    Metric::TextsAccepted.count();
                    Metric::TextSegments.add(segments);
                }
                DeliveryOutcome::Failed => Metric::TextsFailed.count(),
                DeliveryOutcome::Unknown => {
                    Metric::TextsUnknown.count();
                    Metric::TextSegments.add(segments);
                }
            }
            text_took(took);
        }
        Event::CodeConfirmed => Metric::CodesConfirmed.count(),
        Event::UserLocked => Metric::UsersLocked.count(),
        Event::UserCreated { .. } | Event::CodeSuperseded { .. } | Event::UserVerified => {}
    }
}

fn text_took(time: Duration) {
    histogram!(Metric::TextTime.name()).record(time.as_secs_f64() * 1_000.0);
}

/// Counts a request that is refused or failed.
pub(crate) fn refused(error: &error::Error) {
    counter!(Metric::Refusals.name(), REASON => error.answer().code).increment(1);
    if let error::Error::Refused(
        Refusal::InvalidOtp { .. } | Refusal::OtpSuperseded { attempts_remaining: Some(_) },
    ) = error
    {
        Metric::WrongCodes.count();
    }
    if let error::Error::Refused(Refusal::BudgetSpent { full: Sum::Region(_), .. }) = error {
        Metric::RegionRefusals.count();
    }
}

/// Counts a request that came to the gate for apps.
pub(crate) fn judged(outcome: &'static str) {
    counter!(Metric::Attestations.name(), OUTCOME => outcome).increment(1);
}

/// The reason why nothing can be counted.
#[derive(Debug, Error)]
#[error("metrics cannot be counted: {0}")]
pub struct NotStarted(String);

/// Writes what was counted.
#[derive(Clone, Copy)]
pub struct Emitter(&'static Collector);

impl Emitter {
    /// Begins to count, for the namespace `namespace`. Once in a process.
    ///
    /// What did not happen is written, too, as a zero: an alarm on codes that nobody confirms would else find no
    /// number to compare just when there is none.
    ///
    /// # Errors
    /// When counting has begun already.
    pub fn start(namespace: &str) -> Result<Self, NotStarted> {
        let builder = Builder::new().cloudwatch_namespace(namespace.to_owned()).emit_zeros(true);
        let collector = builder.init().map_err(|error| NotStarted(error.to_string()))?;
        for metric in Metric::ALL {
            match metric {
                Metric::TextTime => describe_histogram!(metric.name(), Unit::Milliseconds, ""),
                _ => describe_counter!(metric.name(), Unit::Count, ""),
            }
            if metric.dimension().is_none() && metric != Metric::TextTime {
                counter!(metric.name()).absolute(0);
            }
        }
        Ok(Self(collector))
    }

    /// Writes what was counted since the last time to standard output: a line of its own for each set of dimensions,
    /// all of them at once, so that no line of the log comes between.
    pub fn emit(self) {
        let mut lines = Vec::new();
        // An answer is worth more than its metrics.
        let written = self.0.flush(&mut lines).and_then(|()| io::stdout().lock().write_all(&lines));
        if let Err(error) = written {
            tracing::warn!(%error, "metrics could not be written");
        }
    }
}

impl std::fmt::Debug for Emitter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Emitter")
    }
}
