//! Figures of a scenario under some limits, over all seeds.

use crate::limits::Limits;
use crate::run::{Day, Person};
use crate::scenarios::Scenario;

/// The days of a scenario under the same limits, one for each seed.
pub(crate) struct Days<'a> {
    pub(crate) scenario: &'a Scenario,
    pub(crate) days: Vec<Day>,
}

/// A mean, the least and the most of the days.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spread {
    pub(crate) mean: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
}

impl Spread {
    fn of(values: impl Iterator<Item = f64>) -> Option<Self> {
        let values: Vec<_> = values.collect();
        let least = values.iter().copied().reduce(f64::min)?;
        let most = values.iter().copied().reduce(f64::max)?;
        Some(Self { mean: values.iter().sum::<f64>() / count(values.len()), least, most })
    }
}

impl Days<'_> {
    /// Returns the limits that all of them have.
    pub(crate) fn limits(&self) -> Limits {
        self.days[0].limits
    }

    fn spread(&self, of: impl Fn(&Day) -> Option<f64>) -> Option<Spread> {
        Spread::of(self.days.iter().filter_map(of))
    }

    /// Returns the dollars of the attacker's texts, if there is one.
    pub(crate) fn dollars(&self) -> Option<Spread> {
        self.scenario.attack.as_ref()?;
        self.spread(|day| Some(dollars(day.attack.get())))
    }

    /// Returns the dollars of the texts to honest signups.
    pub(crate) fn signup_dollars(&self) -> Option<Spread> {
        self.spread(|day| Some(dollars(day.signups.get())))
    }

    /// Returns the per cent of the signups refused in the markets that the day is about.
    pub(crate) fn refused_there(&self) -> Option<Spread> {
        let markets = self.scenario.markets();
        self.spread(|day| refused(day, |person| person.signs_up() && markets.contains(&person.region)))
    }

    /// Returns the per cent of the signups refused in all other markets.
    pub(crate) fn refused_elsewhere(&self) -> Option<Spread> {
        let markets = self.scenario.markets();
        self.spread(|day| refused(day, |person| person.signs_up() && !markets.contains(&person.region)))
    }

    /// Returns the per cent of the sign-ins refused.
    pub(crate) fn sign_ins_refused(&self) -> Option<Spread> {
        self.spread(|day| refused(day, |person| !person.signs_up()))
    }

    /// Returns the texts to signups for each user that they verified, in the markets that the day is about or else in all:
    /// those of everybody, and those of honest people.
    pub(crate) fn texts_per_verified(&self) -> Option<(Spread, Spread)> {
        let markets = self.scenario.markets();
        let counts =
            |person: &Person| person.signs_up() && (markets.is_empty() || markets.contains(&person.region));
        let of = |day: &Day, attack: usize| {
            let verified = day.people(|person| counts(person) && person.verified).count();
            let texts: u32 = day.people(counts).map(|person| person.texts).sum();
            (verified > 0).then(|| (f64::from(texts) + count(attack)) / count(verified))
        };
        self.spread(|day| of(day, day.attack_texts())).zip(self.spread(|day| of(day, 0)))
    }
}

fn refused(day: &Day, wanted: impl Fn(&Person) -> bool) -> Option<f64> {
    let tried = day.people(&wanted).count();
    let refused = day.people(&wanted).filter(|person| person.refused).count();
    (tried > 0).then(|| 100.0 * count(refused) / count(tried))
}

/// Returns micro-dollars in dollars.
#[expect(clippy::cast_precision_loss, reason = "a day costs less than 2^52 micro-dollars")]
pub(crate) fn dollars(micro_dollars: u64) -> f64 {
    micro_dollars as f64 / 1e6
}

/// Returns a number of people or texts as one to reckon with.
pub(crate) fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).expect("thousands"))
}
