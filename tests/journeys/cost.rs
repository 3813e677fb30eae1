//! What each outcome costs: the calls to DynamoDB, in order, with the units that it reports.
//!
//! The figures stand in [`table::COSTS`] and nowhere else; the table of `docs/costs.md` is made from them.

mod price;
pub(crate) mod scenes;
mod table;

use std::fmt::Write as _;

use table::{COSTS, Cost};
use tests::proxy::{Call, Match, Operation};
use tests::service::Service;

use crate::pages;

#[tokio::test(flavor = "multi_thread")]
async fn every_outcome_costs_what_the_table_says() {
    let seen = scenes::play().await;
    let seen: Vec<_> =
        seen.iter().map(|(scene, calls)| format!("{scene}: {}", trips(calls).join(" → "))).collect();
    let expected: Vec<_> =
        COSTS.iter().map(|cost| format!("{}: {}", cost.scene(), cost.trips.join(" → "))).collect();
    assert!(seen == expected, "seen\n{}\nbut expected\n{}", seen.join("\n"), expected.join("\n"));
}

/// The rows of the design's table, in its order, each as an outcome of [`COSTS`], with the round trips that it names.
const DESIGN: [(&str, &str, &str, usize); 9] = [
    ("signup", "201", "a free name", 2),
    ("signup", "201", "a PENDING name", 4),
    ("signup", "201", "the very same", 3),
    ("send", "202", "a code before", 3),
    ("resend", "202", "a live code", 3),
    ("send", "202", "an unknown username", 3),
    ("verify", "422 invalid_otp", "", 1),
    ("verify", "200", "", 2),
    ("verify", "409 otp_already_used", "", 2),
];

/// Only the number of round trips makes a client wait, so the design counts those; no other outcome of a call takes more.
#[test]
fn the_round_trips_are_those_of_the_design() {
    for (call, answer, when, designed) in DESIGN {
        let mut costs = COSTS.iter();
        let cost = costs.find(|cost| (cost.call, cost.answer, cost.when) == (call, answer, when)).unwrap();
        assert_eq!(cost.trips.len(), designed, "{call} {answer} ({when})");
    }
    for Cost { call, answer, when, trips } in COSTS {
        let most = DESIGN.iter().filter(|designed| designed.0 == *call).map(|designed| designed.3).max();
        assert!(Some(trips.len()) <= most, "{call} {answer} ({when}): {trips:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn user_and_code_are_read_at_once() {
    let service = Service::start().await;
    let reads = service.proxy.hold(Match::every(Operation::GetItem));
    let (answer, ()) = tokio::join!(service.send("ada"), async {
        // Neither has been answered when the other is asked.
        reads.arrived(2).await;
        let calls = service.proxy.take_calls();
        let tables: std::collections::BTreeSet<_> = calls.iter().flat_map(|call| &call.tables).collect();
        // A read that is only repeated would name one.
        assert_eq!(tables.len(), 2, "{calls:?}");
        reads.release();
    });
    assert_eq!(answer.status, 202);
}

#[test]
fn the_page_has_the_table() {
    pages::holds("costs.md", "cost", &markdown());
}

/// The calls, those made at once as one: the two reads that begin a call.
fn trips(calls: &[Call]) -> Vec<String> {
    let mut trips: Vec<String> = Vec::new();
    let mut texts: Vec<_> = calls.iter().map(Call::to_string).collect();
    if let Some([first, second]) = texts.first_chunk_mut()
        && first.starts_with("GetItem")
        && second.starts_with("GetItem")
    {
        let mut both = [first.clone(), second.clone()];
        both.sort();
        trips.push(both.join(" + "));
        texts.drain(..2);
    }
    trips.extend(texts);
    trips
}

fn markdown() -> String {
    let mut text = String::from(
        "Units as DynamoDB counts them: a read unit is 4 KiB read consistently, a write unit 1 KiB written, and a\n\
         transaction pays twice. `+` joins calls made at once, `→` calls in sequence, so the round trips are the parts\n\
         between the arrows. A call without figures failed its condition: the embedded DynamoDB reports no units for\n\
         it, but AWS charges the writes of a failed condition like any other. What a send does to `users` is a\n\
         check, which counts like a write.\n\n\
         | call | answer | when | round trips | DynamoDB |\n| --- | --- | --- | --: | --- |\n",
    );
    for Cost { call, answer, when, trips } in COSTS {
        let calls = if trips.is_empty() { "none".to_owned() } else { trips.join(" → ") };
        let count = trips.len();
        writeln!(text, "| {call} | {answer} | {when} | {count} | {calls} |").expect("a string takes all");
    }
    text
}
