//! Calls that wait for the test, so that it can decide what happens first.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, watch};

/// Far above what any journey takes: a test that waits longer waits for a call that nobody makes.
const PATIENCE: Duration = Duration::from_secs(30);

/// The calls that a [`Proxy`](super::Proxy) holds back, until released; dropping it releases them all.
///
/// A call whose client hangs up meanwhile is still forwarded when it is released, as a packet that the network delivers late.
#[derive(Debug)]
#[must_use = "dropping it releases the calls"]
pub struct Hold {
    pub(super) gate: Arc<Gate>,
}

impl Hold {
    /// Waits until `calls` calls in all have been held.
    ///
    /// # Panics
    /// If they have not come after 30 seconds.
    pub async fn arrived(&self, calls: usize) {
        let mut arrivals = self.gate.arrivals.subscribe();
        let enough = tokio::time::timeout(PATIENCE, arrivals.wait_for(|count| *count >= calls)).await;
        let count = self.count();
        assert!(enough.is_ok(), "only {count} of {calls} calls came to the hold in {PATIENCE:?}");
    }

    /// How many calls have been held so far, those released since included.
    #[must_use]
    pub fn count(&self) -> usize {
        *self.gate.arrivals.borrow()
    }

    /// Lets the call go that came first of those held, or the next to come.
    pub fn release_one(&self) {
        self.gate.passage.add_permits(1);
    }

    /// Lets all held calls go, and holds no more.
    pub fn release(self) {}
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.gate.passage.close();
    }
}

#[derive(Debug)]
pub(super) struct Gate {
    arrivals: watch::Sender<usize>,
    passage: Semaphore,
}

impl Gate {
    pub(super) fn closed() -> Arc<Self> {
        Arc::new(Self { arrivals: watch::Sender::new(0), passage: Semaphore::new(0) })
    }

    pub(super) fn is_open(&self) -> bool {
        self.passage.is_closed()
    }

    /// Waits to be let through.
    pub(super) async fn pass(&self) {
        let passage = self.passage.acquire();
        self.arrivals.send_modify(|count| *count += 1);
        if let Ok(permit) = passage.await {
            permit.forget();
        }
    }
}
