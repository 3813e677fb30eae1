//! Limits beside a username's own codes: per phone, per source address, and in all.
//!
//! Strangers can have codes sent to a phone by signing up with it. So signups and PENDING users count apart from VERIFIED
//! ones, per phone and in the day's budget: when those are used up, an owner who is
//! VERIFIED still has codes.

use super::address::SourceNetwork;
use super::mac::{Mac, Pepper};
use super::policy::Policy;
use super::recipient::Recipient;
use super::time::{DAY, HOUR, Timestamp};

/// The number of rows that the day's budget is spread over: one row in every transaction would conflict.
///
/// A transaction holds its items for some 10 ms. With 16 rows 99 of 100 codes are then stored within 60 ms at 200 codes a
/// second, and within 0.2 s at 400, more than three times the mean of the largest budget that can be set; 8 rows take
/// 0.8 s there. 32 gain something only above 200 a second, and are twice as many to read whenever one is full
/// (`docs/performance.md`, "Scale").
///
/// It does not follow from the budget. Fewer rows would save a pot of 500 codes at most thirty transactions a day, and a
/// budget that is changed in the middle of a day would forget what the rows given up have counted.
pub const SHARDS: u32 = 16;

/// One row of `limits`, and the most it may count.
#[derive(Clone, Debug)]
pub struct Counter {
    /// The row's key: a MAC, so that no phone or address stands in the table.
    pub key: Mac,
    /// The most it may count.
    pub cap: u32,
    /// The end of its window, from which the row is of no more use.
    pub ends_at: Timestamp,
}

/// The counters of one stored code, in the order in which they are written.
#[derive(Clone, Debug)]
pub struct Quota {
    /// The phone's codes of the UTC day, those to VERIFIED users or those to all others.
    pub phone: Counter,
    /// The source address's codes of the clock hour, unless that limit is off.
    pub address: Option<Counter>,
    /// The codes of the UTC day in all, those of one pot, unless that limit is off.
    pub budget: Option<Budget>,
}

/// One pot of the budget of a UTC day, in [`SHARDS`] rows that both pots share.
#[derive(Clone, Debug)]
pub struct Budget {
    /// The rows that hold any room at all; one without where the pot is empty.
    pub shards: Vec<Counter>,
    /// The pot.
    pub pot: Pot,
    /// True when a text is paid for; false when the room is only looked at.
    pub spends: bool,
    /// The end of the day.
    pub ends_at: Timestamp,
}

/// A part of the day's budget that the other part cannot spend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pot {
    /// That of VERIFIED users. Unknown usernames look at it, since they are like VERIFIED ones.
    Verified,
    /// That of signups and PENDING users.
    Others,
}

impl Pot {
    /// Returns its name in stored rows.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Others => "others",
        }
    }
}

impl Quota {
    /// Returns the counters of a code for `recipient`, asked for from `source` at `now`.
    #[must_use]
    pub fn of(
        recipient: &Recipient,
        source: SourceNetwork,
        pepper: &Pepper,
        policy: &Policy,
        now: Timestamp,
    ) -> Self {
        let day = Window::containing(now, DAY);
        let pots = policy.pots();
        let (kind, value, cap, pot, size, spends) = match recipient {
            Recipient::Verified(user) => {
                let number = user.mobile.as_str();
                (&b"phone"[..], number, policy.codes_per_phone_per_day, Pot::Verified, pots.verified, true)
            }
            Recipient::Pending(user) => {
                let number = user.mobile.as_str();
                let cap = policy.signup_codes_per_phone_per_day;
                (&b"signup phone"[..], number, cap, Pot::Others, pots.others, true)
            }
            Recipient::Unknown(username) => {
                let name = username.as_str();
                (&b"unknown"[..], name, policy.codes_per_phone_per_day, Pot::Verified, pots.verified, false)
            }
        };
        Self {
            phone: Counter { key: day.key(pepper, kind, value.as_bytes()), cap, ends_at: day.ends_at },
            address: address(source, pepper, policy, now),
            budget: (policy.daily_sms_budget > 0).then(|| Budget {
                shards: day.shards(pepper, size),
                pot,
                spends,
                ends_at: day.ends_at,
            }),
        }
    }
}

/// Returns the counter of a source address, unless that limit is off.
#[must_use]
pub fn address(source: SourceNetwork, pepper: &Pepper, policy: &Policy, now: Timestamp) -> Option<Counter> {
    let hour = Window::containing(now, HOUR);
    (policy.codes_per_address_per_hour > 0).then(|| Counter {
        key: hour.key(pepper, b"address", source.as_bytes()),
        cap: policy.codes_per_address_per_hour,
        ends_at: hour.ends_at,
    })
}

/// Returns the codes that shard `shard` of a pot of `pot` holds: ⌊(pot + 15 − shard) / 16⌋, so that all shards add up
/// to the pot.
fn shard_capacity(pot: u32, shard: u32) -> u32 {
    let held = (u64::from(pot) + u64::from(SHARDS - 1 - shard)) / u64::from(SHARDS);
    u32::try_from(held).unwrap_or(u32::MAX)
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

    /// Returns the rows of a pot of `pot` codes that have room on an unspent day, and the first one of an empty pot.
    fn shards(&self, pepper: &Pepper, pot: u32) -> Vec<Counter> {
        let with_room = pot.clamp(1, SHARDS);
        let counter = |shard: u32| Counter {
            key: self.key(pepper, b"budget", &shard.to_be_bytes()),
            cap: shard_capacity(pot, shard),
            ends_at: self.ends_at,
        };
        (0..with_room).map(counter).collect()
    }

    fn key(&self, pepper: &Pepper, kind: &[u8], value: &[u8]) -> Mac {
        pepper.mac(&[kind, value, &self.starts_at.as_second().to_be_bytes()])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::account::AccountId;
    use crate::password::PasswordHash;
    use crate::person_name::PersonName;
    use crate::phone::{MobileNumber, Regions};
    use crate::user::{User, UserStatus};
    use crate::username::Username;

    proptest! {
        #[test]
        fn the_shards_hold_the_pot_exactly(pot: u32) {
            let held: u64 = (0..SHARDS).map(|shard| u64::from(shard_capacity(pot, shard))).sum();
            prop_assert_eq!(held, u64::from(pot));
        }
    }

    fn named(username: &str) -> Username {
        Username::parse(username).unwrap()
    }

    fn unknown(username: &str) -> Recipient {
        Recipient::Unknown(named(username))
    }

    /// Returns users on one phone, a VERIFIED and a PENDING one.
    fn users() -> [Recipient; 2] {
        let user = |status| User {
            username: named("ada"),
            account: AccountId::from_bytes([1; 16]),
            name: PersonName::parse("Ada").unwrap(),
            mobile: MobileNumber::parse("+12025550143", &Regions::all()).unwrap(),
            password_hash: PasswordHash::from_store(String::new()),
            status,
            created_at: Timestamp::from_second(0),
        };
        let at = Timestamp::from_second(0);
        [
            Recipient::Verified(user(UserStatus::Verified { at })),
            Recipient::Pending(user(UserStatus::signed_up(DAY, false, at))),
        ]
    }

    fn quota(recipient: &Recipient, policy: &Policy, now: i64) -> Quota {
        let pepper = Pepper::from_bytes(vec![1; 32]).unwrap();
        let source = SourceNetwork::of("192.0.2.1".parse().unwrap());
        Quota::of(recipient, source, &pepper, policy, Timestamp::from_second(now))
    }

    #[test]
    fn windows_are_days_and_hours_of_the_clock() {
        let at = |now| quota(&unknown("ada"), &Policy::default(), now);
        let (one, later, next) = (at(0), at(DAY - 1), at(DAY));
        assert_eq!(one.phone.key.as_bytes(), later.phone.key.as_bytes());
        assert_ne!(one.phone.key.as_bytes(), next.phone.key.as_bytes());
        assert_eq!(one.phone.ends_at, Timestamp::from_second(DAY));
        assert_eq!(at(HOUR - 1).address.unwrap().ends_at, Timestamp::from_second(HOUR));
        assert_ne!(at(HOUR - 1).address.unwrap().key.as_bytes(), at(HOUR).address.unwrap().key.as_bytes());
    }

    #[test]
    fn verified_and_pending_users_and_each_unknown_name_count_apart() {
        let policy = Policy::default();
        let [verified, pending] = users();
        let all = [verified, pending, unknown("ada"), unknown("bob")];
        let quotas = all.map(|recipient| quota(&recipient, &policy, 0));
        for (nth, one) in quotas.iter().enumerate() {
            for other in &quotas[nth + 1..] {
                assert_ne!(one.phone.key.as_bytes(), other.phone.key.as_bytes());
            }
        }
        assert_eq!(quotas.each_ref().map(|quota| quota.phone.cap), [10, 5, 10, 10]);
    }

    #[test]
    fn an_unknown_name_looks_at_the_pot_of_verified_users_and_spends_nothing() {
        let policy = Policy { daily_sms_budget: 100, verified_share_percent: 60, ..Policy::default() };
        let [verified, pending] = users();
        let seen = [verified, pending, unknown("ada")].map(|recipient| {
            let budget = quota(&recipient, &policy, 0).budget.unwrap();
            (budget.pot, budget.spends, budget.shards.iter().map(|shard| shard.cap).sum::<u32>())
        });
        assert_eq!(seen, [(Pot::Verified, true, 60), (Pot::Others, true, 40), (Pot::Verified, false, 60)]);
    }

    #[test]
    fn both_pots_are_counted_in_the_same_rows() {
        let keys = users().map(|recipient| {
            let shards = quota(&recipient, &Policy::default(), 0).budget.unwrap().shards;
            shards.iter().map(|shard| *shard.key.as_bytes()).collect::<Vec<_>>()
        });
        assert_eq!(keys[0].len(), 16);
        assert_eq!(keys[0], keys[1]);
    }

    #[test]
    fn a_limit_of_zero_is_off() {
        let policy = Policy { codes_per_address_per_hour: 0, daily_sms_budget: 0, ..Policy::default() };
        let quota = quota(&unknown("ada"), &policy, 0);
        assert!(quota.address.is_none() && quota.budget.is_none());
    }

    #[test]
    fn a_small_pot_has_only_shards_with_room_and_an_empty_one_a_shard_without() {
        let caps = |daily_sms_budget| {
            let policy = Policy { daily_sms_budget, ..Policy::default() };
            users().map(|recipient| {
                let shards = quota(&recipient, &policy, 0).budget.unwrap().shards;
                shards.iter().map(|shard| shard.cap).collect::<Vec<_>>()
            })
        };
        assert_eq!(caps(9), [vec![1; 5], vec![1; 4]]);
        assert_eq!(caps(1), [vec![1], vec![0]]);
    }
}
