//! `POST /send`: issues a code when none is live, so that repeating the call sends no second text.

use lambda_http::http::StatusCode;
use lambda_http::{Body, Request, Response};
use shared::boot::Texting;
use shared::domain::challenge::Call;
use shared::domain::idempotency::IdempotencyKey;
use shared::domain::username::Username;
use shared::error::Error;
use shared::http::{self, Fields, Incoming};
use shared::issuing::{Accepted, Asked, issue_again};

/// What the call takes.
#[derive(Debug)]
pub struct Input {
    username: Username,
    key: Option<IdempotencyKey>,
}

impl Input {
    fn read(mut fields: Fields) -> Result<Self, Error> {
        let username = fields.required("username", Username::parse);
        let key = fields.idempotency_key();
        Ok(Self { username: fields.finish(username)?, key })
    }
}

/// Answers one request.
pub async fn answer(texting: &Texting, request: Request) -> Response<Body> {
    http::respond(request, &texting.world.clock, StatusCode::ACCEPTED, |incoming| handle(texting, incoming))
        .await
}

/// Reads who wants a code, and has it issued and texted.
///
/// # Errors
/// The refusals of the API's table for send.
pub async fn handle(texting: &Texting, incoming: Incoming) -> Result<Accepted, Error> {
    let source = incoming.source();
    let Incoming { fields, now, deadline, .. } = incoming;
    let Input { username, key } = Input::read(fields)?;
    let asked =
        Asked { call: Call::Send, username: &username, key: key.as_ref(), source: source?, now, deadline };
    issue_again(texting, asked).await
}
