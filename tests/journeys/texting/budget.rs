//! The day's budget.

use std::sync::Arc;

use serde_json::json;
use tests::crowd;
use tests::service::{Service, signup};

use super::{all_at_once, expected, outcomes, phone};

const SPENT: &str = "503 sms_budget_spent";

async fn with_budget(budget: &str) -> Arc<Service> {
    let settings = [("DAILY_SMS_BUDGET", budget), ("CODES_PER_ADDRESS_PER_HOUR", "0")];
    Arc::new(Service::with(&settings).await)
}

/// Case 14: sixty signups at once under a budget of 37, then the rest of the story.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_budget_of_thirty_seven_is_thirty_seven_texts_whatever_the_shards() {
    let _turn = crowd::turn().await;
    let service = with_budget("37").await;
    let answers = all_at_once(&service, 0..60, async |service, nth| {
        service.sign_up(&format!("user{nth}"), &phone(nth)).await
    })
    .await;
    assert_eq!(outcomes(&answers), expected(&[("201 OTP sent successfully", 37), (SPENT, 23)]));
    assert_eq!(service.courier().count(), 37);
    assert_eq!(service.rows("users").await.len(), 37);
    for answer in answers.iter().filter(|answer| answer.status == 503) {
        assert_eq!(answer.retry_after(), 43_200);
    }

    let texted = service.courier().texts()[0].to.clone();
    let user = (0..60).find(|nth| phone(*nth) == texted).unwrap();
    let verified = service.verify(&format!("user{user}"), &service.code_to(&texted)).await;
    assert_eq!(verified.outcome(), "200 User verified");

    service.tick(600);
    let names: Vec<_> = answers.iter().enumerate().filter(|(_, answer)| answer.status == 201).collect();
    for (nth, _) in names.iter().take(3) {
        assert_eq!(service.send(&format!("user{nth}")).await.outcome(), SPENT);
        assert_eq!(service.resend(&format!("user{nth}")).await.retry_after(), 42_600);
    }
    assert_eq!(service.send("nobody").await.outcome(), SPENT);

    service.tick(42_599);
    assert_eq!(service.send(&format!("user{user}")).await.retry_after(), 1);
    assert_eq!(service.courier().count(), 37);
    service.tick(1);
    let answers = all_at_once(&service, 100..160, async |service, nth| {
        service.sign_up(&format!("user{nth}"), &phone(nth)).await
    })
    .await;
    assert_eq!(outcomes(&answers), expected(&[("201 OTP sent successfully", 37), (SPENT, 23)]));
    assert_eq!(service.courier().count(), 74);
}

/// Case 14: one after the other, budgets of fewer texts than shards, of one a shard, and of one more.
#[tokio::test(flavor = "multi_thread")]
async fn every_budget_is_spent_to_the_last_text() {
    for budget in [1, 5, 16, 17] {
        let service = with_budget(&budget.to_string()).await;
        for nth in 0..budget {
            let answer = service.sign_up(&format!("user{nth}"), &phone(nth)).await;
            assert_eq!(answer.status, 201, "text {nth} of {budget}");
        }
        let answer = service.sign_up("one-more", &phone(999)).await;
        assert_eq!((answer.outcome().as_str(), service.courier().count()), (SPENT, budget));
    }
}

/// Case 14: neither what is refused nor a username that nobody has uses the budget up.
#[tokio::test(flavor = "multi_thread")]
async fn only_texts_use_the_budget_up() {
    let service = with_budget("3").await;
    assert_eq!(service.sign_up("ada", &phone(0)).await.status, 201);
    let unknown =
        all_at_once(&service, 0..20, async |service, nth| service.send(&format!("nobody{nth}")).await).await;
    assert_eq!(outcomes(&unknown), expected(&[("202 OTP sent successfully", 20)]));
    for _ in 0..5 {
        assert_eq!(service.send("ada").await.outcome(), "409 otp_pending");
        assert_eq!(service.resend("ada").await.outcome(), "429 resend_too_soon");
        assert_eq!(service.sign_up("ada", &phone(1)).await.outcome(), "409 username_taken");
        assert_eq!(service.sign_up("bob", "+1800").await.outcome(), "400 invalid_request");
        assert_eq!(service.post("/send", json!([])).await.outcome(), "400 invalid_request");
        assert_eq!(service.verify("ada", &service.wrong_code(&phone(0), 0)).await.code(), "invalid_otp");
    }
    for nth in 1..3 {
        let answer = service.call("/signup").json(&signup(&format!("user{nth}"), &phone(nth))).await;
        assert_eq!(answer.status, 201, "text {nth}");
    }
    assert_eq!(service.sign_up("carol", &phone(4)).await.outcome(), SPENT);
    assert_eq!(service.courier().count(), 3);
}
