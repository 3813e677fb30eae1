//! Many requests for one user at the same moment.

use std::sync::Arc;

use tests::crowd;
use tests::service::Service;

use super::{all_at_once, changed, counted, expected, outcomes};

const PHONE: &str = "+12025550143";
const AT_ONCE: usize = 50;
const ROUNDS: usize = 4;

/// Each round fifty of `path`: one text and one changed row; the others are told `refusal`.
async fn one_of_fifty(path: &'static str, refusal: &str) {
    let _turn = crowd::turn().await;
    let service = Arc::new(Service::start().await);
    service.user_of_yesterday("ada", PHONE).await;
    for round in 0..ROUNDS {
        let [users, otps, limits] = service.everything().await;
        let texts = service.courier().count();
        let answers = all_at_once(&service, 0..AT_ONCE, async move |service, _| {
            service.post(path, serde_json::json!({ "username": "ada" })).await
        })
        .await;
        let wanted = expected(&[("202 OTP sent successfully", 1), (refusal, AT_ONCE - 1)]);
        assert_eq!(outcomes(&answers), wanted, "round {round}");
        assert_eq!(service.courier().count(), texts + 1, "round {round}");

        let [users_after, otps_after, limits_after] = service.everything().await;
        assert_eq!(users_after, users);
        assert_eq!(changed(&otps, &otps_after).len(), 1);
        assert_eq!(otps_after.len(), 1);
        let counters = changed(&limits, &limits_after);
        let count = counted(&limits_after) - counted(&limits);
        assert_eq!((counters.len(), count), (3, 3), "phone, address and budget count the one text");
        service.tick(86_400);
    }
}

/// Case 10: fifty sends at once for one user.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_sends_at_once_one_texts() {
    one_of_fifty("/send", "409 otp_pending").await;
}

/// Case 10: fifty resends at once for one user.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_resends_at_once_one_texts() {
    one_of_fifty("/resend", "429 resend_too_soon").await;
}
