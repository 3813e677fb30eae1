//! Whether a Firebase App Check token is good: proof that an app's own build asks, on a device that its platform
//! vouches for. Nothing here knows of phones and codes.

#[cfg(test)]
mod tests;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

/// The longest token that is read, in bytes. Firebase's have about one thousand; the gateway ends at 10 KB of headers.
const LONGEST: usize = 8_192;

/// Seconds by which the issuer's clock and this one may differ.
const LEEWAY: i64 = 30;

/// The reason why a token is not good.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum Unattested {
    /// It is longer than any of the issuer's.
    #[error("too long")]
    TooLong,
    /// It is no JWT with the header and the claims of an App Check token.
    #[error("malformed")]
    Malformed,
    /// It is signed in another way than RS256, or wants an extension that nobody here knows.
    #[error("unsupported")]
    Unsupported,
    /// No key at hand has its `kid`: the issuer may have a new one.
    #[error("unknown key")]
    UnknownKey,
    /// The key did not sign it.
    #[error("bad signature")]
    BadSignature,
    /// It is of another issuer, or for another project.
    #[error("foreign")]
    Foreign,
    /// Its time has not come.
    #[error("not yet valid")]
    NotYetValid,
    /// Its time is over.
    #[error("expired")]
    Expired,
}

/// What a token must say of who made it and for whom.
#[derive(Clone, Debug)]
pub struct Project {
    issuer: String,
    audience: String,
}

/// The issuer's public keys.
#[derive(Clone, Debug)]
pub struct Keys(Vec<Key>);

#[derive(Clone, Debug)]
struct Key {
    id: String,
    modulus: Vec<u8>,
    exponent: Vec<u8>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    typ: String,
    kid: String,
    crit: Option<serde_json::Value>,
}

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
    /// Returns the project of this number.
    #[must_use]
    pub fn new(number: &str) -> Self {
        Self {
            issuer: format!("https://firebaseappcheck.googleapis.com/{number}"),
            audience: format!("projects/{number}"),
        }
    }

    /// Checks `token` at `now`, in seconds since the epoch. No claim is read before the signature is found good.
    ///
    /// # Errors
    /// When the token is not one that this project's apps got, or not one of now.
    pub fn check(&self, token: &str, keys: &Keys, now: i64) -> Result<(), Unattested> {
        if token.len() > LONGEST {
            return Err(Unattested::TooLong);
        }
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
        let key = keys.0.iter().find(|key| key.id == header.kid).ok_or(Unattested::UnknownKey)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| Unattested::Malformed)?;
        RsaPublicKeyComponents { n: &key.modulus, e: &key.exponent }
            .verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature)
            .map_err(|_| Unattested::BadSignature)?;
        self.accept(&decoded(claims)?, now)
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

impl Keys {
    /// Reads a JWK Set (RFC 7517 §5). Keys of another kind or use are left out.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(json: &[u8]) -> Result<Self, serde_json::Error> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<serde_json::Value>,
        }
        let set: Set = serde_json::from_slice(json)?;
        Ok(Self(set.keys.iter().filter_map(Key::of).collect()))
    }
}

impl Key {
    fn of(jwk: &serde_json::Value) -> Option<Self> {
        let text = |name: &str| jwk.get(name).and_then(serde_json::Value::as_str);
        let is = |name, value| text(name).is_none_or(|text| text == value);
        if text("kty") != Some("RSA") || !is("alg", "RS256") || !is("use", "sig") {
            return None;
        }
        let number = |name| URL_SAFE_NO_PAD.decode(text(name)?).ok();
        Some(Self { id: text("kid")?.to_owned(), modulus: number("n")?, exponent: number("e")? })
    }
}

fn decoded<T: DeserializeOwned>(part: &str) -> Result<T, Unattested> {
    let json = URL_SAFE_NO_PAD.decode(part).map_err(|_| Unattested::Malformed)?;
    serde_json::from_slice(&json).map_err(|_| Unattested::Malformed)
}
