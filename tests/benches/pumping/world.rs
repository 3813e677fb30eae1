//! Who asks for texts on a day: honest people in their markets, and the attackers.
//!
//! All that somebody does is drawn before the day begins, the honest people of each market from a seed of their own. So
//! the same people come with and without an attack, whatever is refused.

use std::f64::consts::TAU;
use std::net::Ipv4Addr;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use shared::domain::account::AccountId;
use shared::domain::address::SourceNetwork;
use shared::domain::password::PasswordHash;
use shared::domain::person_name::PersonName;
use shared::domain::phone::MobileNumber;
use shared::domain::region::Region;
use shared::domain::time::{DAY, HOUR, Timestamp};
use shared::domain::user::{User, UserStatus};
use shared::domain::username::Username;

use crate::scenarios::{Attack, Market, People, Plan, Scenario};

/// 2026-12-01T00:00:00Z.
const MIDNIGHT: Timestamp = Timestamp::from_second(1_796_083_200);

/// The local hour at which most people sign up.
const PEAK_HOUR: f64 = 20.0;

/// How far the rate of signups rises above its mean at the peak, and falls below it twelve hours later.
const SWING: f64 = 0.8;

/// The seconds after which people ask for another text: longer than the cooldown lets them wait.
const PATIENCE: std::ops::Range<i64> = 60..240;

/// The requests that an attacker makes from one address: never as many as its cap.
const REQUESTS_PER_ADDRESS: u32 = 50;

/// Somebody who asks for texts.
#[derive(Debug)]
pub(crate) struct Party {
    pub(crate) kind: Kind,
    pub(crate) region: Region,
    pub(crate) user: User,
    pub(crate) source: SourceNetwork,
    /// The moments at which a text is asked for.
    pub(crate) asks: Vec<Timestamp>,
    /// Whether the code of the last text is typed.
    pub(crate) confirms: bool,
}

/// What somebody asks for texts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// To sign up.
    Signup,
    /// To sign in: the user is VERIFIED.
    SignIn,
    /// To have texts sent that cost.
    Attack,
}

/// Returns everybody of a day: the honest people first, the same ones for the same seed.
pub(crate) fn everybody(plan: &Plan, scenario: &Scenario, seed: u64) -> Vec<Party> {
    let mut all = Vec::new();
    for (nth, market) in (0_u8..).zip(&plan.markets) {
        // Those of a launch come beside those of an ordinary day, from a seed of their own.
        let ordinary = Crowd { market, nth, mean: market.signups, people: &plan.people };
        ordinary.join(&mut all, StdRng::seed_from_u64(seed << 16 | u64::from(nth)));
        if let Some(launch) = scenario.launch.as_ref().filter(|launch| launch.region == market.region) {
            let mean = market.signups * (launch.times - 1.0);
            let launched = Crowd { mean, ..ordinary };
            launched.join(&mut all, StdRng::seed_from_u64(seed << 16 | 1 << 8 | u64::from(nth)));
        }
    }
    if let Some(attack) = &scenario.attack {
        attackers(attack, &targets(plan, scenario), &mut all);
    }
    all
}

/// The people of a market.
#[derive(Clone, Copy)]
struct Crowd<'a> {
    market: &'a Market,
    nth: u8,
    /// The mean of the signups.
    mean: f64,
    people: &'a People,
}

impl Crowd<'_> {
    fn join(self, all: &mut Vec<Party>, mut dice: StdRng) {
        for (kind, mean) in
            [(Kind::Signup, self.mean), (Kind::SignIn, self.mean * self.people.sign_ins_per_signup)]
        {
            for at in self.arrivals(mean, &mut dice) {
                let party = self.party(kind, at, all.len(), &mut dice);
                all.push(party);
            }
        }
    }

    /// Draws the moments at which people come who know nothing of each other, `mean` of them a day.
    fn arrivals(self, mean: f64, dice: &mut StdRng) -> Vec<f64> {
        let highest = mean * (1.0 + SWING);
        let mut day = 0.0;
        let mut arrivals = Vec::new();
        loop {
            day -= (1.0 - dice.random::<f64>()).ln() / highest;
            if day >= 1.0 {
                return arrivals;
            }
            let local_hour = day * 24.0 + self.market.hours_from_utc;
            let rate = 1.0 + SWING * ((local_hour - PEAK_HOUR) / 24.0 * TAU).cos();
            if dice.random::<f64>() * (1.0 + SWING) < rate {
                arrivals.push(day);
            }
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "a part of a day in whole seconds"
    )]
    fn party(self, kind: Kind, day: f64, nth: usize, dice: &mut StdRng) -> Party {
        let people = self.people;
        let mut at = MIDNIGHT.plus((day * DAY as f64) as i64);
        let [one, two, _] = people.texts_percent;
        let texts = match dice.random_range(0..100) {
            drawn if drawn < one => 1,
            drawn if drawn < one + two => 2,
            _ => 3,
        };
        let mut asks = vec![at];
        for _ in 1..texts {
            at = at.plus(dice.random_range(PATIENCE));
            asks.push(at);
        }
        let shared = dice.random_range(0..100) < people.shared_address_percent;
        let carriers = dice.random_range(0..people.shared_addresses_per_market);
        let own = 0x0a00_0000 | u32::try_from(nth).expect("thousands");
        let address = if shared { Ipv4Addr::new(100, 64, self.nth, carriers) } else { own.into() };
        let confirms = dice.random_range(0..100) < people.confirmed_percent;
        let region = region(&self.market.region);
        Party {
            kind,
            region,
            user: user(kind, nth, region, asks[0]),
            source: network(address),
            asks,
            confirms,
        }
    }
}

/// Returns the regions that are attacked.
fn targets(plan: &Plan, scenario: &Scenario) -> Vec<Region> {
    let letters = || 'A'..='Z';
    let codes = letters().flat_map(|one| letters().map(move |other| format!("{one}{other}")));
    let idle = codes.filter(|code| !plan.has_market(code)).filter_map(|code| Region::parse(&code));
    let markets = scenario.regions.iter().map(|code| region(code));
    markets.chain(idle.take(scenario.idle_regions)).collect()
}

/// Adds the attackers: a number each, and of the regions one after the other.
fn attackers(attack: &Attack, targets: &[Region], all: &mut Vec<Party>) {
    let begins = MIDNIGHT.plus(attack.from_hour * HOUR);
    for (nth, region) in (0..attack.requests).zip(targets.iter().cycle()) {
        let at = begins.plus(i64::from(nth) * attack.seconds / i64::from(attack.requests));
        all.push(Party {
            kind: Kind::Attack,
            region: *region,
            user: user(Kind::Attack, all.len(), *region, at),
            source: network(Ipv4Addr::from_bits(0xc612_0000 + nth / REQUESTS_PER_ADDRESS)),
            asks: vec![at],
            confirms: false,
        });
    }
}

fn network(address: Ipv4Addr) -> SourceNetwork {
    SourceNetwork::of(address.into())
}

/// Returns the region of a code.
pub(crate) fn region(code: &str) -> Region {
    Region::parse(code).unwrap_or_else(|| panic!("{code} is no region"))
}

/// Returns a user with a number in a row that no country has: +999 is nobody's.
fn user(kind: Kind, nth: usize, region: Region, at: Timestamp) -> User {
    let status = match kind {
        Kind::SignIn => UserStatus::Verified { at: MIDNIGHT.plus(-DAY) },
        Kind::Signup | Kind::Attack => UserStatus::signed_up(DAY, false, at),
    };
    let account = u128::try_from(nth).expect("thousands") + 1;
    User {
        username: Username::from_store(format!("user{nth}")),
        account: AccountId::from_bytes(account.to_be_bytes()),
        name: PersonName::parse("Ada").expect("a name"),
        mobile: MobileNumber::from_store(format!("+999{nth:08}"), Some(region)),
        password_hash: PasswordHash::from_store(String::new()),
        status,
        created_at: at,
    }
}
