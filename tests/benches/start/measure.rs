//! Takes the measurements. All subjects have their turn in each round.

use std::fs;
use std::hint::black_box;
use std::time::Duration;

use shared::domain::password::Password;
use tests::lab::Lab;
use tests::lab::usage::{Usage, rest};
use tests::runtime::Process;
use tests::service::PASSWORD;

use crate::subject::{Subject, Took};

/// Starts of each subject. One more goes before them and is not counted: it brings the binary into memory.
const STARTS: usize = 20;

/// Calls of each subject, in rounds, after some that are not counted.
const ROUNDS: usize = 5;
const CALLS_OF_A_ROUND: usize = 60;
const SLOW_CALLS_OF_A_ROUND: usize = 20;
const WARM_UP: usize = 20;

/// Hashes of a password without anything around them.
const HASHES: usize = 30;

/// Everything about a subject.
pub(crate) struct Measured {
    pub(crate) subject: Subject,
    pub(crate) start: Starts,
    pub(crate) calls: Calls,
}

/// The starts of a subject, in milliseconds.
#[derive(Default)]
pub(crate) struct Starts {
    /// From the spawning until the first event is asked for.
    pub(crate) took: Vec<f64>,
    /// The first call of each.
    pub(crate) first_call: Vec<f64>,
}

/// The further calls of one process.
#[derive(Default)]
pub(crate) struct Calls {
    /// Each of them, in milliseconds.
    pub(crate) took: Vec<f64>,
    /// The write alone, where the subject tells.
    pub(crate) writes: Vec<f64>,
    /// The time on a core, in milliseconds a call.
    pub(crate) cpu: f64,
    /// The memory before the first call, in bytes.
    pub(crate) at_rest: u64,
    /// The most memory until after the last, in bytes.
    pub(crate) peak: u64,
}

pub(crate) fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Returns the value below which `per_cent` of `values` lie.
pub(crate) fn percentile(values: &[f64], per_cent: usize) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1);
    f64::midpoint(sorted[last * per_cent / 100], sorted[(last * per_cent).div_ceil(100)])
}

pub(crate) async fn starts(subjects: &[Subject], lab: &Lab) -> Vec<Starts> {
    let mut all: Vec<Starts> = subjects.iter().map(|_| Starts::default()).collect();
    for start in 0..=STARTS {
        for (subject, starts) in subjects.iter().zip(&mut all) {
            let call = subject.prepare(lab).await;
            let process = subject.start().await;
            let took = process.start();
            let first_call = subject.call(&process, &call).await;
            process.kill().await;
            if start > 0 {
                starts.took.push(milliseconds(took));
                starts.first_call.push(milliseconds(first_call.call));
            }
        }
    }
    all
}

pub(crate) async fn calls(subjects: &[Subject], lab: &Lab) -> Vec<Calls> {
    let mut all = Vec::new();
    for subject in subjects {
        let process = subject.start().await;
        rest(&process).await;
        let calls = Calls { at_rest: Usage::of(process.id()).resident, ..Calls::default() };
        round(subject, lab, &process, WARM_UP).await;
        all.push((process, calls));
    }
    for _ in 0..ROUNDS {
        for (subject, (process, calls)) in subjects.iter().zip(&mut all) {
            let times = if subject.is_slow() { SLOW_CALLS_OF_A_ROUND } else { CALLS_OF_A_ROUND };
            let (took, cpu) = round(subject, lab, process, times).await;
            calls.took.extend(took.iter().map(|took| milliseconds(took.call)));
            calls.writes.extend(took.iter().filter_map(|took| took.write));
            calls.cpu += milliseconds(cpu);
        }
    }
    let mut finished = Vec::new();
    for (process, mut calls) in all {
        calls.cpu /= count(calls.took.len());
        calls.peak = Usage::of(process.id()).peak;
        process.kill().await;
        finished.push(calls);
    }
    finished
}

/// Makes so many calls one after the other; answers what each took, and the time on a core of all of them.
async fn round(subject: &Subject, lab: &Lab, process: &Process, times: usize) -> (Vec<Took>, Duration) {
    let mut prepared = Vec::new();
    for _ in 0..times {
        prepared.push(subject.prepare(lab).await);
    }
    rest(process).await;
    let before = Usage::of(process.id()).cpu;
    let mut took = Vec::new();
    for call in &prepared {
        took.push(subject.call(process, call).await);
    }
    rest(process).await;
    (took, Usage::of(process.id()).cpu.saturating_sub(before))
}

/// Returns the time on a core that Argon2id alone takes, in milliseconds: the median of many hashes.
pub(crate) fn argon2() -> f64 {
    let password = Password::parse(PASSWORD, &[]).expect("a password");
    let hash = || {
        let before = on_a_core();
        black_box(password.hash(black_box([0; 16])));
        on_a_core() - before
    };
    let times: Vec<f64> = (0..HASHES).map(|_| hash()).collect();
    percentile(&times, 50)
}

/// Returns the time that this thread ran on a core, in milliseconds.
fn on_a_core() -> f64 {
    let stat = fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    let nanoseconds = stat.split(' ').next().and_then(|number| number.parse().ok()).expect("a number");
    milliseconds(Duration::from_nanos(nanoseconds))
}

#[expect(clippy::cast_precision_loss, reason = "there are hundreds")]
pub(crate) fn count(number: usize) -> f64 {
    number as f64
}
