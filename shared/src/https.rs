//! The common ground of the clients of AWS and of Courier: the authorities that they trust, and the life of a connection.

use std::sync::Arc;
use std::time::Duration;

use rustls_native_certs::CertificateResult;
use thiserror::Error;

/// The longest that a connection may lie unused and still be trusted. A function sleeps between requests, and what
/// closed meanwhile is noticed only by the call that fails on it.
pub(crate) const IDLE: Duration = Duration::from_secs(15);

/// The reason why no server can be called over HTTPS.
#[derive(Debug, Error)]
pub enum Error {
    /// No server could prove who it is, and every text would fail as if Courier were down.
    #[error("no certificate authority can be read: {0}")]
    NoAuthority(String),
    /// TLS cannot be set up.
    #[error("TLS cannot be set up")]
    Tls(#[from] rustls::Error),
}

/// Returns TLS with the machine's certificate authorities; some that cannot be read are a warning in the log.
///
/// # Errors
/// When none can be read.
pub(crate) fn tls() -> Result<rustls::ClientConfig, Error> {
    let CertificateResult { certs, errors, .. } = rustls_native_certs::load_native_certs();
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(certs);
    let causes = errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    if roots.is_empty() {
        return Err(Error::NoAuthority(if causes.is_empty() { "there is none".to_owned() } else { causes }));
    }
    if !causes.is_empty() {
        tracing::warn!(causes, "some certificate authorities cannot be read");
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}
