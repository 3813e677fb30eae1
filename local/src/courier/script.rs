//! The ways in which the stand-in misbehaves when a test or a developer asks it to.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use serde::Deserialize;

/// The fate of a valid request, instead of an ordinary answer.
///
/// One with a status in the 200s accepts the text, any other does not.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Behaviour {
    /// This answer.
    Answer {
        /// Its status.
        status: u16,
        /// Its body; Courier's own for that status when absent.
        #[serde(default)]
        body: Option<String>,
        /// Headers on top of, or instead of, the ordinary ones.
        #[serde(default)]
        headers: BTreeMap<String, String>,
    },
    /// An answer that arrives a byte at a time and never ends.
    Drip {
        /// Its status.
        status: u16,
    },
    /// An answer of ten megabytes.
    Huge {
        /// Its status.
        status: u16,
    },
    /// The connection ends in an orderly way, without an answer.
    Close {
        /// True when the text was accepted before.
        #[serde(default)]
        accepting: bool,
    },
    /// The connection is reset, without an answer.
    Reset {
        /// True when the text was accepted before.
        #[serde(default)]
        accepting: bool,
    },
    /// Silence, then the end of the connection.
    Hang {
        /// True when the text was accepted before.
        #[serde(default)]
        accepting: bool,
        /// The length of the silence, in milliseconds; for ever when absent.
        #[serde(default)]
        millis: Option<u64>,
    },
}

impl Behaviour {
    /// Returns an answer of `status`, with the body that Courier gives it.
    #[must_use]
    pub fn answer(status: u16) -> Self {
        Self::Answer { status, body: None, headers: BTreeMap::new() }
    }

    /// Returns whether the text of the request is accepted.
    pub(super) fn accepts(&self) -> bool {
        match self {
            Self::Answer { status, .. } | Self::Drip { status } | Self::Huge { status } => {
                (200..300).contains(status)
            }
            Self::Close { accepting } | Self::Reset { accepting } | Self::Hang { accepting, .. } => {
                *accepting
            }
        }
    }
}

/// The behaviours that the requests to come will meet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Script {
    /// One behaviour per request, the first first.
    #[serde(default)]
    pub next: VecDeque<Behaviour>,
    /// The behaviour that every request meets after those; ordinary service when absent.
    #[serde(default)]
    pub then: Option<Behaviour>,
    /// The time that each answer takes.
    #[serde(default)]
    pub delay: Delay,
}

impl Script {
    /// Returns one behaviour per request, then ordinary service.
    #[must_use]
    pub fn of(next: impl IntoIterator<Item = Behaviour>) -> Self {
        Self { next: next.into_iter().collect(), ..Self::default() }
    }

    /// Returns the same behaviour for every request.
    #[must_use]
    pub fn always(behaviour: Behaviour) -> Self {
        Self { then: Some(behaviour), ..Self::default() }
    }

    /// Takes the behaviour of the next request, if it is to be out of the ordinary.
    pub(super) fn step(&mut self) -> Option<Behaviour> {
        self.next.pop_front().or_else(|| self.then.clone())
    }
}

/// The time that an answer takes, drawn evenly from a range of milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Delay {
    /// The shortest.
    pub min_millis: u64,
    /// The longest.
    pub max_millis: u64,
}

impl Delay {
    /// Returns a delay of always `millis` milliseconds.
    #[must_use]
    pub fn of(millis: u64) -> Self {
        Self { min_millis: millis, max_millis: millis }
    }

    pub(super) fn draw(self) -> Duration {
        Duration::from_millis(rand::random_range(self.min_millis..=self.max_millis.max(self.min_millis)))
    }
}

/// A script as `PUT /script` takes it: whole, or only its next behaviours.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Given {
    Next(VecDeque<Behaviour>),
    Whole(Script),
}

impl From<Given> for Script {
    fn from(given: Given) -> Self {
        match given {
            Given::Next(next) => Self { next, ..Self::default() },
            Given::Whole(script) => script,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Script {
        serde_json::from_str::<Given>(json).unwrap().into()
    }

    #[test]
    fn an_array_scripts_the_next_requests() {
        let script = read(r#"[{"answer": {"status": 500}}, {"reset": {}}, {"hang": {"millis": 5}}]"#);
        let next = [
            Behaviour::answer(500),
            Behaviour::Reset { accepting: false },
            Behaviour::Hang { accepting: false, millis: Some(5) },
        ];
        assert_eq!(script, Script { next: next.into(), ..Script::default() });
    }

    #[test]
    fn an_object_scripts_everything() {
        let mut script = read(
            r#"{"next": [{"close": {"accepting": true}}], "then": {"answer": {"status": 503}},
                                  "delay": {"minMillis": 10, "maxMillis": 20}}"#,
        );
        assert_eq!(script.delay, Delay { min_millis: 10, max_millis: 20 });
        assert_eq!(script.step(), Some(Behaviour::Close { accepting: true }));
        assert_eq!(script.step(), Some(Behaviour::answer(503)));
        assert_eq!(script.step(), Some(Behaviour::answer(503)));
    }

    #[test]
    fn a_text_is_accepted_by_a_success_or_when_the_script_says_so() {
        let accepting = [
            Behaviour::answer(202),
            Behaviour::Huge { status: 202 },
            Behaviour::Hang { accepting: true, millis: None },
        ];
        assert!(accepting.iter().all(Behaviour::accepts));
        let refusing =
            [Behaviour::answer(302), Behaviour::Drip { status: 500 }, Behaviour::Close { accepting: false }];
        assert!(!refusing.iter().any(Behaviour::accepts));
    }
}
