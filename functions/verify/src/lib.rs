//! `POST /verify`: a person typed a code; the right one confirms the challenge and verifies the user.

use lambda_http::http::StatusCode;
use lambda_http::{Body, Request, Response};
use serde::Serialize;
use shared::audit;
use shared::clock::Moment;
use shared::context::CallContext;
use shared::domain::challenge::{Challenge, Verdict, Wrong};
use shared::domain::code::{Code, OtpId};
use shared::domain::refusal::Refusal;
use shared::domain::user::UserStatus;
use shared::domain::username::Username;
use shared::error::{Error, causes};
use shared::event::Event;
use shared::http::{self, Fields, Incoming, Success};
use shared::store::{Attempt, AttemptResult, ConfirmResult};
use shared::trace::{Stage, Trace};

/// The input of the call.
#[derive(Debug)]
pub struct Input {
    username: Username,
    otp: Code,
    otp_id: Option<OtpId>,
}

impl Input {
    fn read(mut fields: Fields, context: &CallContext) -> Result<Self, Error> {
        let username = fields.required("username", Username::parse);
        let otp = fields.required("otp", |text| Code::parse(text, context.policy.code_format));
        let otp_id = fields.optional("otpId", OtpId::parse);
        let (username, otp) = fields.finish(username.zip(otp))?;
        Ok(Self { username, otp, otp_id })
    }
}

/// The output of the call.
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
        let user = Verified { username: username.as_str().to_owned(), status: UserStatus::VERIFIED };
        Self { success: true, message: "User verified", user }
    }
}

/// The answer when all goes well.
const SUCCESS: Success = Success { status: StatusCode::OK, code: "verified" };

/// Answers one request.
pub async fn answer(context: &CallContext, request: Request) -> Response<Body> {
    http::respond(request, context, SUCCESS, |incoming| handle(context, incoming)).await
}

/// Takes an attempt, compares, and confirms: a guess is paid for before it is compared.
///
/// # Errors
/// The refusals of the API's table for verify.
pub async fn handle(context: &CallContext, incoming: Incoming) -> Result<Output, Error> {
    let CallContext { store, pepper, policy, .. } = context;
    let Incoming { fields, moment, trace, .. } = incoming;
    let now = moment.now();
    let Input { username, otp, otp_id } = Input::read(fields, context)?;

    let attempt = Attempt { username: &username, asked: otp_id, pepper: pepper.id() };
    let challenge = match trace.stage(Stage::Attempt, store.take_attempt(attempt, policy, moment)).await? {
        AttemptResult::Taken(challenge) => challenge,
        AttemptResult::Refused(row) => {
            return Err(Challenge::why_no_attempt(row.as_deref(), otp_id, pepper.id(), policy, now).into());
        }
    };
    let verdict = challenge.judge(&otp, &username, pepper);
    let paid = Paid { context, username: &username, challenge: &challenge, moment, trace: &trace };
    let (refused, run) = match verdict {
        Verdict::Right => match paid.confirm().await {
            Ok(output) => return Ok(output),
            Err(refused) => refused,
        },
        Verdict::Refused(Wrong::AlreadyUsed) => (Refusal::OtpAlreadyUsed.into(), paid.end_failures().await),
        Verdict::Refused(Wrong::Superseded) => {
            let attempts_remaining = Some(challenge.attempts_remaining(policy));
            (Refusal::OtpSuperseded { attempts_remaining }.into(), Run::GoesOn)
        }
        Verdict::Refused(Wrong::NoMatch) => {
            let attempts_remaining = challenge.attempts_remaining(policy);
            (Refusal::InvalidOtp { attempts_remaining }.into(), Run::GoesOn)
        }
    };
    // Only one attempt brings the run of failures to its cap: none is taken after it.
    if run == Run::GoesOn && challenge.is_locked(policy) {
        audit::record(&trace, challenge.id(), Event::UserLocked);
    }
    Err(refused)
}

/// The state of the run of failures that the attempt was counted in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Run {
    GoesOn,
    Ended,
}

/// An attempt that was taken.
struct Paid<'a> {
    context: &'a CallContext,
    username: &'a Username,
    /// The row with the attempt.
    challenge: &'a Challenge,
    moment: Moment,
    trace: &'a Trace,
}

impl Paid<'_> {
    /// Confirms the code that was found right.
    async fn confirm(&self) -> Result<Output, (Error, Run)> {
        let &Self { context, username, challenge, moment, trace } = self;
        let confirm = context.store.confirm(username, challenge, moment);
        match trace.stage(Stage::Confirm, confirm).await {
            Ok(ConfirmResult::Done) => {
                audit::record(trace, challenge.id(), Event::CodeConfirmed);
                audit::record(trace, challenge.id(), Event::UserVerified);
                Ok(Output::of(username))
            }
            Ok(ConfirmResult::Changed(row)) => {
                let row = row.as_deref();
                let why = Challenge::why_not_confirmed(row, challenge.id(), &context.policy, moment.now());
                // Whatever changed the row may have ended the run with it: only one that still locks goes on.
                let still_locks = row.is_some_and(|row| row.is_locked(&context.policy));
                Err((why.into(), if still_locks { Run::GoesOn } else { Run::Ended }))
            }
            Ok(ConfirmResult::NoUser) => Err((Refusal::OtpNotFound.into(), Run::GoesOn)),
            Err(failure) => Err((failure.into(), Run::GoesOn)),
        }
    }

    /// Ends the run of failures once more: the right code typed again is no failure. The answer is the same if that
    /// does not succeed.
    async fn end_failures(&self) -> Run {
        let &Self { context, username, challenge, moment, trace } = self;
        let end = context.store.end_failures(username, challenge, moment.deadline);
        match trace.stage(Stage::Settle, end).await {
            Ok(()) => Run::Ended,
            Err(failure) => {
                let (request, otp, causes) = (trace.request(), challenge.id(), causes(&failure));
                tracing::warn!(request, %otp, causes, "the run of failures could not be ended");
                Run::GoesOn
            }
        }
    }
}
