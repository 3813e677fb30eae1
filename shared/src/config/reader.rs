//! The reading of settings one by one, which takes note of every fault.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use thiserror::Error;
use zeroize::Zeroizing;

use super::secret_arn;
use crate::secrets::Sourced;

/// Settings that are missing, empty or malformed: all of them, each with what it should be. No value is shown,
/// since some are secret.
#[derive(Error)]
#[error("the settings are wrong: {}", .0.iter().map(|(name, fault)| format!("{name} {fault}")).collect::<Vec<_>>().join("; "))]
pub struct InvalidSettings(BTreeMap<&'static str, String>);

/// The same words: a `main` that ends with an error shows its `Debug`, and that is what the operator reads.
impl fmt::Debug for InvalidSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Reads settings one by one and takes note of every fault.
pub(super) struct SettingsReader<L> {
    pub(super) lookup: L,
    pub(super) faults: BTreeMap<&'static str, String>,
}

impl<L: Fn(&str) -> Option<String>> SettingsReader<L> {
    pub(super) fn of(lookup: L) -> Self {
        Self { lookup, faults: BTreeMap::new() }
    }

    pub(super) fn finish<T>(self, all: Option<T>) -> Result<T, InvalidSettings> {
        match all {
            Some(all) if self.faults.is_empty() => Ok(all),
            _ => Err(InvalidSettings(self.faults)),
        }
    }

    pub(super) fn required<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        if (self.lookup)(name).is_none() {
            self.faults.insert(name, "is not set".to_owned());
        }
        self.optional(name, parse)
    }

    pub(super) fn optional<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let value = Zeroizing::new((self.lookup)(name)?);
        let parsed = if value.is_empty() { Err("is empty".to_owned()) } else { parse(&value) };
        parsed.map_err(|fault| self.faults.insert(name, fault)).ok()
    }

    /// Reads what switches a part of the service on: left empty it is off, as if it were not set.
    pub(super) fn switch<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let empty = (self.lookup)(name).is_some_and(|value| value.is_empty());
        if empty { None } else { self.optional(name, parse) }
    }

    /// Reads a value that stands in one variable itself, or in the secret that the other one names.
    pub(super) fn sourced<T>(
        &mut self,
        value: &'static str,
        arn: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<Sourced<T>> {
        match ((self.lookup)(value), (self.lookup)(arn)) {
            (Some(_), Some(_)) => {
                self.faults.insert(arn, format!("is set, and so is {value}: set one of them"));
                None
            }
            (None, Some(_)) => self.optional(arn, secret_arn).map(Sourced::Secret),
            (_, None) => self.required(value, parse).map(Sourced::Given),
        }
    }

    pub(super) fn text(&mut self, name: &'static str) -> Option<String> {
        self.required(name, |text| Ok(text.to_owned()))
    }

    pub(super) fn number<T>(&mut self, name: &'static str, range: RangeInclusive<T>, default: T) -> T
    where
        T: FromStr + PartialOrd + fmt::Display,
    {
        let parse = |text: &str| {
            let number = text.parse().ok().filter(|number| range.contains(number));
            number.ok_or_else(|| format!("must be a whole number from {} to {}", range.start(), range.end()))
        };
        self.optional(name, parse).unwrap_or(default)
    }
}
