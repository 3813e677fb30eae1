//! Money, in whole micro-dollars: no sum is ever in floating point.

use std::collections::BTreeMap;
use std::fmt;

use super::region::Region;

/// The micro-dollars of a dollar.
const DOLLAR: u64 = 1_000_000;

/// An amount of US dollars, to the millionth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct MicroDollars(u64);

impl MicroDollars {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// Returns the amount of so many micro-dollars.
    #[must_use]
    pub const fn new(micro_dollars: u64) -> Self {
        Self(micro_dollars)
    }

    /// Returns the amount of so many dollars; an amount too large to count is the largest.
    #[must_use]
    pub const fn dollars(dollars: u64) -> Self {
        Self(dollars.saturating_mul(DOLLAR))
    }

    /// Returns its micro-dollars.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// Parses dollars as people write them: digits, and up to six more after a point. `None` for everything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (dollars, fraction) =
            text.split_once('.').map_or((text, None), |(whole, part)| (whole, Some(part)));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let fraction = match fraction {
            None => 0,
            Some(part) if digits(part) && part.len() <= 6 => format!("{part:0<6}").parse().ok()?,
            Some(_) => return None,
        };
        let dollars: u64 = if digits(dollars) { dollars.parse().ok()? } else { return None };
        dollars.checked_mul(DOLLAR)?.checked_add(fraction).map(Self)
    }

    /// Returns this amount `count` times; a product too large to count is the largest amount.
    #[must_use]
    pub const fn times(self, count: u32) -> Self {
        Self(self.0.saturating_mul(count as u64))
    }

    /// Returns so many per cent of it, rounded down.
    #[must_use]
    pub fn percent(self, percent: u32) -> Self {
        let part = u128::from(self.0) * u128::from(percent) / 100;
        Self(u64::try_from(part).unwrap_or(u64::MAX))
    }

    /// Returns what is left of it after `spent`, which may be more.
    #[must_use]
    pub const fn less(self, spent: Self) -> Self {
        Self(self.0.saturating_sub(spent.0))
    }
}

/// Dollars, as [`MicroDollars::parse`] reads them.
impl fmt::Display for MicroDollars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fraction = format!("{:06}", self.0 % DOLLAR);
        let fraction = fraction.trim_end_matches('0');
        let point = if fraction.is_empty() { "" } else { "." };
        write!(f, "{}{point}{fraction}", self.0 / DOLLAR)
    }
}

/// The price of a text, per segment, by the region of the phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prices {
    listed: BTreeMap<Region, MicroDollars>,
    others: MicroDollars,
}

impl Prices {
    /// The prices unless others are set: round figures for the regions where most people live. They are orders of
    /// magnitude, not a price list; every provider has its own, which change.
    pub const DEFAULT: &str = "US:0.012,CA:0.012,\
        GB:0.05,IE:0.08,DE:0.11,FR:0.08,ES:0.08,IT:0.1,PT:0.05,NL:0.11,BE:0.11,AT:0.1,CH:0.08,PL:0.05,\
        SE:0.06,NO:0.07,DK:0.05,FI:0.1,CZ:0.06,RO:0.08,GR:0.08,HU:0.1,UA:0.15,TR:0.05,RU:0.35,\
        IN:0.1,PK:0.3,BD:0.3,ID:0.35,PH:0.2,VN:0.2,TH:0.03,MY:0.1,SG:0.05,JP:0.1,KR:0.05,CN:0.05,TW:0.07,HK:0.07,\
        AU:0.06,NZ:0.12,BR:0.06,MX:0.1,AR:0.1,CO:0.06,CL:0.06,PE:0.1,\
        ZA:0.1,NG:0.3,KE:0.25,EG:0.35,MA:0.15,SA:0.2,AE:0.15,IL:0.25,*:0.3";

    /// The highest price of a segment that can be set.
    const HIGHEST: MicroDollars = MicroDollars::dollars(100);

    /// Parses the setting `SMS_PRICES`: `US:0.012,GB:0.05,*:0.3`, dollars per segment by region, and by `*` for all
    /// regions that are not listed, which has to be there.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(setting: &str) -> Result<Self, String> {
        let mut listed = BTreeMap::new();
        let mut others = None;
        for entry in setting.split(',').map(str::trim) {
            let (region, price) = entry.split_once(':').ok_or_else(|| malformed(entry))?;
            let price = MicroDollars::parse(price)
                .filter(|price| (MicroDollars::new(1)..=Self::HIGHEST).contains(price))
                .ok_or_else(|| malformed(entry))?;
            let before = match region {
                "*" => others.replace(price),
                _ => listed.insert(Region::parse(region).ok_or_else(|| malformed(entry))?, price),
            };
            if before.is_some() {
                return Err(format!("has two prices for {region}"));
            }
        }
        let others = others.ok_or("needs a price for all other regions, such as *:0.3")?;
        Ok(Self { listed, others })
    }

    /// Returns the price of a segment to `region`, or, where that is unknown, to what is not listed.
    #[must_use]
    pub fn of(&self, region: Option<Region>) -> MicroDollars {
        region.and_then(|region| self.listed.get(&region)).copied().unwrap_or(self.others)
    }

    /// Returns the regions that have a price of their own.
    pub(crate) fn regions(&self) -> impl Iterator<Item = Region> {
        self.listed.keys().copied()
    }
}

impl Default for Prices {
    fn default() -> Self {
        Self::parse(Self::DEFAULT).expect("the default prices are well-formed")
    }
}

fn malformed(entry: &str) -> String {
    format!(
        "has {entry:?}, which is no price: an ISO 3166-1 code or *, a colon, and dollars from 0.000001 to 100, \
         such as US:0.012"
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn dollars_are_read_to_the_millionth() {
        for (text, micro_dollars) in [
            ("0", 0),
            ("10", 10_000_000),
            ("0.012", 12_000),
            ("2.50", 2_500_000),
            ("0.000001", 1),
            ("007.1", 7_100_000),
            ("18446744073709.551615", u64::MAX),
        ] {
            assert_eq!(MicroDollars::parse(text), Some(MicroDollars(micro_dollars)), "{text}");
        }
        for text in [
            "",
            ".",
            "1.",
            ".5",
            "-1",
            "+1",
            "1e3",
            "0.0000001",
            "1,5",
            " 1",
            "1 ",
            "$1",
            "1.5.2",
            "1.-5",
            "0x1",
            "١",
            "NaN",
            "18446744073709.551616",
            "99999999999999999999",
        ] {
            assert_eq!(MicroDollars::parse(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_as_it_was(micro_dollars: u64) {
            let amount = MicroDollars(micro_dollars);
            prop_assert_eq!(MicroDollars::parse(&amount.to_string()), Some(amount));
        }

        #[test]
        fn a_part_and_the_rest_are_the_whole(micro_dollars: u64, percent in 0_u32..=100) {
            let amount = MicroDollars(micro_dollars);
            let part = amount.percent(percent);
            prop_assert!(part <= amount);
            prop_assert_eq!(amount.less(part).0 + part.0, micro_dollars);
        }
    }

    #[test]
    fn an_amount_is_shown_without_idle_zeros() {
        for (micro_dollars, shown) in [(0, "0"), (12_000, "0.012"), (10_000_000, "10"), (1, "0.000001")] {
            assert_eq!(MicroDollars(micro_dollars).to_string(), shown);
        }
    }

    fn region(code: &str) -> Region {
        Region::parse(code).unwrap()
    }

    #[test]
    fn what_is_not_listed_costs_what_the_star_says() {
        let prices = Prices::parse("US:0.012, GB:0.05,*:0.3").unwrap();
        let micro_dollars = [Some(region("US")), Some(region("GB")), Some(region("FR")), None]
            .map(|region| prices.of(region).get());
        assert_eq!(micro_dollars, [12_000, 50_000, 300_000, 300_000]);
        assert_eq!(Prices::default().of(Some(region("ID"))), MicroDollars(350_000));
    }

    #[test]
    fn a_wrong_table_of_prices_is_explained() {
        for (setting, fault) in [
            ("", "is no price"),
            ("US:0.012", "all other regions"),
            ("US:0.012,", "is no price"),
            ("US:0,*:0.3", r#""US:0", which is no price"#),
            ("US:100.000001,*:0.3", "is no price"),
            ("UK:0.05,*:0.3", r#""UK:0.05", which is no price"#),
            ("US:0.012,US:0.013,*:0.3", "two prices for US"),
            ("*:0.3,*:0.4", "two prices for *"),
            ("US=0.012,*:0.3", "is no price"),
            ("US:1.2 cents,*:0.3", "is no price"),
        ] {
            let explained = Prices::parse(setting).unwrap_err();
            assert!(explained.contains(fault), "{setting:?}: {explained}");
        }
    }
}
