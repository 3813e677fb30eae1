//! The trace of one request: the time that its steps took, and what the line in the log says besides.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::region::Region;
use crate::domain::sms::Reader;

/// The parts of a request that take time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Hashing the password.
    Hash,
    /// Reading what is known of the username.
    Load,
    /// The transaction that stores a code.
    Store,
    /// Texting, all retries and pauses together, or waiting as long.
    Text,
    /// Recording what became of the text.
    Record,
    /// Waiting for the step of time on which the answer leaves.
    Wait,
    /// Counting a signup that stores nothing.
    Count,
    /// Taking an attempt at a code.
    Attempt,
    /// Confirming a code.
    Confirm,
    /// Ending the run of failures when a confirmed code was typed again.
    Settle,
}

/// The number of stages.
const STAGES: usize = Stage::Settle as usize + 1;

/// The trace of one request. Clones are of the same request.
#[derive(Clone, Debug)]
pub struct Trace {
    request: Arc<str>,
    seen: Arc<Mutex<Seen>>,
}

/// The facts seen so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    steps: [Option<Duration>; STAGES],
    /// The outcome of looking at an App Check token.
    pub(crate) attestation: Option<&'static str>,
    /// The region of the phone.
    pub(crate) region: Option<Region>,
    /// The outcome of the text.
    pub(crate) delivery: Option<&'static str>,
    /// The reader of the text that was, or seemed to be, sent.
    pub(crate) reader: Option<Reader>,
    /// The segments of the text, where they are known.
    pub(crate) segments: Option<u32>,
    /// True when the answer is that of an earlier request with the same key.
    pub(crate) repeated: bool,
}

impl Seen {
    /// Returns the time that a step took, if the request came to it. One that was taken several times counts with its sum.
    pub(crate) fn milliseconds(&self, step: Stage) -> Option<u64> {
        self.steps[step as usize].map(milliseconds)
    }
}

/// Returns a duration as the log has it.
pub(crate) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl Trace {
    /// Opens the trace of the request that the gateway calls `request`.
    #[must_use]
    pub fn of(request: &str) -> Self {
        Self { request: request.into(), seen: Arc::default() }
    }

    /// Returns the gateway's name for the request.
    #[must_use]
    pub fn request(&self) -> &str {
        &self.request
    }

    /// Does the `work` of a step and takes its time.
    pub async fn stage<T>(&self, step: Stage, work: impl Future<Output = T>) -> T {
        let begun = Instant::now();
        let done = work.await;
        self.took(step, begun.elapsed());
        done
    }

    /// Takes note that `step` took `time`.
    pub fn took(&self, step: Stage, time: Duration) {
        *self.lock().steps[step as usize].get_or_insert_default() += time;
    }

    /// Takes note of whether an attested app asks.
    pub(crate) fn note_attestation(&self, attestation: &'static str) {
        self.lock().attestation = Some(attestation);
    }

    /// Takes note of where the phone is.
    pub fn note_region(&self, region: Option<Region>) {
        self.lock().region = region;
    }

    /// Takes note of what became of the text.
    pub(crate) fn note_delivery(&self, delivery: &'static str) {
        self.lock().delivery = Some(delivery);
    }

    /// Takes note of whom the text is for.
    pub(crate) fn note_reader(&self, reader: Reader) {
        self.lock().reader = Some(reader);
    }

    /// Takes note of the segments of the text.
    pub(crate) fn note_segments(&self, segments: Option<u32>) {
        self.lock().segments = segments;
    }

    /// Takes note that the answer is that of an earlier request with the same key.
    pub fn note_repeated(&self) {
        self.lock().repeated = true;
    }

    /// Returns the facts seen so far.
    pub(crate) fn seen(&self) -> Seen {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_counts_with_all_of_its_time() {
        let trace = Trace::of("request");
        trace.took(Stage::Load, Duration::from_micros(3_600));
        trace.clone().took(Stage::Load, Duration::from_micros(3_600));
        trace.took(Stage::Confirm, Duration::ZERO);
        let seen = trace.seen();
        assert_eq!(seen.milliseconds(Stage::Load), Some(7));
        assert_eq!(seen.milliseconds(Stage::Confirm), Some(0));
        assert_eq!(seen.milliseconds(Stage::Store), None);
    }
}
