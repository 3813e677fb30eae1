//! The two clocks: what time it is, read once per request, and how much time the request has left.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;
use tokio::time::error::Elapsed;

use crate::domain::time::Timestamp;

/// The source of the time.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> SystemTime + Send + Sync>);

impl Clock {
    /// Returns the machine's clock.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the edge")]
    pub fn system() -> Self {
        Self(Arc::new(SystemTime::now))
    }

    /// Returns a clock that shows what `read` answers.
    #[must_use]
    pub fn reading(read: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }

    /// Returns the time until `moment`; none when it has passed.
    #[must_use]
    pub fn until(&self, moment: SystemTime) -> Duration {
        moment.duration_since((self.0)()).unwrap_or_default()
    }

    /// Returns the current second.
    #[must_use]
    pub fn now(&self) -> Second {
        let since = (self.0)().duration_since(UNIX_EPOCH).unwrap_or_default();
        let part = Duration::from_nanos(since.subsec_nanos().into());
        let now = Instant::now();
        Second {
            timestamp: Timestamp::from_second(i64::try_from(since.as_secs()).unwrap_or(i64::MAX)),
            began: now.checked_sub(part).unwrap_or(now),
        }
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

/// A whole second, by which the rules go, and when it began, by which its end is found again.
#[derive(Clone, Copy, Debug)]
pub struct Second {
    /// The second, as the rules count it.
    pub timestamp: Timestamp,
    began: Instant,
}

impl Second {
    /// Returns the moment `seconds` after this one began.
    #[must_use]
    pub fn plus(self, seconds: i64) -> Deadline {
        Deadline(self.began + Duration::from_secs(u64::try_from(seconds).unwrap_or_default()))
    }
}

/// The moment at which a request came, and the deadline of its answer.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// The second in which it came: the `now` of every rule.
    pub arrived: Second,
    /// The same on the monotonic clock, to the moment.
    pub came: Instant,
    /// The moment by which the answer must be there.
    pub deadline: Deadline,
}

impl Moment {
    /// Returns the `now` of every rule.
    #[must_use]
    pub fn now(self) -> Timestamp {
        self.arrived.timestamp
    }

    /// Returns the same moment with `reserve` less of its time.
    #[must_use]
    pub fn less(self, reserve: Duration) -> Self {
        Self { deadline: self.deadline.less(reserve), ..self }
    }
}

/// The end of the time that a request has, on the monotonic clock.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Instant);

impl Deadline {
    /// Returns the moment `time` from now.
    #[must_use]
    pub fn after(time: Duration) -> Self {
        Self(Instant::now() + time)
    }

    /// Returns the time left; zero when it has passed.
    #[must_use]
    pub fn remaining(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    /// Returns the earlier of this deadline and the moment `time` from now.
    #[must_use]
    pub fn within(self, time: Duration) -> Self {
        Self(self.0.min(Self::after(time).0))
    }

    /// Returns the earlier of this deadline and the one that leaves `reserve` of its time.
    #[must_use]
    pub fn less(self, reserve: Duration) -> Self {
        Self(self.0.checked_sub(reserve).unwrap_or_else(Instant::now))
    }

    /// Sleeps for `time`, unless less than that is left: then it returns `false` at once.
    pub async fn sleep(self, time: Duration) -> bool {
        let fits = time < self.remaining();
        if fits {
            tokio::time::sleep(time).await;
        }
        fits
    }

    /// Runs `work` until it is done or the time is up. It is boxed, since a call to DynamoDB is a future of some
    /// 20 KiB, which each caller's would carry along.
    ///
    /// # Errors
    /// [`Elapsed`] when the time is up.
    pub fn run<T>(self, work: impl Future<Output = T>) -> impl Future<Output = Result<T, Elapsed>> {
        let work = Box::pin(work);
        tokio::time::timeout_at(self.0, work)
    }
}
