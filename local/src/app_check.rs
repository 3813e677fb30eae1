//! The stand-in for the issuer of App Check tokens: it shows its public keys as Google does, and vouches for every app.
//!
//! `GET /v1/jwks` answers the keys. A token is given out at `POST /_local/app-check` of the API's own port.

#[cfg(test)]
mod tests;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair, RsaPublicKeyComponents};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::clock::Clock;

/// The key of every token here. It is public, and of use to nobody: a deployed function asks Google for the keys that it
/// trusts, and Google has never heard of this one.
const DEVELOPMENT_KEY: &[u8] = include_bytes!("app_check/development-key.pk8");

/// Seconds that a token lasts: as Google's do unless an app asks for others.
pub const TOKEN_LIFE: i64 = 3_600;

/// A running stand-in.
pub struct Issuer {
    address: SocketAddr,
    clock: Clock,
    key: RsaKeyPair,
    books: Arc<Mutex<Books>>,
}

/// What the stand-in answers, and was asked.
struct Books {
    /// The `kid`s of the key that are published.
    published: Vec<String>,
    /// The `kid` that tokens name.
    current: String,
    /// The answer in the place of the keys.
    broken: Option<(StatusCode, String)>,
    fetches: usize,
    modulus: String,
    exponent: String,
}

impl Issuer {
    /// Shows the keys on `listener` until `shutdown` resolves, and makes tokens of the time of `clock`.
    ///
    /// # Errors
    ///
    /// When the listener has no address, or the key is none.
    pub fn start(
        listener: TcpListener,
        clock: Clock,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<Self> {
        let key =
            RsaKeyPair::from_pkcs8(DEVELOPMENT_KEY).map_err(|fault| io::Error::other(fault.to_string()))?;
        let public = RsaPublicKeyComponents::<Vec<u8>>::from(key.public_key());
        let current = "development-1".to_owned();
        let books = Arc::new(Mutex::new(Books {
            published: vec![current.clone()],
            current,
            broken: None,
            fetches: 0,
            modulus: URL_SAFE_NO_PAD.encode(public.n),
            exponent: URL_SAFE_NO_PAD.encode(public.e),
        }));
        let address = listener.local_addr()?;
        let router = Router::new().route("/v1/jwks", get(keys)).with_state(Arc::clone(&books));
        tokio::spawn(async move {
            if let Err(cause) = axum::serve(listener, router).with_graceful_shutdown(shutdown).await {
                tracing::error!(%cause, "the App Check stand-in ended");
            }
        });
        Ok(Self { address, clock, key, books })
    }

    /// Returns the address that it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns its base URL, as `APP_CHECK_BASE_URL` takes it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Makes a token for an app of the project of this number.
    #[must_use]
    pub fn token(&self, project: &str) -> String {
        self.sign(&self.header(), &self.claims(project))
    }

    /// Returns the header of its tokens.
    #[must_use]
    pub fn header(&self) -> Value {
        json!({ "alg": "RS256", "kid": self.books().current, "typ": "JWT" })
    }

    /// Returns the claims of a token that is made now.
    #[must_use]
    pub fn claims(&self, project: &str) -> Value {
        let now = self.clock.millisecond().div_euclid(1_000);
        json!({
            "iss": format!("{}/{project}", self.url()),
            "aud": [format!("projects/{project}"), "projects/countersign-on-this-machine"],
            "sub": format!("1:{project}:web:0123456789abcdef"),
            "iat": now,
            "exp": now + TOKEN_LIFE,
        })
    }

    /// Signs a JWT of this header and these claims, whatever they say.
    ///
    /// # Panics
    /// When the machine has no randomness.
    #[must_use]
    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)
            .expect("a signature of the modulus's length");
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// Returns the public key, as PKCS #1 has it in DER.
    #[must_use]
    pub fn public_key(&self) -> &[u8] {
        self.key.public_key().as_ref()
    }

    /// Names the key of tokens `kid` from now on, and publishes it under that name, too.
    pub fn rotate(&self, kid: &str) {
        let mut books = self.books();
        kid.clone_into(&mut books.current);
        books.published.push(kid.to_owned());
    }

    /// Publishes the key under the current name alone.
    pub fn withdraw_old(&self) {
        let mut books = self.books();
        books.published = vec![books.current.clone()];
    }

    /// Answers this in the place of the keys, until it is mended.
    pub fn fail(&self, status: u16, body: &str) {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        self.books().broken = Some((status, body.to_owned()));
    }

    /// Answers the keys again.
    pub fn mend(&self) {
        self.books().broken = None;
    }

    /// Returns the number of times that the keys were asked for.
    #[must_use]
    pub fn fetches(&self) -> usize {
        self.books().fetches
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        lock(&self.books)
    }
}

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issuer").field("address", &self.address).finish_non_exhaustive()
    }
}

async fn keys(State(books): State<Arc<Mutex<Books>>>) -> Response {
    let mut books = lock(&books);
    books.fetches += 1;
    if let Some((status, body)) = &books.broken {
        return (*status, body.clone()).into_response();
    }
    let key = |kid: &String| json!({ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": books.modulus, "e": books.exponent });
    Json(json!({ "keys": books.published.iter().map(key).collect::<Vec<_>>() })).into_response()
}

fn lock(books: &Mutex<Books>) -> MutexGuard<'_, Books> {
    books.lock().unwrap_or_else(PoisonError::into_inner)
}
