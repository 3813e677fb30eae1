//! The least function with one write: a raw `UpdateItem`, without the SDK, over the client and the TLS of the functions.
//! Its answer says how long the write alone took.

use std::env;
use std::io;
use std::sync::Arc;
use std::time::Instant;

use lambda_http::{Body, Error, Request, Response, service_fn};
use reqwest::Client;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::json;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let client = client()?;
    let url = setting("AWS_ENDPOINT_URL_DYNAMODB")?;
    let update = json!({
        "TableName": setting("OTPS_TABLE")?,
        "Key": { "username": { "S": "yardstick" } },
        "UpdateExpression": "SET attempts = :one",
        "ExpressionAttributeValues": { ":one": { "N": "1" } },
        "ReturnValues": "ALL_NEW",
    });
    let update = update.to_string();
    write(&client, &url, &update).await?;
    lambda_http::run(service_fn(async |_: Request| {
        let begun = Instant::now();
        write(&client, &url, &update).await?;
        let took = begun.elapsed().as_secs_f64() * 1e3;
        Ok::<_, Error>(Response::new(Body::from(json!({ "milliseconds": took }).to_string())))
    }))
    .await
}

#[expect(clippy::disallowed_methods, reason = "it has no settings of ours")]
fn setting(name: &str) -> Result<String, Error> {
    env::var(name).map_err(|error| format!("{name}: {error}").into())
}

fn client() -> Result<Client, Error> {
    let mut roots = rustls::RootCertStore::empty();
    let certificates = CertificateDer::pem_file_iter(setting("SSL_CERT_FILE")?)?;
    roots.add_parsable_certificates(certificates.filter_map(Result::ok));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Client::builder().tls_backend_preconfigured(tls).no_proxy().build()?)
}

/// The embedded DynamoDB wants a signature, but anyone's.
async fn write(client: &Client, url: &str, update: &str) -> Result<(), Error> {
    let credential = "Credential=local/20260101/us-east-1/dynamodb/aws4_request";
    let request = client
        .post(url)
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amz-target", "DynamoDB_20120810.UpdateItem")
        .header("x-amz-date", "20260101T000000Z")
        .header("authorization", format!("AWS4-HMAC-SHA256 {credential}, SignedHeaders=host, Signature=00"))
        .body(update.to_owned());
    let answer = request.send().await?;
    let status = answer.status();
    let answer = answer.text().await?;
    if status.is_success() { Ok(()) } else { Err(io::Error::other(format!("{status}: {answer}")).into()) }
}
