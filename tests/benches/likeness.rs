//! Whether the time of an answer tells a username that somebody has from one that nobody has.
//!
//! 400 sends, each for a fresh username, known and unknown ones in turn, eight at a time, while the Courier stand-in takes
//! 50 to 250 ms for a text. Prints both medians and the Mann–Whitney U test of the latencies; it asserts nothing about
//! them, since a rank test of equal distributions is "significant" once in twenty runs.

use std::time::{Duration, Instant};

use futures::StreamExt as _;
use futures::stream;
use local::courier::{Delay, Script};
use tests::service::Service;

/// Sends of each kind that are measured.
const EACH: usize = 200;

/// Sends before those, so that the waits are drawn from texts and not from a guess.
const WARM_UP: usize = 64;

/// Sends at a time.
const AT_ONCE: usize = 8;

/// Area codes of the fictitious numbers; each has a hundred.
const AREAS: [u32; 3] = [202, 212, 305];

#[tokio::main]
async fn main() {
    let service = Service::with(&[("CODES_PER_ADDRESS_PER_HOUR", "0"), ("DAILY_SMS_BUDGET", "0")]).await;
    let users = EACH + WARM_UP;
    stream::iter(0..users).for_each_concurrent(AT_ONCE, |user| sign_up(&service, user)).await;
    // Their first codes have expired, and impose nothing.
    service.tick(7_200);
    let delay = Delay { min_millis: 50, max_millis: 250 };
    service.courier().play(Script { delay, ..Script::default() });
    stream::iter(EACH..users)
        .for_each_concurrent(AT_ONCE, async |user| {
            let _ = time(&service, "known", user).await;
        })
        .await;

    let measured: Vec<(bool, Duration)> =
        stream::iter((0..EACH).flat_map(|user| [(true, user), (false, user)]))
            .map(async |(known, user)| {
                (known, time(&service, if known { "known" } else { "stray" }, user).await)
            })
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
    assert_eq!(service.courier().count(), 2 * users, "no text for an unknown username");

    let of = |kind: bool| -> Vec<f64> {
        let times = measured.iter().filter(|(known, _)| *known == kind);
        times.map(|(_, took)| took.as_secs_f64() * 1e3).collect()
    };
    let (known, unknown) = (of(true), of(false));
    let (z, p) = mann_whitney(&known, &unknown);
    println!("known    {} sends, median {:.1} ms", known.len(), median(&known));
    println!("unknown  {} sends, median {:.1} ms", unknown.len(), median(&unknown));
    println!("Mann–Whitney U: z = {z:.2}, two-sided p = {p:.3}");
}

async fn sign_up(service: &Service, user: usize) {
    let number = format!("+1{}55501{:02}", AREAS[user / 100], user % 100);
    let answer = service.sign_up(&format!("known-{user:03}"), &number).await;
    assert_eq!(answer.status, 201, "{answer:?}");
}

async fn time(service: &Service, kind: &str, user: usize) -> Duration {
    let begun = Instant::now();
    let answer = service.send(&format!("{kind}-{user:03}")).await;
    let took = begun.elapsed();
    assert_eq!(answer.outcome(), "202 OTP sent successfully", "{answer:?}");
    took
}

fn median(times: &[f64]) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    f64::midpoint(sorted[(sorted.len() - 1) / 2], sorted[sorted.len() / 2])
}

/// The rank test of two samples by the normal approximation, which holds for more than twenty of each: z, positive where
/// the first is slower, and the two-sided p.
#[expect(clippy::cast_precision_loss, reason = "there are hundreds")]
fn mann_whitney(one: &[f64], other: &[f64]) -> (f64, f64) {
    let wins = one.iter().flat_map(|a| other.iter().map(move |b| a.total_cmp(b)));
    let u: f64 = wins.map(|order| f64::midpoint(f64::from(order as i8), 1.0)).sum();
    let (n, m) = (one.len() as f64, other.len() as f64);
    let z = (u - n * m / 2.0) / (n * m * (n + m + 1.0) / 12.0).sqrt();
    (z, erfc(z.abs() / std::f64::consts::SQRT_2))
}

/// The complementary error function of a number that is not negative, to 1.5e-7 (Abramowitz and Stegun, 7.1.26).
fn erfc(x: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.327_591_1 * x);
    let terms = [1.061_405_429, -1.453_152_027, 1.421_413_741, -0.284_496_736, 0.254_829_592];
    terms.iter().fold(0.0, |sum, term| (sum + term) * t) * (-x * x).exp()
}
