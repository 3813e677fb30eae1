//! The whole service, behind the proxy that holds the items of a transaction.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use futures::stream::{self, StreamExt as _};
use serde_json::json;
use tests::phones;
use tests::proxy::{Call, Operation};
use tests::rows::put_verified_user;
use tests::service::Service;
use tokio::time::{Instant, sleep_until};

use super::{Callers, End, Load, Outcome, RATES, TRANSACTION};

/// No cap but the phone's may end a run.
const SETTINGS: &[(&str, &str)] =
    &[("CODES_PER_ADDRESS_PER_HOUR", "100000"), ("DAILY_BUDGET_DOLLARS", "1000000")];

/// What was measured.
pub(super) struct Measured {
    /// Callers apart, without contention: what the machine alone makes of it.
    pub(super) machine: Vec<Outcome>,
    /// The same under contention.
    pub(super) apart: Vec<Outcome>,
    /// Callers behind one address.
    pub(super) one_address: Vec<Outcome>,
    /// Callers with one phone.
    pub(super) one_phone: Vec<Outcome>,
}

pub(super) fn all() -> Measured {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let ([machine, apart], [one_address], [one_phone]) = (
            measure(Callers::Apart, [None, Some(TRANSACTION)]).await,
            measure(Callers::OneAddress, [Some(TRANSACTION)]).await,
            measure(Callers::OnePhone, [Some(TRANSACTION)]).await,
        );
        Measured { machine, apart, one_address, one_phone }
    })
}

/// For each time that transactions hold their items, one load after the other, each on a day of its own.
async fn measure<const N: usize>(callers: Callers, holds: [Option<Duration>; N]) -> [Vec<Outcome>; N] {
    let loads = RATES.map(|rate| Load::of_the_service(callers, rate));
    let most = loads.iter().map(|load| load.arrivals().len()).max().unwrap_or_default();
    let service = Arc::new(Service::with(SETTINGS).await);
    let phones = phones::all();
    stream::iter(0..most)
        .for_each_concurrent(8, async |nth| {
            put_verified_user(&service, &name(nth), callers.phone(&phones, nth)).await;
        })
        .await;
    let mut outcomes = holds.map(|_| Vec::new());
    for (hold, outcomes) in holds.into_iter().zip(&mut outcomes) {
        service.proxy.contend(hold);
        for load in loads {
            service.tick(86_400);
            service.sweep();
            outcomes.push(run(&service, load).await);
        }
    }
    outcomes
}

async fn run(service: &Arc<Service>, load: Load) -> Outcome {
    let _ = service.proxy.take_calls();
    let (begun, before) = (Instant::now(), worked());
    let issues = load.arrivals().into_iter().enumerate().map(|(nth, after)| {
        let service = Arc::clone(service);
        tokio::spawn(async move {
            sleep_until(begun + after).await;
            let end = issue(&service, &name(nth), load.callers.address(nth)).await;
            (end, begun.elapsed().saturating_sub(after))
        })
    });
    let ends = join_all(issues).await.into_iter().map(|end| end.expect("an answer")).collect();
    let worked = worked().saturating_sub(before);
    let calls = service.proxy.take_calls();
    let conflicts = calls.iter().filter(|call| is_conflict(call)).count();
    Outcome { load, ends, conflicts, worked }
}

async fn issue(service: &Service, username: &str, from: Ipv4Addr) -> End {
    let call = service.call("/send").from(&from.to_string());
    let answer = call.json(&json!({ "username": username })).await;
    match answer.outcome().as_str() {
        "202 OTP sent successfully" => End::Issued,
        "429 rate_limited" => End::Capped,
        "503 unavailable" => End::Busy,
        other => panic!("{other}"),
    }
}

fn is_conflict(call: &Call) -> bool {
    let answered = call.answered.as_ref();
    call.operation == Operation::TransactWriteItems
        && answered.is_some_and(|answer| answer.reasons.iter().any(|reason| reason == "TransactionConflict"))
}

fn name(nth: usize) -> String {
    format!("caller-{nth}")
}

/// The time that this process has had of the processors, as Linux tells it in hundredths of a second.
fn worked() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(") ").next().unwrap_or_default();
    let ticks: u64 = after_name.split(' ').skip(11).take(2).filter_map(|part| part.parse::<u64>().ok()).sum();
    Duration::from_millis(10 * ticks)
}
