//! An answer of the API, as a client gets it.

use std::collections::BTreeMap;

use serde_json::Value;

/// A status, headers and a JSON body.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers, in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body as it came.
    pub text: String,
    /// The body; null when it is not JSON.
    pub body: Value,
}

impl Answer {
    pub(crate) async fn read(response: reqwest::Response) -> Self {
        let status = response.status().as_u16();
        let headers = response.headers().iter();
        let headers = headers
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        let text = response.text().await.expect("the gateway answers in full");
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Self { status, headers, text, body }
    }

    /// The problem's `code`, or `""` for a success.
    #[must_use]
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// Status and code, such as `422 invalid_otp`; a success is its status and message.
    #[must_use]
    pub fn outcome(&self) -> String {
        let text = self.body["code"].as_str().or(self.body["message"].as_str()).unwrap_or_default();
        format!("{} {text}", self.status)
    }

    /// The seconds that body and header agree to wait.
    ///
    /// # Panics
    /// When they do not agree, or one of them is missing.
    #[must_use]
    pub fn retry_after(&self) -> i64 {
        let header = self.headers.get("retry-after").expect("a Retry-After header");
        assert_eq!(Some(header.as_str()), self.body["retryAfter"].as_i64().map(|s| s.to_string()).as_deref());
        self.body["retryAfter"].as_i64().expect("whole seconds")
    }

    /// The broken fields with their rules, as `field:rule`, sorted.
    #[must_use]
    pub fn broken(&self) -> Vec<String> {
        let errors = self.body["errors"].as_array().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mut broken: Vec<_> = errors
            .iter()
            .map(|error| format!("{}:{}", text(&error["field"]), text(&error["code"])))
            .collect();
        broken.sort();
        broken
    }
}
