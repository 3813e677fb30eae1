//! Courier's answers, as values that can be kept and replayed.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, HeaderValue, Response, StatusCode};
use axum::response::IntoResponse;
use serde_json::json;

/// An answer of the API.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    status: StatusCode,
    headers: BTreeMap<String, String>,
    body: String,
}

impl Answer {
    /// Accepts the request, under an id such as `1-65f240a0-47a6a120c8374de9bcf9f22c`.
    pub(super) fn accepted(second: i64) -> Self {
        let id = format!("1-{second:08x}-{:024x}", rand::random::<u128>() >> 32);
        Self::json(StatusCode::ACCEPTED, &json!({ "requestId": id }))
    }

    /// Refuses the request.
    pub(super) fn refusal(status: StatusCode, message: &str) -> Self {
        let kind = match status.as_u16() {
            401 => "authentication_error",
            402 | 403 => "authorization_error",
            429 => "rate_limit_error",
            500.. => "api_error",
            _ => "invalid_request_error",
        };
        Self::json(status, &json!({ "message": message, "type": kind }))
    }

    /// Returns the ordinary answer of `status`.
    pub(super) fn of(status: u16, second: i64) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if status.is_success() {
            Self { status, ..Self::accepted(second) }
        } else {
            Self::refusal(status, status.canonical_reason().unwrap_or_default())
        }
    }

    /// Returns the same answer with other headers and, if given, another body.
    pub(super) fn with(mut self, headers: BTreeMap<String, String>, body: Option<String>) -> Self {
        self.headers.extend(headers.into_iter().map(|(name, value)| (name.to_lowercase(), value)));
        self.body = body.unwrap_or(self.body);
        self
    }

    /// Returns whether Courier replays it to whoever repeats the key.
    ///
    /// It keeps failures too, but not a request that it never looked at: one that was invalid, not allowed, or
    /// met another of the same key.
    pub(super) fn is_kept(&self) -> bool {
        !matches!(self.status.as_u16(), 400 | 401 | 403 | 404 | 409 | 413)
    }

    fn json(status: StatusCode, body: &serde_json::Value) -> Self {
        let headers = [(CONTENT_TYPE.to_string(), "application/json".to_owned())];
        Self { status, headers: headers.into(), body: body.to_string() }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response<Body> {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        for (name, value) in self.headers {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}
