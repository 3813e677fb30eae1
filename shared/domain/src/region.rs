//! Regions of the numbering plans, and where we text.

use std::collections::BTreeMap;
use std::fmt;

/// The regions that the library knows, each with a space after it, in the order of the alphabet. They stand here so that
/// reading the settings does not wait for its tables.
const REGIONS: &str = "\
    AC AD AE AF AG AI AL AM AO AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BW BY BZ \
    CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM \
    FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GT GU GW GY HK HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE \
    JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN \
    MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PR PS PT \
    PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TA TC TD TG TH TJ TK \
    TL TM TN TO TR TT TV TW TZ UA UG US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW ";

/// A region of the numbering plans: the two upper-case letters of ISO 3166-1 alpha-2 (and `AC`, `TA` and `XK`, which
/// have numbers without having such a code of their own).
///
/// A region is not a calling code: +1 is the United States, Canada, Jamaica and two dozen more.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region([u8; 2]);

impl Region {
    /// Parses a region's `code`; `None` when no region with phone numbers has it.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        let code: [u8; 2] = code.as_bytes().try_into().ok()?;
        let (known, _) = REGIONS.as_bytes().as_chunks::<3>();
        known.binary_search_by(|[first, second, _]| [*first, *second].cmp(&code)).ok()?;
        Some(Self(code))
    }

    /// Returns the two letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The regions whose numbers may be texted, and how many verifications a day are expected of them.
///
/// Most toll fraud by SMS pumping ends in a few expensive regions: naming the regions that have users shuts it out, and
/// stating what is expected of each bounds the rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Regions {
    listed: BTreeMap<Region, Option<u32>>,
    /// True where those that are not listed may be texted too.
    others: bool,
}

impl Regions {
    /// The most verifications a day that can be stated.
    const MOST_EXPECTED: u32 = 10_000_000;

    /// Returns every region, with nothing stated.
    #[must_use]
    pub const fn all() -> Self {
        Self { listed: BTreeMap::new(), others: true }
    }

    /// Parses the setting `ALLOWED_REGIONS`: codes separated by commas, each with the verifications a day that are
    /// expected, if that is stated, such as `US:2000,GB:400,ID`. `*` is all regions; others may stand beside it to
    /// state theirs.
    ///
    /// # Errors
    ///
    /// What is wrong with the setting, naming each wrong entry.
    pub fn parse(setting: &str) -> Result<Self, String> {
        let entries: Vec<&str> = setting.split(',').map(str::trim).collect();
        if entries.iter().any(|entry| entry.is_empty()) {
            return Err(
                "needs ISO 3166-1 codes separated by commas, such as US,AU, or * for all regions".into()
            );
        }
        let mut regions = Self { listed: BTreeMap::new(), others: false };
        let mut unknown = Vec::new();
        for entry in entries {
            match listed(entry) {
                Some((region, expected)) => {
                    if regions.listed.insert(region, expected).is_some_and(|before| before != expected) {
                        return Err(format!("says two things of {region:?}"));
                    }
                }
                None if entry == "*" => regions.others = true,
                None => unknown.push(format!("{entry:?}")),
            }
        }
        if unknown.is_empty() {
            return Ok(regions);
        }
        Err(format!(
            "does not know {}: regions are ISO 3166-1 codes in upper case, such as US,AU, or * for all; each may have \
             the verifications a day that are expected of it, from 1 to {}, such as US:2000",
            unknown.join(", "),
            Self::MOST_EXPECTED
        ))
    }

    /// Returns whether numbers of `region` may be texted.
    #[must_use]
    pub fn allow(&self, region: Region) -> bool {
        self.others || self.listed.contains_key(&region)
    }

    /// Returns the verifications a day that are expected of `region`, if that is stated.
    #[must_use]
    pub fn expected(&self, region: Region) -> Option<u32> {
        self.listed.get(&region).copied().flatten()
    }

    /// Returns each listed region, with its weight beside the others: what is expected of it, or one.
    pub(crate) fn weights(&self) -> impl Iterator<Item = (Region, u64)> {
        self.listed.iter().map(|(region, expected)| (*region, expected.map_or(1, u64::from)))
    }
}

fn listed(entry: &str) -> Option<(Region, Option<u32>)> {
    let Some((code, expected)) = entry.split_once(':') else { return Region::parse(entry).zip(Some(None)) };
    let digits = expected.bytes().all(|byte| byte.is_ascii_digit());
    let expected =
        expected.parse().ok().filter(|expected| digits && (1..=Regions::MOST_EXPECTED).contains(expected))?;
    Region::parse(code).zip(Some(Some(expected)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_setting_names_regions() {
        assert_eq!(Regions::parse("*"), Ok(Regions::all()));
        let regions = Regions::parse("US, AU ,DE,US").unwrap();
        for (code, allowed) in [("US", true), ("AU", true), ("DE", true), ("JM", false)] {
            assert_eq!(regions.allow(Region::parse(code).unwrap()), allowed, "{code}");
        }
        assert_eq!(Region::parse("us"), None);
        assert_eq!(Region::parse("001"), None);
    }

    #[test]
    fn a_wrong_setting_is_explained() {
        for empty in ["", " ", ",", "US,", "US,,AU"] {
            assert!(Regions::parse(empty).unwrap_err().contains("separated by commas"), "{empty:?}");
        }
        for unknown in [
            "UK",
            "us",
            "USA",
            "+1",
            "US AU",
            "001",
            "XX",
            "US:",
            "US:0",
            "US:-1",
            "US:+1",
            "US:1.5",
            "US:10000001",
            "*:5",
            ":5",
            "XX:5",
        ] {
            assert!(Regions::parse(unknown).unwrap_err().contains("does not know"), "{unknown:?}");
        }
        assert!(Regions::parse("US,UK,DE,EU").unwrap_err().contains(r#"does not know "UK", "EU":"#));
    }

    #[test]
    fn a_region_may_have_what_is_expected_of_it() {
        let expected = |setting: &str, code: &str| {
            Regions::parse(setting).unwrap().expected(Region::parse(code).unwrap())
        };
        for (code, stated) in [("US", Some(2_000)), ("GB", Some(400)), ("ID", None), ("FR", None)] {
            assert_eq!(expected("US:2000, GB:400 ,ID", code), stated, "{code}");
        }
        assert_eq!(expected("*", "US"), None);
        let launch = Regions::parse("*,US:10000000").unwrap();
        for (code, stated) in [("US", Some(10_000_000)), ("ID", None)] {
            let region = Region::parse(code).unwrap();
            assert!(launch.allow(region));
            assert_eq!(launch.expected(region), stated);
        }
        assert!(Regions::parse("US:2000,US:20").unwrap_err().contains("two things of US"));
    }
}
