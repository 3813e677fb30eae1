//! The texts as they arrive, as server-sent events.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream::{self, Stream, StreamExt as _};
use tokio::sync::watch;

use super::{Served, refusal};
use crate::courier::{Courier, OnText, Text};

/// The texts that a reader is shown who has just come.
const NEWEST: usize = 50;

/// The signal that texts have arrived.
///
/// It says only that there are more: each reader takes them from the stand-in itself, as fast as it can, so that a slow
/// one holds up nobody and misses nothing that is kept.
#[derive(Clone, Debug)]
pub struct Arrivals(watch::Sender<()>);

impl Default for Arrivals {
    fn default() -> Self {
        Self(watch::Sender::new(()))
    }
}

impl Arrivals {
    /// Returns a callback that gives the signal after it has called `on_text`.
    #[must_use]
    pub fn telling(&self, on_text: Option<OnText>) -> OnText {
        let arrivals = self.0.clone();
        Arc::new(move |text| {
            if let Some(on_text) = &on_text {
                on_text(text);
            }
            arrivals.send_replace(());
        })
    }
}

/// Answers `GET /_local/texts`, until everything ends.
pub(super) async fn answer(State(served): State<Arc<Served>>) -> Response {
    let Some(courier) = served.page.courier.clone() else {
        return refusal(StatusCode::CONFLICT, "Texts go out for real: they arrive on phones, not here.");
    };
    let mut stopped = served.page.stopped.clone();
    let stop = async move {
        let _ = stopped.wait_for(|stopped| *stopped).await;
    };
    let events = arriving(courier, served.page.arrivals.0.subscribe()).take_until(Box::pin(stop));
    Sse::new(events).keep_alive(KeepAlive::default()).into_response()
}

/// Yields the newest texts, then each text as it comes.
fn arriving(
    courier: Arc<Courier>,
    arrivals: watch::Receiver<()>,
) -> impl Stream<Item = Result<Event, Infallible>> {
    let seen = courier.count().saturating_sub(NEWEST);
    let batches = stream::unfold((courier, arrivals, seen), |(courier, mut arrivals, seen)| async move {
        loop {
            arrivals.borrow_and_update();
            let (texts, count) = courier.texts_after(seen);
            if !texts.is_empty() {
                return Some((texts, (courier, arrivals, count)));
            }
            arrivals.changed().await.ok()?;
        }
    });
    batches.flat_map(|texts| stream::iter(texts.into_iter().map(|text| Ok(event(&text)))))
}

fn event(text: &Text) -> Event {
    Event::default().json_data(text).unwrap_or_default()
}
