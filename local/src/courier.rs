//! The Courier stand-in: it takes texts as `api.courier.com` does, and keeps them instead of sending them.
//!
//! `POST /send` checks what the real service checks and answers as it answers, idempotency keys included.
//! `GET /inbox?to=<E.164>` shows the texts that it accepted, newest first; without `to`, all of them.
//!
//! `PUT /script` says how the requests to come are to fail. An array holds one [`Behaviour`] for each of the next
//! valid requests that are not replays of a key; an object is a whole [`Script`]:
//!
//! ```json
//! [{"answer": {"status": 500}}, {"hang": {}}, {"reset": {"accepting": true}}]
//! {"then": {"answer": {"status": 503, "headers": {"retry-after": "2"}}}, "delay": {"minMillis": 50, "maxMillis": 400}}
//! ```
//!
//! `{}` restores ordinary service.

mod answer;
mod desk;
mod request;
mod script;
mod traits;
mod wire;

use std::convert::Infallible;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Query, Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, Method, Response, StatusCode};
use axum::response::IntoResponse;
use futures::stream;
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::time::sleep;

use crate::clock::Clock;
use answer::Answer;
use desk::{Desk, Outcome};
use script::Given;
use wire::{Scissors, Severable};

pub use desk::{OnText, Text};
pub use script::{Behaviour, Delay, Script};
pub use traits::Traits;

/// A body above this is refused; a text has a few hundred bytes.
const BODY_LIMIT: usize = 1024 * 1024;

/// The size of an answer that is meant to be too large.
const HUGE: usize = 10 * 1024 * 1024;

/// The pause between two bytes of an answer that drips.
const DRIP_EVERY: Duration = Duration::from_millis(100);

/// A running stand-in.
pub struct Courier {
    desk: Arc<Desk>,
    address: SocketAddr,
}

impl Courier {
    /// Takes texts on `listener` from whoever has `token`, until `shutdown` resolves.
    ///
    /// # Errors
    ///
    /// When the listener has no address.
    pub fn start(
        listener: TcpListener,
        token: &str,
        clock: Clock,
        on_text: Option<OnText>,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let desk = Arc::new(Desk::new(token, clock, on_text));
        let router = Router::new().fallback(serve).with_state(Arc::clone(&desk));
        let service = router.into_make_service_with_connect_info::<Scissors>();
        tokio::spawn(async move {
            let served = axum::serve(Severable(listener), service).with_graceful_shutdown(shutdown).await;
            if let Err(cause) = served {
                tracing::error!(%cause, "the Courier stand-in ended");
            }
        });
        Ok(Self { desk, address })
    }

    /// Returns the address that it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the texts that it accepted, oldest first; the newest ten thousand of them.
    #[must_use]
    pub fn texts(&self) -> Vec<Text> {
        self.desk.texts()
    }

    /// Returns the texts that it accepted after the first `seen`, oldest first, as far as it still has them, and the
    /// number of all.
    #[must_use]
    pub fn texts_after(&self, seen: usize) -> (Vec<Text>, usize) {
        self.desk.texts_after(seen)
    }

    /// Returns the newest text to `number`.
    #[must_use]
    pub fn newest_to(&self, number: &str) -> Option<Text> {
        self.texts().into_iter().rfind(|text| text.to == number)
    }

    /// Returns the number of texts that it ever accepted.
    #[must_use]
    pub fn count(&self) -> usize {
        self.desk.count()
    }

    /// Returns the idempotency key of each valid request, in the order of arrival: failed ones and replays too.
    #[must_use]
    pub fn keys(&self) -> Vec<Option<String>> {
        self.desk.keys()
    }

    /// Returns the body of each valid request, in the order of [`Courier::keys`].
    #[must_use]
    pub fn bodies(&self) -> Vec<Bytes> {
        self.desk.bodies()
    }

    /// Knows its account by `token` from now on, and by no other.
    pub fn rotate(&self, token: &str) {
        self.desk.rotate(token);
    }

    /// Returns the number of scripted requests that have not come yet.
    #[must_use]
    pub fn unmet(&self) -> usize {
        self.desk.unmet()
    }

    /// Plays a script as `PUT /script` takes it.
    ///
    /// # Errors
    ///
    /// When `json` is none.
    pub fn play_json(&self, json: &[u8]) -> Result<(), serde_json::Error> {
        play_json(&self.desk, json)
    }

    /// Has the requests to come meet what `script` says, in place of what was scripted before.
    pub fn play(&self, script: Script) {
        self.desk.play(script);
    }
}

impl fmt::Debug for Courier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Courier").field("address", &self.address).finish_non_exhaustive()
    }
}

async fn serve(
    State(desk): State<Arc<Desk>>,
    ConnectInfo(scissors): ConnectInfo<Scissors>,
    request: Request,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
        return Answer::refusal(StatusCode::PAYLOAD_TOO_LARGE, "Payload Too Large").into_response();
    };
    match (&parts.method, parts.uri.path()) {
        (&Method::POST, "/send") => match send(&desk, &parts.headers, body).await {
            Ok(outcome) => play(outcome, &scissors).await,
            Err(refusal) => refusal.into_response(),
        },
        (&Method::GET, "/inbox") => match Query::try_from_uri(&parts.uri) {
            Ok(Query(query)) => inbox(&desk, query),
            Err(fault) => bad_request(&fault.to_string()),
        },
        (&Method::PUT, "/script") => match play_json(&desk, &body) {
            Ok(()) => StatusCode::NO_CONTENT.into_response(),
            Err(fault) => bad_request(&format!("not a script: {fault}")),
        },
        _ => Answer::refusal(StatusCode::NOT_FOUND, "Not Found").into_response(),
    }
}

fn play_json(desk: &Desk, json: &[u8]) -> Result<(), serde_json::Error> {
    let given: Given = serde_json::from_slice(json)?;
    desk.play(given.into());
    Ok(())
}

fn bad_request(message: &str) -> Response<Body> {
    Answer::refusal(StatusCode::BAD_REQUEST, message).into_response()
}

async fn send(desk: &Arc<Desk>, headers: &HeaderMap, body: Bytes) -> Result<Outcome, Answer> {
    let header = |name| headers.get(name).and_then(|value: &axum::http::HeaderValue| value.to_str().ok());
    let bearer = header(AUTHORIZATION.as_str()).and_then(|value| value.strip_prefix("Bearer "));
    if !bearer.is_some_and(|token| desk.knows(token)) {
        return Err(Answer::refusal(StatusCode::UNAUTHORIZED, "Unauthorized"));
    }
    let content_type = header(CONTENT_TYPE.as_str()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        return Err(Answer::refusal(StatusCode::BAD_REQUEST, "Content-Type must be application/json"));
    }
    let accepted =
        request::accept(&body).map_err(|fault| Answer::refusal(StatusCode::BAD_REQUEST, &fault))?;
    let key = header("idempotency-key").map(str::to_owned);
    let desk = Arc::clone(desk);
    // What Courier has received it works on, whether or not the caller still waits.
    let working = tokio::spawn(async move { desk.take(accepted, key, body).await });
    working.await.map_err(|_| Answer::refusal(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error"))
}

/// Lets the caller have what the script made of the request.
async fn play(outcome: Outcome, scissors: &Scissors) -> Response<Body> {
    let Outcome { answer, behaviour } = outcome;
    let mut response = answer.into_response();
    match behaviour {
        None | Some(Behaviour::Answer { .. }) => {}
        Some(Behaviour::Huge { .. }) => *response.body_mut() = Body::from(vec![b' '; HUGE]),
        Some(Behaviour::Drip { .. }) => *response.body_mut() = drip(),
        Some(Behaviour::Close { .. }) => scissors.close(),
        Some(Behaviour::Reset { .. }) => scissors.reset(),
        Some(Behaviour::Hang { millis, .. }) => {
            match millis {
                Some(millis) => sleep(Duration::from_millis(millis)).await,
                None => futures::future::pending().await,
            }
            scissors.close();
        }
    }
    response
}

fn drip() -> Body {
    Body::from_stream(stream::unfold((), |()| async {
        sleep(DRIP_EVERY).await;
        Some((Ok::<_, Infallible>(Bytes::from_static(b" ")), ()))
    }))
}

#[derive(Deserialize)]
struct Inbox {
    to: Option<String>,
}

fn inbox(desk: &Desk, query: Inbox) -> Response<Body> {
    // In a query a raw `+` is a space.
    let to =
        query.to.map(|to| to.strip_prefix(' ').map_or_else(|| to.clone(), |digits| format!("+{digits}")));
    let mut texts = desk.texts();
    texts.retain(|text| to.as_ref().is_none_or(|to| *to == text.to));
    texts.reverse();
    axum::Json(texts).into_response()
}

#[cfg(test)]
mod tests;
