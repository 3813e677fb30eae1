//! Limits beside a username's own codes: per phone, per source address, and in all.
//!
//! Strangers can have codes sent to a phone by signing up with it. So signups and PENDING users count apart from VERIFIED
//! ones, per phone and in the day's [budget](crate::budget): when those are used up, an owner who is VERIFIED still has
//! codes.

use super::address::SourceNetwork;
use super::budget::{Charge, Spending};
use super::mac::{Mac, Pepper};
use super::money::MicroDollars;
use super::policy::Policy;
use super::recipient::Recipient;
use super::time::{DAY, HOUR, Timestamp};
use super::window::Window;

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
    /// The price of its text: nothing where that is only pretended.
    pub price: MicroDollars,
    /// What its text asks of the day's budget, unless nothing is limited there.
    pub charge: Option<Charge>,
}

/// The numbers by which codes are limited, and the key of the rows that count them.
#[derive(Clone, Copy, Debug)]
pub struct Bounds<'a> {
    /// The key of every MAC.
    pub pepper: &'a Pepper,
    /// The caps.
    pub policy: &'a Policy,
    /// The day's budget.
    pub spending: &'a Spending,
}

impl Quota {
    /// Returns the counters of a code for `recipient` in a text of so many `segments`, asked for from `source` at `now`.
    #[must_use]
    pub fn of(
        recipient: &Recipient,
        segments: u32,
        source: SourceNetwork,
        bounds: Bounds<'_>,
        now: Timestamp,
    ) -> Self {
        let Bounds { pepper, policy, spending } = bounds;
        let (kind, value, cap) = match recipient {
            Recipient::Verified(user) => {
                (&b"phone"[..], user.mobile.as_str(), policy.codes_per_phone_per_day)
            }
            Recipient::Pending(user) => {
                (&b"signup phone"[..], user.mobile.as_str(), policy.signup_codes_per_phone_per_day)
            }
            Recipient::Unknown(username) => {
                (&b"unknown"[..], username.as_str(), policy.codes_per_phone_per_day)
            }
        };
        let day = Window::containing(now, DAY);
        Self {
            phone: Counter { key: day.key(pepper, kind, value.as_bytes()), cap, ends_at: day.ends_at },
            address: address(source, pepper, policy, now),
            price: spending.price(recipient, segments),
            charge: spending.charge(recipient, segments, pepper, now),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::user::{User, UserStatus};
    use crate::username::Username;

    fn named(username: &str) -> Username {
        Username::parse(username).unwrap()
    }

    fn unknown(username: &str) -> Recipient {
        Recipient::Unknown(named(username))
    }

    /// Returns users on one phone, a VERIFIED and a PENDING one.
    fn users() -> [Recipient; 2] {
        let at = Timestamp::from_second(0);
        [
            Recipient::Verified(User::ada(UserStatus::Verified { at })),
            Recipient::Pending(User::ada(UserStatus::signed_up(DAY, false, at))),
        ]
    }

    fn quota(recipient: &Recipient, policy: &Policy, now: i64) -> Quota {
        let pepper = Pepper::from_bytes(vec![1; 32]).unwrap();
        let source = SourceNetwork::of("192.0.2.1".parse().unwrap());
        let bounds = Bounds { pepper: &pepper, policy, spending: &Spending::default() };
        Quota::of(recipient, 1, source, bounds, Timestamp::from_second(now))
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
    fn a_cap_of_zero_is_off() {
        let policy = Policy { codes_per_address_per_hour: 0, ..Policy::default() };
        assert!(quota(&unknown("ada"), &policy, 0).address.is_none());
    }
}
