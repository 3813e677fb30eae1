//! The times that texts took lately, so that one that is not sent can take as long.

use std::collections::VecDeque;
use std::time::Duration;

use rand::{Rng, RngExt as _};

/// The number of texts that are remembered: enough to draw from, few enough to follow the hour of the day.
const REMEMBERED: usize = 64;

/// The times to draw from before any text was sent, in milliseconds: calls to an HTTPS API across a continent.
const PRIOR: [u64; 8] = [140, 160, 180, 200, 220, 250, 300, 400];

/// The times of the last texts that were accepted.
#[derive(Debug, Default)]
pub(super) struct Recent(VecDeque<Duration>);

impl Recent {
    pub(super) fn saw(&mut self, took: Duration) {
        self.0.push_back(took);
        if self.0.len() > REMEMBERED {
            self.0.pop_front();
        }
    }

    /// Draws one of the times seen; while few were, of those and the prior's.
    pub(super) fn draw(&self, random: &mut impl Rng) -> Duration {
        let priors = PRIOR.len().saturating_sub(self.0.len());
        let at = random.random_range(0..self.0.len() + priors);
        self.0.get(at).copied().unwrap_or_else(|| Duration::from_millis(PRIOR[at - self.0.len()]))
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn waits_are_drawn_from_the_times_seen() {
        let mut random = StdRng::seed_from_u64(1);
        let mut recent = Recent::default();
        assert!(PRIOR.map(Duration::from_millis).contains(&recent.draw(&mut random)));
        for milliseconds in 0..1_000 {
            recent.saw(Duration::from_millis(milliseconds));
        }
        for _ in 0..1_000 {
            let drawn = recent.draw(&mut random);
            assert!((936..1_000).map(Duration::from_millis).any(|seen| seen == drawn), "{drawn:?}");
        }
    }
}
