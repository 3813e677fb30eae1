//! Crowds take turns: the code under test gives DynamoDB seconds, not minutes, and two crowds in one process on a small
//! machine would make it give up.

use tokio::sync::{Mutex, MutexGuard};

static TURN: Mutex<()> = Mutex::const_new(());

/// Waits until no other crowd is at work; a test with many calls at once holds this while it runs.
pub async fn turn() -> MutexGuard<'static, ()> {
    TURN.lock().await
}
