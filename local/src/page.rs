//! The page at `/`: one signs up on it, watches the text arrive on a phone, and types the code.
//!
//! It calls the API as any client does. What else it needs is under `/_local`, and exists on this machine alone:
//!
//! - `GET /_local/state`: the time, and the settings that the page shows.
//! - `GET /_local/texts`: server-sent events, each a text as the inbox has it. First come the newest fifty.
//! - `PUT /_local/script`: says what the messenger does next, as `PUT /script` of the stand-in does.
//! - `POST /_local/clock`: puts the clock ahead by `{"advanceSeconds": n}`.
//! - `POST /_local/app-check`: gives out an App Check token, where the functions look at them.

mod apps;
mod control;
mod files;
mod state;
mod texts;

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde_json::json;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::courier::Courier;
use crate::settings::Settings;
use crate::terminal::Items;
use control::Playing;
use state::Shown;

pub use apps::Apps;
pub use texts::Arrivals;

/// The parts of the stack that the page shows and moves.
#[derive(Debug)]
pub struct Page {
    /// The stand-in; `None` where texts go out for real.
    pub courier: Option<Arc<Courier>>,
    /// What vouches for the page as for an app; `None` where nobody looks, or another issuer does.
    pub apps: Option<Apps>,
    /// What tells of each text.
    pub arrivals: Arrivals,
    /// The clock that everything goes by.
    pub clock: Clock,
    /// The place of the items: only those in memory go by the same clock.
    pub items: Items,
    /// True once everything is to end; a stream of texts would hold up the end.
    pub stopped: watch::Receiver<bool>,
}

/// What a request to the page finds.
struct Served {
    page: Page,
    shown: Shown,
    playing: Playing,
}

impl Page {
    /// Returns the routes of the page, which shows what `settings` say.
    pub fn router(self, settings: &Settings) -> Router {
        let served = Served { shown: Shown::of(settings), playing: Playing::default(), page: self };
        files::router()
            .route("/_local/state", get(state::answer))
            .route("/_local/texts", get(texts::answer))
            .route("/_local/script", put(control::script))
            .route("/_local/clock", post(control::clock))
            .route("/_local/app-check", post(apps::token))
            .with_state(Arc::new(served))
    }
}

/// Makes an answer that says in words why something is not done.
fn refusal(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({ "message": message }))).into_response()
}

#[cfg(test)]
mod tests;
