//! Items that transactions hold. DynamoDB refuses whoever meets one meanwhile; the embedded one never does.
//!
//! AWS documents under "Transaction conflict handling in DynamoDB" who meets whom: a transaction is cancelled at an item
//! of another transaction that writes, a write of one item is rejected there, and a read of one item passes. Two writes
//! of one item each never meet. For the SDK none of these errors is one to repeat.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value};

use super::call::Operation;
use super::wire::{cancelled_by_conflict, conflict_exception, in_progress_exception};

/// The items that transactions hold now.
#[derive(Clone, Debug, Default)]
pub struct Contention(Arc<Mutex<Ledger>>);

#[derive(Debug, Default)]
struct Ledger {
    /// The key attributes of each table.
    keys: HashMap<String, Vec<String>>,
    held: HashSet<Item>,
    tokens: HashSet<String>,
}

/// A table's name and a key in it.
type Item = (String, Value);

/// The items of one transaction, held until this is dropped.
#[derive(Debug)]
#[must_use = "dropping it lets the items go"]
pub struct Held {
    contention: Contention,
    items: Vec<Item>,
    token: Option<String>,
}

impl Contention {
    /// Learns the key of a table from the body of the `CreateTable` that made it: a put names no key.
    pub fn learn(&self, create_table: &Value) {
        let Some(table) = create_table["TableName"].as_str() else { return };
        let schema = create_table["KeySchema"].as_array().into_iter().flatten();
        let names = schema.filter_map(|part| part["AttributeName"].as_str()).map(str::to_owned);
        self.lock().keys.insert(table.to_owned(), names.collect());
    }

    /// Begins an operation: holds the items of a transaction that writes, and nothing for any other operation.
    ///
    /// # Errors
    /// The body of the answer, of status 400, where it meets an item that is held.
    ///
    /// # Panics
    /// For a put into a table whose key it has not learned.
    pub fn begin(&self, operation: &Operation, body: &Value) -> Result<Option<Held>, Value> {
        let mut ledger = self.lock();
        match operation {
            Operation::TransactWriteItems => {
                let token = body["ClientRequestToken"].as_str().map(str::to_owned);
                if token.as_ref().is_some_and(|token| ledger.tokens.contains(token)) {
                    return Err(in_progress_exception());
                }
                let items = ledger.of_transaction(body);
                ledger.cancel_if_met(&items)?;
                ledger.held.extend(items.iter().cloned());
                ledger.tokens.extend(token.clone());
                Ok(Some(Held { contention: self.clone(), items, token }))
            }
            Operation::TransactGetItems => {
                let items = ledger.of_transaction(body);
                ledger.cancel_if_met(&items).map(|()| None)
            }
            Operation::PutItem | Operation::UpdateItem | Operation::DeleteItem => {
                let is_met = ledger.held.contains(&ledger.item(body));
                if is_met { Err(conflict_exception()) } else { Ok(None) }
            }
            _ => Ok(None),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Ledger> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ledger {
    /// The items of a transaction, in its order.
    fn of_transaction(&self, body: &Value) -> Vec<Item> {
        let items = body["TransactItems"].as_array().into_iter().flatten();
        let actions = items.filter_map(Value::as_object).flat_map(Map::values);
        actions.map(|action| self.item(action)).collect()
    }

    /// The item that an action is on: by its `Key`, or by the key within the `Item` that it puts.
    fn item(&self, action: &Value) -> Item {
        let table = action["TableName"].as_str().unwrap_or_default();
        let key = action.get("Key").cloned().unwrap_or_else(|| {
            let names =
                self.keys.get(table).unwrap_or_else(|| panic!("no key of the table {table} is known"));
            names.iter().map(|name| (name.clone(), action["Item"][name].clone())).collect()
        });
        (table.to_owned(), key)
    }

    fn cancel_if_met(&self, items: &[Item]) -> Result<(), Value> {
        let met: Vec<_> = items.iter().map(|item| self.held.contains(item)).collect();
        if met.contains(&true) { Err(cancelled_by_conflict(met)) } else { Ok(()) }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut ledger = self.contention.lock();
        for item in &self.items {
            ledger.held.remove(item);
        }
        if let Some(token) = &self.token {
            ledger.tokens.remove(token);
        }
    }
}
