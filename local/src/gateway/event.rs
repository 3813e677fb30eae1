//! A call as the event of an HTTP API, payload format 2.0.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>

use std::collections::BTreeMap;

use axum::extract::Query;
use axum::http::header::{CONTENT_TYPE, COOKIE, HOST, USER_AGENT};
use axum::http::request::Parts;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lambda_http::Context;
use serde_json::{Value, json};

use crate::clock::Clock;
use crate::template::{Function, Route};

/// An account and an API that nobody has.
const ACCOUNT: &str = "000000000000";
const API: &str = "local00000";
const REGION: &str = "us-east-1";

/// One call, and what the gateway knows of it.
#[derive(Debug)]
pub struct Call<'a> {
    /// The route that the call matched.
    pub route: &'a Route,
    /// Method, path and headers.
    pub parts: &'a Parts,
    /// The body.
    pub body: &'a [u8],
    /// The address that the call came from.
    pub source: String,
    /// The gateway's name for the call.
    pub request_id: &'a str,
    /// Milliseconds since the epoch.
    pub now: i64,
}

impl Call<'_> {
    /// Returns the event that the function gets.
    #[must_use]
    pub fn event(&self) -> Value {
        let Self { route, parts, source, request_id, now, .. } = self;
        let headers = self.headers();
        let route_key = format!("{} {}", route.method, route.path);
        let mut event = json!({
            "version": "2.0",
            "routeKey": route_key,
            "rawPath": parts.uri.path(),
            "rawQueryString": parts.uri.query().unwrap_or_default(),
            "requestContext": {
                "accountId": ACCOUNT,
                "apiId": API,
                "domainName": headers.get(HOST.as_str()),
                "domainPrefix": API,
                "http": {
                    "method": parts.method.as_str(),
                    "path": parts.uri.path(),
                    "protocol": format!("{:?}", parts.version),
                    "sourceIp": source,
                    "userAgent": headers.get(USER_AGENT.as_str()).map_or("", String::as_str),
                },
                "requestId": request_id,
                "routeKey": route_key,
                "stage": "$default",
                "time": common_log_time(*now),
                "timeEpoch": now,
            },
            "isBase64Encoded": false,
        });
        if let Some(cookies) = self.cookies() {
            event["cookies"] = cookies;
        }
        if let Some(parameters) = self.query() {
            event["queryStringParameters"] = parameters;
        }
        match self.text() {
            _ if self.body.is_empty() => {}
            Some(text) => event["body"] = json!(text),
            None => {
                event["body"] = json!(STANDARD.encode(self.body));
                event["isBase64Encoded"] = json!(true);
            }
        }
        event["headers"] = json!(headers);
        event
    }

    /// Returns each header once: repeated ones joined by commas, cookies apart, and what the gateway says of the caller.
    ///
    /// What is not UTF-8 arrives with replacement characters.
    fn headers(&self) -> BTreeMap<String, String> {
        let mut headers = BTreeMap::<String, String>::new();
        for (name, value) in self.parts.headers.iter().filter(|(name, _)| *name != COOKIE) {
            let value = String::from_utf8_lossy(value.as_bytes());
            headers
                .entry(name.as_str().to_owned())
                .and_modify(|joined| *joined = format!("{joined},{value}"))
                .or_insert_with(|| value.into_owned());
        }
        let forwarded = headers.entry("x-forwarded-for".to_owned()).or_default();
        let separator = if forwarded.is_empty() { "" } else { ", " };
        *forwarded = format!("{forwarded}{separator}{}", self.source);
        headers.insert("x-forwarded-port".to_owned(), "443".to_owned());
        headers.insert("x-forwarded-proto".to_owned(), "https".to_owned());
        headers.insert("x-amzn-trace-id".to_owned(), trace_id(self.now));
        headers
    }

    fn cookies(&self) -> Option<Value> {
        let values = self.parts.headers.get_all(COOKIE).iter();
        let cookies: Vec<_> = values
            .flat_map(|value| {
                let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                value.split(';').map(|cookie| cookie.trim().to_owned()).collect::<Vec<_>>()
            })
            .filter(|cookie| !cookie.is_empty())
            .collect();
        (!cookies.is_empty()).then(|| json!(cookies))
    }

    fn query(&self) -> Option<Value> {
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(&self.parts.uri).ok()?;
        let mut parameters = BTreeMap::<String, String>::new();
        for (name, value) in pairs {
            parameters
                .entry(name)
                .and_modify(|joined| *joined = format!("{joined},{value}"))
                .or_insert(value);
        }
        (!parameters.is_empty()).then(|| json!(parameters))
    }

    /// Returns the body, if the gateway passes it on as text.
    fn text(&self) -> Option<&str> {
        let content_type = self.parts.headers.get(CONTENT_TYPE)?.to_str().ok()?;
        let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let textual = essence.starts_with("text/")
            || matches!(essence.as_str(), "application/json" | "application/javascript" | "application/xml")
            || essence.ends_with("+json")
            || essence.ends_with("+xml");
        if textual { str::from_utf8(self.body).ok() } else { None }
    }
}

/// Returns the context in which the Lambda runtime tells a function of its invocation.
///
/// The deadline is one of the machine's clock, as Lambda's is: a test that moves the time of day does not make a
/// function run longer.
pub(super) fn context(function: &Function) -> Context {
    let timeout = i64::try_from(function.timeout.as_millis()).unwrap_or(i64::MAX);
    let mut context = Context::default();
    context.request_id = uuid();
    context.deadline = u64::try_from(Clock::System.millisecond().saturating_add(timeout)).unwrap_or_default();
    context.invoked_function_arn = arn(function);
    context
}

/// Returns the name that AWS would know a function by.
#[must_use]
pub fn arn(function: &Function) -> String {
    format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{}", function.name)
}

/// Formats a time as the gateway writes it: `12/Mar/2020:19:03:58 +0000`.
fn common_log_time(millisecond: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(millisecond).unwrap_or_default();
    time.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string()
}

fn trace_id(millisecond: i64) -> String {
    format!("Root=1-{:08x}-{:024x}", millisecond.div_euclid(1_000), rand::random::<u128>() >> 32)
}

/// Draws a random UUID (RFC 9562 §5.4), the form of Lambda's request ids.
fn uuid() -> String {
    let bits = (rand::random::<u128>() & !(0xf << 76) & !(0b11 << 62)) | (0x4 << 76) | (0b10 << 62);
    let hex = format!("{bits:032x}");
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}
