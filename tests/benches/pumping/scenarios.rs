//! The days to go through, as scenarios.yaml has them.

use serde::Deserialize;
use shared::domain::region::Region;

use crate::world;

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plan {
    pub(crate) seeds: Vec<u64>,
    pub(crate) budget_dollars: u64,
    pub(crate) texts_before: u32,
    pub(crate) markets: Vec<Market>,
    pub(crate) people: People,
    /// Anchors, which the scenarios refer to.
    #[serde(rename = "attacks")]
    _attacks: Vec<Attack>,
    pub(crate) scenarios: Vec<Scenario>,
}

/// A region that has users.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Market {
    pub(crate) region: String,
    /// The mean of a day.
    pub(crate) signups: f64,
    pub(crate) hours_from_utc: f64,
    /// The verifications that an operator states.
    pub(crate) stated: u32,
}

/// What honest people do.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct People {
    pub(crate) confirmed_percent: u32,
    pub(crate) texts_percent: [u32; 3],
    pub(crate) sign_ins_per_signup: f64,
    pub(crate) shared_address_percent: u32,
    pub(crate) shared_addresses_per_market: u8,
}

/// A day.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scenario {
    pub(crate) name: String,
    pub(crate) says: String,
    pub(crate) attack: Option<Attack>,
    /// The markets that are attacked.
    #[serde(default)]
    pub(crate) regions: Vec<String>,
    /// The number of regions without users that are attacked.
    #[serde(default)]
    pub(crate) idle_regions: usize,
    /// True where the regions without users are allowed too.
    #[serde(default)]
    pub(crate) all_allowed: bool,
    pub(crate) launch: Option<Launch>,
}

/// Requests that nobody means to confirm.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Attack {
    pub(crate) requests: u32,
    pub(crate) from_hour: i64,
    pub(crate) seconds: i64,
}

/// A market's day with many times its signups.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Launch {
    pub(crate) region: String,
    pub(crate) times: f64,
    /// The verifications that are stated for the day, in the place of the market's own.
    pub(crate) stated: Option<u32>,
}

impl Plan {
    /// Reads the file that this was built with.
    pub(crate) fn read() -> Self {
        serde_norway::from_str(include_str!("scenarios.yaml"))
            .unwrap_or_else(|error| panic!("scenarios.yaml: {error}"))
    }

    /// Returns whether `region` has users.
    pub(crate) fn has_market(&self, region: &str) -> bool {
        self.markets.iter().any(|market| market.region == region)
    }
}

impl Scenario {
    /// Returns the markets that the day is about, if it is about any.
    pub(crate) fn markets(&self) -> Vec<Region> {
        let launched = self.launch.as_ref().map(|launch| &launch.region);
        launched.into_iter().chain(&self.regions).map(|code| world::region(code)).collect()
    }
}
