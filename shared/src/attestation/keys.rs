//! The issuer's public keys: fetched during the start, and again when they are old or a token names another one.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::{Method, StatusCode};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use serde::Deserialize;
use thiserror::Error;

use crate::clock::Deadline;
use crate::domain::time::{HOUR, Timestamp};
use crate::error::causes;
use crate::https::Https;

/// The longest that fetching the keys may take: a few kilobytes, which the issuer's network has near everywhere.
const LONGEST_FETCH: Duration = Duration::from_secs(2);

/// The longest answer that is read, in bytes. The issuer's has about two thousand.
const LONGEST_ANSWER: usize = 64 * 1_024;

/// Seconds between two fetches at least, so that no stream of unknown `kid`s becomes one of fetches.
const PAUSE: i64 = 60;

/// Seconds after which keys are fetched again, as the issuer asks whoever keeps them: a key that was withdrawn is gone then.
const LIFE: i64 = 6 * HOUR;

/// The issuer's public keys, as they were when they were fetched.
#[derive(Debug, Default)]
pub(super) struct Keys(Vec<PublicKey>);

/// A public key, by which RS256 signatures are verified.
#[derive(Debug)]
pub(super) struct PublicKey {
    id: String,
    modulus: Vec<u8>,
    exponent: Vec<u8>,
}

impl Keys {
    /// Parses a JWK Set (RFC 7517 §5). Keys of another kind or use are left out.
    ///
    /// # Errors
    /// When it is none.
    pub(super) fn parse(json: &[u8]) -> Result<Self, serde_json::Error> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<serde_json::Value>,
        }
        let set: Set = serde_json::from_slice(json)?;
        Ok(Self(set.keys.iter().filter_map(PublicKey::of).collect()))
    }

    /// Returns the key of this `kid`.
    pub(super) fn find(&self, id: &str) -> Option<&PublicKey> {
        self.0.iter().find(|key| key.id == id)
    }

    /// Returns whether there is no key at all.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl PublicKey {
    fn of(jwk: &serde_json::Value) -> Option<Self> {
        let text = |name: &str| jwk.get(name).and_then(serde_json::Value::as_str);
        let is = |name, value| text(name).is_none_or(|text| text == value);
        if text("kty") != Some("RSA") || !is("alg", "RS256") || !is("use", "sig") {
            return None;
        }
        let number = |name| URL_SAFE_NO_PAD.decode(text(name)?).ok();
        Some(Self { id: text("kid")?.to_owned(), modulus: number("n")?, exponent: number("e")? })
    }

    /// Returns whether this key made `signature` of `message`. Keys of fewer than 2,048 bits have signed nothing.
    pub(super) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        let key = RsaPublicKeyComponents { n: &self.modulus, e: &self.exponent };
        key.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok()
    }
}

/// The keys at hand, and the way to newer ones.
#[derive(Debug)]
pub(super) struct Keyring {
    https: Https,
    url: String,
    held: RwLock<Held>,
    /// Held by whoever fetches: the others wait for what comes of it.
    fetching: tokio::sync::Mutex<()>,
}

#[derive(Clone, Debug)]
struct Held {
    keys: Arc<Keys>,
    fetched: Timestamp,
    asked: Timestamp,
}

impl Keyring {
    /// Fetches the keys from the issuer at `base_url`. Where that fails there are none, until they are fetched again.
    pub(super) async fn fetched(https: &Https, base_url: &str, now: Timestamp) -> Self {
        let held = Held { keys: Arc::default(), fetched: now, asked: now };
        let keyring = Self {
            https: https.clone(),
            url: format!("{base_url}/v1/jwks"),
            held: RwLock::new(held),
            fetching: tokio::sync::Mutex::default(),
        };
        keyring.fetch(now, Deadline::after(LONGEST_FETCH)).await;
        keyring
    }

    /// Returns the keys, fetched again if they are old. Old ones serve on while that fails: whoever stops the issuer's
    /// answers does not stop the service.
    pub(super) async fn current(&self, now: Timestamp, deadline: Deadline) -> Arc<Keys> {
        let Held { keys, fetched, .. } = self.held();
        if fetched.until(now) < LIFE { keys } else { self.renewed(now, deadline).await }
    }

    /// Returns the keys, fetched again unless the issuer was asked within the last minute. Whoever comes while they are being
    /// fetched waits for the same answer.
    pub(super) async fn renewed(&self, now: Timestamp, deadline: Deadline) -> Arc<Keys> {
        let _fetching = self.fetching.lock().await;
        if self.held().asked.until(now) >= PAUSE {
            self.fetch(now, deadline).await;
        }
        self.held().keys
    }

    /// Returns the seconds after which the issuer may be asked again, at least one.
    pub(super) fn pause(&self, now: Timestamp) -> i64 {
        (PAUSE - self.held().asked.until(now)).max(1)
    }

    async fn fetch(&self, now: Timestamp, deadline: Deadline) {
        // Before the answer: a request whose time is up gives up waiting, and has asked all the same.
        self.hold(|held| held.asked = now);
        let fetched = deadline.within(LONGEST_FETCH).run(self.download()).await;
        match fetched.unwrap_or(Err(FetchError::TooSlow)) {
            Ok(keys) => self.hold(|held| {
                held.keys = Arc::new(keys);
                held.fetched = now;
            }),
            Err(error) => {
                tracing::warn!(causes = causes(&error), "the keys of attestation could not be fetched");
            }
        }
    }

    async fn download(&self) -> Result<Keys, FetchError> {
        let mut answer = self.https.request(Method::GET, &self.url).send().await?;
        if answer.status() != StatusCode::OK {
            return Err(FetchError::Refused(answer.status()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await? {
            body.extend_from_slice(&chunk);
            if body.len() > LONGEST_ANSWER {
                return Err(FetchError::TooLong);
            }
        }
        let keys = Keys::parse(&body)?;
        if keys.is_empty() { Err(FetchError::NoKey) } else { Ok(keys) }
    }

    fn held(&self) -> Held {
        self.held.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn hold(&self, change: impl FnOnce(&mut Held)) {
        change(&mut self.held.write().unwrap_or_else(PoisonError::into_inner));
    }
}

/// The reason why the keys could not be had.
#[derive(Debug, Error)]
enum FetchError {
    #[error("there was no whole answer")]
    Unanswered(#[from] reqwest::Error),
    #[error("the answer was {0}")]
    Refused(StatusCode),
    #[error("the answer took too long")]
    TooSlow,
    #[error("the answer has more than {LONGEST_ANSWER} bytes")]
    TooLong,
    #[error("the answer is no JWK Set")]
    Malformed(#[from] serde_json::Error),
    #[error("no key of the answer can verify RS256")]
    NoKey,
}
