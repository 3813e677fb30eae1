//! The messenger, as far as answers tell of it.

use std::collections::BTreeMap;
use std::fmt;

use super::challenge::Delivery;

/// Without a request to Courier for so long after a failure that is its own or the account's.
const PAUSE: i64 = 30;

/// What Courier would make of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Messenger {
    /// It takes it.
    Takes,
    /// It refuses this number.
    RefusesTheNumber,
    /// It refuses the account, and would refuse any text.
    RefusesTheAccount,
    /// It may have taken it.
    Doubts,
}

impl Messenger {
    /// What is known of the text then.
    pub(super) fn delivery(self) -> Delivery {
        match self {
            Self::Takes => Delivery::Sent,
            Self::RefusesTheNumber | Self::RefusesTheAccount => Delivery::Failed,
            Self::Doubts => Delivery::Unknown,
        }
    }
}

impl fmt::Display for Messenger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Takes => "takes texts",
            Self::RefusesTheNumber => "refuses the number",
            Self::RefusesTheAccount => "refuses the account",
            Self::Doubts => "may have taken it",
        })
    }
}

/// The breakers, one for each of the calls that text: each is a function, and so a process, of its own.
#[derive(Clone, Debug, Default)]
pub(super) struct Breakers(BTreeMap<&'static str, i64>);

impl Breakers {
    /// The seconds until a text of this call may be sent; 0 when it may now.
    pub(super) fn wait(&self, path: &'static str, now: i64) -> i64 {
        self.0.get(path).map_or(0, |until| (until - now).max(0))
    }

    /// Takes note of what Courier made of a text.
    pub(super) fn saw(&mut self, path: &'static str, messenger: Messenger, now: i64) {
        match messenger {
            Messenger::RefusesTheAccount => drop(self.0.insert(path, now + PAUSE)),
            Messenger::Takes | Messenger::RefusesTheNumber | Messenger::Doubts => {}
        }
    }
}
