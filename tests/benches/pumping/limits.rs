//! The limits that a day's texts meet: the service's own rules on plain memory, or the caps that came before them.

use std::collections::{BTreeMap, HashMap};

use rand::rngs::StdRng;
use shared::domain::address::SourceNetwork;
use shared::domain::budget::{Charge, Part, Spending};
use shared::domain::limit::{Bounds, Counter, Quota};
use shared::domain::mac::{Mac, Pepper, PepperId};
use shared::domain::money::{MicroDollars, Prices};
use shared::domain::policy::Policy;
use shared::domain::recipient::Recipient;
use shared::domain::refusal::{Cap, Refusal};
use shared::domain::region::Regions;
use shared::domain::sum::{Pot, Sum};
use shared::domain::time::Timestamp;

use crate::scenarios::{Market, Plan, Scenario};

/// Every text is of one segment.
const SEGMENTS: u32 = 1;

/// What bounds the texts of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Limits {
    /// So many texts, whatever each costs, in two pots.
    Before,
    /// The budget in money, with nothing said of any market.
    Unstated,
    /// The same, with the verifications stated that are expected of each market.
    Stated,
}

impl Limits {
    pub(crate) const ALL: [Self; 3] = [Self::Before, Self::Unstated, Self::Stated];

    /// Returns its name in tables and plots.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Before => "texts",
            Self::Unstated => "money",
            Self::Stated => "money, stated",
        }
    }

    /// Returns what the operator set.
    pub(crate) fn spending(self, plan: &Plan, scenario: &Scenario) -> Spending {
        let budget = match self {
            Self::Before => MicroDollars::ZERO,
            Self::Unstated | Self::Stated => MicroDollars::dollars(plan.budget_dollars),
        };
        let setting = self.regions(plan, scenario);
        let regions = Regions::parse(&setting).unwrap_or_else(|fault| panic!("{setting}: {fault}"));
        Spending { budget, regions, prices: Prices::default(), ..Spending::default() }
    }

    /// Returns the setting `ALLOWED_REGIONS`.
    fn regions(self, plan: &Plan, scenario: &Scenario) -> String {
        let entry = |market: &Market| {
            let launch = scenario.launch.as_ref().filter(|launch| launch.region == market.region);
            let stated = launch.and_then(|launch| launch.stated).unwrap_or(market.stated);
            match self {
                Self::Before | Self::Unstated => market.region.clone(),
                Self::Stated => format!("{}:{stated}", market.region),
            }
        };
        let all = scenario.all_allowed.then(|| "*".to_owned());
        plan.markets.iter().map(entry).chain(all).collect::<Vec<_>>().join(",")
    }
}

/// The rows that count, and what they are held to.
pub(crate) struct Ledger {
    policy: Policy,
    pepper: Pepper,
    pepper_id: PepperId,
    spending: Spending,
    /// The texts that each pot has left, where they are what is counted.
    texts_left: Option<BTreeMap<String, u32>>,
    counters: HashMap<[u8; 32], u32>,
    sums: HashMap<[u8; 32], BTreeMap<String, u64>>,
}

impl Ledger {
    /// Begins a day.
    pub(crate) fn new(limits: Limits, plan: &Plan, scenario: &Scenario) -> Self {
        let pots = [Pot::Verified, Pot::Others]
            .map(|pot| (Sum::Pot(pot).as_str().to_owned(), plan.texts_before / 2));
        let pepper = Pepper::from_bytes(vec![1; 32]).expect("long enough");
        Self {
            policy: Policy::default(),
            pepper_id: pepper.id(),
            pepper,
            spending: limits.spending(plan, scenario),
            texts_left: (limits == Limits::Before).then(|| pots.into_iter().collect()),
            counters: HashMap::new(),
            sums: HashMap::new(),
        }
    }

    /// Returns the numbers of the other rules.
    pub(crate) fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Returns the id of the key of all MACs.
    pub(crate) fn pepper_id(&self) -> PepperId {
        self.pepper_id
    }

    /// Returns what the day is held to.
    pub(crate) fn spending(&self) -> &Spending {
        &self.spending
    }

    /// Counts a text to `recipient`, or says why not. What is refused changes nothing.
    pub(crate) fn take(
        &mut self,
        recipient: &Recipient,
        source: SourceNetwork,
        now: Timestamp,
        dice: &mut StdRng,
    ) -> Result<(), Refusal> {
        let bounds = Bounds { pepper: &self.pepper, policy: &self.policy, spending: &self.spending };
        let quota = Quota::of(recipient, SEGMENTS, source, bounds, now);
        self.has_room(&quota.phone, Cap::Phone, now)?;
        if let Some(address) = &quota.address {
            self.has_room(address, Cap::Address, now)?;
        }
        self.pay(recipient, &quota, now, dice)?;
        for counter in [Some(&quota.phone), quota.address.as_ref()].into_iter().flatten() {
            *self.counters.entry(*counter.key.as_bytes()).or_default() += 1;
        }
        Ok(())
    }

    fn has_room(&self, counter: &Counter, cap: Cap, now: Timestamp) -> Result<(), Refusal> {
        let count = self.counters.get(counter.key.as_bytes()).copied().unwrap_or_default();
        if count < counter.cap {
            return Ok(());
        }
        Err(Refusal::RateLimited { cap, retry_after: now.until(counter.ends_at) })
    }

    fn pay(
        &mut self,
        recipient: &Recipient,
        quota: &Quota,
        now: Timestamp,
        dice: &mut StdRng,
    ) -> Result<(), Refusal> {
        if let Some(charge) = &quota.charge {
            return self.pay_money(charge, now, dice);
        }
        let pot = match recipient {
            Recipient::Verified(_) | Recipient::Unknown(_) => Pot::Verified,
            Recipient::Pending(_) => Pot::Others,
        };
        let full = Sum::Pot(pot);
        let left = self.texts_left.as_mut().and_then(|pots| pots.get_mut(full.as_str()));
        let Some(left) = left else { return Ok(()) };
        let retry_after = now.until(quota.phone.ends_at);
        *left = left.checked_sub(1).ok_or(Refusal::BudgetSpent { full, retry_after })?;
        Ok(())
    }

    /// Does what the store does: a row as if nothing were spent yet, and when that has no room, as many as it takes.
    fn pay_money(&mut self, charge: &Charge, now: Timestamp, dice: &mut StdRng) -> Result<(), Refusal> {
        let mut draws = charge.first(dice);
        let fits = draws.iter().all(|draw| draw.parts.iter().all(|part| self.fits(draw.key, part)));
        if !fits {
            let sums: Vec<_> = charge.sums().collect();
            let spent = |shard: usize, nth: usize| self.spent(&charge.keys()[shard], sums[nth]);
            draws = charge
                .plan(spent, dice)
                .map_err(|full| Refusal::BudgetSpent { full, retry_after: now.until(charge.ends_at) })?;
        }
        for draw in draws {
            let row = self.sums.entry(*draw.key.as_bytes()).or_default();
            for part in draw.parts {
                *row.entry(part.sum.as_str().to_owned()).or_default() += part.adds;
            }
        }
        Ok(())
    }

    fn fits(&self, key: &Mac, part: &Part) -> bool {
        part.room.is_some_and(|room| self.spent(key, part.sum) <= room)
    }

    fn spent(&self, key: &Mac, sum: Sum) -> u64 {
        let row = self.sums.get(key.as_bytes());
        row.and_then(|row| row.get(sum.as_str())).copied().unwrap_or_default()
    }
}
