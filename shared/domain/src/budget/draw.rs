//! Which rows a text is paid from.

use std::cmp::Reverse;

use rand::Rng;
use rand::seq::{IndexedRandom as _, SliceRandom as _};

use super::{Charge, Demand};
use crate::mac::Mac;
use crate::sum::Sum;

/// What a text adds to the sums of one row.
#[derive(Clone, Debug)]
pub struct Draw<'a> {
    /// The row's key.
    pub key: &'a Mac,
    /// What it adds to each of its sums.
    pub parts: Vec<Part>,
}

/// What a text adds to one sum of one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The sum.
    pub sum: Sum,
    /// The amount; zero when the room is only looked at.
    pub adds: u64,
    /// The most that the row's sum may have come to before; `None` where it can never have room.
    pub room: Option<u64>,
}

/// The amounts that a shard is asked for, one for each demand.
type Amounts = Vec<u64>;

impl Charge {
    /// Returns the same charge with its sums spread over the rows of these keys: how many are enough is to be measured.
    #[must_use]
    pub fn spread_over(self, shards: Vec<Mac>) -> Self {
        Self { shards, ..self }
    }

    /// Returns the keys of all rows.
    #[must_use]
    pub fn keys(&self) -> &[Mac] {
        &self.shards
    }

    /// Returns the sums that the text adds to, in the order in which they are told of as full.
    pub fn sums(&self) -> impl Iterator<Item = Sum> {
        self.demands.iter().map(|demand| demand.sum)
    }

    /// Chooses rows as if nothing were spent yet: nearly always one of them has room for all of it. Where not even an
    /// unspent day has room, the rows refuse it.
    pub fn first(&self, random: &mut impl Rng) -> Vec<Draw<'_>> {
        self.plan(|_, _| 0, random).unwrap_or_else(|_| {
            let amounts = self.demands.iter().map(|demand| demand.amount).collect();
            vec![self.draw(0, &amounts)]
        })
    }

    /// Chooses rows with room, given what `spent` says of each row and sum, by their positions: one that has room for all
    /// of it at random, or else as many as it takes, the emptiest first, so that what does not divide evenly among the
    /// rows is spent to the last text that fits.
    ///
    /// # Errors
    /// The first sum that has no room left.
    pub fn plan(
        &self,
        spent: impl Fn(usize, usize) -> u64,
        random: &mut impl Rng,
    ) -> Result<Vec<Draw<'_>>, Sum> {
        let room = |shard: usize, nth: usize| {
            self.share(self.demands[nth].most, shard).saturating_sub(spent(shard, nth))
        };
        let numbered = || self.demands.iter().enumerate();
        let holds_all = |shard: &usize| numbered().all(|(nth, demand)| demand.amount <= room(*shard, nth));
        let roomy: Vec<_> = (0..self.shards.len()).filter(holds_all).collect();
        if let Some(shard) = roomy.choose(random) {
            return Ok(vec![self.draw(*shard, &numbered().map(|(_, demand)| demand.amount).collect())]);
        }
        let mut asked = vec![vec![0; self.demands.len()]; self.shards.len()];
        for (nth, Demand { sum, amount, .. }) in numbered() {
            let mut emptiest: Vec<_> = (0..self.shards.len()).collect();
            emptiest.shuffle(random);
            // A row that is in it already comes first: each further one is one more to meet others at.
            emptiest.sort_by_key(|shard| {
                Reverse((asked[*shard].iter().any(|amount| *amount > 0), room(*shard, nth)))
            });
            let mut left = *amount;
            for shard in emptiest {
                let part = left.min(room(shard, nth));
                asked[shard][nth] = part;
                left -= part;
            }
            if left > 0 {
                return Err(*sum);
            }
        }
        let asked = asked.iter().enumerate().filter(|(_, amounts)| amounts.iter().any(|amount| *amount > 0));
        Ok(asked.map(|(shard, amounts)| self.draw(shard, amounts)).collect())
    }

    fn share(&self, most: u64, shard: usize) -> u64 {
        share(most, shard, self.shards.len())
    }

    fn draw(&self, shard: usize, amounts: &Amounts) -> Draw<'_> {
        let asked = self.demands.iter().zip(amounts).filter(|(_, amount)| **amount > 0);
        let part = |(demand, amount): (&Demand, &u64)| Part {
            sum: demand.sum,
            adds: if self.spends { *amount } else { 0 },
            room: self.share(demand.most, shard).checked_sub(*amount),
        };
        Draw { key: &self.shards[shard], parts: asked.map(part).collect() }
    }
}

/// Returns what shard `shard` of `shards` holds of a sum that may come to `most`: with 16 ⌊(most + 15 − shard) / 16⌋, so that
/// all of them add up to it.
pub(super) fn share(most: u64, shard: usize, shards: usize) -> u64 {
    let held = (u128::from(most) + (shards - 1 - shard) as u128) / shards as u128;
    u64::try_from(held).unwrap_or(u64::MAX)
}
