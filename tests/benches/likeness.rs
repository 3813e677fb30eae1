//! Whether the time of an answer tells a known username from an unknown one, in processes that have just started. (36)
//!
//!     cargo bench -p tests --bench likeness -- [sends of a process]
//!
//! For each speed of Courier eight processes are started, as Lambda runs them. Each answers its sends one after the other,
//! to known and unknown usernames in turn, every name once. Prints, as Markdown, the medians and the area under the ROC
//! curve, which is the chance that a known name's answer is the slower one of a pair, with its 95 % interval: 0.5 tells
//! nothing. It ends with an error if an interval leaves 0.45 to 0.55.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use futures::future::join_all;
use futures::stream::{self, StreamExt as _};
use local::clock::Clock;
use local::courier::{Delay, Script};
use tests::phones;
use tests::rows::put_verified_user;
use tests::runtime::{Functions, named};
use tests::service::Service;

/// Milliseconds that Courier takes for a text; with 0 the stand-in answers at once.
const SPEEDS: [u64; 4] = [50, 300, 700, 0];

const PROCESSES: usize = 8;

/// Sends of a process, half of them to known names: with eight processes enough for an interval of 0.04.
const SENDS: usize = 400;

/// No cap may end a run.
const SETTINGS: &[(&str, &str)] = &[
    ("SEND_ANSWER_STEP_MILLISECONDS", "1000"),
    ("CODES_PER_ADDRESS_PER_HOUR", "0"),
    ("DAILY_BUDGET_DOLLARS", "1000000"),
];

/// What an area under the curve may be off 0.5, its interval included.
const TOLERANCE: f64 = 0.05;

#[tokio::main]
async fn main() -> ExitCode {
    let mut given = std::env::args().skip(1).filter_map(|argument| argument.parse::<usize>().ok());
    let sends = given.next().unwrap_or(SENDS);
    let measured = join_all(SPEEDS.map(|millis| measure(millis, sends))).await;

    println!("| Courier takes | sends | known, median | unknown, median | AUC | 95 % interval |");
    println!("| ---: | ---: | ---: | ---: | ---: | --- |");
    let mut within = true;
    for (millis, Latencies { known, unknown }) in SPEEDS.into_iter().zip(measured) {
        let (area, error) = area_under_the_curve(&known, &unknown);
        let (low, high) = (area - 1.96 * error, area + 1.96 * error);
        within &= low >= 0.5 - TOLERANCE && high <= 0.5 + TOLERANCE;
        let (sends, known, unknown) = (known.len() + unknown.len(), median(&known), median(&unknown));
        println!(
            "| {millis} ms | {sends} | {known:.1} ms | {unknown:.1} ms | {area:.3} | {low:.3}–{high:.3} |"
        );
    }
    if within { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What the answers took, in milliseconds.
#[derive(Default)]
struct Latencies {
    known: Vec<f64>,
    unknown: Vec<f64>,
}

/// Sends through processes that have just started, with a Courier that takes `millis` milliseconds.
async fn measure(millis: u64, sends: usize) -> Latencies {
    let service = Service::with(SETTINGS).await;
    // The processes go by the machine's clock.
    service.tick(Clock::System.second().unsigned_abs() - service.now());
    let users = phones::all().into_iter().take(PROCESSES * sends).enumerate();
    stream::iter(users)
        .for_each_concurrent(PROCESSES, async |(user, number)| {
            put_verified_user(&service, &name("known", user), &number).await;
        })
        .await;
    service.courier().play(Script { delay: Delay::of(millis), ..Script::default() });

    let functions = Functions::of(&service, SETTINGS);
    let processes = join_all((0..PROCESSES).map(async |number| {
        let process = functions.start("send").await;
        let mut latencies = Latencies::default();
        for send in 0..sends {
            // Half of the processes begin with a known name.
            let is_known = (number + send) % 2 == 0;
            let username = name(if is_known { "known" } else { "stray" }, number * sends + send);
            let begun = Instant::now();
            let answer = process.post(&named(&username)).await;
            let took = begun.elapsed();
            assert_eq!(answer.outcome(), "202 OTP sent successfully", "{answer:?}");
            let kind = if is_known { &mut latencies.known } else { &mut latencies.unknown };
            kind.push(milliseconds(took));
        }
        latencies
    }));
    let mut all = Latencies::default();
    for of_process in processes.await {
        all.known.extend(of_process.known);
        all.unknown.extend(of_process.unknown);
    }
    assert_eq!(service.courier().keys().len(), all.known.len(), "a text for each known name, and no other");
    all
}

/// One name of many, all of one length.
fn name(kind: &str, number: usize) -> String {
    format!("{kind}-{number:05}")
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn median(times: &[f64]) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    f64::midpoint(sorted[(sorted.len() - 1) / 2], sorted[sorted.len() / 2])
}

/// The chance that one of `known` is greater than one of `unknown`, equal ones counted half, and its standard error, after
/// E. R. `DeLong` and others, Biometrics 44 (1988), 837–845.
fn area_under_the_curve(known: &[f64], unknown: &[f64]) -> (f64, f64) {
    let wins = |one: f64, others: &[f64]| {
        mean(others.iter().map(|other| f64::midpoint(f64::from(one.total_cmp(other) as i8), 1.0)))
    };
    let of_known: Vec<_> = known.iter().map(|time| wins(*time, unknown)).collect();
    let of_unknown: Vec<_> = unknown.iter().map(|time| 1.0 - wins(*time, known)).collect();
    let area = mean(of_known.iter().copied());
    let error = (variance_of_mean(&of_known, area) + variance_of_mean(&of_unknown, area)).sqrt();
    (area, error)
}

#[expect(clippy::cast_precision_loss, reason = "there are thousands")]
fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len() as f64;
    values.sum::<f64>() / count
}

#[expect(clippy::cast_precision_loss, reason = "there are thousands")]
fn variance_of_mean(values: &[f64], mean: f64) -> f64 {
    let count = values.len() as f64;
    values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0) / count
}
