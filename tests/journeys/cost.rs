//! What each outcome costs: the calls to DynamoDB, in order, with the units that it reports.
//!
//! The figures stand in [`table::COSTS`] and nowhere else; the README's table is made from them.

mod price;
pub(crate) mod scenes;
mod table;

use std::fmt::Write as _;

use table::{COSTS, Cost};
use tests::proxy::{Call, Match, Operation};
use tests::service::Service;

const BEGIN: &str = "<!-- cost:begin -->";
const END: &str = "<!-- cost:end -->";

#[tokio::test(flavor = "multi_thread")]
async fn every_outcome_costs_what_the_table_says() {
    let seen = scenes::play().await;
    let seen: Vec<_> =
        seen.iter().map(|(scene, calls)| format!("{scene}: {}", trips(calls).join(" → "))).collect();
    let expected: Vec<_> =
        COSTS.iter().map(|cost| format!("{}: {}", cost.scene(), cost.trips.join(" → "))).collect();
    assert!(seen == expected, "seen\n{}\nbut expected\n{}", seen.join("\n"), expected.join("\n"));
}

/// Only the number of round trips makes a client wait, so the design counts those.
#[test]
fn the_round_trips_are_those_of_the_design() {
    for Cost { call, answer, when, trips } in COSTS {
        let most = match (*call, *answer) {
            // Whether the key is that of the taken name's own signup must be known before the probe is counted.
            ("signup", "409 username_taken") if *when == "with a key" => 3,
            ("signup", "201" | "409 username_taken" | "429 rate_limited")
            | ("verify", "200" | "404 otp_not_found") => 2,
            ("send" | "resend", "202" | "503 sms_unavailable") => 3,
            ("verify", _) => 1,
            _ => continue,
        };
        assert!(trips.len() <= most, "{call} {answer}: {trips:?}");
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
fn the_readme_has_the_table() {
    readme_holds(BEGIN, &markdown(), END);
}

/// What stands in the README between two marks is what was `made`.
fn readme_holds(begin: &str, made: &str, end: &str) {
    let readme =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md")).unwrap_or_default();
    let held =
        readme.split_once(begin).and_then(|(_, rest)| rest.split_once(end)).map(|(held, _)| held.trim());
    assert!(held == Some(made.trim()), "README.md must contain\n\n{begin}\n{made}{end}\n");
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
         it, but AWS charges the writes of a failed condition like any other.\n\n\
         | call | answer | when | round trips | DynamoDB |\n| --- | --- | --- | --: | --- |\n",
    );
    for Cost { call, answer, when, trips } in COSTS {
        let calls = if trips.is_empty() { "none".to_owned() } else { trips.join(" → ") };
        let count = trips.len();
        writeln!(text, "| {call} | {answer} | {when} | {count} | {calls} |").expect("a string takes all");
    }
    text
}
