//! The breaker: when Courier is down, it gets no request for a while, and nobody's codes are used up meanwhile.

use crate::domain::time::Timestamp;

/// Seconds without a request after a failure: Courier's incidents last minutes, and people wait half of one.
const PAUSE: i64 = 30;

/// The breaker before Courier: closed in ordinary service, open after a failure.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    /// Set by a failure; from then on one text is sent as a probe, and the others wait for what becomes of it.
    open_until: Option<Timestamp>,
}

impl Breaker {
    /// Admits a text, and returns whether it is the one probe after a pause; else the seconds to wait.
    pub(super) fn admit(&mut self, really: bool, now: Timestamp) -> Result<bool, i64> {
        match self.open_until {
            Some(until) if now < until => Err(now.until(until)),
            Some(_) if really => {
                self.open(now);
                Ok(true)
            }
            Some(_) | None => Ok(false),
        }
    }

    /// Gives the probe back: it came to nothing that says how Courier is.
    pub(super) fn give_back(&mut self, now: Timestamp) {
        if self.open_until.is_some() {
            self.open_until = Some(now);
        }
    }

    pub(super) fn open(&mut self, now: Timestamp) {
        self.open_until = Some(now.plus(PAUSE));
    }

    pub(super) fn close(&mut self) {
        self.open_until = None;
    }

    /// Returns the seconds until the next probe; at least one, for a failure that was one number's alone.
    pub(super) fn retry_after(&self, now: Timestamp) -> i64 {
        self.open_until.map_or(1, |until| now.until(until).max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_failure_one_text_is_sent_every_thirty_seconds() {
        let at = Timestamp::from_second;
        let mut breaker = Breaker::default();
        assert_eq!(breaker.admit(true, at(0)), Ok(false));
        breaker.open(at(0));
        assert_eq!(breaker.admit(true, at(0)), Err(30));
        assert_eq!(breaker.admit(false, at(29)), Err(1));
        assert_eq!(breaker.admit(true, at(30)), Ok(true));
        assert_eq!(breaker.admit(true, at(30)), Err(30));
        breaker.give_back(at(30));
        assert_eq!(breaker.admit(true, at(30)), Ok(true));
        breaker.close();
        breaker.give_back(at(30));
        assert_eq!(breaker.admit(true, at(30)), Ok(false), "a text before the pause was accepted late");
    }

    #[test]
    fn a_text_that_is_not_sent_does_not_take_the_probe() {
        let at = Timestamp::from_second;
        let mut breaker = Breaker::default();
        breaker.open(at(0));
        assert_eq!(breaker.admit(false, at(30)), Ok(false));
        assert_eq!(breaker.admit(true, at(30)), Ok(true));
        assert_eq!(breaker.admit(false, at(30)), Err(30));
    }
}
