//! Every way in which the steps of a few calls can interleave, with crashes, lost requests and lost answers between them.

mod careless;
mod database;
pub mod edit;
mod facts;
mod model;
mod process;
mod scenario;
pub mod scenarios;
mod stage;

use std::time::{Duration, Instant};

use stateright::{Checker as _, HasDiscoveries, Model as _};

use edit::Edit;
pub use facts::Rule;
use model::Interleavings;
pub use scenario::Scenario;

/// What a search found.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The scenario's name.
    pub scenario: &'static str,
    /// The states that were met.
    pub states: usize,
    /// The different ones among them.
    pub unique: usize,
    /// The most steps from the beginning to one of them.
    pub depth: usize,
    /// The points that the functions' own code was run to, each once.
    pub points: usize,
    /// How long it took.
    pub took: Duration,
    /// Whether all states were visited: nothing was left when it ended.
    pub is_whole: bool,
    /// The rule that was broken first, with the shortest way there.
    pub counterexample: Option<(Rule, Vec<String>)>,
}

/// Visits every state of a scenario, or as many as `time` permits, until a rule is broken.
#[must_use]
pub fn check(scenario: Scenario, edit: Option<Edit>, time: Option<Duration>) -> Checked {
    let (name, begun) = (scenario.name, Instant::now());
    let mut checker = Interleavings::of(scenario, edit).checker().finish_when(HasDiscoveries::AnyFailures);
    if let Some(time) = time {
        checker = checker.timeout(time);
    }
    let checker = checker.spawn_bfs().join();
    let counterexample = checker.discoveries().into_iter().next().map(|(_, path)| {
        let broken = path.last_state().broken().expect("a broken rule");
        let story = path.into_actions().iter().map(|action| format!("{action:?}")).collect();
        (broken, story)
    });
    Checked {
        scenario: name,
        states: checker.state_count(),
        unique: checker.unique_state_count(),
        depth: checker.max_depth(),
        points: checker.model().points(),
        took: begun.elapsed(),
        is_whole: checker.is_done() && time.is_none_or(|time| begun.elapsed() < time),
        counterexample,
    }
}
