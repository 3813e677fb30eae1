//! Calls at once are answered as in some order, one after the other.

use tests::crowd;
use tests::linearizability::run;

const SEED: u64 = 1;

const HISTORIES: u64 = 30;

/// Two or three clients at one username, over signups, sends, resends and verifies. What a client does follows from the
/// seed, and whom it meets does not; what no order explains is told in full.
#[tokio::test(flavor = "multi_thread")]
async fn calls_at_once_are_answered_as_in_some_order() {
    let _turn = crowd::turn().await;
    let tally = run(SEED, HISTORIES, None).await;
    if let Some(counterexample) = tally.counterexample {
        panic!("{counterexample}");
    }
    assert_eq!(tally.histories as u64, HISTORIES);
    assert!(tally.overlapping > 0, "no call met another: {tally:?}");
}
