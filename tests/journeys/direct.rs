//! The functions without the gateway: booted on a service's database, and given events that it would never make.

use std::time::{Duration, UNIX_EPOCH};

use lambda_http::http::StatusCode;
use lambda_http::{Body, Context, Request, RequestExt as _, Response};
use local::settings::Settings;
use local::template::Template;
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::config;
use shared::context::{CallContext, SignupContext, TextingContext};
use shared::error::Error;
use shared::http::{self, Success};
use tests::answer::Answer;
use tests::service::{NOON, Service};

/// The four functions, at noon.
pub(crate) struct Functions {
    signup: SignupContext,
    send: TextingContext,
    resend: TextingContext,
    verify: CallContext,
}

impl Functions {
    /// Boots them as a cold start does.
    pub(crate) async fn on(service: &Service) -> Self {
        let given = [
            ("AWS_ACCESS_KEY_ID", "local".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "local".to_owned()),
            ("AWS_ENDPOINT_URL_DYNAMODB", service.proxy.url()),
            ("COURIER_BASE_URL", format!("http://{}", service.courier().address())),
        ];
        let template = Template::of_this_repository().unwrap();
        let settings = Settings::new(
            &template,
            std::sync::Arc::new(move |name| {
                given.iter().find(|(key, _)| *key == name).map(|(_, value)| value.clone())
            }),
        );
        Self::with(|_, name| settings.get(name)).await
    }

    /// Boots them with the settings that `lookup` finds for the binary and the name.
    pub(crate) async fn with(lookup: impl Fn(&str, &str) -> Option<String>) -> Self {
        let clock = Clock::reading(|| UNIX_EPOCH + Duration::from_secs(NOON));
        let of = |binary: &'static str| {
            let lookup = &lookup;
            move |name: &str| lookup(binary, name)
        };
        let texting = async |binary| {
            let settings = config::TextingSettings::read(of(binary)).unwrap();
            TextingContext::connect(settings, clock.clone()).await.unwrap()
        };
        let signup = config::SignupSettings::read(of("signup")).unwrap();
        let verify = config::VerifySettings::read(of("verify")).unwrap();
        Self {
            signup: SignupContext::connect(signup, clock.clone()).await.unwrap(),
            send: texting("send").await,
            resend: texting("resend").await,
            verify: CallContext::connect(verify, clock.clone()).await.unwrap(),
        }
    }

    /// What the function of the event's path answers.
    pub(crate) async fn answer(&self, event: &Value) -> Answer {
        self.handle(event, lambda_http::request::from_str(&event.to_string()).unwrap()).await
    }

    /// The same, of a function that Lambda ends after this `time`.
    pub(crate) async fn answer_within(&self, event: &Value, time: Duration) -> Answer {
        let mut context = Context::default();
        let ends_at =
            Clock::system().now().timestamp.as_second() * 1_000 + i64::try_from(time.as_millis()).unwrap();
        context.deadline = ends_at.try_into().unwrap();
        let request = lambda_http::request::from_str(&event.to_string()).unwrap();
        self.handle(event, request.with_lambda_context(context)).await
    }

    async fn handle(&self, event: &Value, request: Request) -> Answer {
        let response = match event["rawPath"].as_str().unwrap() {
            "/signup" => signup::answer(&self.signup, request).await,
            "/send" => send::answer(&self.send, request).await,
            "/resend" => resend::answer(&self.resend, request).await,
            "/verify" => verify::answer(&self.verify, request).await,
            other => unreachable!("{other} is no call"),
        };
        read(&response)
    }

    /// What a function answers whose code panics at the event.
    pub(crate) async fn panic(&self, event: &Value) -> Answer {
        let request = lambda_http::request::from_str(&event.to_string()).unwrap();
        let success = Success { status: StatusCode::OK, code: "never" };
        let handle = async |_| -> Result<(), Error> { panic!("as the test wants it") };
        read(&http::respond(request, &self.verify, success, handle).await)
    }
}

/// An event of an HTTP API, from `192.0.2.7`.
pub(crate) fn event(path: &str, body: &str) -> Value {
    json!({
        "version": "2.0",
        "routeKey": format!("POST {path}"),
        "rawPath": path,
        "rawQueryString": "",
        "headers": { "content-type": "application/json", "host": "api.example.com" },
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "direct",
            "http": {
                "method": "POST", "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.7", "userAgent": "",
            },
            "requestId": "direct-request",
            "routeKey": format!("POST {path}"),
            "stage": "$default",
        },
        "body": body,
        "isBase64Encoded": false,
    })
}

fn read(response: &Response<Body>) -> Answer {
    let headers = response.headers().iter();
    Answer {
        status: response.status().as_u16(),
        headers: headers
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned()))
            .collect(),
        text: String::from_utf8_lossy(response.body()).into_owned(),
        body: serde_json::from_slice(response.body()).unwrap_or_default(),
    }
}
