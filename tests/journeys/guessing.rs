//! Guessing codes, and using them twice.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::future::join_all;
use tests::answer::Answer;
use tests::service::Service;

mod again;
mod foreign;
mod ids;
mod locks;
mod malformed;
mod meeting;
mod races;
mod replay;
mod tries;

const ADA: &str = "+12025550143";
const BOB: &str = "+12125550167";

/// The user "ada" who has a first code on the phone [`ADA`].
async fn ada(settings: &[(&str, &str)]) -> Service {
    let service = Service::with(settings).await;
    assert_eq!(service.sign_up("ada", ADA).await.status, 201);
    let _ = service.proxy.take_calls();
    service
}

/// Types all `codes` at once, and counts the outcomes.
async fn at_once(
    service: &Arc<Service>,
    username: &str,
    codes: impl Iterator<Item = String>,
) -> BTreeMap<String, usize> {
    let typing = codes.map(|code| {
        let (service, username) = (Arc::clone(service), username.to_owned());
        tokio::spawn(async move { service.verify(&username, &code).await })
    });
    let answers = join_all(typing).await;
    counted(answers.into_iter().map(|answer| answer.expect("an answer")))
}

fn counted(answers: impl Iterator<Item = Answer>) -> BTreeMap<String, usize> {
    let mut outcomes = BTreeMap::new();
    for answer in answers {
        *outcomes.entry(answer.outcome()).or_default() += 1;
    }
    outcomes
}

/// Outcomes and how often each is expected.
fn outcomes<const N: usize>(expected: [(&str, usize); N]) -> BTreeMap<String, usize> {
    expected.into_iter().map(|(outcome, count)| (outcome.to_owned(), count)).collect()
}
