//! How long a call may take, and how long a connection is trusted: against servers of this machine, on a clock that moves
//! by itself to the next timer when nothing else happens.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::types::AttributeValue;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::*;
use crate::config::Aws;

/// A server that counts its connections, and answers each request with an empty object or never.
struct Server {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

impl Server {
    async fn start(answers: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(converse(stream, answers));
            }
        });
        Self { address, connections }
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

async fn converse(mut stream: TcpStream, answers: bool) {
    let mut read = Vec::new();
    while stream.read_buf(&mut read).await.is_ok_and(|length| length > 0) {
        // The requests of these tests end with the object that is their body.
        if answers && read.ends_with(b"}") {
            read.clear();
            let answer =
                "HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: 2\r\n\r\n{}";
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    }
}

fn dynamodb(url: String) -> Client {
    let aws = Aws {
        region: "us-east-1".to_owned(),
        access_key_id: "an-id".to_owned(),
        secret_access_key: Zeroizing::new("a-key".to_owned()),
        session_token: None,
        dynamodb: Some(url),
        secrets_manager: None,
    };
    crate::aws::clients(&aws, &Https::new(None).unwrap()).0
}

async fn read(client: &Client) -> Result<(), &'static str> {
    let read = client.get_item().table_name("otps").key("username", AttributeValue::S("ada".to_owned()));
    match read.send().await {
        Ok(_) => Ok(()),
        Err(SdkError::TimeoutError(_)) => Err("timeout"),
        Err(SdkError::DispatchFailure(failure)) if failure.is_timeout() => Err("connection timeout"),
        Err(_) => Err("another error"),
    }
}

/// A handshake that never ends is part of connecting.
#[tokio::test(start_paused = true)]
async fn connecting_takes_a_second_at_most() {
    let server = Server::start(false).await;
    let begun = Instant::now();
    let https = Https::new(None).unwrap();
    let called = https.request(reqwest::Method::HEAD, format!("https://{}", server.address)).send().await;
    let error = called.unwrap_err();
    assert!(error.is_connect() && error.is_timeout(), "{error:?}");
    assert_eq!((begun.elapsed().as_millis() / 10, server.connections()), (100, 1));
}

#[tokio::test(start_paused = true)]
async fn a_call_to_aws_that_cannot_connect_is_made_three_times() {
    let server = Server::start(false).await;
    let begun = Instant::now();
    let answer = read(&dynamodb(format!("https://{}", server.address))).await;
    assert_eq!((answer, server.connections()), (Err("connection timeout"), 3));
    // Three times a second, and two pauses of at most a second each.
    assert!((3_000..4_000).contains(&begun.elapsed().as_millis()), "{:?}", begun.elapsed());
}

/// An attempt that is not answered ends after a second and a half, and the third one with the call.
#[tokio::test(start_paused = true)]
async fn a_call_to_aws_that_is_not_answered_ends_after_four_seconds() {
    let server = Server::start(false).await;
    let begun = Instant::now();
    let answer = read(&dynamodb(format!("http://{}", server.address))).await;
    assert_eq!((answer, server.connections()), (Err("timeout"), 3));
    assert_eq!(begun.elapsed().as_millis() / 10, 400);
}

#[tokio::test]
async fn a_connection_is_trusted_for_fifteen_idle_seconds() {
    let server = Server::start(true).await;
    let client = dynamodb(format!("http://{}", server.address));
    let mut opened = Vec::new();
    for idle in [0, 14, 14, 16] {
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(idle)).await;
        tokio::time::resume();
        assert_eq!(read(&client).await, Ok(()));
        opened.push(server.connections());
    }
    assert_eq!(opened, [1, 1, 1, 2]);
}
