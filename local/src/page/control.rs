//! What the page moves: the messenger and the clock.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Served, refusal};
use crate::clock::Clock;

/// The most seconds that one call puts the clock ahead: thirty days, the longest life of an unverified user.
const LONGEST: i64 = 30 * 86_400;

/// The script that the page played last.
pub(super) struct Playing(Mutex<Value>);

impl Default for Playing {
    fn default() -> Self {
        Self(Mutex::new(json!({})))
    }
}

impl Playing {
    pub(super) fn script(&self) -> Value {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Answers `PUT /_local/script`.
pub(super) async fn script(State(served): State<Arc<Served>>, body: Bytes) -> Response {
    let Some(courier) = &served.page.courier else {
        return refusal(
            StatusCode::CONFLICT,
            "Texts go out for real: there is no stand-in to tell anything.",
        );
    };
    // Both at once, so that of two scripts the page shows the one that is played.
    let mut playing = served.playing.0.lock().unwrap_or_else(PoisonError::into_inner);
    match courier.play_json(&body) {
        Ok(()) => {
            *playing = serde_json::from_slice(&body).unwrap_or_default();
            StatusCode::NO_CONTENT.into_response()
        }
        Err(fault) => refusal(StatusCode::BAD_REQUEST, &format!("not a script: {fault}")),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Advancing {
    advance_seconds: i64,
}

/// Answers `POST /_local/clock`.
pub(super) async fn clock(State(served): State<Arc<Served>>, body: Bytes) -> Response {
    if let Some(reason) = served.page.clock_stands() {
        return refusal(StatusCode::CONFLICT, reason);
    }
    let seconds = match serde_json::from_slice(&body) {
        Ok(Advancing { advance_seconds }) if (1..=LONGEST).contains(&advance_seconds) => advance_seconds,
        _ => {
            let words = format!("Give {{\"advanceSeconds\": n}} with a whole number from 1 to {LONGEST}.");
            return refusal(StatusCode::BAD_REQUEST, &words);
        }
    };
    match &served.page.clock {
        Clock::Ahead(advance) if advance.add(seconds * 1_000) => Json(served.page.time()).into_response(),
        _ => refusal(StatusCode::CONFLICT, "The clock is ten years ahead, and goes no further."),
    }
}
