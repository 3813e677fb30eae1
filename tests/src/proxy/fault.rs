//! What can go wrong between a client and DynamoDB, and with which call it does.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::call::Operation;
use super::wire::{Question, Reply, cancelled_by_conflict, conflict_exception};

/// A stall that ends only when the client hangs up.
pub const FOREVER: Duration = Duration::MAX;

/// What happens to a call.
///
/// A stalled or reset connection never gets an answer; where the client's patience ends before a stall does, it is the
/// client that hangs up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// 400 `ProvisionedThroughputExceededException`; nothing is applied.
    Throttle,
    /// 500 `InternalServerError`; nothing is applied.
    ServerError,
    /// 500 `InternalServerError` though the call was applied, which DynamoDB does not rule out.
    ServerErrorAfter,
    /// Any other error; nothing is applied.
    Refuse {
        /// The HTTP status.
        status: u16,
        /// The exception's name, such as `ThrottlingException`.
        error: &'static str,
    },
    /// The connection is reset; nothing is applied.
    ResetBefore,
    /// The call is applied, then the connection is reset.
    ResetAfter,
    /// Nothing is applied; the connection is reset after this long.
    StallBefore(Duration),
    /// The call is applied; the connection is reset after this long.
    StallAfter(Duration),
    /// Another transaction holds an item; nothing is applied.
    ///
    /// A transaction is cancelled with `TransactionConflict` as the reason of the item at this index, or of all; any other
    /// operation is refused with `TransactionConflictException`.
    Conflict(Option<usize>),
    /// The call is forwarded; if DynamoDB cancels the transaction, the reason of the item at this index becomes
    /// `TransactionConflict`, beside the conditions that failed.
    ConflictBeside(usize),
    /// The rows of this table are left out of the answer to a `BatchGetItem`, and their keys are told to be unprocessed.
    Unprocessed(&'static str),
    /// The call reaches DynamoDB this much later, even if the client has hung up meanwhile.
    Delay(Duration),
}

impl Fault {
    /// Whether DynamoDB gets to see the call.
    pub(super) fn forwards(&self) -> bool {
        match self {
            Self::ServerErrorAfter
            | Self::ResetAfter
            | Self::StallAfter(_)
            | Self::ConflictBeside(_)
            | Self::Unprocessed(_)
            | Self::Delay(_) => true,
            Self::Throttle
            | Self::ServerError
            | Self::Refuse { .. }
            | Self::ResetBefore
            | Self::StallBefore(_)
            | Self::Conflict(_) => false,
        }
    }

    /// How long the call takes to DynamoDB.
    pub(super) fn delay(&self) -> Duration {
        if let Self::Delay(delay) = self { *delay } else { Duration::ZERO }
    }

    /// What the client gets instead of DynamoDB's `reply`; `None` cuts it off.
    pub(super) async fn answer(&self, question: &Question, reply: Option<Reply>) -> Option<Reply> {
        match self {
            Self::Throttle => {
                let message = "The level of configured provisioned throughput for the table was exceeded.";
                Some(Reply::error(400, "ProvisionedThroughputExceededException", message))
            }
            Self::ServerError | Self::ServerErrorAfter => {
                Some(Reply::error(500, "InternalServerError", "Internal server error"))
            }
            Self::Refuse { status, error } => Some(Reply::error(*status, error, "Refused by the proxy")),
            Self::ResetBefore | Self::ResetAfter => None,
            Self::StallBefore(time) | Self::StallAfter(time) => {
                tokio::time::sleep(*time).await;
                None
            }
            Self::Conflict(at) => Some(match question.operation {
                Operation::TransactGetItems | Operation::TransactWriteItems => {
                    let met = (0..question.items()).map(|item| at.is_none_or(|at| at == item));
                    Reply::forged(400, cancelled_by_conflict(met))
                }
                _ => Reply::forged(400, conflict_exception()),
            }),
            Self::ConflictBeside(at) => reply.map(|reply| reply.with_conflict(*at)),
            Self::Unprocessed(table) => reply.map(|reply| reply.without_rows_of(table, question)),
            Self::Delay(_) => reply,
        }
    }
}

/// Which calls are meant.
///
/// An [`Operation`] alone stands for its first call; the calls are counted from the moment the rule is given.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Match {
    /// Only this operation; `None` is any on data.
    pub operation: Option<Operation>,
    /// Only calls that name this table, alone or among others.
    pub table: Option<String>,
    /// Only calls with this text in their body.
    pub containing: Option<String>,
    /// So many matching calls pass first.
    pub skip: usize,
    /// So many calls are hit, then no more.
    pub times: usize,
}

impl Match {
    /// Matches the first call of an operation.
    pub fn first(operation: Operation) -> Self {
        Self { operation: Some(operation), table: None, containing: None, skip: 0, times: 1 }
    }

    /// Matches every call of an operation.
    pub fn every(operation: Operation) -> Self {
        Self::first(operation).times(usize::MAX)
    }

    /// Matches every call that reads or writes items.
    pub fn any() -> Self {
        Self { operation: None, table: None, containing: None, skip: 0, times: usize::MAX }
    }

    /// Narrows the match to calls that name `table`.
    pub fn on(self, table: &str) -> Self {
        Self { table: Some(table.to_owned()), ..self }
    }

    /// Narrows the match to calls with `text` in their JSON body, such as a username or an attribute.
    pub fn containing(self, text: &str) -> Self {
        Self { containing: Some(text.to_owned()), ..self }
    }

    /// Lets `calls` matching calls pass first.
    pub fn skip(self, calls: usize) -> Self {
        Self { skip: calls, ..self }
    }

    /// Hits so many calls.
    pub fn times(self, calls: usize) -> Self {
        Self { times: calls, ..self }
    }

    fn covers(&self, question: &Question) -> bool {
        let operation = &question.operation;
        self.operation.as_ref().map_or_else(|| operation.is_on_data(), |wanted| wanted == operation)
            && self.table.as_ref().is_none_or(|table| question.tables.contains(table))
            && self.containing.as_ref().is_none_or(|text| question.contains(text))
    }
}

impl From<Operation> for Match {
    fn from(operation: Operation) -> Self {
        Self::first(operation)
    }
}

/// A match and how often it was met.
#[derive(Debug)]
pub(super) struct Rule {
    matching: Match,
    seen: usize,
    fired: usize,
}

impl Rule {
    pub(super) fn new(matching: Match) -> Self {
        Self { matching, seen: 0, fired: 0 }
    }

    /// Counts a call; whether the rule is due for it.
    pub(super) fn sees(&mut self, question: &Question) -> bool {
        let covered = self.matching.covers(question);
        self.seen += usize::from(covered);
        covered && self.seen > self.matching.skip && self.fired < self.matching.times
    }

    /// Counts a hit.
    pub(super) fn fire(&mut self) {
        self.fired += 1;
    }

    /// Whether calls were meant that never came.
    fn is_unmet(&self) -> bool {
        self.fired == 0 || (self.matching.times != usize::MAX && self.fired < self.matching.times)
    }
}

/// The faults in wait.
#[derive(Default)]
pub(super) struct Faults {
    ruled: Vec<(Rule, Fault)>,
    random: Option<(StdRng, Vec<(Fault, f64)>)>,
}

impl Faults {
    pub(super) fn add(&mut self, matching: Match, fault: Fault) {
        self.ruled.push((Rule::new(matching), fault));
    }

    pub(super) fn randomise(&mut self, seed: u64, faults: Vec<(Fault, f64)>) {
        self.random = Some((StdRng::seed_from_u64(seed), faults));
    }

    /// The fault this call meets: of the rules due the one given first, else one by chance.
    pub(super) fn meet(&mut self, question: &Question) -> Option<Fault> {
        let mut due =
            self.ruled.iter_mut().filter_map(|(rule, fault)| rule.sees(question).then_some((rule, fault)));
        let first = due.next();
        // Every later rule counts the call as well, so that `skip` means calls and not misses.
        due.for_each(drop);
        if let Some((rule, fault)) = first {
            rule.fire();
            return Some(fault.clone());
        }
        if !question.operation.is_on_data() {
            return None;
        }
        let (dice, faults) = self.random.as_mut()?;
        let mut drawn: f64 = dice.random();
        faults.iter().find_map(|(fault, probability)| {
            drawn -= probability;
            (drawn < 0.0).then(|| fault.clone())
        })
    }

    pub(super) fn unmet(&self) -> Vec<Match> {
        let unmet = self.ruled.iter().filter(|(rule, _)| rule.is_unmet());
        unmet.map(|(rule, _)| rule.matching.clone()).collect()
    }
}
