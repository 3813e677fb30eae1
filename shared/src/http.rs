//! Event → parse → handle → answer; the only place that logs a request's outcome.

mod answer;
mod fields;
#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::FutureExt as _;
use lambda_http::http::{HeaderMap, StatusCode, header};
use lambda_http::request::{LambdaRequest, RequestContext};
use lambda_http::{Body, Request, RequestExt as _, Response};
use serde::Serialize;
use tokio::time::Instant;

pub use fields::Fields;

use crate::attestation::Presented;
use crate::clock::{Clock, Deadline, Moment};
use crate::context::CallContext;
use crate::domain::address::SourceNetwork;
use crate::domain::refusal::Refusal;
use crate::domain::sms::Client;
use crate::error::{Error, causes};
use crate::metrics;
use crate::trace::{self, Seen, Stage, Trace};

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
    /// The moment at which it came, and the deadline of its answer.
    pub moment: Moment,
    /// The trace of it, for its operator.
    pub trace: Trace,
    /// What it brought to the gate for apps.
    pub presented: Presented,
    source: Option<SourceNetwork>,
}

impl Incoming {
    /// Returns the network that the address of whoever made the request counts as.
    ///
    /// It is the word of the gateway, or of what stands before it and proved itself: no other header says anything.
    ///
    /// # Errors
    /// When the event names none: whoever cannot be counted is not served.
    pub fn source(&self) -> Result<SourceNetwork, Error> {
        self.source.ok_or(Error::Malformed("The event names no source address; call through the gateway."))
    }
}

/// Returns the event without what nothing here reads: stage, path, query string, `Host` and `X-Forwarded-Proto`, and a
/// body that is said to be base64 and is not. A caller writes some of them, and `lambda_http` panics when it can make no
/// address, or no bytes, of them.
#[must_use]
pub fn without_unread_parts(mut event: LambdaRequest) -> LambdaRequest {
    if let LambdaRequest::ApiGatewayV2(event) = &mut event {
        event.raw_path = None;
        event.raw_query_string = None;
        event.headers.remove(header::HOST);
        event.headers.remove("x-forwarded-proto");
        event.request_context.domain_name = None;
        event.request_context.stage = None;
        if event.is_base64_encoded && event.body.as_ref().is_some_and(|body| STANDARD.decode(body).is_err()) {
            event.body = None;
        }
    }
    event
}

/// The answer of a call that succeeds.
#[derive(Clone, Copy, Debug)]
pub struct Success {
    /// The status.
    pub status: StatusCode,
    /// The log's name for it.
    pub code: &'static str,
}

/// The log's name for the answer to a key that was answered before.
const REPEATED: &str = "repeated";

/// The target that the lines of requests are filtered by.
const TARGET: &str = "countersign::request";

/// Reads `request`, lets `handle` do what it asks for, and answers; one line in the log says how it went.
pub async fn respond<H, F, O>(
    request: Request,
    context: &CallContext,
    success: Success,
    handle: H,
) -> Response<Body>
where
    H: FnOnce(Incoming) -> F,
    F: Future<Output = Result<O, Error>>,
    O: Serialize,
{
    let begun = Instant::now();
    let arrival = Arrival::of(&request, context);
    let trace = Trace::of(&arrival.id);
    let result = match read(&request, begun, context, trace.clone()) {
        Ok(incoming) => {
            let handled = AssertUnwindSafe(handle(incoming)).catch_unwind().await;
            handled.unwrap_or(Err(Error::Panicked))
        }
        Err(error) => Err(error),
    };
    if let Err(error) = &result {
        metrics::refused(error);
    }
    log(&arrival, &trace.seen(), begun.elapsed(), result.as_ref().map(|_| success));
    match result {
        Ok(output) => answer::success(success.status, &output, &arrival.id),
        Err(error) => answer::problem(&error, &arrival.id),
    }
}

/// The facts of a request that are known before it is read.
struct Arrival {
    id: String,
    /// Lambda's id of the invocation, by which its own log lines are found.
    invocation: Option<String>,
    route: String,
    cold: bool,
}

impl Arrival {
    fn of(request: &Request, context: &CallContext) -> Self {
        let invocation = request.lambda_context_ref().map(|context| context.request_id.clone());
        let invocation = invocation.filter(|id| !id.is_empty());
        let (gateway, route) = match request.request_context_ref() {
            Some(RequestContext::ApiGatewayV2(context)) => {
                (context.request_id.clone(), context.route_key.clone())
            }
            _ => (None, None),
        };
        let id = gateway.filter(|id| !id.is_empty()).or_else(|| invocation.clone());
        Self {
            id: id.unwrap_or_else(|| "unknown".to_owned()),
            invocation,
            route: route.unwrap_or_else(|| "unknown".to_owned()),
            cold: context.is_cold(),
        }
    }
}

/// Writes the one line of a request. Nothing in it is personal: a phone's region is as near as it comes.
fn log(arrival: &Arrival, seen: &Seen, took: Duration, result: Result<Success, &Error>) {
    macro_rules! line {
        ($level:ident, $message:literal, $($own:tt)*) => {
            tracing::$level!(
                target: TARGET,
                request = arrival.id,
                invocation = arrival.invocation,
                route = arrival.route,
                $($own)*
                cold = arrival.cold,
                attestation = seen.attestation,
                region = seen.region.as_ref().map(|region| region.as_str()),
                delivery = seen.delivery,
                language = seen.reader.map(|reader| reader.language.tag()),
                client = seen.reader.and_then(|reader| reader.client).map(Client::as_str),
                segments = seen.segments,
                milliseconds = trace::milliseconds(took),
                hash_ms = seen.milliseconds(Stage::Hash),
                load_ms = seen.milliseconds(Stage::Load),
                store_ms = seen.milliseconds(Stage::Store),
                text_ms = seen.milliseconds(Stage::Text),
                record_ms = seen.milliseconds(Stage::Record),
                wait_ms = seen.milliseconds(Stage::Wait),
                count_ms = seen.milliseconds(Stage::Count),
                try_ms = seen.milliseconds(Stage::Attempt),
                confirm_ms = seen.milliseconds(Stage::Confirm),
                settle_ms = seen.milliseconds(Stage::Settle),
                $message
            )
        };
    }
    let error = match result {
        Ok(Success { status, code }) => {
            let code = if seen.repeated { REPEATED } else { code };
            return line!(info, "answered", status = status.as_u16(), code,);
        }
        Err(error) => error,
    };
    let answer = error.answer();
    let (status, code) = (answer.status.as_u16(), answer.code);
    if answer.status.is_server_error() {
        let full = match error {
            Error::Refused(Refusal::BudgetSpent { full, .. }) => Some(full.as_str()),
            _ => None,
        };
        line!(error, "failed", status, code, full, causes = causes(error),);
    } else {
        let cap = match error {
            Error::Refused(Refusal::RateLimited { cap, .. }) => Some(cap.as_str()),
            _ => None,
        };
        line!(info, "refused", status, code, cap,);
    }
}

fn read(request: &Request, came: Instant, context: &CallContext, trace: Trace) -> Result<Incoming, Error> {
    let source = context.front_door.admit(request.headers(), seen_by_gateway(request))?;
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
        moment: Moment { arrived: context.clock.now(), came, deadline: deadline(request) },
        trace,
        presented: Presented::to(context.attestation.as_ref(), request.headers()),
        source: source.map(SourceNetwork::of),
    })
}

/// Returns whether the body is JSON in UTF-8 by its headers, and not compressed.
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

/// Returns the address from which the gateway got the request.
fn seen_by_gateway(request: &Request) -> Option<IpAddr> {
    match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => context.http.source_ip.as_ref()?.parse().ok(),
        _ => None,
    }
}

/// Returns the function's own deadline, which is by the machine's clock whatever clock the rules go by.
fn deadline(request: &Request) -> Deadline {
    let ends_at = request.lambda_context_ref().map(|context| context.deadline).filter(|ends_at| *ends_at > 0);
    let time = ends_at.map_or(TIME_WITHOUT_DEADLINE, |milliseconds| {
        let ends_at = SystemTime::UNIX_EPOCH + Duration::from_millis(milliseconds);
        Clock::system().until(ends_at).saturating_sub(RESERVE)
    });
    Deadline::after(time.min(TIME_WITHOUT_DEADLINE))
}
