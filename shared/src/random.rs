//! The source of the ids, codes and salts that are drawn at random. What decides nothing (shards, pauses, the tokens of requests)
//! is drawn where it is needed.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;

use rand::{Rng as _, TryRng};

/// Fills a slice with what is drawn.
type Fill = dyn Fn(&mut [u8]) + Send + Sync;

/// The source of randomness.
#[derive(Clone)]
pub struct Random(Arc<Fill>);

impl Random {
    /// Returns the operating system's randomness, stretched by a generator of the thread's own.
    #[must_use]
    pub fn system() -> Self {
        Self(Arc::new(|bytes| rand::rng().fill_bytes(bytes)))
    }

    /// Returns a source that draws what `fill` fills in.
    #[must_use]
    pub fn filling(fill: impl Fn(&mut [u8]) + Send + Sync + 'static) -> Self {
        Self(Arc::new(fill))
    }

    fn array<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.0)(&mut bytes);
        bytes
    }
}

impl TryRng for Random {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_le_bytes(self.array()))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_le_bytes(self.array()))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        (self.0)(bytes);
        Ok(())
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Random")
    }
}
