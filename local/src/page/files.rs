//! The files of the page, and the description of the API. They are part of the program, so that it runs from anywhere.

use std::sync::Arc;

use axum::Router;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue};
use axum::response::IntoResponse;
use axum::routing::get;

use super::Served;

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";
const YAML: &str = "application/yaml; charset=utf-8";

/// Path, type and text of each file.
pub(super) const FILES: [(&str, &str, &str); 15] = [
    ("/", HTML, include_str!("index.html")),
    ("/_local/base.css", CSS, include_str!("base.css")),
    ("/_local/app.css", CSS, include_str!("app.css")),
    ("/_local/phone.css", CSS, include_str!("phone.css")),
    ("/_local/icon.svg", SVG, include_str!("icon.svg")),
    ("/_local/main.js", JS, include_str!("main.js")),
    ("/_local/flow.js", JS, include_str!("flow.js")),
    ("/_local/code.js", JS, include_str!("code.js")),
    ("/_local/api.js", JS, include_str!("api.js")),
    ("/_local/words.js", JS, include_str!("words.js")),
    ("/_local/phone.js", JS, include_str!("phone.js")),
    ("/_local/panel.js", JS, include_str!("panel.js")),
    ("/_local/wire.js", JS, include_str!("wire.js")),
    ("/_local/dom.js", JS, include_str!("dom.js")),
    ("/_local/time.js", JS, include_str!("time.js")),
];

/// The description of the API, which the page links to.
const OPENAPI: (&str, &str, &str) = ("/openapi.yaml", YAML, include_str!("../../../docs/openapi.yaml"));

/// Nothing from elsewhere, nothing inline, nothing made of strings; no frame around it, and no form that leaves it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types";

/// The headers of every file.
const HEADERS: [(HeaderName, &str); 6] = [
    // Another build serves other files at the same address.
    (CACHE_CONTROL, "no-store"),
    (CONTENT_SECURITY_POLICY, POLICY),
    (REFERRER_POLICY, "no-referrer"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Returns the routes of the files.
pub(super) fn router() -> Router<Arc<Served>> {
    FILES.into_iter().chain([OPENAPI]).fold(Router::new(), |router, (path, kind, text)| {
        let answer = move || async move {
            let mut response = text.into_response();
            for (name, value) in HEADERS.into_iter().chain([(CONTENT_TYPE, kind)]) {
                response.headers_mut().insert(name, HeaderValue::from_static(value));
            }
            response
        };
        router.route(path, get(answer))
    })
}
