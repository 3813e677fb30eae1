//! The four functions as the gateway calls them.

use std::sync::Arc;

use futures::FutureExt;
use lambda_http::Response;
use lambda_http::http::StatusCode;

use super::StartError;
use crate::clock::Clock;
use crate::gateway::Dispatch;
use crate::settings::Settings;
use crate::template::Function;

/// Boots each of `functions` with its settings, as a cold start does, and answers what runs them.
#[expect(clippy::unused_async, reason = "booting reads settings and opens connections")]
pub(super) async fn handlers(
    _functions: &[Function],
    _settings: &Settings,
    _clock: &Clock,
) -> Result<Dispatch, StartError> {
    Ok(Arc::new(|_function, _request| {
        let mut response = Response::new(lambda_http::Body::Empty);
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        std::future::ready(response).boxed()
    }))
}
