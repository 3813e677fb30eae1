//! Event → parse → handle → answer; the only place that logs a request's outcome.

mod answer;
mod fields;
#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use lambda_http::http::{HeaderMap, StatusCode, header};
use lambda_http::request::RequestContext;
use lambda_http::{Body, Request, RequestExt as _, Response};
use serde::Serialize;

pub use fields::Fields;

use crate::clock::{Clock, Deadline, Second};
use crate::domain::address::SourceNetwork;
use crate::error::{Error, causes};

/// The longest body that is read, in bytes: ten times what the longest valid signup needs in ASCII.
pub const LONGEST_BODY: usize = 4_096;

/// The time that a request has when the event names no deadline.
const TIME_WITHOUT_DEADLINE: Duration = Duration::from_secs(14);

/// Kept from the function's deadline, to write the answer.
const RESERVE: Duration = Duration::from_millis(500);

/// A request of the right shape: a JSON object within bounds.
#[derive(Debug)]
pub struct Incoming {
    /// The members of the object, to be read one by one.
    pub fields: Fields,
    /// The second in which the request arrived.
    pub arrived: Second,
    /// When its answer must be there.
    pub deadline: Deadline,
    source: Option<SourceNetwork>,
}

impl Incoming {
    /// What the address counts as from which the gateway got the request.
    ///
    /// It is the gateway's own word: a header proves nothing.
    ///
    /// # Errors
    /// When the event names none: whoever cannot be counted is not served.
    pub fn source(&self) -> Result<SourceNetwork, Error> {
        self.source.ok_or(Error::Malformed("The event names no source address; call through the gateway."))
    }
}

/// Reads `request`, lets `handle` do what it asks for, and answers; one line in the log says how it went.
pub async fn respond<H, F, O>(
    request: Request,
    clock: &Clock,
    success: StatusCode,
    handle: H,
) -> Response<Body>
where
    H: FnOnce(Incoming) -> F,
    F: Future<Output = Result<O, Error>>,
    O: Serialize,
{
    let begun = tokio::time::Instant::now();
    let id = request_id(&request);
    let route = request.uri().path().to_owned();
    let result = match read(&request, clock) {
        Ok(incoming) => handle(incoming).await,
        Err(error) => Err(error),
    };
    let milliseconds = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    match &result {
        Ok(_) => tracing::info!(request = id, route, status = success.as_u16(), milliseconds, "answered"),
        Err(error) => {
            let answer = error.answer();
            let (status, code) = (answer.status.as_u16(), answer.code);
            if answer.status.is_server_error() {
                let causes = causes(error);
                tracing::error!(request = id, route, status, code, milliseconds, causes, "failed");
            } else {
                tracing::info!(request = id, route, status, code, milliseconds, "refused");
            }
        }
    }
    match result {
        Ok(output) => answer::success(success, &output, &id),
        Err(error) => answer::problem(&error, &id),
    }
}

/// The gateway's id of the request, by which its log and ours are joined.
fn request_id(request: &Request) -> String {
    let gateway = match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => context.request_id.clone(),
        _ => None,
    };
    let lambda = || request.lambda_context_ref().map(|context| context.request_id.clone());
    gateway.or_else(lambda).filter(|id| !id.is_empty()).unwrap_or_else(|| "unknown".to_owned())
}

fn read(request: &Request, clock: &Clock) -> Result<Incoming, Error> {
    let body: &[u8] = request.body();
    if !is_plain_json(request.headers()) {
        return Err(Error::UnsupportedMediaType);
    }
    if body.len() > LONGEST_BODY {
        return Err(Error::PayloadTooLarge);
    }
    let key = request.headers().get("idempotency-key").map(|key| key.as_bytes().to_vec());
    Ok(Incoming {
        fields: Fields::of(body, key)?,
        arrived: clock.now(),
        deadline: deadline(request),
        source: source(request),
    })
}

/// Whether the body is JSON in UTF-8 by its headers, and not compressed.
fn is_plain_json(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(one), None) = (types.next(), types.next()) else { return false };
    let Some(media_type) = one.to_str().ok().and_then(|text| text.parse::<mime::Mime>().ok()) else {
        return false;
    };
    media_type.essence_str() == "application/json"
        && media_type.params().all(|(name, value)| name == mime::CHARSET && value == mime::UTF_8)
        && !headers.contains_key(header::CONTENT_ENCODING)
}

fn source(request: &Request) -> Option<SourceNetwork> {
    match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => {
            context.http.source_ip.as_ref()?.parse::<IpAddr>().ok().map(SourceNetwork::of)
        }
        _ => None,
    }
}

/// The function's own deadline, which is by the machine's clock whatever clock the rules go by.
fn deadline(request: &Request) -> Deadline {
    let ends_at = request.lambda_context_ref().map(|context| context.deadline).filter(|ends_at| *ends_at > 0);
    let time = ends_at.map_or(TIME_WITHOUT_DEADLINE, |milliseconds| {
        let ends_at = SystemTime::UNIX_EPOCH + Duration::from_millis(milliseconds);
        Clock::system().until(ends_at).saturating_sub(RESERVE)
    });
    Deadline::after(time.min(TIME_WITHOUT_DEADLINE))
}
