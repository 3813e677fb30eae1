//! The rows of the tables as a value, and what DynamoDB makes of it: the embedded database carries out each operation on
//! the rows that it is given, and nothing of it remains.
//!
//! What it guarantees is what DynamoDB does: a write of one item is atomic, a transaction is atomic and isolated, a
//! consistent read sees what was written before, a batch of reads is no snapshot, and a transaction that is repeated with
//! its client request token is not carried out twice.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use dynoxide::Database;
use serde_json::{Value, json};

use super::process::{Point, Reply};
use crate::proxy::Operation;
use crate::within::{self, TABLES, read};

/// The rows of all tables, and the transactions that need not be carried out again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Rows {
    /// By table and key; each as DynamoDB's JSON.
    rows: BTreeMap<(&'static str, String), Value>,
    /// The client request tokens of the transactions that were written.
    tokens: BTreeSet<String>,
}

impl Rows {
    /// Returns the row of `table` with this key; null where there is none.
    #[must_use]
    pub(super) fn get(&self, table: &'static str, key: &str) -> &Value {
        self.rows.get(&(table, json!({ "S": key }).to_string())).unwrap_or(&Value::Null)
    }

    /// Returns all rows of `table`.
    pub(super) fn of(&self, table: &'static str) -> impl Iterator<Item = &Value> {
        self.rows.iter().filter(move |((of, _), _)| *of == table).map(|(_, row)| row)
    }
}

/// The rows at some time, by number: the same rows have the same one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Version(usize);

/// The part of a request that is carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Part {
    /// All of it.
    Whole,
    /// Of a batch of reads, what is of this table.
    Only(&'static str),
    /// Of a batch of reads, what is not.
    Without(&'static str),
}

/// Carries out operations, each once.
pub(super) struct Engine {
    database: Database,
    /// What the database holds.
    loaded: BTreeMap<(&'static str, String), Value>,
    versions: Vec<Arc<Rows>>,
    numbers: HashMap<Arc<Rows>, Version>,
    done: HashMap<(Version, Point, Part), (Version, Reply)>,
}

impl Engine {
    /// The version without any rows.
    pub(super) const EMPTY: Version = Version(0);

    /// Makes the tables.
    ///
    /// # Panics
    /// When the database fails.
    #[must_use]
    pub(super) fn new() -> Self {
        let mut engine = Self {
            database: within::database(),
            loaded: BTreeMap::new(),
            versions: Vec::new(),
            numbers: HashMap::new(),
            done: HashMap::new(),
        };
        engine.version(Rows::default());
        engine
    }

    /// Returns the rows of a version.
    #[must_use]
    pub(super) fn rows(&self, version: Version) -> Arc<Rows> {
        Arc::clone(&self.versions[version.0])
    }

    fn version(&mut self, rows: Rows) -> Version {
        if let Some(version) = self.numbers.get(&rows) {
            return *version;
        }
        let (rows, version) = (Arc::new(rows), Version(self.versions.len()));
        self.versions.push(Arc::clone(&rows));
        self.numbers.insert(rows, version);
        version
    }

    /// Returns the rows after a part of what the process at `point` asks, and the answer to it.
    pub(super) fn carry_out(
        &mut self,
        version: Version,
        point: Point,
        part: Part,
        asks: (&Operation, &Value),
    ) -> (Version, Reply) {
        if let Some(done) = self.done.get(&(version, point, part)) {
            return done.clone();
        }
        let (operation, body) = asks;
        let mut body = body.clone();
        if let Some(tables) = body["RequestItems"].as_object_mut() {
            tables.retain(|table, _| match part {
                Part::Whole => true,
                Part::Only(only) => table == only,
                Part::Without(other) => table != other,
            });
        }
        let rows = self.rows(version);
        let (rows, reply) = self.carry_out_anew(&rows, operation, &body);
        let done = (self.version(rows), reply);
        self.done.insert((version, point, part), done.clone());
        done
    }

    fn carry_out_anew(&mut self, rows: &Rows, operation: &Operation, body: &Value) -> (Rows, Reply) {
        let mut body = body.clone();
        let token = body.as_object_mut().and_then(|body| body.remove("ClientRequestToken"));
        let token = token.map(|token| token.as_str().expect("a text").to_owned());
        if token.as_ref().is_some_and(|token| rows.tokens.contains(token)) {
            return (rows.clone(), Reply::Answered(200, "{}".to_owned()));
        }
        self.load(rows);
        let (status, answer) = within::carry_out(&self.database, operation, &body);
        let is_read = matches!(operation, Operation::GetItem | Operation::BatchGetItem);
        let mut after = rows.clone();
        if status == 200 && !is_read {
            self.loaded = self.all();
            after.rows.clone_from(&self.loaded);
            after.tokens.extend(token);
        }
        (after, Reply::Answered(status, answer.to_string()))
    }

    /// Has the database hold these rows and no others.
    fn load(&mut self, rows: &Rows) {
        for ((table, key), row) in &self.loaded {
            if !rows.rows.contains_key(&(*table, key.clone())) {
                let (_, name, _) = TABLES.into_iter().find(|(name, ..)| name == table).expect("a table");
                let delete = json!({ "TableName": table, "Key": { name: row[name] } });
                self.database.delete_item(read(&delete)).expect("a delete");
            }
        }
        for (place, row) in &rows.rows {
            if self.loaded.get(place) != Some(row) {
                self.database.put_item(read(&json!({ "TableName": place.0, "Item": row }))).expect("a put");
            }
        }
        self.loaded.clone_from(&rows.rows);
    }

    /// Returns all rows of the database.
    fn all(&self) -> BTreeMap<(&'static str, String), Value> {
        let mut all = BTreeMap::new();
        for (table, key, _) in TABLES {
            let found = self.database.scan(read(&json!({ "TableName": table }))).expect("a scan");
            let Value::Object(mut found) = serde_json::to_value(&found).expect("JSON") else { continue };
            if let Some(Value::Array(rows)) = found.remove("Items") {
                all.extend(rows.into_iter().map(|row| ((table, row[key].to_string()), row)));
            }
        }
        all
    }
}
