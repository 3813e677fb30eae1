//! The time that everything on this machine goes by: the machine's own, one ahead of it, or one that a test moves.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

pub use dynoxide::storage_backend::ManualClock;

/// The farthest that a clock is put ahead in all: ten years, so that no time leaves the range of its type.
const FARTHEST: i64 = 10 * 366 * 86_400 * 1_000;

/// The milliseconds that a clock is ahead of the machine's. It only ever grows: what was issued stays issued.
#[derive(Debug, Default)]
pub struct Advance(AtomicI64);

impl Advance {
    /// Returns the milliseconds.
    #[must_use]
    pub fn milliseconds(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Puts the clock `milliseconds` further ahead; returns false, and moves nothing, where that is backwards or beyond
    /// ten years in all.
    pub fn add(&self, milliseconds: i64) -> bool {
        let further = |ahead: i64| {
            let sum = ahead.checked_add(milliseconds)?;
            (milliseconds >= 0 && sum <= FARTHEST).then_some(sum)
        };
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, further).is_ok()
    }
}

/// The source of the time.
#[derive(Clone, Default)]
pub enum Clock {
    /// The machine's clock.
    #[default]
    System,
    /// The machine's clock, put ahead by what somebody at the page wants to see sooner.
    Ahead(Arc<Advance>),
    /// A clock that stands still until a test moves it.
    Manual(Arc<ManualClock>),
}

impl Clock {
    /// Returns a clock that stands at `second`, and the handle that moves it.
    #[must_use]
    pub fn manual(second: u64) -> (Self, Arc<ManualClock>) {
        let clock = Arc::new(ManualClock::new(second));
        (Self::Manual(Arc::clone(&clock)), clock)
    }

    /// Returns the machine's clock as one that can be put ahead.
    #[must_use]
    pub fn ahead() -> Self {
        Self::Ahead(Arc::default())
    }

    /// Returns the time in milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn millisecond(&self) -> i64 {
        use dynoxide::storage_backend::Clock as _;
        match self {
            Self::System => jiff::Timestamp::now().as_millisecond(),
            Self::Ahead(advance) => {
                jiff::Timestamp::now().as_millisecond().saturating_add(advance.milliseconds())
            }
            Self::Manual(clock) => {
                i64::try_from(clock.now_unix_secs()).unwrap_or(i64::MAX).saturating_mul(1_000)
            }
        }
    }

    /// Returns the same clock as the functions read it.
    #[must_use]
    pub fn of_the_functions(&self) -> shared::clock::Clock {
        let clock = self.clone();
        shared::clock::Clock::reading(move || {
            UNIX_EPOCH + Duration::from_millis(u64::try_from(clock.millisecond()).unwrap_or_default())
        })
    }

    /// Returns the time in whole seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn second(&self) -> i64 {
        self.millisecond().div_euclid(1_000)
    }
}

/// The embedded DynamoDB goes by the same clock.
impl dynoxide::storage_backend::Clock for Clock {
    fn now_unix_secs(&self) -> u64 {
        self.second().unsigned_abs()
    }

    #[expect(clippy::cast_precision_loss, reason = "milliseconds of this century are exact in an f64")]
    fn now_unix_secs_f64(&self) -> f64 {
        self.millisecond() as f64 / 1_000.0
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({} ms)", self.millisecond())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_put_ahead_goes_on_from_there() {
        let clock = Clock::ahead();
        let Clock::Ahead(advance) = &clock else { panic!("{clock:?}") };
        let before = Clock::System.millisecond();
        assert!(advance.add(3_600_000) && advance.add(500));
        assert!(clock.millisecond() >= before + 3_600_500);
        assert_eq!(advance.milliseconds(), 3_600_500);
    }

    #[test]
    fn a_clock_is_put_neither_back_nor_beyond_ten_years() {
        let advance = Advance::default();
        assert!(!advance.add(-1));
        assert!(advance.add(FARTHEST));
        assert!(!advance.add(1) && !advance.add(i64::MAX));
        assert_eq!(advance.milliseconds(), FARTHEST);
    }
}
