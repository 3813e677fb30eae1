//! The members of a request's JSON object, read one by one, so that every broken one can be named at once.

#[cfg(test)]
mod tests;

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::Value;

use crate::domain::field::{Rule, Violation};
use crate::domain::idempotency::IdempotencyKey;
use crate::error::{Error, FieldViolation};

/// The longest part of an unknown member's name that an answer repeats, in characters.
const LONGEST_NAME: usize = 64;

/// The rest of a request's object, and the faults of the members read so far.
///
/// Each member is taken out as it is read; [`Fields::finish`] refuses whatever is left.
pub struct Fields {
    members: Vec<(String, Value)>,
    key: Option<Vec<u8>>,
    broken: Vec<FieldViolation>,
}

impl Fields {
    /// Parses the object that is all of `body`, and keeps the idempotency key that came with it.
    ///
    /// # Errors
    /// [`Error::Malformed`] when the body is not one JSON object, or has a member twice.
    pub(super) fn of(body: &[u8], key: Option<Vec<u8>>) -> Result<Self, Error> {
        let Object(members) = serde_json::from_slice(body).map_err(|_| {
            Error::Malformed("The body must be one JSON object in which no key occurs twice.")
        })?;
        Ok(Self { members, key, broken: Vec::new() })
    }

    /// Reads a string that must be there. `None` means that it is broken, and will be named.
    pub fn required<T>(&mut self, name: &str, parse: impl FnOnce(&str) -> Result<T, Violation>) -> Option<T> {
        let Some(value) = self.take(name) else {
            self.broken.push(FieldViolation::new(name, Rule::Required, "This field is required."));
            return None;
        };
        self.string(name, &value, parse)
    }

    /// Reads a string that may be absent. `None` means that it is, or that it is broken and will be named.
    pub fn optional<T>(&mut self, name: &str, parse: impl FnOnce(&str) -> Result<T, Violation>) -> Option<T> {
        let value = self.take(name)?;
        self.string(name, &value, parse)
    }

    /// Reads the `Idempotency-Key` header. `None` means that there is none, or that it is broken and will be
    /// named.
    pub fn idempotency_key(&mut self) -> Option<IdempotencyKey> {
        let key = self.key.take()?;
        self.keep("Idempotency-Key", IdempotencyKey::parse(&key))
    }

    /// Returns a string as the client wrote it, without taking it: some rules look at other fields.
    #[must_use]
    pub fn peek(&self, name: &str) -> &str {
        let member = self.members.iter().find(|(member, _)| member == name);
        member.and_then(|(_, value)| value.as_str()).unwrap_or_default()
    }

    /// Hands over `all` that was read, if nothing is broken and nothing is left.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every broken and every unknown member.
    pub fn finish<T>(mut self, all: Option<T>) -> Result<T, Error> {
        for (name, _) in &self.members {
            let name: String = name.chars().take(LONGEST_NAME).collect();
            self.broken.push(FieldViolation::new(&name, Rule::Unknown, "This call has no such field."));
        }
        match all {
            Some(all) if self.broken.is_empty() => Ok(all),
            _ => Err(Error::Invalid(self.broken)),
        }
    }

    fn take(&mut self, name: &str) -> Option<Value> {
        let at = self.members.iter().position(|(member, _)| member == name)?;
        Some(self.members.swap_remove(at).1)
    }

    fn string<T>(
        &mut self,
        name: &str,
        value: &Value,
        parse: impl FnOnce(&str) -> Result<T, Violation>,
    ) -> Option<T> {
        let parsed = match value {
            Value::String(text) => parse(text),
            _ => Err(Violation::new(Rule::Type, "This field is a string.")),
        };
        self.keep(name, parsed)
    }

    fn keep<T>(&mut self, name: &str, parsed: Result<T, Violation>) -> Option<T> {
        match parsed {
            Ok(value) => Some(value),
            Err(broken) => {
                self.broken.push(FieldViolation { field: name.to_owned(), broken });
                None
            }
        }
    }
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fields").field("members", &self.members.len()).finish_non_exhaustive()
    }
}

/// A JSON object with its members in order, none of them twice.
struct Object(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut members: Vec<(String, Value)> = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    if members.iter().any(|(member, _)| *member == name) {
                        return Err(A::Error::custom("a key occurs twice"));
                    }
                    members.push((name, value));
                }
                Ok(Object(members))
            }
        }

        deserializer.deserialize_map(Members)
    }
}
