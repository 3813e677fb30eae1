//! `POST /verify`: a person typed a code; the right one confirms the challenge and verifies the user.

use lambda_http::http::StatusCode;
use lambda_http::{Body, Request, Response};
use serde::Serialize;
use shared::audit::{self, Event};
use shared::boot::World;
use shared::domain::challenge::{Challenge, Verdict, Wrong};
use shared::domain::code::{Code, OtpId};
use shared::domain::refusal::Refusal;
use shared::domain::username::Username;
use shared::error::Error;
use shared::http::{self, Fields, Incoming, Success};
use shared::store::{Confirmed, Try};
use shared::trace::Step;

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

impl Output {
    fn of(username: &Username) -> Self {
        let user = Verified { username: username.as_str().to_owned(), status: "VERIFIED" };
        Self { success: true, message: "User verified", user }
    }
}

/// What it answers when all goes well.
const SUCCESS: Success = Success { status: StatusCode::OK, code: "verified" };

/// Answers one request.
pub async fn answer(world: &World, request: Request) -> Response<Body> {
    http::respond(request, world, SUCCESS, |incoming| handle(world, incoming)).await
}

/// Takes a try, compares, and confirms: a guess is paid for before it is compared.
///
/// # Errors
/// The refusals of the API's table for verify.
pub async fn handle(world: &World, incoming: Incoming) -> Result<Output, Error> {
    let World { store, pepper, policy, .. } = world;
    let Incoming { fields, arrived, deadline, trace, .. } = incoming;
    let now = arrived.timestamp;
    let Input { username, otp, otp_id } = Input::read(fields, world)?;

    let attempt = store.take_try(&username, otp_id, pepper.id(), policy, now, deadline);
    let challenge = match trace.step(Step::Try, attempt).await? {
        Try::Taken(challenge) => challenge,
        Try::Refused(row) => {
            return Err(Challenge::why_no_try(row.as_deref(), otp_id, pepper.id(), policy, now).into());
        }
    };
    let remaining = challenge.attempts_remaining(policy);
    let (refused, still_counts) = match challenge.judge(&otp, &username, pepper) {
        Verdict::Refused(wrong) => (why_wrong(wrong, remaining), true),
        Verdict::Right => {
            let confirmed = store.confirm(&username, &challenge, now, deadline);
            match trace.step(Step::Confirm, confirmed).await? {
                Confirmed::Done => {
                    audit::tell(&trace, challenge.id(), Event::CodeConfirmed);
                    audit::tell(&trace, challenge.id(), Event::UserVerified);
                    return Ok(Output::of(&username));
                }
                Confirmed::Changed(row) => {
                    let why = Challenge::why_not_confirmed(row.as_deref(), challenge.id(), policy, now);
                    (why, row.is_some_and(|row| row.is_locked(policy)))
                }
                Confirmed::NoUser => (Refusal::OtpNotFound, true),
            }
        }
    };
    // Only one try brings the run of failures to its cap: none is taken after it.
    if still_counts && challenge.is_locked(policy) {
        audit::tell(&trace, challenge.id(), Event::UserLocked);
    }
    Err(refused.into())
}

fn why_wrong(wrong: Wrong, attempts_remaining: u32) -> Refusal {
    match wrong {
        Wrong::AlreadyUsed => Refusal::OtpAlreadyUsed,
        Wrong::Superseded => Refusal::OtpSuperseded { attempts_remaining: Some(attempts_remaining) },
        Wrong::NoMatch => Refusal::InvalidOtp { attempts_remaining },
    }
}
