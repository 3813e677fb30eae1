//! The log of this process, kept instead of printed.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use shared::lambda::levels;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// All that our own code has to say, and of other crates what Lambda keeps.
const LEVELS: &str = "info,shared=trace,signup=trace,send=trace,resend=trace,verify=trace";

/// The lines so far.
#[derive(Clone, Default)]
pub(super) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// The lines so far.
    pub(super) fn lines(&self) -> Vec<String> {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).lines().map(str::to_owned).collect()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Keeps the log from now on, in the form that `shared::lambda::log` gives it. Once in a process.
pub(super) fn captured() -> Log {
    let log = Log::default();
    let writer = log.clone();
    let lines = tracing_subscriber::fmt::layer().json().flatten_event(true).without_time();
    let lines = lines.with_current_span(false).with_span_list(false).with_writer(move || writer.clone());
    tracing_subscriber::registry().with(lines).with(levels(LEVELS)).init();
    log
}
