//! The three tables, in memory.

use std::future::ready;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::Client;
use dynoxide::Database;
use serde_json::{Value, json};
use tests::proxy::Operation;
use tests::within::{self, TABLES, read};

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
        Arc::new(Self { database: Mutex::new(within::database()), changed: AtomicBool::new(false) })
    }

    /// Returns a client of them.
    #[must_use]
    pub fn client(self: &Arc<Self>) -> Client {
        let tables = Arc::clone(self);
        let answer = move |operation, body| ready(Some(tables.answer(&operation, &body)));
        Client::from_conf(within::client(answer).build())
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

    fn answer(&self, operation: &Operation, body: &Value) -> (u16, String) {
        if !matches!(operation, Operation::GetItem | Operation::BatchGetItem) {
            self.changed.store(true, Ordering::Relaxed);
        }
        let (status, answer) = self.with(|database| within::carry_out(database, operation, body));
        (status, answer.to_string())
    }
}
