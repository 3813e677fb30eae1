//! When the answers of a process leave that has just started, under a clock that stands still unless it is moved.
//!
//! The sockets and the database are real, so the clock must not run ahead of them: it is moved by hand, and only when all
//! that was under way has come to where it waits.

use std::sync::mpsc;
use std::time::Duration;

use local::courier::{Delay, Script};
use tests::proxy::Operation;
use tests::rows::put_verified_user;
use tests::service::Service;
use tokio::task::yield_now;
use tokio::time::{Instant, advance};

use super::ADA;

/// Milliseconds, longer than any time that is drawn for a text that is not sent, before one was.
const DRAWN: u64 = 400;

/// Milliseconds between the moments at which answers leave.
const STEP: u64 = 1_000;

/// Far above what a call takes: a test that waits longer waits for nothing.
const PATIENCE: Duration = Duration::from_secs(30);

/// Case 36: whatever Courier takes, the answers to a known and an unknown name leave at the same moment, and none before.
#[tokio::test]
async fn the_first_answers_of_a_process_leave_on_the_same_step() {
    for millis in [50, 300, 700] {
        // Without a signup, which needs more threads than a clock that stands still allows.
        let service = Service::with(&[("SEND_ANSWER_STEP_MILLISECONDS", "1000")]).await;
        put_verified_user(&service, "known", ADA).await;
        service.courier().play(Script { delay: Delay::of(millis), ..Script::default() });
        let _ = service.proxy.take_calls();
        let clock = Clock::stop();
        let took = async |name| {
            let came = Instant::now();
            let answer = service.send(name).await;
            assert_eq!(answer.outcome(), "202 OTP sent successfully", "{name}");
            came.elapsed()
        };
        let (known, unknown, ()) = tokio::join!(took("known"), took("unknown"), go_on(&service, millis));
        // The last move goes from a millisecond before the step to one after it: timers have no finer grain.
        let left = Duration::from_millis(STEP + 1);
        assert_eq!((known, unknown), (left, left), "Courier taking {millis} ms");
        drop(clock);
    }
}

/// Moves the clock over the end of a text of `millis` milliseconds, over that of the time drawn for none, and over the
/// step.
async fn go_on(service: &Service, millis: u64) {
    until("both are stored, and the text is under way", || {
        done(service, &Operation::TransactWriteItems) == 2 && service.courier().keys().len() == 1
    })
    .await;
    let mut ends = [millis + 1, DRAWN + 1];
    ends.sort_unstable();
    advance(Duration::from_millis(ends[0])).await;
    until("one is recorded", || done(service, &Operation::UpdateItem) >= 1).await;
    advance(Duration::from_millis(ends[1] - ends[0])).await;
    until("both are recorded", || done(service, &Operation::UpdateItem) == 2).await;
    advance(Duration::from_millis(STEP - 1 - ends[1])).await;
    // What has left by now has arrived when a further call has gone all the way.
    assert_eq!(service.verify("nobody", "123456").await.status, 404);
    advance(Duration::from_millis(2)).await;
}

/// How many calls of `operation` the database has done.
fn done(service: &Service, operation: &Operation) -> usize {
    let calls = service.proxy.calls();
    calls.iter().filter(|call| call.operation == *operation && call.answered.is_some()).count()
}

/// Gives way to all that is under way until `happened`, while the clock stands still.
async fn until(what: &str, mut happened: impl FnMut() -> bool) {
    let begun = std::time::Instant::now();
    while !happened() {
        assert!(begun.elapsed() < PATIENCE, "in {PATIENCE:?} it did not happen that {what}");
        yield_now().await;
    }
}

/// The clock of timers, which stands still until this is dropped: a task that blocks keeps it from moving by itself.
struct Clock {
    _stops: mpsc::Sender<()>,
}

impl Clock {
    fn stop() -> Self {
        tokio::time::pause();
        let (stops, stopped) = mpsc::channel::<()>();
        tokio::task::spawn_blocking(move || stopped.recv());
        Self { _stops: stops }
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        tokio::time::resume();
    }
}
