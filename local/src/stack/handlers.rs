//! The four functions as the gateway calls them.

use std::future::ready;
use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use lambda_http::{Body, Request, RequestExt as _, Response};
use shared::context::{CallContext, SignupContext, TextingContext};
use shared::{config, http};

use super::StartError;
use crate::clock::Clock;
use crate::gateway::Dispatch;
use crate::settings::Settings;
use crate::template::Function;

/// One function, booted with the settings that the template gives it.
enum Handler {
    Signup(SignupContext),
    Send(TextingContext),
    Resend(TextingContext),
    Verify(CallContext),
}

impl Handler {
    async fn boot(function: &Function, settings: &Settings, clock: &Clock) -> Result<Self, String> {
        let environment = settings.environment(function);
        let lookup = |name: &str| environment.get(name).cloned();
        let clock = clock.of_the_functions();
        let texting = async |clock| {
            let settings = config::TextingSettings::read(lookup).map_err(|faults| faults.to_string())?;
            TextingContext::connect(settings, clock).await.map_err(|error| error.to_string())
        };
        Ok(match function.binary.as_str() {
            "signup" => {
                let settings = config::SignupSettings::read(lookup).map_err(|faults| faults.to_string())?;
                Self::Signup(
                    SignupContext::connect(settings, clock).await.map_err(|error| error.to_string())?,
                )
            }
            "send" => Self::Send(texting(clock).await?),
            "resend" => Self::Resend(texting(clock).await?),
            "verify" => {
                let settings = config::VerifySettings::read(lookup).map_err(|faults| faults.to_string())?;
                Self::Verify(CallContext::connect(settings, clock).await.map_err(|error| error.to_string())?)
            }
            other => return Err(format!("there is no binary {other}")),
        })
    }

    async fn answer(&self, request: Request) -> Response<Body> {
        match self {
            Self::Signup(signup) => signup::answer(signup, request).await,
            Self::Send(texting) => send::answer(texting, request).await,
            Self::Resend(texting) => resend::answer(texting, request).await,
            Self::Verify(context) => verify::answer(context, request).await,
        }
    }
}

/// Boots each of `functions` with its settings, as a cold start does, and returns what runs them.
pub(super) async fn handlers(
    functions: &[Function],
    settings: &Settings,
    clock: &Clock,
) -> Result<Dispatch, StartError> {
    let boot = async |function: &Function| match Handler::boot(function, settings, clock).await {
        Ok(handler) => Ok((function.name.clone(), Arc::new(handler))),
        Err(cause) => Err(StartError::Function { function: function.name.clone(), cause }),
    };
    let handlers = futures::future::try_join_all(functions.iter().map(boot)).await?;
    Ok(Arc::new(move |function, event, context| -> BoxFuture<'static, Response<Body>> {
        let request = Request::from(http::without_unread_parts(event)).with_lambda_context(context);
        match handlers.iter().find(|(name, _)| name == function) {
            Some((_, handler)) => {
                let handler = Arc::clone(handler);
                async move { handler.answer(request).await }.boxed()
            }
            None => ready(unknown()).boxed(),
        }
    }))
}

/// Answers for a function that was not booted. The gateway asks only for those of the template.
fn unknown() -> Response<Body> {
    let mut response = Response::new(Body::Empty);
    *response.status_mut() = lambda_http::http::StatusCode::INTERNAL_SERVER_ERROR;
    response
}
