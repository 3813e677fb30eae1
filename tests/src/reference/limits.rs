//! What is counted per phone, address and day.

use std::collections::BTreeMap;

use super::{DAY, HOUR, Numbers, User};

/// The counters, each with its window.
#[derive(Clone, Debug, Default)]
pub(super) struct Limits {
    counts: BTreeMap<(Counted, i64), u32>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Counted {
    /// The phone of a VERIFIED user, by day.
    Phone(String),
    /// The phone of a signup or PENDING user, by day.
    SignupPhone(String),
    /// The phone that an unknown name has instead, by day.
    PhoneOfNobody(String),
    /// The address, by hour.
    Address(String),
    /// A dollar for VERIFIED users, by day.
    Dollars,
    /// A dollar for signups and PENDING users, by day.
    SignupDollars,
}

/// Who is to be sent a code.
#[derive(Clone, Copy, Debug)]
pub(super) enum To<'a> {
    /// A VERIFIED user with this phone.
    Verified(&'a str),
    /// A PENDING user, or one who signs up, with this phone.
    Pending(&'a str),
    /// Nobody who is known by this name.
    Nobody(&'a str),
}

impl<'a> To<'a> {
    pub(super) fn of(user: Option<&'a User>, username: &'a str) -> Self {
        match user {
            Some(user) if user.verified => Self::Verified(&user.details.phone),
            Some(user) => Self::Pending(&user.details.phone),
            None => Self::Nobody(username),
        }
    }

    fn phone(self, numbers: &Numbers) -> (Counted, u32) {
        match self {
            Self::Verified(phone) => (Counted::Phone(phone.to_owned()), numbers.codes_per_phone),
            Self::Pending(phone) => (Counted::SignupPhone(phone.to_owned()), numbers.signup_codes_per_phone),
            Self::Nobody(name) => (Counted::PhoneOfNobody(name.to_owned()), numbers.codes_per_phone),
        }
    }

    fn pot(self, numbers: &Numbers) -> (Counted, u32) {
        // Of a text that costs a dollar, no part is sent.
        let whole = |percent| numbers.dollars * percent / 100;
        match self {
            Self::Verified(_) | Self::Nobody(_) => (Counted::Dollars, whole(numbers.verified_percent)),
            Self::Pending(_) => (Counted::SignupDollars, whole(100 - numbers.verified_percent)),
        }
    }
}

impl Limits {
    /// The seconds to wait, if the phone has had all codes of its day.
    pub(super) fn phone_is_full(&self, to: To<'_>, numbers: &Numbers, now: i64) -> Option<i64> {
        let (phone, cap) = to.phone(numbers);
        (self.count(phone, DAY, now) >= cap).then(|| until_next(DAY, now))
    }

    /// The seconds to wait, if the address has had all codes of its hour.
    pub(super) fn address_is_full(&self, address: &str, numbers: &Numbers, now: i64) -> Option<i64> {
        let cap = numbers.codes_per_address;
        let full = cap > 0 && self.count(Counted::Address(address.to_owned()), HOUR, now) >= cap;
        full.then(|| until_next(HOUR, now))
    }

    /// The seconds to wait, if no text more can be paid for today.
    pub(super) fn budget_is_spent(&self, to: To<'_>, numbers: &Numbers, now: i64) -> Option<i64> {
        let (pot, dollars) = to.pot(numbers);
        let spent = numbers.dollars > 0 && self.count(pot, DAY, now) >= dollars;
        spent.then(|| until_next(DAY, now))
    }

    /// Counts a code.
    pub(super) fn count_code(&mut self, to: To<'_>, address: &str, numbers: &Numbers, now: i64) {
        self.add(to.phone(numbers).0, DAY, now);
        self.count_at(address, now);
        match to {
            To::Verified(_) | To::Pending(_) => self.add(to.pot(numbers).0, DAY, now),
            // No text, no money.
            To::Nobody(_) => {}
        }
    }

    /// Counts a code, or a look at a name, at the address.
    pub(super) fn count_at(&mut self, address: &str, now: i64) {
        self.add(Counted::Address(address.to_owned()), HOUR, now);
    }

    fn count(&self, counted: Counted, window: i64, now: i64) -> u32 {
        self.counts.get(&(counted, now / window)).copied().unwrap_or_default()
    }

    fn add(&mut self, counted: Counted, window: i64, now: i64) {
        *self.counts.entry((counted, now / window)).or_default() += 1;
    }
}

/// Seconds until the clock begins its next hour or UTC day.
fn until_next(window: i64, now: i64) -> i64 {
    window - now % window
}
