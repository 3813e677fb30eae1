//! The gate for apps: whether a request comes from an attested app, by the Firebase App Check token that it brings.
//!
//! The token proves that an app's own build asks, on a device or a page that its platform vouches for. Nothing here knows
//! of users, phones and codes, and where the gate is not set up nothing of it runs.

mod keys;
#[cfg(test)]
mod tests;
mod token;

use std::fmt;
use std::sync::Arc;

use lambda_http::http::HeaderMap;
use zeroize::Zeroizing;

use crate::clock::Moment;
use crate::domain::time::Timestamp;
use crate::error::Error;
use crate::https::Https;
use crate::metrics;
use crate::trace::Trace;
use keys::Keyring;
use token::Project;

pub use token::Unattested;

/// The header that brings a token.
pub const APP_CHECK: &str = "x-firebase-appcheck";

/// The longest token that is read, in bytes. Firebase's have about one thousand.
const LONGEST: usize = 4_096;

/// The settings of the gate.
#[derive(Clone, Debug)]
pub struct AttestationSettings {
    /// `APP_CHECK_PROJECT_NUMBER`
    pub project: ProjectNumber,
    /// `APP_CHECK_MODE`
    pub mode: AttestationMode,
    /// `APP_CHECK_BASE_URL`
    pub base_url: String,
}

/// The number of a Firebase project: digits, the first of which is no zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectNumber(String);

impl ProjectNumber {
    /// Parses a number as the Firebase console shows it.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let valid = text.len() <= 20 && text.bytes().all(|byte| byte.is_ascii_digit());
        let valid = valid && !text.is_empty() && !text.starts_with('0');
        let fault = "must be the number of a Firebase project: up to 20 digits";
        valid.then(|| Self(text.to_owned())).ok_or_else(|| fault.to_owned())
    }
}

/// The part that the gate plays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AttestationMode {
    /// It takes note of who would be refused.
    #[default]
    Record,
    /// It refuses whoever is not attested.
    Require,
}

impl AttestationMode {
    /// Parses the setting `APP_CHECK_MODE`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text {
            "record" => Ok(Self::Record),
            "require" => Ok(Self::Require),
            _ => Err("must be record or require".to_owned()),
        }
    }
}

/// The outcome of looking at a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attestation {
    /// An app of the project asks.
    Attested,
    /// Nothing says so.
    Unattested(Unattested),
    /// The token may be good, and there is no key to tell.
    Undecided {
        /// Seconds after which keys will be fetched again.
        retry_after: i64,
    },
}

impl Attestation {
    /// Returns the metric's name for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Attested => "attested",
            Self::Unattested(_) => "unattested",
            Self::Undecided { .. } => "undecided",
        }
    }
}

/// The gate, with the keys of the issuer.
#[derive(Debug)]
pub struct AttestationGate {
    project: Project,
    mode: AttestationMode,
    keyring: Keyring,
}

impl AttestationGate {
    /// Sets the gate up: fetches the keys. It stands even where that fails.
    pub async fn open(settings: AttestationSettings, https: &Https, now: Timestamp) -> Self {
        let AttestationSettings { project: ProjectNumber(number), mode, base_url } = settings;
        let keyring = Keyring::fetched(https, &base_url, now).await;
        Self { project: Project::new(&base_url, &number), mode, keyring }
    }

    async fn judge(&self, token: &AppCheckToken, moment: Moment) -> Attestation {
        let (now, deadline) = (moment.now(), moment.deadline);
        let mut keys = self.keyring.current(now, deadline).await;
        let mut checked = self.project.check(&token.0, &keys, now);
        if checked == Err(Unattested::UnknownKey) {
            keys = self.keyring.renewed(now, deadline).await;
            checked = self.project.check(&token.0, &keys, now);
        }
        match checked {
            Ok(()) => Attestation::Attested,
            Err(Unattested::UnknownKey) if keys.is_empty() => {
                Attestation::Undecided { retry_after: self.keyring.pause(now) }
            }
            Err(reason) => Attestation::Unattested(reason),
        }
    }
}

/// What a request brought to the gate; nothing where there is no gate.
#[derive(Debug)]
pub struct Presented(Option<(Arc<AttestationGate>, Result<AppCheckToken, Unattested>)>);

impl Presented {
    /// Takes what a request with these `headers` brings to `gate`, to be looked at when its turn comes.
    #[must_use]
    pub fn to(gate: Option<&Arc<AttestationGate>>, headers: &HeaderMap) -> Self {
        Self(gate.map(|gate| (Arc::clone(gate), AppCheckToken::of(headers))))
    }

    /// Lets the request pass, if an attested app makes it or none is required.
    ///
    /// # Errors
    /// [`Error::AttestationRequired`], or [`Error::AttestationUnavailable`] where there is no key to tell.
    pub async fn admit(self, moment: Moment, trace: &Trace) -> Result<(), Error> {
        let Some((gate, token)) = self.0 else { return Ok(()) };
        let attestation = match token {
            Ok(token) => Box::pin(gate.judge(&token, moment)).await,
            Err(reason) => Attestation::Unattested(reason),
        };
        metrics::judged(attestation.as_str());
        trace.note_attestation(match attestation {
            Attestation::Unattested(reason) => reason.as_str(),
            Attestation::Attested | Attestation::Undecided { .. } => attestation.as_str(),
        });
        match (gate.mode, attestation) {
            (AttestationMode::Record, _) | (AttestationMode::Require, Attestation::Attested) => Ok(()),
            (AttestationMode::Require, Attestation::Unattested(_)) => Err(Error::AttestationRequired),
            (AttestationMode::Require, Attestation::Undecided { retry_after }) => {
                Err(Error::AttestationUnavailable { retry_after })
            }
        }
    }
}

/// A token as it came. Whoever has one can use it for as long as it lasts, so it is never shown.
struct AppCheckToken(Zeroizing<String>);

impl AppCheckToken {
    fn of(headers: &HeaderMap) -> Result<Self, Unattested> {
        let mut brought = headers.get_all(APP_CHECK).iter();
        let one = brought.next().ok_or(Unattested::Missing)?;
        if brought.next().is_some() {
            return Err(Unattested::Malformed);
        }
        if one.len() > LONGEST {
            return Err(Unattested::TooLong);
        }
        let text = one.to_str().map_err(|_| Unattested::Malformed)?;
        Ok(Self(Zeroizing::new(text.to_owned())))
    }
}

impl fmt::Debug for AppCheckToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AppCheckToken")
    }
}
