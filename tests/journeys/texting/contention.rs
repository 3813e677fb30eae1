//! Crowds under a database that holds the items of a transaction, as DynamoDB does: whoever meets one comes again, and
//! is texted or told that the service is busy. (28)

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tests::answer::Answer;
use tests::crowd;
use tests::proxy::Operation;
use tests::rows::put_verified_user;
use tests::service::{Service, text};

use super::{all_at_once, counted, phone, texts_paid};
use crate::expected::{sent, told, unavailable, verified};

fn name(nth: usize) -> String {
    format!("owner{nth}")
}

/// A service with so many VERIFIED users, each of whom has a phone.
async fn with_owners(count: usize, settings: &[(&str, &str)]) -> Arc<Service> {
    let service = Service::with(settings).await;
    for nth in 0..count {
        put_verified_user(&service, &name(nth), &phone(nth)).await;
    }
    let _ = service.proxy.take_calls();
    Arc::new(service)
}

async fn all_send(service: &Arc<Service>, these: impl IntoIterator<Item = usize>) -> Vec<Answer> {
    all_at_once(service, these, async |service, nth| service.send(&name(nth)).await).await
}

/// Those of `these` who were texted, by the whole answer; the others were told to come back.
fn texted(service: &Service, these: impl IntoIterator<Item = usize>, answers: &[Answer]) -> BTreeSet<usize> {
    let mut texted = BTreeSet::new();
    for (nth, answer) in these.into_iter().zip(answers) {
        if answer.status == 202 {
            let id = answer.body["otp"]["id"].as_str().unwrap();
            assert_eq!(told(answer), sent(id, service.now(), 30));
            texted.insert(nth);
        } else {
            assert_eq!(told(answer), unavailable());
        }
    }
    texted
}

/// The texts are those of `texted`, each with its row, and the counters have counted them and nothing else, `each` once.
async fn counts_equal_texts(service: &Service, texted: &BTreeSet<usize>, each: usize) {
    let phones: BTreeSet<_> = texted.iter().map(|nth| phone(*nth)).collect();
    assert_eq!(service.courier().count(), texted.len());
    assert!(phones.iter().all(|number| service.courier().newest_to(number).is_some()));
    let [_, otps, limits] = service.everything().await;
    let stored: BTreeSet<_> = otps.iter().map(|row| text(row, "username").to_owned()).collect();
    assert_eq!(stored, texted.iter().map(|nth| name(*nth)).collect());
    assert_eq!(counted(&limits), i64::try_from(each * texted.len()).unwrap());
    assert_eq!(texts_paid(&limits), i64::try_from(texted.len()).unwrap());
}

/// The reasons for which transactions were cancelled.
fn cancelled(service: &Service) -> BTreeSet<Vec<String>> {
    let calls = service.proxy.take_calls();
    let writes = calls.into_iter().filter(|call| call.operation == Operation::TransactWriteItems);
    let reasons = writes.filter_map(|call| call.answered).map(|answered| answered.reasons);
    reasons.filter(|reasons| !reasons.is_empty()).collect()
}

fn reasons(reasons: &[&str]) -> BTreeSet<Vec<String>> {
    BTreeSet::from([reasons.iter().map(|reason| (*reason).to_owned()).collect()])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_crowd_meets_at_the_budget_alone() {
    let _turn = crowd::turn().await;
    let settings = [("CODES_PER_ADDRESS_PER_HOUR", "0"), ("DAILY_BUDGET_DOLLARS", "10000")];
    let service = with_owners(100, &settings).await;
    service.proxy.contend(Some(Duration::from_millis(50)));
    let answers = all_send(&service, 0..100).await;
    // User, code, phone, shard of the budget.
    let expected = reasons(&["None", "None", "None", "TransactionConflict"]);
    assert_eq!(cancelled(&service), expected);
    let texted = texted(&service, 0..100, &answers);
    assert!(!texted.is_empty());
    counts_equal_texts(&service, &texted, 2).await;
}

/// Takes the store's whole patience, in which one row is written sixteen times at most.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_crowd_behind_one_address_is_texted_or_told_to_come_back() {
    let _turn = crowd::turn().await;
    let service = with_owners(80, &[]).await;
    service.proxy.contend(Some(Duration::from_millis(250)));
    let answers = all_send(&service, 0..80).await;
    let mut served = texted(&service, 0..80, &answers);
    assert!((1..80).contains(&served.len()), "{served:?}");
    counts_equal_texts(&service, &served, 3).await;

    service.proxy.contend(None);
    let others: Vec<_> = (0..80).filter(|nth| !served.contains(nth)).collect();
    let answers = all_send(&service, others.clone()).await;
    served.extend(texted(&service, others, &answers));
    assert_eq!(served.len(), 80, "whoever comes back is texted");
    counts_equal_texts(&service, &served, 3).await;
}

/// However many send meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn verify_meets_nobody_elses_transaction() {
    let _turn = crowd::turn().await;
    let service = with_owners(40, &[]).await;
    let answers = all_send(&service, 0..20).await;
    assert_eq!(texted(&service, 0..20, &answers).len(), 20);
    let _ = service.proxy.take_calls();
    service.proxy.contend(Some(Duration::from_millis(50)));
    let (_, answers) = tokio::join!(
        all_send(&service, 20..40),
        all_at_once(&service, 0..20, async |service, nth| {
            service.verify(&name(nth), &service.code_to(&phone(nth))).await
        })
    );
    for (nth, answer) in answers.iter().enumerate() {
        assert_eq!(told(answer), verified(&name(nth)));
    }
    let calls = service.proxy.take_calls();
    let writes = calls.iter().filter(|call| call.operation == Operation::TransactWriteItems);
    let confirms = writes.filter(|call| !call.tables.contains(&"limits".to_owned()));
    assert!(confirms.clone().all(|call| call.answered.as_ref().is_some_and(|answer| answer.status == 200)));
    assert_eq!(confirms.count(), 20);
}
