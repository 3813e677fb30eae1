//! DynamoDB's JSON protocol, as far as the proxy has to read and write it.

use std::collections::{BTreeMap, BTreeSet};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::http::{request, response};
use hyper::{Request, Response, StatusCode};
use serde_json::{Value, json};

use super::call::{Operation, Outcome};
use super::mutant;

const TARGET: &str = "x-amz-target";
const CHECKSUM: HeaderName = HeaderName::from_static("x-amz-crc32");
const METER: &str = "ReturnConsumedCapacity";
const METERED: &str = "ConsumedCapacity";

/// What belongs to one connection or one encoding of the body, and so is not passed on.
const HOP_BY_HOP: [HeaderName; 6] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::EXPECT,
    header::HOST,
    header::TRANSFER_ENCODING,
    HeaderName::from_static("keep-alive"),
];

/// A request of a client.
pub(super) struct Question {
    pub(super) operation: Operation,
    pub(super) tables: Vec<String>,
    pub(super) body: Value,
    parts: request::Parts,
    bytes: Bytes,
    meters: bool,
}

impl Question {
    /// Reads a request to its end; `None` if the client broke off.
    pub(super) async fn read(request: Request<Incoming>) -> Option<Self> {
        let (parts, body) = request.into_parts();
        let bytes = body.collect().await.ok()?.to_bytes();
        let target = parts.headers.get(TARGET).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let operation = Operation::from(target.rsplit('.').next().unwrap_or_default());
        let body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let unasked = matches!(body[METER].as_str(), None | Some("NONE"));
        let meters = operation.is_on_data() && body.is_object() && unasked;
        Some(Self { tables: tables(&operation, &body), operation, body, parts, bytes, meters })
    }

    /// Whether `text` occurs in the body as sent.
    pub(super) fn contains(&self, text: &str) -> bool {
        String::from_utf8_lossy(&self.bytes).contains(text)
    }

    /// How many items the transaction has; nothing else has any.
    pub(super) fn items(&self) -> usize {
        self.body["TransactItems"].as_array().map_or(0, Vec::len)
    }

    /// The same batch of reads without the tables that are not `wanted`.
    pub(super) fn of_tables(&self, wanted: impl Fn(&str) -> bool) -> Self {
        let mut body = self.body.clone();
        if let Some(items) = body["RequestItems"].as_object_mut() {
            items.retain(|table, _| wanted(table));
        }
        Self {
            operation: self.operation.clone(),
            tables: tables(&self.operation, &body),
            bytes: body.to_string().into(),
            body,
            parts: self.parts.clone(),
            meters: self.meters,
        }
    }

    /// The request for DynamoDB at `authority`, which asks for the units it consumes.
    pub(super) fn forwarded(&self, authority: &str) -> Option<Request<Full<Bytes>>> {
        let mut request = Request::new(Full::new(self.sent()));
        *request.method_mut() = self.parts.method.clone();
        let path = self.parts.uri.path_and_query().map_or("/", |path| path.as_str());
        *request.uri_mut() = format!("http://{authority}{path}").parse().ok()?;
        *request.headers_mut() = self.parts.headers.clone();
        without_hops(request.headers_mut());
        Some(request)
    }

    fn sent(&self) -> Bytes {
        let mutated = mutant::given().and_then(|mutant| mutant.of_call(&self.operation, &self.body));
        if mutated.is_none() && !self.meters {
            return self.bytes.clone();
        }
        let mut body = mutated.unwrap_or_else(|| self.body.clone());
        if self.meters {
            body[METER] = json!("TOTAL");
        }
        body.to_string().into()
    }
}

fn without_hops(headers: &mut HeaderMap) {
    for name in &HOP_BY_HOP {
        headers.remove(name);
    }
}

/// The tables a body names, each once.
fn tables(operation: &Operation, body: &Value) -> Vec<String> {
    let mut named: Vec<&str> = match operation {
        // A map, whose order says nothing.
        Operation::BatchGetItem | Operation::BatchWriteItem => {
            let named =
                body["RequestItems"].as_object().into_iter().flatten().map(|(table, _)| table.as_str());
            named.collect::<BTreeSet<_>>().into_iter().collect()
        }
        Operation::TransactGetItems | Operation::TransactWriteItems => {
            let items = body["TransactItems"].as_array().into_iter().flatten();
            let actions = items.filter_map(Value::as_object).flat_map(|item| item.values());
            actions.filter_map(|action| action["TableName"].as_str()).collect()
        }
        _ => body["TableName"].as_str().into_iter().collect(),
    };
    let mut seen = BTreeSet::new();
    named.retain(|table| seen.insert(*table));
    named.into_iter().map(str::to_owned).collect()
}

/// An answer, DynamoDB's or one of the proxy's own.
pub(super) struct Reply {
    parts: response::Parts,
    bytes: Bytes,
    answer: Value,
    pub(super) units: BTreeMap<String, f64>,
}

impl Reply {
    /// Reads DynamoDB's answer to `question`; `None` if it broke off.
    ///
    /// The units are left in it only if the client had asked for them.
    pub(super) async fn read(question: &Question, response: Response<Incoming>) -> Option<Self> {
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.ok()?.to_bytes();
        let answer: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let mut reply = Self { units: units(&answer[METERED]), parts, bytes, answer };
        if question.meters && reply.answer.as_object_mut().and_then(|answer| answer.remove(METERED)).is_some()
        {
            reply.rewrite();
        }
        Some(reply)
    }

    /// The error `kind` with `message`, as DynamoDB would give it.
    pub(super) fn error(status: u16, kind: &str, message: &str) -> Self {
        Self::forged(status, exception(kind, message))
    }

    /// Adds a conflict at the item `at` to a cancelled transaction; leaves any other answer as it is.
    pub(super) fn with_conflict(mut self, at: usize) -> Self {
        if let Some(reasons) = self.answer["CancellationReasons"].as_array() {
            let mut reasons = reasons.clone();
            if let Some(reason) = reasons.get_mut(at) {
                *reason = ongoing();
            }
            self.answer = cancelled(&reasons);
            self.rewrite();
        }
        self
    }

    /// Adds what another batch of reads found.
    pub(super) fn with_rows_of(mut self, other: Self) -> Self {
        if let (Some(rows), Value::Object(others)) =
            (self.answer["Responses"].as_object_mut(), &other.answer["Responses"])
        {
            rows.extend(others.clone());
        }
        self.units.extend(other.units);
        self.rewrite();
        self
    }

    /// Takes the rows of `table` out of the answer to a batch of reads, as if DynamoDB had been too busy to read them.
    pub(super) fn without_rows_of(mut self, table: &str, question: &Question) -> Self {
        if let Some(rows) = self.answer["Responses"].as_object_mut() {
            rows.remove(table);
            self.answer["UnprocessedKeys"] = json!({ table: question.body["RequestItems"][table] });
            self.rewrite();
        }
        self
    }

    /// An answer that DynamoDB did not give.
    pub(super) fn forged(status: u16, answer: Value) -> Self {
        let mut response = Response::new(());
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-amz-json-1.0"));
        headers.insert("x-amzn-requestid", HeaderValue::from_static("forged-by-the-proxy"));
        let (parts, ()) = response.into_parts();
        let bytes = answer.to_string().into();
        Self { parts, bytes, answer, units: BTreeMap::new() }
    }

    /// Brings the bytes in line with the changed answer; the checksum was of the old ones.
    fn rewrite(&mut self) {
        self.bytes = self.answer.to_string().into();
        self.parts.headers.remove(CHECKSUM);
    }

    /// What it says.
    pub(super) fn outcome(&self) -> Outcome {
        Outcome::of(self.parts.status.as_u16(), &self.answer)
    }

    /// The response for the client.
    pub(super) fn into_response(mut self) -> Response<Full<Bytes>> {
        without_hops(&mut self.parts.headers);
        Response::from_parts(self.parts, Full::new(self.bytes))
    }
}

/// `ConsumedCapacity` is one object, or an array with one per table.
fn units(consumed: &Value) -> BTreeMap<String, f64> {
    let each = consumed.as_array().map_or(std::slice::from_ref(consumed), Vec::as_slice);
    let mut units = BTreeMap::new();
    for table in each {
        if let (Some(name), Some(consumed)) = (table["TableName"].as_str(), table["CapacityUnits"].as_f64()) {
            *units.entry(name.to_owned()).or_default() += consumed;
        }
    }
    units
}

fn namespaced(kind: &str) -> String {
    match kind {
        "ThrottlingException" => format!("com.amazon.coral.availability#{kind}"),
        _ => format!("com.amazonaws.dynamodb.v20120810#{kind}"),
    }
}

fn exception(kind: &str, message: &str) -> Value {
    json!({ "__type": namespaced(kind), "message": message })
}

/// The rejection of a write of one item that a transaction holds.
pub(super) fn conflict_exception() -> Value {
    exception("TransactionConflictException", "Transaction is ongoing for the item")
}

/// The rejection of a transaction whose client request token is that of one under way.
pub(super) fn in_progress_exception() -> Value {
    let message = "The transaction with the given request token is already in progress";
    exception("TransactionInProgressException", message)
}

/// The cancellation of a transaction, given for each of its items whether it met another transaction there.
pub(super) fn cancelled_by_conflict(met: impl IntoIterator<Item = bool>) -> Value {
    let reason = |is_met| if is_met { ongoing() } else { json!({ "Code": "None" }) };
    let reasons: Vec<_> = met.into_iter().map(reason).collect();
    cancelled(&reasons)
}

fn ongoing() -> Value {
    json!({ "Code": "TransactionConflict", "Message": "Transaction is ongoing for the item" })
}

fn cancelled(reasons: &[Value]) -> Value {
    let codes: Vec<_> = reasons.iter().filter_map(|reason| reason["Code"].as_str()).collect();
    let codes = codes.join(", ");
    json!({
        "__type": namespaced("TransactionCanceledException"),
        "Message": format!("Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"),
        "CancellationReasons": reasons,
    })
}
