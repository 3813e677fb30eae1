//! The one HTTPS client, of AWS and of Courier: the authorities that it trusts, and the life of a connection.

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use lambda_http::http::Response;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{self, PemObject as _};
use thiserror::Error;

/// The longest that connecting may take. DynamoDB is a few milliseconds away, Courier some hundred.
const CONNECT: Duration = Duration::from_secs(1);

/// The longest that a connection may lie unused and still be trusted. A function sleeps between requests, and what
/// closed meanwhile is noticed only by the call that fails on it.
const IDLE: Duration = Duration::from_secs(15);

/// The client of every server that a function calls. Its clones share their connections.
///
/// It neither follows redirects, which would post a code to somebody else, nor heeds proxies of the environment.
#[derive(Clone, Debug)]
pub struct Https(reqwest::Client);

/// The reason why no server can be called over HTTPS.
#[derive(Debug, Error)]
pub enum Error {
    /// The file of certificate authorities cannot be read.
    #[error("the certificate authorities in {} cannot be read", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        source: pem::Error,
    },
    /// No server could prove who it is, and every text would fail as if Courier were down.
    #[error("there is no certificate authority in {}", .0.display())]
    NoAuthority(PathBuf),
    /// TLS cannot be set up.
    #[error("TLS cannot be set up")]
    Tls(#[from] rustls::Error),
    /// The client cannot be made.
    #[error("the HTTPS client cannot be made")]
    Client(#[from] reqwest::Error),
}

impl Https {
    /// Makes the client. It trusts Mozilla's certificate authorities as they were at this release, or, instead of
    /// them, those in the PEM file `authorities`.
    ///
    /// # Errors
    /// When that file has no certificate or is none of certificates, or the client cannot be made.
    pub fn new(authorities: Option<&Path>) -> Result<Self, Error> {
        let roots = match authorities {
            // Compiled in, they cost nothing to read; a bundle takes longer to parse than a handshake.
            None => RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() },
            Some(file) => roots_in(file)?,
        };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT)
            .pool_idle_timeout(IDLE)
            .build()?;
        Ok(Self(client))
    }

    /// Returns the same client, as the clients of AWS take it.
    #[must_use]
    pub fn for_aws(&self) -> SharedHttpClient {
        let connector = SharedHttpConnector::new(self.clone());
        http_client_fn(move |_, _| connector.clone())
    }

    /// Returns a request for `url` by `method`.
    pub(crate) fn request(
        &self,
        method: reqwest::Method,
        url: impl reqwest::IntoUrl,
    ) -> reqwest::RequestBuilder {
        self.0.request(method, url)
    }
}

fn roots_in(file: &Path) -> Result<RootCertStore, Error> {
    let unreadable = |source| Error::Unreadable { file: file.to_owned(), source };
    let certificates = CertificateDer::pem_file_iter(file).map_err(unreadable)?;
    let certificates = certificates.collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
    let mut roots = RootCertStore::empty();
    let (_, ignored) = roots.add_parsable_certificates(certificates);
    if roots.is_empty() {
        return Err(Error::NoAuthority(file.to_owned()));
    }
    if ignored > 0 {
        tracing::warn!(file = %file.display(), ignored, "some certificate authorities cannot be read");
    }
    Ok(roots)
}

/// The same client, as the clients of AWS call it.
impl HttpConnector for Https {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = self.0.clone();
        HttpConnectorFuture::new(async move {
            let user = |error: Box<dyn std::error::Error + Send + Sync>| ConnectorError::user(error);
            let request = request.try_into_http1x().map_err(|error| user(error.into()))?;
            let request = reqwest::Request::try_from(request.map(reqwest::Body::wrap))
                .map_err(|error| user(error.into()))?;
            let answer = client.execute(request).await.map_err(failure)?;
            let answer = Response::<reqwest::Body>::from(answer).map(SdkBody::from_body_1_x);
            answer.try_into().map_err(|error| ConnectorError::other(Box::new(error), None))
        })
    }
}

/// Returns the failure as AWS's clients understand it: both kinds are retried.
fn failure(error: reqwest::Error) -> ConnectorError {
    if error.is_timeout() { ConnectorError::timeout(error.into()) } else { ConnectorError::io(error.into()) }
}
