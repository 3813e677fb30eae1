//! Mutants of the service's writes: one place of one kind of write is another one than the service sends.
//!
//! What a condition or an update of DynamoDB says is text, which no compiler reads and no tool for mutants of Rust changes. So the
//! proxy changes it on the way, where the journeys cannot tell it from a service that is wrong: [`NAME`] in the
//! environment of the tests names one mutant, and then each write of its kind is forwarded so. A write of a test's own is of no
//! kind. Without the variable nothing is changed, and nothing looked at.

mod edit;
mod expression;
#[cfg(test)]
mod tests;
mod write;

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::{LazyLock, Mutex, PoisonError};

use serde_json::Value;

use super::call::Operation;

pub use write::{WRITES, Write};

use edit::{Edit, edits};
use write::actions_mut;

/// The variable that names a mutant.
pub const NAME: &str = "COUNTERSIGN_WIRE_MUTANT";

/// The variable that names a file, to which the kinds of writes are added that the process has sent, one a line.
pub const RECORD: &str = "COUNTERSIGN_WIRE_RECORD";

/// A mutant.
#[derive(Clone, Debug)]
pub struct Mutant {
    /// Its name: that of the write and, after a colon, what is changed.
    pub name: String,
    /// The kind of write.
    pub write: &'static Write,
    edit: Edit,
}

impl Mutant {
    /// All mutants, by write: first those of conditions, then those of updates and items.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let of_write = |write: &'static Write| {
            edits(write).into_iter().map(move |(words, edit)| {
                let name = format!("{}: {words}", write.name);
                Self { name, write, edit }
            })
        };
        WRITES.iter().flat_map(of_write).collect()
    }

    /// The body of a call as the mutant sends it; nothing for a call that it leaves as it is.
    pub(super) fn of_call(&self, operation: &Operation, body: &Value) -> Option<Value> {
        let mut changed = body.clone();
        for (action, body) in actions_mut(operation, &mut changed) {
            if self.write.is_of(&action, body) {
                self.edit.apply(body);
            }
        }
        (changed != *body).then_some(changed)
    }
}

#[expect(clippy::disallowed_methods, reason = "it is not the service that is set so, but its tests")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The mutant that the environment names, if it does.
pub(super) fn given() -> Option<&'static Mutant> {
    static GIVEN: LazyLock<Option<Mutant>> = LazyLock::new(|| {
        let name = variable(NAME)?;
        let found = Mutant::all().into_iter().find(|mutant| mutant.name == name);
        Some(found.unwrap_or_else(|| panic!("{NAME}: there is no mutant {name:?}")))
    });
    GIVEN.as_ref()
}

/// Records the kinds of writes in a call, if the environment says where.
pub(super) fn record(operation: &Operation, body: &Value) {
    static FILE: LazyLock<Option<PathBuf>> = LazyLock::new(|| variable(RECORD).map(PathBuf::from));
    static SEEN: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let Some(file) = &*FILE else { return };
    let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    for sent in Write::of_call(operation, body) {
        let Some(known) = WRITES.iter().find(|write| write.is_like(&sent)) else { continue };
        if seen.insert(&known.name) {
            let mut file = OpenOptions::new().create(true).append(true).open(file).expect("a record");
            writeln!(file, "{}", known.name).expect("a record");
        }
    }
}
