//! Two names in one service, for which everything is done alike.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use tests::answer::Answer;
use tests::service::{Call, Service};

use crate::attestation;

/// Two names, each with an address of its own, which no answer may tell apart.
pub(super) struct Twins {
    pub(super) service: Service,
    names: [&'static str; 2],
    past: Mutex<Past>,
}

/// What happened so far.
#[derive(Default)]
struct Past {
    /// The ids of the codes of each, the newest last.
    ids: [Vec<String>; 2],
    /// The calls to DynamoDB of the last request, those of either name.
    work: Vec<String>,
}

/// What of an answer can be compared: all but ids, as the clock stands still.
#[derive(Debug, PartialEq)]
struct Seen {
    status: u16,
    headers: BTreeMap<String, String>,
    body: Value,
    calls: Vec<String>,
}

impl Twins {
    /// One who signed up yesterday, and nobody.
    pub(super) async fn start(settings: &[(&str, &str)]) -> Self {
        let service = Service::with(settings).await;
        service.user_of_yesterday("known", super::ADA).await;
        Self::of(service, ["known", "stray"])
    }

    /// Two names of one length, so that their rows are of one size.
    pub(super) fn of(service: Service, names: [&'static str; 2]) -> Self {
        assert_eq!(names[0].len(), names[1].len());
        Self { service, names, past: Mutex::default() }
    }

    fn past(&self) -> MutexGuard<'_, Past> {
        self.past.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the last request asked of DynamoDB, with the units that it cost.
    pub(super) fn work(&self) -> Vec<String> {
        self.past().work.clone()
    }

    pub(super) fn tick(&self, seconds: u64) {
        self.service.tick(seconds);
    }

    pub(super) async fn send(&self) -> String {
        self.both("/send", |call| call, |_| json!({})).await
    }

    pub(super) async fn resend(&self) -> String {
        self.both("/resend", |call| call, |_| json!({})).await
    }

    /// A send or resend with an id that is of neither.
    pub(super) async fn foreign(&self, path: &str, id: &str) -> String {
        self.both(path, |call| call, |_| json!({ "otpId": id })).await
    }

    /// A send or resend in which each names a code of its own, the newest but `back`.
    pub(super) async fn own(&self, path: &str, back: usize) -> String {
        let ids = self.past().ids.clone();
        let own = ids.map(|ids| ids[ids.len() - 1 - back].clone());
        self.both(path, |call| call, |nth| json!({ "otpId": own[nth] })).await
    }

    pub(super) async fn keyed(&self, path: &str, key: &str) -> String {
        self.both(path, |call| call.key(key), |_| json!({})).await
    }

    /// A send or resend with an App Check token, or without one.
    pub(super) async fn attested(&self, path: &str, token: Option<&str>) -> String {
        let with = |call: Call| match token {
            Some(token) => call.header(attestation::HEADER, token),
            None => call,
        };
        self.both(path, with, |_| json!({})).await
    }

    pub(super) async fn verify(&self, otp: &str) -> String {
        self.both("/verify", |call| call, |_| json!({ "otp": otp })).await
    }

    pub(super) async fn verify_id(&self, id: &str) -> String {
        self.both("/verify", |call| call, |_| json!({ "otp": "123456", "otpId": id })).await
    }

    /// A wrong code for the newest one of each, by its id.
    pub(super) async fn verify_own(&self) -> String {
        let ids = self.past().ids.clone();
        let own = ids.map(|ids| ids[ids.len() - 1].clone());
        self.both("/verify", |call| call, |nth| json!({ "otp": wrong(0), "otpId": own[nth] })).await
    }

    /// A little of everything.
    pub(super) async fn walk(&self) {
        assert_eq!(self.verify("123456").await, "404 otp_not_found");
        assert_eq!(self.send().await, "202");
        assert_eq!(self.send().await, "409 otp_pending");
        assert_eq!(self.resend().await, "429 resend_too_soon");
        self.tick(30);
        assert_eq!(self.resend().await, "202");
        for nth in 0..5 {
            assert_eq!(self.verify(&wrong(nth)).await, "422 invalid_otp");
        }
        assert_eq!(self.verify(&wrong(0)).await, "410 otp_exhausted");
        self.tick(60);
        assert_eq!(self.send().await, "202");
    }

    /// Does the same for both, compares all that can be seen, and says what came of it.
    async fn both(&self, path: &str, with: impl Fn(Call) -> Call, body: impl Fn(usize) -> Value) -> String {
        let mut seen = Vec::new();
        for (nth, name) in self.names.into_iter().enumerate() {
            let mut body = body(nth);
            body["username"] = json!(name);
            let _ = self.service.proxy.take_calls();
            let call = with(self.service.call(path)).from(&format!("192.0.2.{}", 10 + nth));
            let answer = call.json(&body).await;
            if let Some(id) = answer.body.pointer("/otp/id").and_then(Value::as_str) {
                self.past().ids[nth].push(id.to_owned());
            }
            let calls = self.service.proxy.take_calls().iter().map(ToString::to_string).collect();
            seen.push(Seen::of(answer, calls));
        }
        assert_eq!(seen[0], seen[1], "{path} for {:?}", self.names);
        self.past().work.clone_from(&seen[0].calls);
        let code = seen[0].body["code"].as_str().unwrap_or_default();
        format!("{} {code}", seen[0].status).trim().to_owned()
    }
}

impl Seen {
    fn of(mut answer: Answer, calls: Vec<String>) -> Self {
        for id in ["x-request-id", "apigw-requestid", "date"] {
            assert!(answer.headers.remove(id).is_some_and(|id| !id.is_empty()), "{id}");
        }
        for id in ["/requestId", "/otp/id"] {
            if let Some(id) = answer.body.pointer_mut(id) {
                *id = json!(id.as_str().map(str::len));
            }
        }
        Self { status: answer.status, headers: answer.headers, body: answer.body, calls }
    }
}

/// A code; that it is right by accident is one to a million.
pub(super) fn wrong(nth: u32) -> String {
    format!("{:06}", 314_159 + nth)
}
