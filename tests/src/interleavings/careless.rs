//! A `verify` with a mistake that the check has to find: it reads the row, compares, and only then takes the attempt.

use lambda_http::http::StatusCode;
use lambda_http::{Body, Request, Response};
use serde_json::{Value, json};
use shared::context::CallContext;
use shared::domain::challenge::{Challenge, Verdict};
use shared::domain::code::{Code, OtpId};
use shared::domain::refusal::Refusal;
use shared::domain::username::Username;
use shared::error::Error;
use shared::http::{self, Incoming, Success};
use shared::store::{Attempt, AttemptResult, ConfirmResult};

const SUCCESS: Success = Success { status: StatusCode::OK, code: "verified" };

pub(super) async fn answer(context: &CallContext, request: Request) -> Response<Body> {
    http::respond(request, context, SUCCESS, |incoming| handle(context, incoming)).await
}

async fn handle(context: &CallContext, incoming: Incoming) -> Result<Value, Error> {
    let CallContext { store, pepper, policy, .. } = context;
    let Incoming { mut fields, moment, .. } = incoming;
    let now = moment.now();
    let username = fields.required("username", Username::parse);
    let otp = fields.required("otp", |text| Code::parse(text, policy.code_format));
    let asked = fields.optional("otpId", OtpId::parse);
    let (username, otp) = fields.finish(username.zip(otp))?;

    let row = store.challenge(&username, moment.deadline).await?;
    let Some(challenge) = row.filter(|row| row.is_live(pepper.id(), policy, now)) else {
        return Err(Refusal::OtpNotFound.into());
    };
    if challenge.judge(&otp, &username, pepper) == Verdict::Right {
        return match store.confirm(&username, &challenge, moment).await? {
            ConfirmResult::Done => Ok(json!({})),
            ConfirmResult::Changed(_) | ConfirmResult::NoUser => Err(Refusal::OtpNotFound.into()),
        };
    }
    let attempt = Attempt { username: &username, asked, pepper: pepper.id() };
    let attempts_remaining = match store.take_attempt(attempt, policy, moment).await? {
        AttemptResult::Taken(row) => row.attempts_remaining(policy),
        AttemptResult::Refused(row) => {
            row.as_deref().map_or(0, |row: &Challenge| row.attempts_remaining(policy))
        }
    };
    Err(Refusal::InvalidOtp { attempts_remaining }.into())
}
