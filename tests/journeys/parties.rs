//! Two parties at one username: whoever reads the texts of a phone verifies no password of a stranger's. (31)

use tests::crowd;
use tests::parties::run;

const SEED: u64 = 31;

const ORDERS: usize = 500;

/// Case 31, over random orders of the calls of both. `cargo bench -p tests --bench parties -- 50 <batch>` tells the story
/// of a counterexample again.
#[tokio::test(flavor = "multi_thread")]
async fn an_owner_verifies_no_account_whose_password_a_stranger_set() {
    let _turn = crowd::turn().await;
    let tally = run(SEED, ORDERS, None).await;
    if let Some(counterexample) = tally.counterexample {
        panic!("with seed {SEED}, {counterexample}");
    }
    assert_eq!(tally.orders, ORDERS);
    assert!(tally.contested * 10 >= ORDERS, "few orders met a contested account: {tally:?}");
    assert!(tally.confirmed * 50 >= ORDERS, "few owners verified after a stranger's signup: {tally:?}");
}
