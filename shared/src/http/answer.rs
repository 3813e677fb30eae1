//! Answers: JSON for what succeeded, problem details (RFC 9457) for what did not.

use lambda_http::http::{HeaderValue, StatusCode, header};
use lambda_http::{Body, Response};
use serde::Serialize;

use crate::error::{Error, FieldViolation};

/// A problem document with the members of this API.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Problem<'a> {
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    detail: &'static str,
    success: bool,
    code: &'static str,
    request_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<Vec<ProblemField<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempts_remaining: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<i64>,
}

#[derive(Serialize)]
struct ProblemField<'a> {
    field: &'a str,
    code: &'static str,
    detail: &'a str,
}

impl<'a> From<&'a FieldViolation> for ProblemField<'a> {
    fn from(field: &'a FieldViolation) -> Self {
        Self { field: &field.field, code: field.broken.rule.code(), detail: &field.broken.detail }
    }
}

pub(super) fn success(status: StatusCode, output: &impl Serialize, request_id: &str) -> Response<Body> {
    response(status, "application/json", output, request_id)
}

pub(super) fn problem(error: &Error, request_id: &str) -> Response<Body> {
    let answer = error.answer();
    let errors = match error {
        Error::Invalid(broken) => Some(broken.iter().map(ProblemField::from).collect()),
        _ => None,
    };
    let problem = Problem {
        kind: format!("urn:problem:countersign:{}", answer.code),
        title: answer.title,
        status: answer.status.as_u16(),
        detail: answer.detail,
        success: false,
        code: answer.code,
        request_id,
        errors,
        attempts_remaining: answer.attempts_remaining,
        retry_after: answer.retry_after,
    };
    let mut response = response(answer.status, "application/problem+json", &problem, request_id);
    if let Some(seconds) = answer.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

fn response(
    status: StatusCode,
    kind: &'static str,
    body: &impl Serialize,
    request_id: &str,
) -> Response<Body> {
    let body = serde_json::to_string(body).expect("an answer has only string keys and finite numbers");
    let mut response = Response::new(Body::Text(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let id = HeaderValue::from_str(request_id).unwrap_or_else(|_| HeaderValue::from_static("unknown"));
    headers.insert("x-request-id", id);
    response
}
