//! The time that everything on this machine goes by: the machine's own, or one that a test moves.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

pub use dynoxide::storage_backend::ManualClock;

/// The source of the time.
#[derive(Clone, Default)]
pub enum Clock {
    /// The machine's clock.
    #[default]
    System,
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

    /// Returns the time in milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn millisecond(&self) -> i64 {
        use dynoxide::storage_backend::Clock as _;
        match self {
            Self::System => jiff::Timestamp::now().as_millisecond(),
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

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({} ms)", self.millisecond())
    }
}
