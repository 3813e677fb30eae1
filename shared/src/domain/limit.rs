//! What is counted besides a username's own codes: per phone, per source address, and in all.

use super::address::SourceNetwork;
use super::mac::{Mac, Pepper};
use super::phone::MobileNumber;
use super::policy::Policy;
use super::time::{DAY, HOUR, Timestamp};
use super::username::Username;

/// How many rows the day's budget is spread over: one row in every transaction would conflict.
pub const SHARDS: u32 = 16;

/// Whom a code is for, as the limits see it.
#[derive(Clone, Copy, Debug)]
pub enum Recipient<'a> {
    /// A phone, which will be texted.
    Phone(&'a MobileNumber),
    /// A username that nobody has: it counts a phone of its own, and no text is sent.
    Nobody(&'a Username),
}

/// One row of `limits`, and the most it may count.
#[derive(Clone, Debug)]
pub struct Counter {
    /// The row's key: a MAC, so that no phone or address stands in the table.
    pub key: Mac,
    /// The most it may count.
    pub cap: u32,
    /// When its window ends, and the row is of no more use.
    pub ends_at: Timestamp,
}

/// What storing a code counts, in the order in which the limits refuse.
#[derive(Clone, Debug)]
pub struct Quota {
    /// The phone's codes of the UTC day.
    pub phone: Counter,
    /// The source address's codes of the clock hour, unless that limit is off.
    pub address: Option<Counter>,
    /// The codes of the UTC day in all, unless that limit is off.
    pub budget: Option<Budget>,
}

/// The budget of a UTC day, in [`SHARDS`] rows.
#[derive(Clone, Debug)]
pub struct Budget {
    /// The rows that hold any room at all.
    pub shards: Vec<Counter>,
    /// Whether a text is paid for, or the room only looked at.
    pub spends: bool,
    /// When the day ends.
    pub ends_at: Timestamp,
}

impl Quota {
    /// What a code for `recipient`, asked for from `source`, counts at `now`.
    #[must_use]
    pub fn of(
        recipient: Recipient<'_>,
        source: SourceNetwork,
        pepper: &Pepper,
        policy: &Policy,
        now: Timestamp,
    ) -> Self {
        let day = Window::containing(now, DAY);
        let phone = match recipient {
            Recipient::Phone(number) => day.key(pepper, b"phone", number.as_str().as_bytes()),
            Recipient::Nobody(username) => day.key(pepper, b"nobody", username.as_str().as_bytes()),
        };
        Self {
            phone: Counter { key: phone, cap: policy.codes_per_phone_per_day, ends_at: day.ends_at },
            address: address(source, pepper, policy, now),
            budget: (policy.daily_sms_budget > 0).then(|| Budget {
                shards: (0..SHARDS)
                    .map(|shard| Counter {
                        key: day.key(pepper, b"budget", &shard.to_be_bytes()),
                        cap: shard_capacity(policy.daily_sms_budget, shard),
                        ends_at: day.ends_at,
                    })
                    .filter(|shard| shard.cap > 0)
                    .collect(),
                spends: matches!(recipient, Recipient::Phone(_)),
                ends_at: day.ends_at,
            }),
        }
    }
}

/// The counter of a source address, unless that limit is off.
#[must_use]
pub fn address(source: SourceNetwork, pepper: &Pepper, policy: &Policy, now: Timestamp) -> Option<Counter> {
    let hour = Window::containing(now, HOUR);
    (policy.codes_per_address_per_hour > 0).then(|| Counter {
        key: hour.key(pepper, b"address", source.as_bytes()),
        cap: policy.codes_per_address_per_hour,
        ends_at: hour.ends_at,
    })
}

/// Codes that shard `shard` of a budget of `budget` holds; over all shards they add up to the budget.
const fn shard_capacity(budget: u32, shard: u32) -> u32 {
    let even = budget / SHARDS;
    if shard < budget % SHARDS { even + 1 } else { even }
}

/// A day or hour of the clock.
struct Window {
    starts_at: Timestamp,
    ends_at: Timestamp,
}

impl Window {
    fn containing(now: Timestamp, seconds: i64) -> Self {
        let starts_at = Timestamp::from_second(now.as_second() - now.as_second().rem_euclid(seconds));
        Self { starts_at, ends_at: starts_at.plus(seconds) }
    }

    fn key(&self, pepper: &Pepper, kind: &[u8], value: &[u8]) -> Mac {
        pepper.mac(&[kind, value, &self.starts_at.as_second().to_be_bytes()])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::phone::Regions;

    proptest! {
        #[test]
        fn the_shards_hold_the_budget_exactly(budget: u32) {
            let held: u64 = (0..SHARDS).map(|shard| u64::from(shard_capacity(budget, shard))).sum();
            prop_assert_eq!(held, u64::from(budget));
        }
    }

    fn quota(recipient: Recipient<'_>, policy: &Policy, now: i64) -> Quota {
        let pepper = Pepper::from_bytes(vec![1; 32]).unwrap();
        let source = SourceNetwork::of("192.0.2.1".parse().unwrap());
        Quota::of(recipient, source, &pepper, policy, Timestamp::from_second(now))
    }

    #[test]
    fn windows_are_days_and_hours_of_the_clock() {
        let ada = Username::parse("ada").unwrap();
        let at = |now| quota(Recipient::Nobody(&ada), &Policy::default(), now);
        let (one, later, next) = (at(0), at(DAY - 1), at(DAY));
        assert_eq!(one.phone.key.0, later.phone.key.0);
        assert_ne!(one.phone.key.0, next.phone.key.0);
        assert_eq!(one.phone.ends_at, Timestamp::from_second(DAY));
        assert_eq!(at(HOUR - 1).address.unwrap().ends_at, Timestamp::from_second(HOUR));
        assert_ne!(at(HOUR - 1).address.unwrap().key.0, at(HOUR).address.unwrap().key.0);
    }

    #[test]
    fn a_username_that_nobody_has_counts_a_phone_of_its_own_and_spends_nothing() {
        let (ada, bob) = (Username::parse("ada").unwrap(), Username::parse("bob").unwrap());
        let number = MobileNumber::parse("+12025550143", &Regions::all()).unwrap();
        let policy = Policy::default();
        let keys = [Recipient::Nobody(&ada), Recipient::Nobody(&bob), Recipient::Phone(&number)]
            .map(|recipient| quota(recipient, &policy, 0).phone.key.0);
        assert!(keys[0] != keys[1] && keys[1] != keys[2] && keys[0] != keys[2]);
        assert!(!quota(Recipient::Nobody(&ada), &policy, 0).budget.unwrap().spends);
        assert!(quota(Recipient::Phone(&number), &policy, 0).budget.unwrap().spends);
    }

    #[test]
    fn a_limit_of_zero_is_off() {
        let policy = Policy { codes_per_address_per_hour: 0, daily_sms_budget: 0, ..Policy::default() };
        let ada = Username::parse("ada").unwrap();
        let quota = quota(Recipient::Nobody(&ada), &policy, 0);
        assert!(quota.address.is_none() && quota.budget.is_none());
    }

    #[test]
    fn a_small_budget_has_only_shards_with_room() {
        let policy = Policy { daily_sms_budget: 5, ..Policy::default() };
        let ada = Username::parse("ada").unwrap();
        let caps: Vec<_> = quota(Recipient::Nobody(&ada), &policy, 0)
            .budget
            .unwrap()
            .shards
            .iter()
            .map(|shard| shard.cap)
            .collect();
        assert_eq!(caps, [1, 1, 1, 1, 1]);
    }
}
