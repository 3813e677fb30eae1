//! Raw HTTP for the tests of the servers, good and bad.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The bytes that came back before the connection ended or fell silent.
#[derive(Debug)]
pub(crate) struct Raw {
    pub(crate) bytes: Vec<u8>,
    pub(crate) ended: std::io::Result<()>,
}

impl Raw {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    pub(crate) fn status(&self) -> u16 {
        self.text().split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default()
    }

    pub(crate) fn body(&self) -> String {
        self.text().split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body()).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let text = self.text();
        let (head, _) = text.split_once("\r\n\r\n")?;
        let mut fields = head.lines().skip(1).filter_map(|line| line.split_once(": "));
        fields.find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
    }
}

/// Sends `bytes`, and reads until the other side ends the connection or is silent for a second.
pub(crate) async fn exchange(address: SocketAddr, bytes: &[u8]) -> Raw {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut raw = Raw { bytes: Vec::new(), ended: Ok(()) };
    if let Err(cause) = stream.write_all(bytes).await {
        raw.ended = Err(cause);
    }
    let mut buffer = vec![0; 65_536];
    loop {
        match tokio::time::timeout(Duration::from_secs(1), stream.read(&mut buffer)).await {
            Ok(Ok(0)) => return raw,
            Ok(Ok(count)) => raw.bytes.extend_from_slice(&buffer[..count]),
            Ok(Err(cause)) => raw.ended = Err(cause),
            Err(_) => raw.ended = Err(std::io::ErrorKind::TimedOut.into()),
        }
        if raw.ended.is_err() {
            return raw;
        }
    }
}

/// Sends one ordinary request. `head` is the request line without its version, then headers, each on a line.
pub(crate) async fn request(address: SocketAddr, head: &str, body: &[u8]) -> Raw {
    let (line, headers) = head.split_once('\n').unwrap_or((head, ""));
    let headers: String = headers.lines().flat_map(|header| [header.trim(), "\r\n"]).collect();
    let length = body.len();
    let head = format!(
        "{line} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n"
    );
    exchange(address, &[head.as_bytes(), body].concat()).await
}
