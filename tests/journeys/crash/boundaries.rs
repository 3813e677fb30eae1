//! The steps of each call, and the boundaries between them at which a process can die.

use std::fmt;

use local::courier::{Behaviour, Script};
use tests::proxy::{self, FOREVER, Fault, Hold, Match, Operation};
use tests::runtime::until;
use tests::service::Service;

use Operation::{BatchGetItem, GetItem, TransactWriteItems, UpdateItem};
use Step::{Database, Text};

/// One thing that a call asks of another machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A call to DynamoDB that names this table first.
    Database(Operation, &'static str),
    /// A request to Courier.
    Text,
}

/// The steps of each call, in order.
pub(super) const SIGNUP: &[Step] =
    &[Database(TransactWriteItems, "users"), Text, Database(UpdateItem, "otps")];
/// The first transaction meets the PENDING user, the second one replaces it.
pub(super) const SIGNUP_OVER: &[Step] = &[
    Database(TransactWriteItems, "users"),
    Database(GetItem, "otps"),
    Database(TransactWriteItems, "users"),
    Text,
    Database(UpdateItem, "otps"),
];
pub(super) const SEND_OR_RESEND: &[Step] = &[
    Database(BatchGetItem, "otps"),
    Database(TransactWriteItems, "users"),
    Text,
    Database(UpdateItem, "otps"),
];
pub(super) const WRONG: &[Step] = &[Database(UpdateItem, "otps")];
pub(super) const RIGHT: &[Step] = &[Database(UpdateItem, "otps"), Database(TransactWriteItems, "otps")];
/// The try, and the end of the run of failures.
pub(super) const RIGHT_AGAIN: &[Step] = &[Database(UpdateItem, "otps"), Database(UpdateItem, "otps")];

/// Where a process dies.
#[derive(Clone, Debug)]
pub(super) struct Boundary {
    side: Side,
    step: Step,
    /// How many steps of the same kind the call makes before.
    earlier: usize,
}

/// On which side of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    /// The step was asked for, and never arrives.
    Before,
    /// The step was done, and its answer never arrives.
    After,
    /// The step was asked for, and arrives long after the process is dead and others went on.
    Late,
}

impl fmt::Display for Boundary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { side, step, earlier } = self;
        f.write_str(match side {
            Side::Before => "before ",
            Side::After => "after ",
            Side::Late => "late ",
        })?;
        if *earlier > 0 {
            f.write_str("second ")?;
        }
        match step {
            Database(operation, table) => write!(f, "{operation} {table}"),
            Text => f.write_str("text"),
        }
    }
}

/// All boundaries of a call with these `steps`: both sides of each, and every write that may arrive late.
pub(super) fn boundaries(steps: &[Step]) -> Vec<Boundary> {
    let of_step = |(nth, step): (usize, &Step)| {
        let earlier = steps[..nth].iter().filter(|earlier| *earlier == step).count();
        let step = step.clone();
        let writes = matches!(step, Database(TransactWriteItems | UpdateItem, _));
        let sides = [Side::Before, Side::After].into_iter().chain(writes.then_some(Side::Late));
        sides.map(move |side| Boundary { side, step: step.clone(), earlier })
    };
    steps.iter().enumerate().flat_map(of_step).collect()
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
    // A text stands before the record of its delivery.
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
        let Boundary { side, step, earlier } = boundary;
        match (step, side) {
            (Database(operation, table), side) => {
                let first = Match::first(operation.clone()).on(table).skip(*earlier);
                // The client repeats what it gets no answer to, so the boundary lasts.
                let every = first.clone().times(usize::MAX);
                match side {
                    Side::Before => service.proxy.inject(every, Fault::StallBefore(FOREVER)),
                    Side::After => service.proxy.inject(every, Fault::StallAfter(FOREVER)),
                    Side::Late => held = Some(service.proxy.hold(first)),
                }
            }
            (Text, Side::Before) => hang(service, false),
            (Text, Side::After) => hang(service, true),
            (Text, Side::Late) => unreachable!("a text is no write"),
        }
        let (texts, requests) = (service.courier().count(), service.courier().keys().len());
        Self { service, boundary, held, texts, requests }
    }

    /// Waits until the call stands at the boundary.
    pub(super) async fn reached(&self) {
        let Self { service, boundary, .. } = self;
        let what = format!("a call came to {boundary}");
        match (&boundary.step, boundary.side) {
            (_, Side::Late) => self.held.as_ref().expect("a hold").arrived(1).await,
            (Text, Side::Before) => {
                until(&what, || service.courier().keys().len() > self.requests).await;
            }
            (Text, Side::After) => until(&what, || service.courier().count() > self.texts).await,
            (Database(..), Side::Before) => {
                until(&what, || service.proxy.calls().iter().any(|call| call.fault.is_some())).await;
            }
            (Database(..), Side::After) => {
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
