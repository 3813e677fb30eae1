//! What the tests of the proxy stand on: a database, a client, a few requests.

use std::net::{Ipv4Addr, SocketAddr};

use dynoxide::Database;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::proxy::{Call, Outcome, Proxy};

/// The embedded DynamoDB with the tables `users` and `otps`, a proxy before it and a client of the proxy.
pub(in crate::proxy) struct Bench {
    pub(in crate::proxy) proxy: Proxy,
    direct: SocketAddr,
    pub(in crate::proxy) client: Client<HttpConnector, Full<Bytes>>,
}

impl Bench {
    pub(in crate::proxy) async fn new() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let direct = listener.local_addr().unwrap();
        tokio::spawn(dynoxide::server::serve_on(listener, Database::memory().unwrap()));
        let proxy = Proxy::start(direct).await.unwrap();
        let client = Client::builder(TokioExecutor::new()).retry_canceled_requests(false).build_http();
        let bench = Self { proxy, direct, client };
        for table in ["users", "otps"] {
            let (status, _) = bench
                .call(
                    "CreateTable",
                    &json!({
                        "TableName": table, "BillingMode": "PAY_PER_REQUEST",
                        "AttributeDefinitions": [{ "AttributeName": "username", "AttributeType": "S" }],
                        "KeySchema": [{ "AttributeName": "username", "KeyType": "HASH" }],
                    }),
                )
                .await
                .unwrap();
            assert_eq!(status, 200);
        }
        let _ = bench.proxy.take_calls();
        bench
    }

    pub(in crate::proxy) fn request(address: &str, operation: &str, body: &Value) -> Request<Full<Bytes>> {
        Request::post(format!("{address}/"))
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-target", format!("DynamoDB_20120810.{operation}"))
            .header("x-amz-date", "20261122T000000Z")
            .header("authorization", "AWS4-HMAC-SHA256 Credential=a/20261122/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0")
            .body(Full::new(body.to_string().into()))
            .unwrap()
    }

    pub(in crate::proxy) async fn call(&self, operation: &str, body: &Value) -> Result<(u16, Value), String> {
        self.send(&self.proxy.url(), operation, body).await
    }

    async fn send(&self, address: &str, operation: &str, body: &Value) -> Result<(u16, Value), String> {
        let response = self.client.request(Self::request(address, operation, body)).await;
        let response = response.map_err(|error| format!("{error:?}"))?;
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await.map_err(|error| format!("{error:?}"))?.to_bytes();
        Ok((status, serde_json::from_slice(&bytes).unwrap()))
    }

    /// How often `username` was counted up, read past the proxy.
    pub(in crate::proxy) async fn count(&self, username: &str) -> u32 {
        let read = json!({ "TableName": "otps", "Key": key(username), "ConsistentRead": true });
        let (_, answer) = self.send(&format!("http://{}", self.direct), "GetItem", &read).await.unwrap();
        answer["Item"]["attempts"]["N"].as_str().map_or(0, |count| count.parse().unwrap())
    }

    pub(in crate::proxy) fn only_call(&self) -> Call {
        let mut calls = self.proxy.take_calls();
        assert_eq!(calls.len(), 1, "{calls:?}");
        calls.remove(0)
    }
}

pub(in crate::proxy) fn key(username: &str) -> Value {
    json!({ "username": { "S": username } })
}

pub(in crate::proxy) fn get(username: &str) -> Value {
    json!({ "TableName": "users", "Key": key(username), "ConsistentRead": true })
}

/// Counts up an attempt.
pub(in crate::proxy) fn add(username: &str) -> Value {
    json!({
        "TableName": "otps", "Key": key(username), "UpdateExpression": "ADD attempts :one",
        "ExpressionAttributeValues": { ":one": { "N": "1" } },
    })
}

/// The same, if the row exists.
pub(in crate::proxy) fn add_if_there(username: &str) -> Value {
    let mut update = add(username);
    update["ConditionExpression"] = json!("attribute_exists(username)");
    update["ReturnValuesOnConditionCheckFailure"] = json!("ALL_OLD");
    update
}

pub(in crate::proxy) fn put(table: &str, username: &str) -> Value {
    json!({ "Put": {
        "TableName": table, "Item": key(username),
        "ConditionExpression": "attribute_not_exists(username)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    } })
}

pub(in crate::proxy) fn transaction(items: &[Value]) -> Value {
    json!({ "TransactItems": items })
}

pub(in crate::proxy) fn outcome(status: u16, error: &str) -> Outcome {
    let error = (!error.is_empty()).then(|| error.to_owned());
    Outcome { status, error, reasons: Vec::new() }
}
