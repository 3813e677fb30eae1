//! The three tables, in memory.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::Client;
use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::connector;

/// Each table, with its key and the type of that.
const TABLES: [(&str, &str, &str); 3] =
    [("users", "username", "S"), ("otps", "username", "S"), ("limits", "key", "B")];

/// The tables.
pub struct Tables {
    database: Mutex<Database>,
    /// True once something may have been written.
    changed: AtomicBool,
}

/// A table's name, and an item of it.
pub type Row = (&'static str, Value);

impl Tables {
    /// Makes them, without an item.
    #[must_use]
    pub fn empty() -> Arc<Self> {
        Arc::new(Self { database: Mutex::new(database()), changed: AtomicBool::new(false) })
    }

    /// Returns a client of them.
    #[must_use]
    pub fn client(self: &Arc<Self>) -> Client {
        let tables = Arc::clone(self);
        connector::client(move |operation, body| {
            let (status, answer) = tables.answer(operation, body);
            (status, answer.into())
        })
    }

    /// Returns all items.
    #[must_use]
    pub fn rows(&self) -> Vec<Row> {
        let rows = TABLES.iter().flat_map(|(table, _, _)| {
            let found = self.with(|database| database.scan(read(&json!({ "TableName": table }))));
            let found = serde_json::to_value(found.expect("a scan")).expect("JSON");
            let items = found["Items"].as_array().cloned().unwrap_or_default();
            items.into_iter().map(|item| (*table, item))
        });
        rows.collect()
    }

    /// Has the tables hold these items and no others. Does nothing where nothing was written since.
    pub fn restore(&self, rows: &[Row]) {
        if !self.changed.swap(false, Ordering::Relaxed) {
            return;
        }
        let held = self.rows();
        self.with(|database| {
            for (table, item) in held.iter().filter(|row| !rows.contains(row)) {
                let (_, key, _) =
                    TABLES.iter().find(|(name, _, _)| name == table).expect("one of the tables");
                let delete = json!({ "TableName": table, "Key": { *key: item[*key] } });
                database.delete_item(read(&delete)).expect("a delete");
            }
            for (table, item) in rows.iter().filter(|row| !held.contains(row)) {
                database.put_item(read(&json!({ "TableName": table, "Item": item }))).expect("a put");
            }
        });
    }

    fn with<T>(&self, run: impl FnOnce(&Database) -> T) -> T {
        run(&self.database.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn answer(&self, operation: &str, body: &[u8]) -> (u16, String) {
        let body: Value = serde_json::from_slice(body).expect("the SDK's JSON");
        self.with(|database| match operation {
            "GetItem" => written(database.get_item(read(&body))),
            "BatchGetItem" => written(database.batch_get_item(read(&body))),
            other => {
                self.changed.store(true, Ordering::Relaxed);
                match other {
                    "UpdateItem" => written(database.update_item(read(&body))),
                    "TransactWriteItems" => written(database.transact_write_items(read(&body))),
                    _ => panic!("no function asks for {other}"),
                }
            }
        })
    }
}

fn database() -> Database {
    let database = Database::memory().expect("a database");
    for (table, key, kind) in TABLES {
        let made = json!({
            "TableName": table, "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{ "AttributeName": key, "AttributeType": kind }],
            "KeySchema": [{ "AttributeName": key, "KeyType": "HASH" }],
        });
        database.create_table(read(&made)).expect("a table");
    }
    database
}

fn read<T: DeserializeOwned>(body: &Value) -> T {
    T::deserialize(body).expect("a request")
}

fn written(done: Result<impl Serialize, DynoxideError>) -> (u16, String) {
    match done {
        Ok(answer) => (200, serde_json::to_string(&answer).expect("JSON")),
        Err(error) => (error.status_code(), error.to_json()),
    }
}
