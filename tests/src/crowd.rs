//! Crowds take turns: the code under test gives DynamoDB seconds, not minutes, and two crowds in one process on a small
//! machine would make it give up.

use tokio::sync::{Mutex, MutexGuard};

static TURN: Mutex<()> = Mutex::const_new(());

/// Waits until no other crowd is at work; a test with many calls at once holds this while it runs.
pub async fn turn() -> MutexGuard<'static, ()> {
    TURN.lock().await
}

/// How many calls of a crowd are under way at any moment. With more, a busy machine of two cores takes longer for one than
/// the code under test waits for DynamoDB.
pub const UNDER_WAY: usize = 24;

/// As [`UNDER_WAY`], for signups: each of them hashes a password, which keeps a core busy.
pub const SIGNUPS_UNDER_WAY: usize = 8;
