//! The gateway before the functions, as API Gateway is: HTTP to payload-2.0 events, and answers back to HTTP.
//!
//! Each event is written as JSON and read by `lambda_http`, as the runtime does on Lambda, so a handler cannot
//! tell this gateway from the real one. What never reaches a function is answered here in the real gateway's
//! shape: `{"message":"Not Found"}`.

mod cors;
pub mod event;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{CONTENT_TYPE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures::future::BoxFuture;
use lambda_http::Context;
use lambda_http::request::LambdaRequest;
use tokio::net::TcpListener;

use crate::clock::Clock;
use crate::template::{Function, Route};
use event::Call;

pub use cors::Cors;

/// Runs the function of this logical name on an event.
pub type Dispatch = Arc<
    dyn Fn(&str, LambdaRequest, Context) -> BoxFuture<'static, lambda_http::Response<lambda_http::Body>>
        + Send
        + Sync,
>;

/// The longest body that HTTP APIs accept (quotas of API Gateway).
const BODY_LIMIT: usize = 10 * 1024 * 1024;

/// The longest request line and headers together that HTTP APIs accept (quotas of API Gateway).
const HEADERS_LIMIT: usize = 10_240;

/// The API's front door.
pub struct Gateway {
    /// The functions, their routes and timeouts.
    pub functions: Vec<Function>,
    /// The runner of the functions.
    pub dispatch: Dispatch,
    /// The time that events carry.
    pub clock: Clock,
    /// The pages that may call; without it no page of another origin may.
    pub cors: Option<Cors>,
    /// A header in which a test says which address it pretends to come from; `None` outside tests.
    ///
    /// Whoever can set this header can be anyone, so nothing that listens for others may have one.
    pub pretended_source: Option<HeaderName>,
}

impl Gateway {
    /// Returns what answers every call, those that there are none of included; but for those of `further`.
    pub fn router(self, further: Router) -> Router {
        let router = further.with_state(()).method_not_allowed_fallback(answer).fallback(answer);
        router.with_state(Arc::new(self))
    }

    /// Serves `router` on `listener` until `shutdown` resolves.
    pub async fn serve(
        router: Router,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) {
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        if let Err(cause) = axum::serve(listener, service).with_graceful_shutdown(shutdown).await {
            tracing::error!(%cause, "the gateway ended");
        }
    }

    fn find(&self, method: &str, path: &str) -> Option<(&Function, &Route)> {
        self.functions.iter().find_map(|function| {
            let mut routes = function.routes.iter();
            routes.find(|route| route.method == method && route.path == path).map(|route| (function, route))
        })
    }

    fn source(&self, peer: SocketAddr, headers: &HeaderMap) -> String {
        let pretended = self.pretended_source.as_ref().and_then(|name| headers.get(name)?.to_str().ok());
        pretended.map_or_else(|| peer.ip().to_canonical().to_string(), str::to_owned)
    }
}

async fn answer(
    State(gateway): State<Arc<Gateway>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response<Body> {
    let request_id = opaque_id();
    let mut response = match &gateway.cors {
        None => routed(&gateway, peer, request, &request_id).await,
        Some(cors) if request.method() == Method::OPTIONS => cors.preflight(request.headers()),
        Some(cors) => {
            let asked = request.headers().clone();
            let mut response = routed(&gateway, peer, request, &request_id).await;
            cors.expose(&asked, response.headers_mut());
            response
        }
    };
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert("apigw-requestid", value);
    }
    response
}

async fn routed(gateway: &Gateway, peer: SocketAddr, request: Request, request_id: &str) -> Response<Body> {
    route(gateway, peer, request, request_id).await.unwrap_or_else(own_answer)
}

/// Has the function of the route answer, or says with which status the gateway itself does.
async fn route(
    gateway: &Gateway,
    peer: SocketAddr,
    request: Request,
    request_id: &str,
) -> Result<Response<Body>, StatusCode> {
    let (parts, body) = request.into_parts();
    let (function, route) =
        gateway.find(parts.method.as_str(), parts.uri.path()).ok_or(StatusCode::NOT_FOUND)?;
    let size = |(name, value): (&HeaderName, &HeaderValue)| name.as_str().len() + value.len();
    if parts.uri.path().len() + parts.headers.iter().map(size).sum::<usize>() > HEADERS_LIMIT {
        return Err(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    }
    let body = to_bytes(body, BODY_LIMIT).await.map_err(|_| StatusCode::PAYLOAD_TOO_LARGE)?;
    let call = Call {
        route,
        source: gateway.source(peer, &parts.headers),
        parts: &parts,
        body: &body,
        request_id,
        now: gateway.clock.millisecond(),
    };
    invoke(gateway, function, call.event().to_string()).await
}

/// Runs a function on `event` as Lambda would: to its end whether or not the caller still waits, within its time.
async fn invoke(gateway: &Gateway, function: &Function, event: String) -> Result<Response<Body>, StatusCode> {
    let context = event::context(function);
    let dispatch = Arc::clone(&gateway.dispatch);
    let name = function.name.clone();
    let handling = async move {
        Ok::<_, serde_json::Error>(dispatch(&name, serde_json::from_str(&event)?, context).await)
    };
    let failed = |how: &str, status| {
        tracing::error!(function = function.name, "the function {how}");
        Err(status)
    };
    match tokio::spawn(tokio::time::timeout(function.timeout, handling)).await {
        Ok(Ok(Ok(response))) => Ok(from_function(response)),
        Ok(Ok(Err(_))) => failed("could not read its event", StatusCode::INTERNAL_SERVER_ERROR),
        Ok(Err(_)) => failed("took longer than it may", StatusCode::INTERNAL_SERVER_ERROR),
        Err(_) => failed("panicked", StatusCode::INTERNAL_SERVER_ERROR),
    }
}

/// Turns a function's answer into HTTP; of a repeated header all values arrive in one, but for cookies.
fn from_function(response: lambda_http::Response<lambda_http::Body>) -> Response<Body> {
    let (parts, body) = response.into_parts();
    let mut answer = Response::new(Body::from(body.to_vec()));
    *answer.status_mut() = parts.status;
    for name in parts.headers.keys() {
        let values: Vec<_> = parts.headers.get_all(name).iter().collect();
        if name == SET_COOKIE {
            for value in values {
                answer.headers_mut().append(name, value.clone());
            }
        } else {
            let joined = values.into_iter().map(HeaderValue::as_bytes).collect::<Vec<_>>().join(&b","[..]);
            if let Ok(joined) = HeaderValue::from_bytes(&joined) {
                answer.headers_mut().insert(name, joined);
            }
        }
    }
    answer
}

/// Makes the gateway's own answer, such as `{"message":"Internal Server Error"}`.
fn own_answer(status: StatusCode) -> Response<Body> {
    let message = match status {
        StatusCode::PAYLOAD_TOO_LARGE => "Request Entity Too Large",
        status => status.canonical_reason().unwrap_or_default(),
    };
    let mut answer = Response::new(Body::from(serde_json::json!({ "message": message }).to_string()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}

/// Draws an id in the look of the gateway's own, such as `JKJaXmPLvHcESHA=`.
fn opaque_id() -> String {
    STANDARD.encode(rand::random::<[u8; 11]>())
}

#[cfg(test)]
mod tests;
