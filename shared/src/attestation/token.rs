//! Whether a token is good: a JWT (RFC 7519) that the issuer signed by RS256, for this project, and now.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::keys::Keys;
use crate::domain::time::Timestamp;

/// Seconds by which the issuer's clock and this one may differ.
const LEEWAY: i64 = 30;

/// The reason why a token is not good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unattested {
    /// There is none.
    Missing,
    /// It is longer than any of the issuer's.
    TooLong,
    /// It is no JWT with the header and the claims of an App Check token, or one of several.
    Malformed,
    /// It is signed in another way than RS256, or wants an extension that nobody here knows.
    Unsupported,
    /// No key at hand has its `kid`.
    UnknownKey,
    /// The key did not sign it.
    BadSignature,
    /// It is of another issuer, or for another project.
    Foreign,
    /// Its time has not come.
    NotYetValid,
    /// Its time is over.
    Expired,
}

impl Unattested {
    /// Returns the log's name for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::TooLong => "too_long",
            Self::Malformed => "malformed",
            Self::Unsupported => "unsupported",
            Self::UnknownKey => "unknown_key",
            Self::BadSignature => "bad_signature",
            Self::Foreign => "foreign",
            Self::NotYetValid => "not_yet_valid",
            Self::Expired => "expired",
        }
    }
}

/// What a token must say of who made it and for whom.
#[derive(Clone, Debug)]
pub(super) struct Project {
    issuer: String,
    audience: String,
}

/// The header (RFC 7515 §4.1).
#[derive(Deserialize)]
struct Header {
    alg: String,
    typ: String,
    kid: String,
    crit: Option<serde_json::Value>,
}

/// The claims (RFC 7519 §4.1). An App Check token names several audiences: the project by its number and by its id.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: Vec<String>,
    exp: i64,
    iat: i64,
    nbf: Option<i64>,
    sub: String,
}

impl Project {
    /// Returns the project of this number, whose tokens the issuer at `base_url` makes.
    pub(super) fn new(base_url: &str, number: &str) -> Self {
        Self { issuer: format!("{base_url}/{number}"), audience: format!("projects/{number}") }
    }

    /// Checks `token` at `now`. No claim is read before the signature is found good.
    ///
    /// # Errors
    /// When the token is not one that this project's apps got, or not one of now.
    pub(super) fn check(&self, token: &str, keys: &Keys, now: Timestamp) -> Result<(), Unattested> {
        let (signed, signature) = token.rsplit_once('.').ok_or(Unattested::Malformed)?;
        let (header, claims) = signed.split_once('.').ok_or(Unattested::Malformed)?;
        if claims.contains('.') {
            return Err(Unattested::Malformed);
        }
        let header: Header = decoded(header)?;
        // Only this algorithm, whatever the token says: a public key is no secret of an HMAC.
        if header.alg != "RS256" || header.typ != "JWT" || header.crit.is_some() {
            return Err(Unattested::Unsupported);
        }
        let key = keys.find(&header.kid).ok_or(Unattested::UnknownKey)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| Unattested::Malformed)?;
        if !key.has_signed(signed.as_bytes(), &signature) {
            return Err(Unattested::BadSignature);
        }
        self.accept(&decoded(claims)?, now.as_second())
    }

    fn accept(&self, claims: &Claims, now: i64) -> Result<(), Unattested> {
        if claims.sub.is_empty() {
            return Err(Unattested::Malformed);
        }
        if claims.iss != self.issuer || !claims.aud.contains(&self.audience) {
            return Err(Unattested::Foreign);
        }
        let begins = claims.nbf.map_or(claims.iat, |nbf| nbf.max(claims.iat));
        if begins > now.saturating_add(LEEWAY) {
            return Err(Unattested::NotYetValid);
        }
        if claims.exp <= now.saturating_sub(LEEWAY) {
            return Err(Unattested::Expired);
        }
        Ok(())
    }
}

fn decoded<T: DeserializeOwned>(part: &str) -> Result<T, Unattested> {
    let json = URL_SAFE_NO_PAD.decode(part).map_err(|_| Unattested::Malformed)?;
    serde_json::from_slice(&json).map_err(|_| Unattested::Malformed)
}
