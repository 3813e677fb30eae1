//! The steps of each call, and the boundaries between them at which a process can die.

use std::fmt;

use local::courier::{Behaviour, Script};
use tests::proxy::{self, FOREVER, Fault, Hold, Match, Operation};
use tests::runtime::until;
use tests::service::Service;

use Operation::{GetItem, TransactWriteItems, UpdateItem};
use Step::{Database, Text};

/// One thing that a call asks of another machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A call to DynamoDB that names this table first.
    Database(Operation, &'static str),
    /// A request to Courier.
    Text,
}

/// The steps of each call, in order; the two reads of a send and a resend go out at once.
pub(super) const SIGNUP: &[Step] =
    &[Database(TransactWriteItems, "users"), Text, Database(UpdateItem, "otps")];
pub(super) const SEND_OR_RESEND: &[Step] = &[
    Database(GetItem, "users"),
    Database(GetItem, "otps"),
    Database(TransactWriteItems, "otps"),
    Text,
    Database(UpdateItem, "otps"),
];
pub(super) const WRONG: &[Step] = &[Database(UpdateItem, "otps")];
pub(super) const RIGHT: &[Step] = &[Database(UpdateItem, "otps"), Database(TransactWriteItems, "otps")];

/// Where a process dies.
#[derive(Clone, Debug)]
pub(super) enum Boundary {
    /// The step was asked for, and never arrives.
    Before(Step),
    /// The step was done, and its answer never arrives.
    After(Step),
    /// The step was asked for, and arrives long after the process is dead and others went on.
    Late(Step),
}

impl fmt::Display for Boundary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (side, step) = match self {
            Self::Before(step) => ("before", step),
            Self::After(step) => ("after", step),
            Self::Late(step) => ("late", step),
        };
        match step {
            Database(operation, table) => write!(f, "{side} {operation} {table}"),
            Text => write!(f, "{side} text"),
        }
    }
}

/// All boundaries of a call with these `steps`: both sides of each, and every write that may arrive late.
pub(super) fn boundaries(steps: &[Step]) -> Vec<Boundary> {
    let of_step = |step: &Step| {
        let both = [Boundary::Before(step.clone()), Boundary::After(step.clone())];
        let writes = matches!(step, Database(TransactWriteItems | UpdateItem, _));
        both.into_iter().chain(writes.then(|| Boundary::Late(step.clone())))
    };
    steps.iter().flat_map(of_step).collect()
}

/// The steps that a call really made.
pub(super) fn steps_of(calls: &[proxy::Call], texts: usize) -> Vec<Step> {
    let mut steps: Vec<_> = calls
        .iter()
        .map(|call| {
            let known = ["users", "otps", "limits"].into_iter().find(|table| call.tables[0] == *table);
            Database(call.operation.clone(), known.expect("a table of ours"))
        })
        .collect();
    // The reads have no order among themselves, and a text stands before the record of its delivery.
    let reads = steps.iter().take_while(|step| matches!(step, Database(GetItem, _))).count();
    steps[..reads].sort_by_key(|step| *step != Database(GetItem, "users"));
    for _ in 0..texts {
        steps.insert(steps.len() - 1, Text);
    }
    steps
}

/// A service that stops a call at a boundary.
pub(super) struct Stopped<'a> {
    service: &'a Service,
    boundary: &'a Boundary,
    held: Option<Hold>,
    texts: usize,
    requests: usize,
}

impl<'a> Stopped<'a> {
    /// Has the next call stop at `boundary`.
    pub(super) fn at(service: &'a Service, boundary: &'a Boundary) -> Self {
        let _ = service.proxy.take_calls();
        let mut held = None;
        // The client repeats what it gets no answer to, so the boundary lasts.
        let every = |operation: &Operation, table| Match::every(operation.clone()).on(table);
        match boundary {
            Boundary::Before(Database(operation, table)) => {
                service.proxy.inject(every(operation, table), Fault::StallBefore(FOREVER));
            }
            Boundary::After(Database(operation, table)) => {
                service.proxy.inject(every(operation, table), Fault::StallAfter(FOREVER));
            }
            Boundary::Late(Database(operation, table)) => {
                held = Some(service.proxy.hold(Match::first(operation.clone()).on(table)));
            }
            Boundary::Before(Text) => hang(service, false),
            Boundary::After(Text) => hang(service, true),
            Boundary::Late(Text) => unreachable!("a text is no write"),
        }
        let (texts, requests) = (service.courier().count(), service.courier().keys().len());
        Self { service, boundary, held, texts, requests }
    }

    /// Waits until the call stands at the boundary.
    pub(super) async fn reached(&self) {
        let Self { service, boundary, .. } = self;
        let what = format!("a call came to {boundary}");
        match boundary {
            Boundary::Late(_) => self.held.as_ref().expect("a hold").arrived(1).await,
            Boundary::Before(Text) => {
                until(&what, || service.courier().keys().len() > self.requests).await;
            }
            Boundary::After(Text) => until(&what, || service.courier().count() > self.texts).await,
            Boundary::Before(Database(..)) => {
                until(&what, || service.proxy.calls().iter().any(|call| call.fault.is_some())).await;
            }
            Boundary::After(Database(..)) => {
                let done = |call: &proxy::Call| call.fault.is_some() && call.applied.is_some();
                until(&what, || service.proxy.calls().iter().any(done)).await;
            }
        }
    }

    /// Restores ordinary service; what is to arrive late is still under way.
    pub(super) fn pass(self) -> Option<Hold> {
        self.service.proxy.clear_faults();
        self.service.courier().play(Script::default());
        self.held
    }
}

fn hang(service: &Service, accepting: bool) {
    service.courier().play(Script::always(Behaviour::Hang { accepting, millis: None }));
}
