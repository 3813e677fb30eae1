//! `POST /verify`: a person typed a code; the right one confirms the challenge and verifies the user.

use lambda_http::http::StatusCode;
use lambda_http::{Body, Request, Response};
use serde::Serialize;
use shared::boot::World;
use shared::domain::challenge::{Challenge, Verdict, Wrong};
use shared::domain::code::{Code, OtpId};
use shared::domain::refusal::Refusal;
use shared::domain::username::Username;
use shared::error::Error;
use shared::http::{self, Fields, Incoming};
use shared::store::{Confirmed, Try};

/// What the call takes.
#[derive(Debug)]
pub struct Input {
    username: Username,
    otp: Code,
    otp_id: Option<OtpId>,
}

impl Input {
    fn read(mut fields: Fields, world: &World) -> Result<Self, Error> {
        let username = fields.required("username", Username::parse);
        let otp = fields.required("otp", |text| Code::parse(text, world.policy.code_format));
        let otp_id = fields.optional("otpId", OtpId::parse);
        let (username, otp) = fields.finish(username.zip(otp))?;
        Ok(Self { username, otp, otp_id })
    }
}

/// What the call answers.
#[derive(Debug, Serialize)]
pub struct Output {
    success: bool,
    message: &'static str,
    user: Verified,
}

#[derive(Debug, Serialize)]
struct Verified {
    username: String,
    status: &'static str,
}

/// Answers one request.
pub async fn answer(world: &World, request: Request) -> Response<Body> {
    http::respond(request, &world.clock, StatusCode::OK, |incoming| handle(world, incoming)).await
}

/// Takes a try, compares, and confirms: a guess is paid for before it is compared.
///
/// # Errors
/// The refusals of the API's table for verify.
pub async fn handle(world: &World, incoming: Incoming) -> Result<Output, Error> {
    let World { store, pepper, policy, .. } = world;
    let Incoming { fields, arrived, deadline, .. } = incoming;
    let now = arrived.timestamp;
    let Input { username, otp, otp_id } = Input::read(fields, world)?;

    let challenge = match store.take_try(&username, otp_id, pepper.id(), policy, now, deadline).await? {
        Try::Taken(challenge) => challenge,
        Try::Refused(row) => {
            return Err(Challenge::why_no_try(row.as_deref(), otp_id, pepper.id(), policy, now).into());
        }
    };
    let attempts_remaining = challenge.attempts_remaining(policy);
    match challenge.judge(&otp, &username, pepper) {
        Verdict::Right => {}
        Verdict::Refused(Wrong::AlreadyUsed) => return Err(Refusal::OtpAlreadyUsed.into()),
        Verdict::Refused(Wrong::Superseded) => {
            return Err(Refusal::OtpSuperseded { attempts_remaining: Some(attempts_remaining) }.into());
        }
        Verdict::Refused(Wrong::NoMatch) => return Err(Refusal::InvalidOtp { attempts_remaining }.into()),
    }
    match store.confirm(&username, &challenge, now, deadline).await? {
        Confirmed::Done => Ok(Output {
            success: true,
            message: "User verified",
            user: Verified { username: username.as_str().to_owned(), status: "VERIFIED" },
        }),
        Confirmed::Changed(row) => {
            Err(Challenge::why_not_confirmed(row.as_deref(), challenge.id(), policy, now).into())
        }
        Confirmed::NoUser => Err(Refusal::OtpNotFound.into()),
    }
}
