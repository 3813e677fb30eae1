//! One day: everybody asks, in the order of time, and is texted or refused.

use std::collections::{BTreeMap, BTreeSet};

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use shared::domain::call::Call;
use shared::domain::challenge::{Challenge, Draft};
use shared::domain::code::OtpId;
use shared::domain::mac::Mac;
use shared::domain::money::MicroDollars;
use shared::domain::recipient::Recipient;
use shared::domain::refusal::Refusal;
use shared::domain::region::Region;
use shared::domain::time::Timestamp;

use crate::limits::{Ledger, Limits};
use crate::scenarios::{Plan, Scenario};
use crate::world::{self, Kind, Party};

/// What came of a day.
#[derive(Debug)]
pub(crate) struct Day {
    pub(crate) limits: Limits,
    /// What the attacker's texts cost.
    pub(crate) attack: MicroDollars,
    /// What the texts to honest signups cost.
    pub(crate) signups: MicroDollars,
    /// The most that signups of the markets that the day is about may cost, where that is limited.
    pub(crate) most: MicroDollars,
    /// The honest people.
    people: Vec<Person>,
    attack_texts: usize,
}

/// What an honest person met.
#[derive(Debug)]
pub(crate) struct Person {
    kind: Kind,
    pub(crate) region: Region,
    pub(crate) texts: u32,
    pub(crate) refused: bool,
    pub(crate) verified: bool,
}

impl Person {
    /// Returns whether this is a signup, and no sign-in.
    pub(crate) fn signs_up(&self) -> bool {
        self.kind == Kind::Signup
    }
}

impl Day {
    /// Lets a day pass.
    pub(crate) fn pass(plan: &Plan, scenario: &Scenario, limits: Limits, seed: u64) -> Self {
        let everybody = world::everybody(plan, scenario, seed);
        let mut ledger = Ledger::new(limits, plan, scenario);
        let mut dice = StdRng::seed_from_u64(seed);
        let mut parties: Vec<_> = everybody.into_iter().map(Progress::of).collect();
        let asks = |(nth, party): (usize, &Progress)| {
            party.party.asks.iter().map(move |at| (*at, nth)).collect::<Vec<_>>()
        };
        let mut asks: Vec<(Timestamp, usize)> = parties.iter().enumerate().flat_map(asks).collect();
        asks.sort_unstable();
        let mut closed = BTreeMap::new();
        for (now, nth) in asks {
            let Progress { party: Party { kind, region, .. }, .. } = parties[nth];
            if kind == Kind::Attack && closed.get(&region).is_some_and(|until| now < *until) {
                continue;
            }
            if let Some(until) = parties[nth].ask(&mut ledger, now, &mut dice) {
                closed.insert(region, until);
            }
        }
        let most = |region: &Region| ledger.spending().most_of_region(*region).map(MicroDollars::get);
        let most = scenario.markets().iter().filter_map(most).sum();
        Self::of(limits, &ledger, MicroDollars::new(most), &parties)
    }

    fn of(limits: Limits, ledger: &Ledger, most: MicroDollars, parties: &[Progress]) -> Self {
        let price = |region| ledger.spending().prices.of(Some(region));
        let cost = |kind: Kind| {
            let of_kind = parties.iter().filter(|party| party.party.kind == kind);
            let costs = of_kind.map(|party| price(party.party.region).times(party.texts).get());
            MicroDollars::new(costs.sum())
        };
        let (attackers, honest): (Vec<_>, Vec<_>) =
            parties.iter().partition(|party| party.party.kind == Kind::Attack);
        Self {
            limits,
            attack: cost(Kind::Attack),
            signups: cost(Kind::Signup),
            most,
            people: honest.into_iter().map(Progress::person).collect(),
            attack_texts: attackers.iter().filter(|party| party.texts > 0).count(),
        }
    }

    /// Returns the honest people for whom `wanted` holds.
    pub(crate) fn people(&self, wanted: impl Fn(&Person) -> bool) -> impl Iterator<Item = &Person> {
        self.people.iter().filter(move |person| wanted(person))
    }

    /// Returns the honest people of whom `wanted` holds and who were refused, as their places among all.
    pub(crate) fn refused(&self, wanted: impl Fn(&Person) -> bool) -> BTreeSet<usize> {
        let people = self.people.iter().enumerate();
        people.filter(|(_, person)| person.refused && wanted(person)).map(|(nth, _)| nth).collect()
    }

    /// Returns the number of the attacker's texts.
    pub(crate) fn attack_texts(&self) -> usize {
        self.attack_texts
    }
}

/// Somebody, and how far they came.
struct Progress {
    party: Party,
    challenge: Option<Challenge>,
    texts: u32,
    refused: bool,
}

impl Progress {
    fn of(party: Party) -> Self {
        Self { party, challenge: None, texts: 0, refused: false }
    }

    /// Asks for a text; whoever was refused one gives up. Returns until when an attacker need not come back to the region:
    /// the sums of a day only grow, so all that follows would be refused like this, and cost the time to find out.
    fn ask(&mut self, ledger: &mut Ledger, now: Timestamp, dice: &mut StdRng) -> Option<Timestamp> {
        if self.refused || !ledger.spending().regions.allow(self.party.region) {
            self.refused = true;
            return None;
        }
        match self.texted(ledger, now, dice) {
            Ok(challenge) => {
                self.challenge = Some(challenge);
                self.texts += 1;
                None
            }
            Err(refusal) => {
                self.refused = true;
                let Refusal::BudgetSpent { retry_after, .. } = refusal else { return None };
                (self.party.kind == Kind::Attack).then(|| now.plus(retry_after))
            }
        }
    }

    fn texted(&self, ledger: &mut Ledger, now: Timestamp, dice: &mut StdRng) -> Result<Challenge, Refusal> {
        let user = &self.party.user;
        let call = match (self.party.kind, &self.challenge) {
            (_, Some(_)) => Call::Resend,
            (Kind::SignIn, None) => Call::Send,
            (Kind::Signup | Kind::Attack, None) => Call::Signup,
        };
        let draft = Draft {
            id: OtpId::draw(dice),
            mac: Mac::of_nothing([0; 32]),
            pepper: ledger.pepper_id(),
            account: user.account,
            contested: false,
            call,
            key: None,
        };
        let challenge = Challenge::issue(self.challenge.as_ref(), None, draft, ledger.policy(), now)?;
        let recipient = Recipient::of(&user.username, Some(user.clone()), now);
        ledger.take(&recipient, self.party.source, now, dice)?;
        Ok(challenge)
    }

    fn person(&self) -> Person {
        Person {
            kind: self.party.kind,
            region: self.party.region,
            texts: self.texts,
            refused: self.refused,
            verified: self.party.confirms && !self.refused,
        }
    }
}
