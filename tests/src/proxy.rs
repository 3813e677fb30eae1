//! A proxy in front of DynamoDB that records every call and breaks those that a test wants broken.
//!
//! It stands at the network, so the code under test runs with its own client, timeouts and retries:
//!
//! ```no_run
//! # async fn test(dynamodb: std::net::SocketAddr) -> std::io::Result<()> {
//! use tests::proxy::{Fault, Match, Operation, Proxy};
//!
//! let proxy = Proxy::start(dynamodb).await?;
//! proxy.inject(Match::first(Operation::UpdateItem).on("otps"), Fault::ResetAfter);
//! let writes = proxy.hold(Operation::TransactWriteItems);
//! // … a call against `proxy.url()` …
//! writes.arrived(1).await;
//! // … another call, in between …
//! writes.release();
//! # Ok(())
//! # }
//! ```

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt;
use std::future::pending;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::Instant;

pub use call::{Call, Operation, Outcome};
pub use contention::{Contention, Held};
pub use fault::{FOREVER, Fault, Match};
pub use hold::Hold;

use fault::{Faults, Rule};
use hold::Gate;
use wire::{Question, Reply};

mod call;
mod contention;
mod fault;
mod hold;
pub mod mutant;
#[cfg(test)]
mod tests;
mod wire;

/// A running proxy; dropping it closes its connections.
///
/// Connections are kept alive on both sides, and any number may be open at once.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    serving: AbortHandle,
}

impl Proxy {
    /// Starts a proxy on a free port of 127.0.0.1 for the DynamoDB at `upstream`.
    ///
    /// # Errors
    /// If no port can be bound.
    pub async fn start(upstream: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::new(upstream));
        let serving = tokio::spawn(accept(listener, Arc::clone(&shared))).abort_handle();
        Ok(Self { address, shared, serving })
    }

    /// The endpoint to give to a client, as `AWS_ENDPOINT_URL_DYNAMODB` takes it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The calls so far, in the order in which they came, those still under way included.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.shared.lock().calls.iter().map(Entry::read).collect()
    }

    /// The calls so far, which are then forgotten.
    #[must_use]
    pub fn take_calls(&self) -> Vec<Call> {
        std::mem::take(&mut self.shared.lock().calls).iter().map(Entry::read).collect()
    }

    /// Lets the calls that match meet `fault`.
    ///
    /// Where several rules are due for one call, the one given first has it and the others stay due.
    pub fn inject(&self, matching: impl Into<Match>, fault: Fault) {
        self.shared.lock().faults.add(matching.into(), fault);
    }

    /// Lets every call on data meet each fault with its probability, where no rule is due.
    ///
    /// The draws follow from `seed`, in the order in which the calls come.
    ///
    /// # Panics
    /// If the probabilities sum to more than 1.
    pub fn inject_random(&self, seed: u64, faults: Vec<(Fault, f64)>) {
        let sum: f64 = faults.iter().map(|(_, probability)| probability).sum();
        assert!(sum <= 1.0 + 1e-9, "the probabilities sum to {sum}");
        self.shared.lock().faults.randomise(seed, faults);
    }

    /// The rules whose calls have not all come; a rule for every call, if none has. A test that expects its faults to bite
    /// asserts that this is empty.
    #[must_use]
    pub fn unmet_faults(&self) -> Vec<Match> {
        self.shared.lock().faults.unmet()
    }

    /// Forgets all faults, the random ones too; a call that has met one already goes on with it, and holds remain.
    pub fn clear_faults(&self) {
        self.shared.lock().faults = Faults::default();
    }

    /// Holds the calls that match, before they are forwarded, until the test lets them go.
    pub fn hold(&self, matching: impl Into<Match>) -> Hold {
        let gate = Gate::closed();
        self.shared.lock().holds.push((Rule::new(matching.into()), Arc::clone(&gate)));
        Hold { gate }
    }

    /// Lets transactions hold their items for `time`, as DynamoDB does, or no longer: whoever meets one of them
    /// meanwhile is refused as by [`Contention`].
    ///
    /// It begins once no rule and no hold stops a call, and before the database sees it. What it refuses is no fault.
    pub fn contend(&self, time: Option<Duration>) {
        self.shared.lock().transaction_time = time;
    }

    /// Has the next `BatchGetItem` read its rows of the table `first`, and the others only once the test lets it go: it
    /// is no snapshot.
    pub fn tear(&self, first: &str) -> Hold {
        let gate = Gate::closed();
        self.shared.lock().tear = Some((first.to_owned(), Arc::clone(&gate)));
        Hold { gate }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// A call in the record, where what is learned of it later is added.
#[derive(Clone, Debug)]
struct Entry(Arc<Mutex<Call>>);

impl Entry {
    fn read(&self) -> Call {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, note: impl FnOnce(&mut Call)) {
        note(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// The table whose rows a batch of reads gets first, and what the others wait for.
type Tear = Option<(String, Arc<Gate>)>;

#[derive(Default)]
struct State {
    calls: Vec<Entry>,
    faults: Faults,
    holds: Vec<(Rule, Arc<Gate>)>,
    transaction_time: Option<Duration>,
    tear: Tear,
}

struct Shared {
    upstream: String,
    client: Client<HttpConnector, Full<Bytes>>,
    state: Mutex<State>,
    contention: Contention,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("upstream", &self.upstream).finish_non_exhaustive()
    }
}

/// What awaits a call: its place in the record, its holds, its fault.
struct Fate {
    entry: Entry,
    gates: Vec<Arc<Gate>>,
    tear: Tear,
    fault: Option<Fault>,
}

impl Shared {
    fn new(upstream: SocketAddr) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new()).build(connector);
        let upstream = upstream.to_string();
        Self { upstream, client, state: Mutex::default(), contention: Contention::default() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records a call as it comes and decides what awaits it.
    fn meet(&self, question: &Question) -> Fate {
        let mut state = self.lock();
        let fault = state.faults.meet(question);
        state.holds.retain(|(_, gate)| !gate.is_open());
        let due = state.holds.iter_mut().filter_map(|(rule, gate)| {
            rule.sees(question).then(|| {
                rule.fire();
                Arc::clone(gate)
            })
        });
        let gates = due.collect();
        let tears = question.operation == Operation::BatchGetItem;
        let tear = if tears { state.tear.take() } else { None };
        let entry = Entry(Arc::new(Mutex::new(Call {
            operation: question.operation.clone(),
            tables: question.tables.clone(),
            body: question.body.clone(),
            fault: fault.clone(),
            units: BTreeMap::new(),
            applied: None,
            answered: None,
        })));
        state.calls.push(entry.clone());
        Fate { entry, gates, tear, fault }
    }

    /// Serves one request; `None` is for a connection that is to be reset.
    async fn serve(self: Arc<Self>, request: Request<Incoming>) -> Option<Response<Full<Bytes>>> {
        let question = Arc::new(Question::read(request).await?);
        mutant::record(&question.operation, &question.body);
        let Fate { entry, gates, tear, fault } = self.meet(&question);
        let reply = if fault.as_ref().is_none_or(Fault::forwards) {
            let delay = fault.as_ref().map(Fault::delay).unwrap_or_default();
            let (entry, question) = (entry.clone(), Arc::clone(&question));
            // On a task of its own, because a client that hangs up does not call back what it has sent.
            let forwarding = tokio::spawn(async move {
                pass(&gates).await;
                // Even a sleep of nothing takes a tick of the timer.
                if !delay.is_zero() {
                    tokio::time::sleep(delay).await;
                }
                self.carry_out(&question, tear, &entry).await
            });
            forwarding.await.ok().flatten()
        } else {
            pass(&gates).await;
            None
        };
        let answer = match fault {
            Some(fault) => fault.answer(&question, reply).await?,
            None => reply?,
        };
        entry.note(|call| call.answered = Some(answer.outcome()));
        Some(answer.into_response())
    }

    /// Forwards a call, unless it meets an item that a transaction holds.
    async fn carry_out(&self, question: &Question, tear: Tear, entry: &Entry) -> Option<Reply> {
        if question.operation.name() == "CreateTable" {
            self.contention.learn(&question.body);
        }
        let time = self.lock().transaction_time;
        let Some(time) = time else { return self.forward(question, tear, entry).await };
        let begun = Instant::now();
        match self.contention.begin(&question.operation, &question.body) {
            Ok(None) => self.forward(question, tear, entry).await,
            Ok(Some(held)) => {
                let reply = self.forward(question, tear, entry).await;
                tokio::time::sleep_until(begun + time).await;
                drop(held);
                reply
            }
            Err(refused) => Some(Reply::forged(400, refused)),
        }
    }

    async fn forward(&self, question: &Question, tear: Tear, entry: &Entry) -> Option<Reply> {
        let reply = match tear {
            None => self.ask(question).await?,
            Some((first, gate)) => {
                let reply = self.ask(&question.of_tables(|table| table == first)).await?;
                gate.pass().await;
                reply.with_rows_of(self.ask(&question.of_tables(|table| table != first)).await?)
            }
        };
        entry.note(|call| {
            call.applied = Some(reply.outcome());
            call.units.clone_from(&reply.units);
        });
        Some(reply)
    }

    async fn ask(&self, question: &Question) -> Option<Reply> {
        let response = self.client.request(question.forwarded(&self.upstream)?).await.ok()?;
        Reply::read(question, response).await
    }
}

async fn pass(gates: &[Arc<Gate>]) {
    for gate in gates {
        gate.pass().await;
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => drop(connections.spawn(converse(stream, Arc::clone(&shared)))),
                // Out of file descriptors, most likely: some come back as connections end.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Serves one connection until either side closes it, or a fault resets it.
async fn converse(stream: TcpStream, shared: Arc<Shared>) {
    drop(stream.set_nodelay(true));
    let cut = Notify::new();
    let service = service_fn(|request| {
        let serving = Arc::clone(&shared).serve(request);
        let cut = &cut;
        async move {
            if let Some(response) = serving.await {
                return Ok::<_, Infallible>(response);
            }
            cut.notify_one();
            pending().await
        }
    });
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        // The client is free to hang up, even in the middle of a request.
        _ = &mut connection => {}
        () = cut.notified() => {
            // Without lingering, closing sends RST instead of FIN.
            drop(connection.into_parts().io.into_inner().set_zero_linger());
        }
    }
}
