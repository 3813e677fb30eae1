//! Days and hours of the clock, which counters are of.

use super::mac::{Mac, Pepper};
use super::time::Timestamp;

/// A day or hour of the clock, in UTC.
pub(crate) struct Window {
    starts_at: Timestamp,
    /// Its end, from which its counters are of no more use.
    pub(crate) ends_at: Timestamp,
}

impl Window {
    /// Returns the window of so many `seconds` that `now` lies in.
    pub(crate) fn containing(now: Timestamp, seconds: i64) -> Self {
        let starts_at = Timestamp::from_second(now.as_second() - now.as_second().rem_euclid(seconds));
        Self { starts_at, ends_at: starts_at.plus(seconds) }
    }

    /// Returns the key of a counter of this window: a MAC, so that no phone or address stands in the table.
    pub(crate) fn key(&self, pepper: &Pepper, kind: &[u8], value: &[u8]) -> Mac {
        pepper.mac(&[kind, value, &self.starts_at.as_second().to_be_bytes()])
    }
}
