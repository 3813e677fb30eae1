//! A username that was forgotten.

use super::script::Twins;
use crate::as_if;
use crate::operator::operate;

/// Case 43: a forgotten user is like one who never was, a locked one too: the same answers, and the same work.
#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_username_is_like_one_that_never_was() {
    for locked in [false, true] {
        let twins = Twins::start(&[]).await;
        if locked {
            twins.service.send("known").await;
            as_if::failed(&twins.service, "known", 100).await;
            twins.tick(60);
        }
        operate(&twins.service, "forget known --apply --operator grace").await;
        twins.walk().await;
        assert_eq!(twins.service.user("known").await, None);
    }
}
