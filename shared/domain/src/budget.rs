//! The day's budget: what the texts of a UTC day may cost, and how many of them each region may have.
//!
//! Strangers can have texts sent to any phone by signing up with it, and each has its price: a text to one region costs
//! as much as thirty to another one. So the budget is money, in two pots that cannot spend each other: one for VERIFIED
//! users, one for signups and PENDING users. Of the latter no region gets more texts than it can be expected to need, so
//! that a flood over one ends the signups of that region alone.

mod draw;
#[cfg(test)]
mod tests;

use super::mac::{Mac, Pepper};
use super::money::{MicroDollars, Prices};
use super::recipient::Recipient;
use super::region::{Region, Regions};
use super::sum::{Pot, Sum};
use super::time::{DAY, Timestamp};
use super::user::User;
use super::username::Username;
use super::window::Window;

pub use draw::{Draw, Part};

/// The number of rows that the sums of a day are spread over: one row in every transaction would conflict.
///
/// A transaction holds its items for some 10 ms. With 16 rows 99 of 100 codes are then stored within 60 ms at 200 codes a
/// second, and within 0.2 s at 400, more than three times the mean of a budget of ten million texts; 8 rows take
/// 0.8 s there. 32 gain something only above 200 a second, and are twice as many to read whenever one is full
/// (`docs/performance.md`, "Scale").
///
/// It does not follow from the budget: one that is changed in the middle of a day would forget what the rows given up
/// have summed up.
pub const SHARDS: usize = 16;

/// The part of the budget that signups of a region may cost for which nothing else is stated, in per cent.
const UNSTATED_PERCENT: u32 = 25;

/// The texts that a region may have for each verification that is expected of it: people mistype a number, and lose a text.
const TEXTS_PER_VERIFICATION: u64 = 2;

/// What texts cost, and may cost in a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spending {
    /// The money of a UTC day; zero is no limit. The most that a bad day can cost.
    pub budget: MicroDollars,
    /// Per cent of it which only VERIFIED users can spend, who cannot spend the rest: a flood of signups then stops no
    /// sign-in, and a flood of sign-ins no signup.
    pub verified_share_percent: u32,
    /// The price of a segment.
    pub prices: Prices,
    /// The regions that are texted.
    pub regions: Regions,
}

impl Default for Spending {
    fn default() -> Self {
        Self {
            budget: Self::BUDGET,
            verified_share_percent: Self::VERIFIED_SHARE_PERCENT,
            prices: Prices::default(),
            regions: Regions::all(),
        }
    }
}

/// What one text asks of the day.
#[derive(Clone, Debug)]
pub struct Charge {
    /// The rows that the sums are spread over.
    shards: Vec<Mac>,
    /// What it asks of each sum, one at least.
    demands: Vec<Demand>,
    /// True when a text is paid for; false when the room is only looked at.
    spends: bool,
    /// The end of the day.
    pub ends_at: Timestamp,
}

/// What one text asks of a sum.
#[derive(Clone, Copy, Debug)]
struct Demand {
    sum: Sum,
    /// What it would add.
    amount: u64,
    /// The most that the sum may come to.
    most: u64,
}

impl Spending {
    /// The budget unless another one is set: some hundred people verified a day in a cheap region, and a bad day that
    /// nobody regrets.
    pub const BUDGET: MicroDollars = MicroDollars::dollars(10);

    /// The share of VERIFIED users unless another one is set.
    pub const VERIFIED_SHARE_PERCENT: u32 = 50;

    /// Returns the micro-dollars of a pot.
    #[must_use]
    pub fn pot(&self, pot: Pot) -> MicroDollars {
        let others = self.budget.percent(100_u32.saturating_sub(self.verified_share_percent));
        match pot {
            Pot::Verified => self.budget.less(others),
            Pot::Others => others,
        }
    }

    /// Returns what a text of so many `segments` to a signup or PENDING user of `region` asks of that region's day, if there
    /// is a limit. Where verifications are expected of it, that is one of twice as many texts. Where nothing is stated, it
    /// is money that is limited: the segments that a quarter of the budget buys, which may be none.
    fn region_demand(&self, region: Region, segments: u32) -> Option<Demand> {
        let sum = Sum::Region(region);
        if let Some(expected) = self.regions.expected(region) {
            let most = u64::from(expected) * TEXTS_PER_VERIFICATION;
            return Some(Demand { sum, amount: 1, most });
        }
        let money = self.budget.percent(UNSTATED_PERCENT).get();
        let most = money.checked_div(self.prices.of(Some(region)).get())?;
        self.is_limited().then_some(Demand { sum, amount: segments.into(), most })
    }

    /// Returns what the texts of one segment to signups and PENDING users of `region` may cost in a UTC day, if there is a
    /// limit.
    #[must_use]
    pub fn most_of_region(&self, region: Region) -> Option<MicroDollars> {
        let price = self.prices.of(Some(region)).get();
        self.region_demand(region, 1).map(|demand| MicroDollars::new(demand.most.saturating_mul(price)))
    }

    /// Returns the price of a text of so many `segments` to `recipient`: nothing where it is only pretended.
    #[must_use]
    pub fn price(&self, recipient: &Recipient, segments: u32) -> MicroDollars {
        let price = |user: &User| self.prices.of(user.mobile.region()).times(segments);
        recipient.user().map(price).unwrap_or_default()
    }

    fn is_limited(&self) -> bool {
        self.budget > MicroDollars::ZERO
    }

    /// Returns what a text of so many `segments` to `recipient` asks of the UTC day of `now`, if anything is limited.
    #[must_use]
    pub fn charge(
        &self,
        recipient: &Recipient,
        segments: u32,
        pepper: &Pepper,
        now: Timestamp,
    ) -> Option<Charge> {
        let (pot, region, spends) = match recipient {
            Recipient::Verified(user) => (Pot::Verified, user.mobile.region(), true),
            Recipient::Pending(user) => (Pot::Others, user.mobile.region(), true),
            Recipient::Unknown(username) => (Pot::Verified, self.region_of_nobody(username, pepper), false),
        };
        let price = self.prices.of(region).times(segments);
        let pot_demand = self.is_limited().then(|| Demand {
            sum: Sum::Pot(pot),
            amount: price.get(),
            most: self.pot(pot).get(),
        });
        let region_demand = match pot {
            Pot::Verified => None,
            Pot::Others => region.and_then(|region| self.region_demand(region, segments)),
        };
        // The region's comes first: fewer rows may have room for it, and the money is then taken where that is.
        let demands: Vec<_> = region_demand.into_iter().chain(pot_demand).collect();
        let day = Window::containing(now, DAY);
        let key = |shard: u32| day.key(pepper, b"budget", &shard.to_be_bytes());
        let shards = (0..).take(SHARDS).map(key).collect();
        (!demands.is_empty()).then_some(Charge { shards, demands, spends, ends_at: day.ends_at })
    }

    /// Returns the region whose price an unknown username asks for, always the same one: the regions are drawn as often
    /// as they are expected to have users, or, where all are allowed, have a price of their own. At the end of a pot,
    /// where a cheap text still fits and a dear one does not, an unknown username is then refused as often as a known one.
    fn region_of_nobody(&self, username: &Username, pepper: &Pepper) -> Option<Region> {
        let priced = self.prices.regions().filter(|region| self.regions.allow(*region));
        let priced = priced.filter(|region| !self.regions.weights().any(|(listed, _)| listed == *region));
        let weights: Vec<_> = self.regions.weights().chain(priced.map(|region| (region, 1))).collect();
        let total: u64 = weights.iter().map(|(_, weight)| weight).sum();
        let mac = pepper.mac(&[b"region of nobody", username.as_str().as_bytes()]);
        let drawn = mac.as_bytes().first_chunk().map(|chunk| u64::from_be_bytes(*chunk))?;
        let mut drawn = drawn.checked_rem(total)?;
        let found = weights.iter().find(|(_, weight)| {
            let is_it = drawn < *weight;
            drawn = drawn.saturating_sub(*weight);
            is_it
        });
        found.map(|(region, _)| *region)
    }
}
