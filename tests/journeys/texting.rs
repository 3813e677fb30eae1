//! Making it text: whoever asks, however often, and for whom, no more texts go out than the limits allow, and what
//! is refused changes nothing.

mod addresses;
mod at_once;
mod budget;
mod contention;
mod cooldown;
mod filling;
mod numbers;
mod phones;
mod pumping;
mod readers;
mod shards;
mod unchanged;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::future::join_all;
use tests::answer::Answer;
use tests::service::{Row, Service, number};

/// The `nth` of a thousand fictitious numbers.
pub(crate) fn phone(nth: usize) -> String {
    let area_codes = [202, 212, 213, 312, 404, 415, 503, 602, 617, 702];
    format!("+1{}55501{:02}", area_codes[nth / 100], nth % 100)
}

/// Runs one task for each of `these`, all at once on all threads.
async fn all_at_once<T, F>(
    service: &Arc<Service>,
    these: impl IntoIterator<Item = T>,
    ask: impl Fn(Arc<Service>, T) -> F,
) -> Vec<Answer>
where
    F: Future<Output = Answer> + Send + 'static,
{
    let tasks: Vec<_> = these.into_iter().map(|this| tokio::spawn(ask(Arc::clone(service), this))).collect();
    join_all(tasks).await.into_iter().map(Result::unwrap).collect()
}

/// How often each outcome came.
fn outcomes(answers: &[Answer]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for answer in answers {
        *counts.entry(answer.outcome()).or_default() += 1;
    }
    counts
}

/// What `outcomes` should be.
fn expected(counts: &[(&str, usize)]) -> BTreeMap<String, usize> {
    counts.iter().map(|(outcome, count)| ((*outcome).to_owned(), *count)).collect()
}

/// The rows of `after` that are not among `before`.
fn changed<'a>(before: &[Row], after: &'a [Row]) -> Vec<&'a Row> {
    after.iter().filter(|row| !before.contains(row)).collect()
}

/// What the counters of phones and addresses have counted, and the texts that the day's budget has paid for, at a dollar
/// each.
pub(crate) fn counted(limits: &[Row]) -> i64 {
    sum_of(limits, "count") + texts_paid(limits)
}

/// The texts that both pots of the day's budget have paid for, at a dollar each.
fn texts_paid(limits: &[Row]) -> i64 {
    let spent = sum_of(limits, "verified") + sum_of(limits, "others");
    assert_eq!(spent % 1_000_000, 0, "whole texts");
    spent / 1_000_000
}

/// The sum of one attribute over the rows that have it.
fn sum_of(limits: &[Row], attribute: &str) -> i64 {
    limits.iter().filter(|row| row.contains_key(attribute)).map(|row| number(row, attribute)).sum()
}

/// Makes VERIFIED users of yesterday of `people`, names with their numbers.
async fn verified_on(service: &Service, people: &[(&str, &str)]) {
    for (name, number) in people {
        service.user_of_yesterday(name, number).await;
    }
}
