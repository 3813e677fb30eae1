//! Cross-origin calls, as an HTTP API answers them.
//!
//! With CORS configured it answers every `OPTIONS` itself, and adds its headers to the answers of functions in place of
//! theirs. An origin that is not allowed gets the same answers without these headers: the browser then refuses them.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html>

use axum::body::Body;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ORIGIN,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};

use crate::template;

/// The headers that functions may not set while CORS is configured.
const OURS: [HeaderName; 6] = [
    ACCESS_CONTROL_ALLOW_CREDENTIALS,
    ACCESS_CONTROL_ALLOW_HEADERS,
    ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS,
    ACCESS_CONTROL_MAX_AGE,
];

/// The one origin whose pages may call the API, and what they may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cors {
    /// The origin, such as `http://localhost:5173`.
    pub origin: String,
    /// What the template allows it.
    pub allowed: template::Cors,
}

impl Cors {
    /// Makes the answer to a preflight request.
    pub(super) fn preflight(&self, request: &HeaderMap) -> Response<Body> {
        let mut answer = Response::new(Body::empty());
        *answer.status_mut() = StatusCode::NO_CONTENT;
        if self.is_from_the_origin(request) {
            let max_age = self.allowed.max_age.to_string();
            set(
                answer.headers_mut(),
                [
                    (ACCESS_CONTROL_ALLOW_ORIGIN, &self.origin),
                    (ACCESS_CONTROL_ALLOW_METHODS, &self.allowed.methods),
                    (ACCESS_CONTROL_ALLOW_HEADERS, &self.allowed.headers),
                    (ACCESS_CONTROL_MAX_AGE, &max_age),
                ],
            );
        }
        answer
    }

    /// Lets pages of the origin read an answer to `request`.
    pub(super) fn expose(&self, request: &HeaderMap, answer: &mut HeaderMap) {
        for name in OURS {
            answer.remove(name);
        }
        if self.is_from_the_origin(request) {
            set(
                answer,
                [
                    (ACCESS_CONTROL_ALLOW_ORIGIN, &self.origin),
                    (ACCESS_CONTROL_EXPOSE_HEADERS, &self.allowed.exposed),
                ],
            );
        }
    }

    fn is_from_the_origin(&self, request: &HeaderMap) -> bool {
        request.get(ORIGIN).is_some_and(|origin| *origin == self.origin)
    }
}

fn set<const N: usize>(headers: &mut HeaderMap, values: [(HeaderName, &String); N]) {
    for (name, value) in values {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
}
