//! `POST /send`: issues a code when none is live, so that repeating the call sends no second text.
//!
//! What it has in common with its sibling, which is all but the one refusal, stands in [`shared::issuing`].

use lambda_http::http::StatusCode;
use lambda_http::{Body, Request, Response};
use shared::context::TextingContext;
use shared::domain::call::Call;
use shared::http::{self, Success};
use shared::issuing::issue_again;

/// The answer when all goes well.
const SUCCESS: Success = Success { status: StatusCode::ACCEPTED, code: "sent" };

/// Answers one request.
pub async fn answer(texting: &TextingContext, request: Request) -> Response<Body> {
    http::respond(request, &texting.context, SUCCESS, |incoming| issue_again(texting, Call::Send, incoming))
        .await
}
