//! Time in whole seconds, the unit of every rule.

use std::fmt;

/// Seconds in an hour.
pub const HOUR: i64 = 3_600;
/// Seconds in a day.
pub const DAY: i64 = 86_400;

/// A moment in whole seconds since 1970-01-01T00:00:00Z.
///
/// It is displayed as RFC 3339 in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Returns the moment `second` seconds after the epoch.
    #[must_use]
    pub const fn from_second(second: i64) -> Self {
        Self(second)
    }

    /// Returns the seconds since the epoch.
    #[must_use]
    pub const fn as_second(self) -> i64 {
        self.0
    }

    /// Returns the moment `seconds` later.
    #[must_use]
    pub const fn plus(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// Returns the seconds from `self` until `later`; zero when `later` is not later.
    #[must_use]
    pub fn until(self, later: Self) -> i64 {
        later.0.saturating_sub(self.0).max(0)
    }

    /// Returns whether `self` lies in the hour that ends at `now`: exactly one hour ago no longer does.
    #[must_use]
    pub const fn within_hour_before(self, now: Self) -> bool {
        now.0.saturating_sub(self.0) < HOUR
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_second(self.0) {
            Ok(moment) => write!(f, "{moment}"),
            Err(_) => write!(f, "{}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_reads_as_rfc_3339() {
        assert_eq!(Timestamp::from_second(1_700_000_000).to_string(), "2023-11-14T22:13:20Z");
    }

    #[test]
    fn an_hour_ago_exactly_is_not_within_the_hour() {
        let now = Timestamp::from_second(10_000);
        assert!(Timestamp::from_second(10_000 - HOUR + 1).within_hour_before(now));
        assert!(!Timestamp::from_second(10_000 - HOUR).within_hour_before(now));
    }
}
