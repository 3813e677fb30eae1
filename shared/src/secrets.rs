//! The token and the pepper, where they stand in Secrets Manager instead of the environment.

use std::sync::{Arc, OnceLock};

use aws_sdk_secretsmanager::{Client, Config};
use thiserror::Error;
use zeroize::Zeroizing;

/// A value that is given, or the secret that holds it.
#[derive(Clone, Debug)]
pub enum Sourced<T> {
    /// The value.
    Given(T),
    /// The ARN of the secret.
    Secret(String),
}

/// The reason why a secret could not be had. The secret itself is never shown.
#[derive(Debug, Error)]
pub enum Error {
    /// Secrets Manager did not give it.
    #[error("the secret {arn} could not be read: {cause}")]
    Unreadable {
        /// The ARN of the secret.
        arn: String,
        /// The error of Secrets Manager, or of the way to it.
        cause: String,
    },
    /// It holds something else.
    #[error("the secret {arn} {fault}")]
    Malformed {
        /// The ARN of the secret.
        arn: String,
        /// The form that it should have.
        fault: String,
    },
}

/// The way to Secrets Manager.
#[derive(Clone, Debug)]
pub struct Secrets {
    config: Config,
    /// Made at the first secret, since there need not be one.
    client: Arc<OnceLock<Client>>,
}

impl Secrets {
    /// Returns the secrets that a client with `config` can read.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self { config, client: Arc::default() }
    }

    /// Returns the value itself, read from its secret if need be.
    ///
    /// # Errors
    /// When the secret cannot be read, or `parse` says what is wrong with it.
    pub async fn resolve<T>(
        &self,
        value: Sourced<T>,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<T, Error> {
        match value {
            Sourced::Given(value) => Ok(value),
            Sourced::Secret(arn) => self.read(&arn, parse).await,
        }
    }

    /// Reads the newest value of a secret, which is a plain string.
    ///
    /// # Errors
    /// When it cannot be read, or `parse` says what is wrong with it.
    pub async fn read<T>(
        &self,
        arn: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<T, Error> {
        let unreadable = |cause: String| Error::Unreadable { arn: arn.to_owned(), cause };
        let client = self.client.get_or_init(|| Client::from_conf(self.config.clone()));
        let answer = Box::pin(client.get_secret_value().secret_id(arn).send()).await;
        let answer = answer.map_err(|error| {
            unreadable(error.into_source().map_or_else(|e| e.to_string(), |source| source.to_string()))
        })?;
        let text = answer.secret_string.ok_or_else(|| unreadable("it is not text".to_owned()))?;
        let text = Zeroizing::new(text);
        parse(text.trim_end_matches(['\n', '\r']))
            .map_err(|fault| Error::Malformed { arn: arn.to_owned(), fault })
    }
}
