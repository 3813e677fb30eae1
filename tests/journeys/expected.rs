//! Answers as the tests of guessing and of names expect them: whole, but for ids and times.

use serde_json::{Value, json};
use tests::answer::Answer;

/// Status and body, without the id of the request, which must be that of the header, and without the `Retry-After`,
/// which must be that of the body.
pub(crate) fn told(answer: &Answer) -> (u16, Value) {
    let mut body = answer.body.clone();
    if answer.status >= 400 {
        let id = body.as_object_mut().and_then(|body| body.remove("requestId"));
        assert_eq!(
            id.as_ref().and_then(Value::as_str),
            answer.headers.get("x-request-id").map(String::as_str)
        );
    }
    if body.get("retryAfter").is_some() || answer.headers.contains_key("retry-after") {
        let _ = answer.retry_after();
    }
    (answer.status, body)
}

/// A problem without further members.
pub(crate) fn problem(status: u16, code: &str, title: &str, detail: &str) -> (u16, Value) {
    let body = json!({
        "type": format!("urn:problem:countersign:{code}"),
        "title": title,
        "status": status,
        "detail": detail,
        "success": false,
        "code": code,
    });
    (status, body)
}

fn with(mut problem: (u16, Value), member: &str, value: impl Into<Value>) -> (u16, Value) {
    problem.1[member] = value.into();
    problem
}

pub(crate) fn verified(username: &str) -> (u16, Value) {
    let user = json!({ "username": username, "status": "VERIFIED" });
    (200, json!({ "success": true, "message": "User verified", "user": user }))
}

pub(crate) fn invalid_otp(attempts_remaining: u32) -> (u16, Value) {
    with(
        problem(422, "invalid_otp", "Wrong code", "The code is wrong."),
        "attemptsRemaining",
        attempts_remaining,
    )
}

pub(crate) fn otp_superseded(attempts_remaining: Option<u32>) -> (u16, Value) {
    let detail = "This is the code of an earlier text. Type the newest one.";
    let problem = problem(422, "otp_superseded", "Code superseded", detail);
    match attempts_remaining {
        Some(tries) => with(problem, "attemptsRemaining", tries),
        None => problem,
    }
}

pub(crate) fn otp_exhausted() -> (u16, Value) {
    let detail = "The tries at this code are used up. Call /send for a new one.";
    problem(410, "otp_exhausted", "Tries used up", detail)
}

pub(crate) fn otp_expired() -> (u16, Value) {
    problem(410, "otp_expired", "Code expired", "The code is too old. Call /send for a new one.")
}

pub(crate) fn otp_already_used() -> (u16, Value) {
    problem(409, "otp_already_used", "Code already used", "This code was right, and was confirmed before.")
}

pub(crate) fn otp_not_found() -> (u16, Value) {
    let detail = "No code is waiting for this username. Call /send for one.";
    problem(404, "otp_not_found", "No code waiting", detail)
}

pub(crate) fn locked() -> (u16, Value) {
    let detail = "Too many wrong codes were typed in a row. An operator can unlock this username.";
    problem(403, "locked", "Locked", detail)
}

pub(crate) fn username_taken() -> (u16, Value) {
    problem(409, "username_taken", "Username taken", "Somebody has this username. Choose another one.")
}

pub(crate) fn idempotency_mismatch() -> (u16, Value) {
    let detail = "This idempotency key came with other details before. Use a new key for a new request.";
    problem(409, "idempotency_mismatch", "Idempotency key reused", detail)
}

pub(crate) fn rate_limited(retry_after: i64) -> (u16, Value) {
    let detail = "Too many codes were asked for. Wait before asking for another one.";
    with(problem(429, "rate_limited", "Too many codes", detail), "retryAfter", retry_after)
}

pub(crate) fn otp_pending(retry_after: i64) -> (u16, Value) {
    let detail = "A code is on its way and still valid. Type it, or call /resend for a new one.";
    with(problem(409, "otp_pending", "Code pending", detail), "retryAfter", retry_after)
}

pub(crate) fn resend_too_soon(retry_after: i64) -> (u16, Value) {
    let detail = "The last code was sent a moment ago. Wait before asking for another one.";
    with(problem(429, "resend_too_soon", "Too soon", detail), "retryAfter", retry_after)
}

/// The answer to one broken field.
pub(crate) fn broken(field: &str, rule: &str, detail: &str) -> (u16, Value) {
    let summary = "Some fields break their rules; `errors` names each of them.";
    let errors = json!([{ "field": field, "code": rule, "detail": detail }]);
    with(problem(400, "invalid_request", "Invalid request", summary), "errors", errors)
}
