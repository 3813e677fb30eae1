//! The Lambda Runtime API: a function asks for its next event, and posts what became of it.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{AppendHeaders, IntoResponse};
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::AbortHandle;

/// An event on its way to the function.
#[derive(Debug)]
pub(super) struct Invocation {
    pub(super) id: String,
    pub(super) arn: String,
    pub(super) deadline_ms: i64,
    pub(super) event: String,
}

/// What the function made of an event: its answer, or the error that it reported.
pub(super) type Answered = Result<Bytes, Bytes>;

/// The API of one process; dropping it closes it.
#[derive(Debug)]
pub(super) struct Api {
    pub(super) address: SocketAddr,
    shared: Arc<Shared>,
    events: mpsc::UnboundedSender<Invocation>,
    serving: AbortHandle,
}

#[derive(Debug)]
struct Shared {
    queue: tokio::sync::Mutex<mpsc::UnboundedReceiver<Invocation>>,
    /// How often the function asked for an event.
    asked: watch::Sender<usize>,
    waiting: Mutex<HashMap<String, oneshot::Sender<Answered>>>,
}

impl Api {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (events, queue) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            queue: tokio::sync::Mutex::new(queue),
            asked: watch::Sender::new(0),
            waiting: Mutex::default(),
        });
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .route("/2018-06-01/runtime/init/error", post(async || StatusCode::ACCEPTED))
            .with_state(Arc::clone(&shared));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await }).abort_handle();
        Self { address, shared, events, serving }
    }

    /// Resolves when the function has started, which is when it first asks for an event.
    pub(super) async fn asked(&self) {
        let mut asked = self.shared.asked.subscribe();
        drop(asked.wait_for(|times| *times > 0).await);
    }

    /// Hands an event out to whoever asks next; the answer comes when the function gives one.
    pub(super) fn hand_out(&self, invocation: Invocation) -> oneshot::Receiver<Answered> {
        let (sender, receiver) = oneshot::channel();
        let mut waiting = self.shared.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.insert(invocation.id.clone(), sender);
        self.events.send(invocation).expect("the queue lives as long as the API");
        receiver
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Shared {
    fn answer(&self, id: &str, answered: Answered) -> StatusCode {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
        // Whoever asked may have stopped waiting.
        let known = waiting.map(|waiting| waiting.send(answered)).is_some();
        if known { StatusCode::ACCEPTED } else { StatusCode::BAD_REQUEST }
    }
}

async fn next(State(shared): State<Arc<Shared>>) -> impl IntoResponse {
    shared.asked.send_modify(|times| *times += 1);
    let Some(invocation) = shared.queue.lock().await.recv().await else {
        return Err(StatusCode::GONE);
    };
    let headers = AppendHeaders([
        ("lambda-runtime-aws-request-id", invocation.id),
        ("lambda-runtime-deadline-ms", invocation.deadline_ms.to_string()),
        ("lambda-runtime-invoked-function-arn", invocation.arn),
        ("lambda-runtime-trace-id", "Root=1-00000000-000000000000000000000000;Sampled=0".to_owned()),
        ("content-type", "application/json".to_owned()),
    ]);
    Ok((headers, invocation.event))
}

async fn response(State(shared): State<Arc<Shared>>, Path(id): Path<String>, body: Bytes) -> StatusCode {
    shared.answer(&id, Ok(body))
}

async fn error(State(shared): State<Arc<Shared>>, Path(id): Path<String>, body: Bytes) -> StatusCode {
    shared.answer(&id, Err(body))
}
