//! What the clients of AWS and of Courier have in common.

use std::sync::Arc;
use std::time::Duration;

/// How long a connection may lie unused and still be trusted. A function sleeps between requests, and what
/// closed meanwhile is noticed only by the call that fails on it.
pub(crate) const IDLE: Duration = Duration::from_secs(15);

/// TLS with the machine's certificate authorities.
pub(crate) fn tls() -> Result<rustls::ClientConfig, rustls::Error> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}
