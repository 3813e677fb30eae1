//! What passed through the proxy: one record per call.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use super::fault::Fault;

/// An operation of DynamoDB; the data operations by name, all else under its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// Reads one item.
    GetItem,
    /// Writes one whole item.
    PutItem,
    /// Changes one item.
    UpdateItem,
    /// Deletes one item.
    DeleteItem,
    /// Reads the items of one partition.
    Query,
    /// Reads a table.
    Scan,
    /// Reads several items.
    BatchGetItem,
    /// Writes several items, each for itself.
    BatchWriteItem,
    /// Reads several items at one moment.
    TransactGetItems,
    /// Writes several items, all or none.
    TransactWriteItems,
    /// An operation on tables rather than items, such as `DescribeTable`.
    Other(String),
}

impl Operation {
    const DATA: [Self; 10] = [
        Self::GetItem,
        Self::PutItem,
        Self::UpdateItem,
        Self::DeleteItem,
        Self::Query,
        Self::Scan,
        Self::BatchGetItem,
        Self::BatchWriteItem,
        Self::TransactGetItems,
        Self::TransactWriteItems,
    ];

    /// Whether the operation reads or writes items, and so consumes capacity.
    #[must_use]
    pub fn is_on_data(&self) -> bool {
        !matches!(self, Self::Other(_))
    }

    /// The name as `x-amz-target` has it.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::GetItem => "GetItem",
            Self::PutItem => "PutItem",
            Self::UpdateItem => "UpdateItem",
            Self::DeleteItem => "DeleteItem",
            Self::Query => "Query",
            Self::Scan => "Scan",
            Self::BatchGetItem => "BatchGetItem",
            Self::BatchWriteItem => "BatchWriteItem",
            Self::TransactGetItems => "TransactGetItems",
            Self::TransactWriteItems => "TransactWriteItems",
            Self::Other(name) => name,
        }
    }
}

impl From<&str> for Operation {
    fn from(name: &str) -> Self {
        let known = Self::DATA.into_iter().find(|operation| operation.name() == name);
        known.unwrap_or_else(|| Self::Other(name.to_owned()))
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One call to DynamoDB, as it stood when the proxy was asked.
///
/// Its `Display` is the work it made, `TransactWriteItems otps 2 users 2`: the operation, each table and the units consumed
/// there, so that two lists of calls compare as text.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// What was asked.
    pub operation: Operation,
    /// The tables it names, each once, in order of first mention; those of a batch in the order of their names.
    pub tables: Vec<String>,
    /// The body as the client sent it; `null` if it was not JSON.
    pub body: Value,
    /// The fault it met.
    pub fault: Option<Fault>,
    /// The capacity units consumed, by table. Empty where DynamoDB reports none: for every error, a failed condition included.
    pub units: BTreeMap<String, f64>,
    /// What DynamoDB answered; `None` while it has not, and for a call that was never forwarded.
    pub applied: Option<Outcome>,
    /// What the client was answered; `None` while it was not, and for good if it hung up or was cut off.
    pub answered: Option<Outcome>,
}

impl Call {
    /// The units consumed in all tables.
    #[must_use]
    pub fn total_units(&self) -> f64 {
        self.units.values().sum()
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.operation.fmt(f)?;
        let mut tables: Vec<_> = self.tables.iter().collect();
        tables.sort();
        for table in tables {
            write!(f, " {table}")?;
            if let Some(units) = self.units.get(table) {
                write!(f, " {units}")?;
            }
        }
        Ok(())
    }
}

/// The status of an answer, and its error if it was one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The HTTP status.
    pub status: u16,
    /// The name of the exception, without its namespace: `ConditionalCheckFailedException`.
    pub error: Option<String>,
    /// The code of each item of a cancelled transaction: `None`, `ConditionalCheckFailed`, `TransactionConflict`.
    pub reasons: Vec<String>,
}

impl Outcome {
    /// Reads the outcome off an answer.
    pub(super) fn of(status: u16, answer: &Value) -> Self {
        let error = answer["__type"].as_str().map(|name| name.rsplit('#').next().unwrap_or(name).to_owned());
        let reasons = answer["CancellationReasons"].as_array().into_iter().flatten();
        let reasons = reasons.map(|reason| reason["Code"].as_str().unwrap_or_default().to_owned()).collect();
        Self { status, error, reasons }
    }
}
