//! Attributes of items, written and read.

use std::collections::HashMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use thiserror::Error;

use crate::domain::account::AccountId;
use crate::domain::time::Timestamp;

/// An item as DynamoDB holds it.
pub(super) type Item = HashMap<String, AttributeValue>;

/// An item that we did not write so: an attribute is missing, or of another type or value.
#[derive(Debug, Error)]
#[error("malformed item: {0}")]
pub(super) struct Malformed(pub(super) &'static str);

pub(super) fn text(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

pub(super) fn number(number: impl Into<i64>) -> AttributeValue {
    AttributeValue::N(number.into().to_string())
}

/// A number of money or texts, which may be larger than a signed one.
pub(super) fn amount(amount: u64) -> AttributeValue {
    AttributeValue::N(amount.to_string())
}

pub(super) fn timestamp(at: Timestamp) -> AttributeValue {
    number(at.as_second())
}

pub(super) fn bytes(bytes: &[u8]) -> AttributeValue {
    AttributeValue::B(Blob::new(bytes))
}

pub(super) fn account(id: AccountId) -> AttributeValue {
    bytes(id.as_bytes())
}

/// Inserts an attribute that is there only where it is true.
pub(super) fn insert_flag(item: &mut Item, name: &str, is_set: bool) {
    if is_set {
        item.insert(name.to_owned(), AttributeValue::Bool(true));
    }
}

/// Reads attributes of one item; each error names the attribute.
pub(super) struct ItemReader<'a>(pub(super) &'a Item);

impl<'a> ItemReader<'a> {
    fn of_type<T>(
        &self,
        name: &'static str,
        read: impl FnOnce(&'a AttributeValue) -> Option<T>,
    ) -> Result<T, Malformed> {
        self.0.get(name).and_then(read).ok_or(Malformed(name))
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub(super) fn text(&self, name: &'static str) -> Result<&'a str, Malformed> {
        self.of_type(name, |value| value.as_s().ok().map(String::as_str))
    }

    /// Reads a value of an enum by its name.
    pub(super) fn named<T: std::str::FromStr>(&self, name: &'static str) -> Result<T, Malformed> {
        self.text(name)?.parse().map_err(|_| Malformed(name))
    }

    pub(super) fn number<T: std::str::FromStr>(&self, name: &'static str) -> Result<T, Malformed> {
        self.of_type(name, |value| value.as_n().ok()?.parse().ok())
    }

    /// Reads what [`amount`] wrote; nothing where there is none.
    pub(super) fn amount(&self, name: &str) -> Result<u64, Malformed> {
        let Some(value) = self.0.get(name) else { return Ok(0) };
        value.as_n().ok().and_then(|number| number.parse().ok()).ok_or(Malformed("a sum of the day"))
    }

    /// Reads a text that may be missing.
    pub(super) fn optional_text(&self, name: &'static str) -> Result<Option<&'a str>, Malformed> {
        if self.has(name) { self.text(name).map(Some) } else { Ok(None) }
    }

    pub(super) fn timestamp(&self, name: &'static str) -> Result<Timestamp, Malformed> {
        self.number(name).map(Timestamp::from_second)
    }

    pub(super) fn bytes<const N: usize>(&self, name: &'static str) -> Result<[u8; N], Malformed> {
        self.of_type(name, |value| value.as_b().ok()?.as_ref().try_into().ok())
    }

    pub(super) fn account(&self, name: &'static str) -> Result<AccountId, Malformed> {
        self.bytes(name).map(AccountId::from_bytes)
    }

    /// Reads what [`insert_flag`] inserted, or did not.
    pub(super) fn flag(&self, name: &'static str) -> Result<bool, Malformed> {
        if self.has(name) { self.of_type(name, |value| value.as_bool().ok().copied()) } else { Ok(false) }
    }

    pub(super) fn map(&self, name: &'static str) -> Result<ItemReader<'a>, Malformed> {
        self.of_type(name, |value| value.as_m().ok().map(ItemReader))
    }

    /// Reads a list of maps, each by `read`.
    pub(super) fn list<T>(
        &self,
        name: &'static str,
        read: impl Fn(ItemReader<'a>) -> Result<T, Malformed>,
    ) -> Result<Vec<T>, Malformed> {
        let values = self.of_type(name, |value| value.as_l().ok())?;
        values.iter().map(|value| read(ItemReader(value.as_m().map_err(|_| Malformed(name))?))).collect()
    }
}
