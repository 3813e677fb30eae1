//! Every example is what happened: its request is sent, and its answer is the file's, byte for byte but for the ids.

mod stories;

use std::collections::BTreeSet;

use serde_json::Value as Json;
use serde_norway::Value;
use tests::answer::Answer;
use tests::openapi::{Document, members};
use tests::service::{Call, Service};

use super::CALLS;

/// The headers that HTTP needs, which no file names.
const TRANSPORT: [&str; 3] = ["content-length", "content-type", "date"];

/// The one header of an answer that depends on its body.
const RETRY_AFTER: &str = "retry-after";

/// The examples of the file, and those played so far.
pub(super) struct Replay {
    document: Document,
    /// As `verify 422 invalidOtp`, and `verify byUsername` for requests.
    played: BTreeSet<String>,
}

/// A request that is sent.
#[derive(Clone, Default)]
pub(super) struct Request {
    example: &'static str,
    otp: Option<String>,
    otp_id: Option<String>,
}

impl Request {
    /// The example of this name.
    pub(super) fn of(example: &'static str) -> Self {
        Self { example, ..Self::default() }
    }

    /// With the code that was texted in the place of the file's.
    pub(super) fn otp(self, otp: impl Into<String>) -> Self {
        Self { otp: Some(otp.into()), ..self }
    }

    /// With the id that was answered in the place of the file's.
    pub(super) fn otp_id(self, id: impl Into<String>) -> Self {
        Self { otp_id: Some(id.into()), ..self }
    }
}

impl Replay {
    fn new() -> Self {
        Self { document: Document::read(), played: BTreeSet::new() }
    }

    /// Sends an example of `call`, and returns the answer.
    pub(super) async fn send(&mut self, service: &Service, call: &str, request: Request) -> Answer {
        let body = self.body(call, request);
        as_json(service.call(&format!("/{call}")), body).await
    }

    /// Sends an example of `call`. The answer must be that of `example`, such as `422 invalidOtp`.
    pub(super) async fn play(
        &mut self,
        service: &Service,
        call: &str,
        request: Request,
        example: &str,
    ) -> Answer {
        let answer = self.send(service, call, request).await;
        self.compare(call, &answer, example);
        answer
    }

    /// Returns an example as it is written, with its members in their order.
    pub(super) fn body(&mut self, call: &str, request: Request) -> String {
        let Request { example, otp, otp_id } = request;
        let media = self.document.request(call);
        let mut value = media["examples"][example]["value"].clone();
        assert_ne!(value, Value::Null, "{call} has no example {example}");
        let as_written = serde_json::to_value(&value).unwrap();
        assert!(self.document.strict_validator(&media["schema"]).is_valid(&as_written), "{call} {example}");
        for (member, given) in [("otp", otp), ("otpId", otp_id)] {
            if let Some(given) = given {
                assert_ne!(value[member], Value::Null, "{call} {example} has no {member}");
                value[member] = given.into();
            }
        }
        self.played.insert(format!("{call} {example}"));
        serde_json::to_string(&value).unwrap()
    }

    /// The answer to `call` must be that of `example`, such as `422 invalidOtp`.
    pub(super) fn compare(&mut self, call: &str, answer: &Answer, example: &str) {
        let (status, name) = example.split_once(' ').unwrap();
        assert_eq!(answer.status.to_string(), status, "{call} {example}: {answer:?}");
        let response = self.document.follow(&self.document.operation(call)["responses"][status]);
        let media = &response["content"][answer.headers["content-type"].as_str()];
        let written = &self.document.follow(&media["examples"][name])["value"];
        assert_ne!(*written, Value::Null, "{call} has no example {example}");
        assert_eq!(with_ids_of(answer, written), serde_json::to_string(written).unwrap(), "{call} {example}");
        let validator = self.document.strict_validator(&media["schema"]);
        for body in [&answer.body, &serde_json::to_value(written).unwrap()] {
            let errors: Vec<_> = validator.iter_errors(body).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{call} {example}: {errors:?}");
        }
        self.compare_headers(call, answer, &response["headers"], media);
        self.played.insert(format!("{call} {example}"));
    }

    /// All headers are named, and all that are named came: a function's but `Retry-After` on each of its answers, that one
    /// where the body says so, too; the gateway's own answers have one.
    fn compare_headers(&self, call: &str, answer: &Answer, named: &Value, media: &Value) {
        let came: BTreeSet<_> =
            answer.headers.keys().map(String::as_str).filter(|name| !TRANSPORT.contains(name)).collect();
        let lower = |name: &str| name.to_lowercase();
        let named: Vec<_> =
            members(named).map(|(name, header)| (lower(name), self.document.follow(header))).collect();
        let gateways = media["schema"]["$ref"] == "#/components/schemas/GatewayMessage";
        let waits = answer.body.get("retryAfter").is_some();
        let due =
            |name: &str| if name == RETRY_AFTER { waits } else { !gateways || name == "apigw-requestid" };
        let due: BTreeSet<_> = named.iter().map(|(name, _)| name.as_str()).filter(|name| due(name)).collect();
        assert_eq!(came, due, "{call}: {answer:?}");
        for (name, header) in named.iter().filter(|(name, _)| came.contains(name.as_str())) {
            let text = &answer.headers[name];
            let value = text.parse::<i64>().map_or_else(|_| Json::from(text.as_str()), Json::from);
            let valid = self.document.validator(&header["schema"]).is_valid(&value);
            assert!(valid, "{call}: {name}: {text}");
        }
        if waits {
            let _ = answer.retry_after();
        }
        if !gateways {
            assert_eq!(answer.headers["x-request-id"], answer.headers["apigw-requestid"], "{call}");
        }
    }

    /// All examples of the file, named as those that were played.
    fn all(&self) -> BTreeSet<String> {
        let mut all = BTreeSet::new();
        for call in CALLS {
            let requests = members(&self.document.request(call)["examples"]);
            all.extend(requests.map(|(name, _)| format!("{call} {name}")));
            for (status, answer) in self.document.responses(call) {
                let media = members(&answer["content"]).map(|(_, media)| media);
                let names = media.flat_map(|media| members(&media["examples"]).map(|(name, _)| name));
                all.extend(names.map(|name| format!("{call} {status} {name}")));
            }
        }
        all
    }
}

/// Sends JSON as it is written.
pub(super) async fn as_json(call: Call, body: impl Into<Vec<u8>>) -> Answer {
    call.header("content-type", "application/json").raw(body).await
}

/// The body of `answer`, with the ids that are `written` in the place of its own.
fn with_ids_of(answer: &Answer, written: &Value) -> String {
    let ids = [
        (&answer.body["requestId"], &written["requestId"]),
        (&answer.body["otp"]["id"], &written["otp"]["id"]),
    ];
    ids.iter().fold(answer.text.clone(), |text, (own, written)| match (own.as_str(), written.as_str()) {
        (Some(own), Some(written)) => text.replace(own, written),
        _ => text,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_is_what_happens() {
    let mut replay = Replay::new();
    stories::tell(&mut replay).await;
    assert_eq!(replay.played, replay.all());
}
