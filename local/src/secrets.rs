//! The Secrets Manager stand-in, for functions that run beside this process, as `sam local` runs them: it gives them
//! the values that the functions in here have as settings.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// A running stand-in.
#[derive(Clone, Debug)]
pub struct Secrets {
    address: SocketAddr,
    values: Arc<BTreeMap<String, String>>,
    read: Arc<Mutex<Vec<String>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    secret_id: String,
}

impl Secrets {
    /// Gives out `values` on `listener` until `shutdown` resolves. The name of a value is the last part of the ARN by
    /// which it is asked for: `arn:aws:secretsmanager:us-east-1:000000000000:secret:OTP_PEPPER`.
    ///
    /// # Errors
    ///
    /// When the listener has no address.
    pub fn start(
        listener: TcpListener,
        values: BTreeMap<String, String>,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<Self> {
        let secrets =
            Self { address: listener.local_addr()?, values: Arc::new(values), read: Arc::default() };
        let router = Router::new().route("/", post(answer)).with_state(secrets.clone());
        tokio::spawn(async move {
            if let Err(cause) = axum::serve(listener, router).with_graceful_shutdown(shutdown).await {
                tracing::error!(%cause, "the Secrets Manager stand-in ended");
            }
        });
        Ok(secrets)
    }

    /// Returns the address that it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the ARNs that it was asked for, in order.
    #[must_use]
    pub fn read(&self) -> Vec<String> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn answer(
    State(secrets): State<Secrets>,
    headers: HeaderMap,
    body: String,
) -> (StatusCode, Json<Value>) {
    let refusal = |kind: &str| (StatusCode::BAD_REQUEST, Json(json!({ "__type": kind })));
    if headers.get("x-amz-target").is_none_or(|target| target != "secretsmanager.GetSecretValue") {
        return refusal("UnknownOperationException");
    }
    let Ok(Request { secret_id: arn }) = serde_json::from_str(&body) else {
        return refusal("InvalidRequestException");
    };
    let name = arn.rsplit(':').next().unwrap_or_default();
    let answer = match secrets.values.get(name) {
        Some(value) => (StatusCode::OK, Json(json!({ "ARN": arn, "Name": name, "SecretString": value }))),
        None => refusal("ResourceNotFoundException"),
    };
    secrets.read.lock().unwrap_or_else(PoisonError::into_inner).push(arn);
    answer
}
