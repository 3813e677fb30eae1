//! What vouches for the page, as Firebase does for an app.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::{Served, refusal};
use crate::app_check::{Issuer, TOKEN_LIFE};

/// The issuer, and the project of the apps.
#[derive(Debug)]
pub struct Apps {
    /// The stand-in for the issuer.
    pub issuer: Issuer,
    /// The number of the project.
    pub project: String,
}

/// Answers `POST /_local/app-check`, in the form in which Firebase gives tokens to apps.
pub(super) async fn token(State(served): State<Arc<Served>>) -> Response {
    match &served.page.apps {
        Some(Apps { issuer, project }) => {
            Json(json!({ "token": issuer.token(project), "ttl": format!("{TOKEN_LIFE}s") })).into_response()
        }
        None => refusal(StatusCode::NOT_FOUND, "There is no stand-in that could give tokens."),
    }
}
