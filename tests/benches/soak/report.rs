//! The figures of a run, as Markdown.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use local::courier::Behaviour;
use tests::answer::Answer;
use tests::proxy::{Call, Fault};

use super::truth::Truth;

/// Counts by name.
#[derive(Default)]
pub(super) struct Report {
    answers: Mutex<BTreeMap<String, usize>>,
    faults: Mutex<BTreeMap<String, usize>>,
    misbehaved: Mutex<BTreeMap<String, usize>>,
    requests: AtomicUsize,
    ends: Mutex<BTreeMap<&'static str, usize>>,
}

fn add<K: Ord>(counts: &Mutex<BTreeMap<K, usize>>, name: K) {
    *counts.lock().unwrap_or_else(PoisonError::into_inner).entry(name).or_default() += 1;
}

fn all<K: Ord + Clone>(counts: &Mutex<BTreeMap<K, usize>>) -> BTreeMap<K, usize> {
    counts.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

impl Report {
    pub(super) fn answer(&self, path: &str, answer: &Answer) {
        let code = answer.code();
        add(&self.answers, format!("{path} {} {code}", answer.status).trim_end().to_owned());
    }

    pub(super) fn end(&self, how: &'static str) {
        add(&self.ends, how);
    }

    pub(super) fn faults(&self, calls: &[Call]) {
        for call in calls {
            let name = match &call.fault {
                None => "none",
                Some(Fault::Throttle) => "throttled",
                Some(Fault::ServerError) => "500, not applied",
                Some(Fault::ServerErrorAfter) => "500, applied",
                Some(Fault::ResetBefore) => "reset, not applied",
                Some(Fault::ResetAfter) => "reset, applied",
                Some(Fault::Conflict(_)) => "conflict",
                Some(Fault::Delay(_)) => "delay",
                Some(_) => "other",
            };
            add(&self.faults, name.to_owned());
        }
    }

    pub(super) fn misbehaved(&self, met: &[Behaviour]) {
        for behaviour in met {
            let name = match behaviour {
                Behaviour::Answer { status: 202, .. } => continue,
                Behaviour::Answer { status, .. } => format!("answered {status}"),
                Behaviour::Reset { accepting: true } => "reset, text accepted".to_owned(),
                Behaviour::Reset { accepting: false } => "reset, text lost".to_owned(),
                Behaviour::Hang { accepting: true, .. } => "silence, text accepted".to_owned(),
                Behaviour::Hang { accepting: false, .. } => "silence, text lost".to_owned(),
                other => format!("{other:?}"),
            };
            add(&self.misbehaved, name);
        }
        self.requests.store(met.len(), Ordering::Relaxed);
    }

    pub(super) fn table(&self, truth: &Truth, took: Duration, ticked: u64) -> String {
        let answers = all(&self.answers);
        let ends = all(&self.ends);
        let mut table = String::from("| | |\n| --- | ---: |\n");
        let mut row = |name: &str, count: &dyn std::fmt::Display| {
            let _ = writeln!(table, "| {name} | {count} |");
        };
        row("journeys", &ends.values().sum::<usize>());
        for (how, count) in &ends {
            row(&format!("— {how}"), count);
        }
        row("requests", &answers.values().sum::<usize>());
        for (answer, count) in &answers {
            row(&format!("`{answer}`"), count);
        }
        let faults = all(&self.faults);
        row("calls to DynamoDB", &faults.values().sum::<usize>());
        for (fault, count) in faults.iter().filter(|(fault, _)| *fault != "none") {
            row(&format!("— {fault}"), count);
        }
        row("requests to Courier, replays left out", &self.requests.load(Ordering::Relaxed));
        for (behaviour, count) in &all(&self.misbehaved) {
            row(&format!("— {behaviour}"), count);
        }
        row("codes stored", &truth.count_of_codes());
        row("texts accepted", &truth.count_of_texts());
        row("users verified", &truth.count_of_confirmed());
        row("violations", &truth.violations().len());
        row("seconds", &took.as_secs());
        row("seconds on the service's clock", &ticked);
        table
    }
}
