//! Answers as the tests of guessing, of names and of claims expect them: whole, but for ids and times.

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
    let detail = "This is the code of an earlier text, or its id. Type the newest code, with its own id.";
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
    let detail = "Too many wrong codes were typed in a row. Sign up again if you never verified; else an operator has to \
                  unlock the username.";
    problem(403, "locked", "Locked", detail)
}

pub(crate) fn username_taken() -> (u16, Value) {
    problem(409, "username_taken", "Username taken", "Somebody has this username. Choose another one.")
}

pub(crate) fn otp_id_required() -> (u16, Value) {
    let detail = "Others have signed up with this username, too. Give the `otp.id` of your own signup as `otpId`, or \
                  sign up again.";
    problem(409, "otp_id_required", "Id of the code required", detail)
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
    let detail = "Another code cannot be sent yet. Wait before asking for one.";
    with(problem(429, "resend_too_soon", "Too soon", detail), "retryAfter", retry_after)
}

pub(crate) fn sms_budget_spent(retry_after: i64) -> (u16, Value) {
    let detail = "The texts of this day are used up. Try again tomorrow (UTC).";
    with(problem(503, "sms_budget_spent", "No more texts today", detail), "retryAfter", retry_after)
}

pub(crate) fn unavailable() -> (u16, Value) {
    let detail = "The service is busy or partly down. Try again in a moment.";
    with(problem(503, "unavailable", "Service unavailable", detail), "retryAfter", 1)
}

/// A signup of somebody named Ada at `now`, whose code `id` was texted.
pub(crate) fn signed_up(username: &str, id: &str, now: u64) -> (u16, Value) {
    let user =
        json!({ "username": username, "name": "Ada", "status": "PENDING", "createdAt": rfc_3339(now) });
    let (_, mut body) = sent(id, now, 30);
    body["user"] = user;
    (201, body)
}

/// A further code `id`, issued and texted at `now`; the next one may be asked for `resend_after` seconds later.
pub(crate) fn sent(id: &str, now: u64, resend_after: i64) -> (u16, Value) {
    let otp = json!({
        "id": id,
        "status": "PENDING",
        "delivery": "SENT",
        "expiresAt": rfc_3339(now + 600),
        "expiresIn": 600,
        "resendAfter": resend_after,
    });
    (202, json!({ "success": true, "message": "OTP sent successfully", "otp": otp }))
}

fn rfc_3339(second: u64) -> String {
    jiff::Timestamp::from_second(i64::try_from(second).unwrap()).unwrap().to_string()
}

/// The answer to one broken field.
pub(crate) fn broken(field: &str, rule: &str, detail: &str) -> (u16, Value) {
    let summary = "Some fields break their rules; `errors` names each of them.";
    let errors = json!([{ "field": field, "code": rule, "detail": detail }]);
    with(problem(400, "invalid_request", "Invalid request", summary), "errors", errors)
}
