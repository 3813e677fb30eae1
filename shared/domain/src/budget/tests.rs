use proptest::prelude::*;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use super::draw::share;
use super::*;
use crate::phone::MobileNumber;
use crate::user::UserStatus;

const CENT: u64 = 10_000;

fn region(code: &str) -> Region {
    Region::parse(code).unwrap()
}

fn named(username: &str) -> Username {
    Username::parse(username).unwrap()
}

fn unknown(username: &str) -> Recipient {
    Recipient::Unknown(named(username))
}

/// Returns users on one phone of `region`, a VERIFIED and a PENDING one.
fn users(region: Option<Region>) -> [Recipient; 2] {
    let mobile = MobileNumber::from_store("+12025550143".to_owned(), region);
    let user = |status| User { mobile: mobile.clone(), ..User::ada(status) };
    let at = Timestamp::from_second(0);
    [
        Recipient::Verified(user(UserStatus::Verified { at })),
        Recipient::Pending(user(UserStatus::signed_up(DAY, false, at))),
    ]
}

fn spending(budget: &str, regions: &str) -> Spending {
    Spending {
        budget: MicroDollars::parse(budget).unwrap(),
        prices: Prices::parse("US:0.01,GB:0.05,ID:0.35,*:0.3").unwrap(),
        regions: Regions::parse(regions).unwrap(),
        ..Spending::default()
    }
}

fn charge(spending: &Spending, recipient: &Recipient, segments: u32) -> Option<Charge> {
    let pepper = Pepper::from_bytes(vec![1; 32]).unwrap();
    spending.charge(recipient, segments, &pepper, Timestamp::from_second(DAY + 1))
}

fn random() -> StdRng {
    StdRng::seed_from_u64(9)
}

/// Returns what is asked of each sum, by its name in rows.
fn asked(charge: &Charge) -> Vec<(&str, u64, u64)> {
    charge.demands.iter().map(|demand| (demand.sum.as_str(), demand.amount, demand.most)).collect()
}

proptest! {
    #[test]
    fn the_shards_hold_all_of_it_exactly(most: u64) {
        let held: u128 = (0..SHARDS).map(|shard| u128::from(share(most, shard, SHARDS))).sum();
        prop_assert_eq!(held, u128::from(most));
    }
}

#[test]
fn the_pots_are_the_budget() {
    for (budget, percent, verified, others) in
        [(10_000_000, 50, 5_000_000, 5_000_000), (7, 50, 4, 3), (1, 50, 1, 0), (9, 0, 0, 9), (10, 90, 9, 1)]
    {
        let spending = Spending {
            budget: MicroDollars::new(budget),
            verified_share_percent: percent,
            ..Spending::default()
        };
        let pots = [Pot::Verified, Pot::Others].map(|pot| spending.pot(pot).get());
        assert_eq!(pots, [verified, others], "{percent} % of {budget}");
    }
}

#[test]
fn a_region_has_twice_what_is_expected_or_what_a_quarter_of_the_budget_buys() {
    let of = |budget, code, segments| {
        let demand = spending(budget, "US:2000,GB:400,ID,FR").region_demand(region(code), segments);
        demand.map(|demand| (demand.amount, demand.most))
    };
    for (code, most) in [("US", 4_000), ("GB", 800), ("ID", 7), ("FR", 8)] {
        assert_eq!(of("10", code, 1), Some((1, most)), "{code}");
    }
    assert_eq!(of("10", "GB", 2), Some((1, 800)), "a text of two segments is one verification's");
    assert_eq!(of("10", "ID", 2), Some((2, 7)), "and takes the money of two");
    assert_eq!(of("1", "ID", 1), Some((1, 0)), "a quarter of a dollar buys none");
    assert_eq!((of("0", "GB", 1), of("0", "ID", 1)), (Some((1, 800)), None), "without a budget");
}

#[test]
fn the_most_that_a_region_may_cost_is_the_price_of_its_texts() {
    let most =
        |budget, code| spending(budget, "US:2000,GB").most_of_region(region(code)).map(MicroDollars::get);
    assert_eq!(most("10", "US"), Some(4_000 * CENT), "whatever the pots have");
    assert_eq!(most("10", "GB"), Some(250 * CENT));
    assert_eq!(most("1", "ID"), Some(0));
    assert_eq!((most("0", "US"), most("0", "GB")), (Some(4_000 * CENT), None));
}

/// Whoever asks for a code chooses its language, and with it the segments.
#[test]
fn long_texts_to_a_region_cost_no_more_than_a_quarter_of_the_budget() {
    let spending = spending("10", "*");
    let [_, pending] = users(Some(region("GB")));
    let charge = charge(&spending, &pending, 2).unwrap();
    let mut day = Day::of(&charge);
    while day.text(&charge).is_ok() {}
    assert_eq!(day.total(1), 250 * CENT);
    assert_eq!(day.text(&charge), Err(Sum::Region(region("GB"))));
}

#[test]
fn a_text_asks_for_its_segments_at_the_price_of_its_region() {
    let spending = spending("10", "US:2000,GB");
    let [verified, pending] = users(Some(region("GB")));
    let of = |recipient| charge(&spending, recipient, 2).unwrap();
    assert_eq!(asked(&of(&verified)), [("verified", 10 * CENT, 500 * CENT)]);
    assert_eq!(asked(&of(&pending)), [("GB", 2, 50), ("others", 10 * CENT, 500 * CENT)]);
    assert_eq!([&verified, &pending].map(|user| spending.price(user, 2).get()), [10 * CENT; 2]);
    assert_eq!(spending.price(&unknown("ada"), 2), MicroDollars::ZERO);
    let [_, without] = users(None);
    assert_eq!(
        asked(&of(&without)),
        [("others", 60 * CENT, 500 * CENT)],
        "a row that does not say where it is"
    );
}

#[test]
fn an_unknown_name_looks_at_the_pot_of_verified_users_and_spends_nothing() {
    let spending = spending("10", "US:2000");
    let charge = charge(&spending, &unknown("ada"), 1).unwrap();
    assert_eq!(asked(&charge), [("verified", CENT, 500 * CENT)]);
    let [draw] = &charge.first(&mut random())[..] else { panic!("one row") };
    let part = draw.parts[0];
    assert_eq!((part.adds, part.room.is_some()), (0, true));
}

#[test]
fn unknown_names_have_the_regions_of_users_as_often_as_users_do() {
    let pepper = Pepper::from_bytes(vec![1; 32]).unwrap();
    let share = |regions: &str, code: &str| {
        let spending = spending("10", regions);
        let of = |nth| spending.region_of_nobody(&named(&format!("user{nth}")), &pepper).unwrap();
        (0..1_000).filter(|nth| of(*nth) == region(code)).count()
    };
    assert_eq!(share("GB", "GB"), 1_000);
    assert!((800..870).contains(&share("US:2000,GB:400,ID", "US")));
    assert!((130..200).contains(&share("US:2000,GB:400,ID", "GB")));
    for code in ["GB", "ID", "US"] {
        assert!((280..390).contains(&share("*", code)), "{code} is one of three that have a price");
        assert!((280..390).contains(&share("*,ID:1", code)), "{code}, one of them stated");
    }
    assert!((950..=1_000).contains(&share("*,ID:500", "ID")));
    assert_eq!(share("FR", "FR"), 1_000, "no price of its own");
    let spending = spending("10", "*");
    let twice = [(); 2].map(|()| spending.region_of_nobody(&named("ada"), &pepper));
    assert_eq!(twice[0], twice[1]);
}

#[test]
fn all_sums_of_a_day_stand_in_the_same_rows() {
    let keys = |now: i64| {
        let pepper = Pepper::from_bytes(vec![1; 32]).unwrap();
        let spending = spending("10", "*");
        let of = |recipient| {
            let charge = spending.charge(recipient, 1, &pepper, Timestamp::from_second(now)).unwrap();
            assert_eq!(charge.ends_at, Timestamp::from_second(now - now % DAY + DAY));
            charge.keys().iter().map(|key| *key.as_bytes()).collect::<Vec<_>>()
        };
        let [us, gb] = ["US", "GB"].map(|code| users(Some(region(code))));
        let all = [&us[0], &us[1], &gb[0], &gb[1], &unknown("bob")].map(of);
        assert!(all.iter().all(|keys| keys.len() == 16 && *keys == all[0]));
        all[0].clone()
    };
    assert_eq!(keys(0), keys(DAY - 1));
    assert!(keys(0).iter().zip(keys(DAY)).all(|(today, tomorrow)| *today != tomorrow));
}

#[test]
fn a_charge_may_be_spread_over_fewer_rows() {
    let charge = charge(&spending("10", "*"), &unknown("ada"), 1).unwrap();
    let two = charge.keys()[..2].to_vec();
    assert_eq!(charge.spread_over(two).keys().len(), 2);
}

#[test]
fn a_limit_of_zero_is_off() {
    let [verified, pending] = users(Some(region("US")));
    let unlimited = spending("0", "US");
    assert!(
        [&verified, &pending, &unknown("bob")].into_iter().all(|one| charge(&unlimited, one, 1).is_none())
    );
    let stated = spending("0", "US:5");
    assert!(charge(&stated, &verified, 1).is_none());
    assert_eq!(asked(&charge(&stated, &pending, 1).unwrap()), [("US", 1, 10)]);
}

/// Spends a day text by text: each plans from what is spent, and its draws are written as the table would, or not.
struct Day {
    spent: Vec<Vec<u64>>,
    random: StdRng,
}

impl Day {
    fn of(charge: &Charge) -> Self {
        Self { spent: vec![vec![0; charge.demands.len()]; SHARDS], random: random() }
    }

    fn text(&mut self, charge: &Charge) -> Result<usize, Sum> {
        let draws = charge.plan(|shard, nth| self.spent[shard][nth], &mut self.random)?;
        let is_paid_for = draws.iter().flat_map(|draw| &draw.parts).any(|part| part.adds > 0);
        assert!(is_paid_for, "a text that costs nothing ends no day");
        for draw in &draws {
            let is_it = |key: &Mac| key.as_bytes() == draw.key.as_bytes();
            let shard = charge.keys().iter().position(is_it).unwrap();
            for part in &draw.parts {
                let nth = charge.sums().position(|sum| sum == part.sum).unwrap();
                assert!(self.spent[shard][nth] <= part.room.unwrap(), "the condition of the row");
                self.spent[shard][nth] += part.adds;
            }
        }
        Ok(draws.len())
    }

    fn total(&self, nth: usize) -> u64 {
        self.spent.iter().map(|sums| sums[nth]).sum()
    }
}

#[test]
fn a_pot_is_spent_to_the_last_text_that_fits() {
    let (mut one_row, mut several) = (0, 0);
    for (budget, code, segments, texts) in [
        ("10", "US", 1, 500),
        ("10", "US", 3, 166),
        ("10", "GB", 1, 100),
        ("10", "ID", 1, 14),
        ("0.7", "ID", 1, 1),
        ("0.69", "ID", 1, 0),
        ("0.02", "US", 1, 1),
    ] {
        let spending = spending(budget, "*");
        let [verified, _] = users(Some(region(code)));
        let charge = charge(&spending, &verified, segments).unwrap();
        let mut day = Day::of(&charge);
        let mut sent = 0;
        let full = loop {
            match day.text(&charge) {
                Ok(1) => one_row += 1,
                Ok(_) => several += 1,
                Err(full) => break full,
            }
            sent += 1;
        };
        assert_eq!((sent, full), (texts, Sum::Pot(Pot::Verified)), "{segments} to {code} of {budget}");
        assert_eq!(day.total(0), texts * spending.price(&verified, segments).get());
    }
    assert!(one_row > 700 && several > 20, "{one_row} texts of one row, {several} of several");
}

#[test]
fn a_region_ends_at_its_most_and_the_pot_goes_on() {
    let spending = spending("10", "US:20,GB:2");
    let [us, gb] = ["US", "GB"].map(|code| {
        let [_, pending] = users(Some(region(code)));
        charge(&spending, &pending, 1).unwrap()
    });
    let mut day = Day::of(&us);
    for nth in 0..40 {
        assert!(day.text(&us).is_ok(), "{nth}");
    }
    assert_eq!(day.text(&us), Err(Sum::Region(region("US"))));
    assert_eq!((day.total(0), day.total(1)), (40, 40 * CENT));
    let mut day = Day { spent: day.spent.iter().map(|sums| vec![0, sums[1]]).collect(), ..day };
    assert_eq!((0..4).filter(|_| day.text(&gb).is_ok()).count(), 4);
    assert_eq!(day.text(&gb), Err(Sum::Region(region("GB"))));
}

/// What `docs/data-model.md` says of a limit that is lowered during a day.
#[test]
fn a_lowered_budget_binds_each_row() {
    let of = |budget| charge(&spending(budget, "*"), &users(Some(region("US")))[0], 1).unwrap();
    let mut day = Day::of(&of("10"));
    for sums in &mut day.spent[..8] {
        sums[0] = 25 * CENT;
    }
    let lowered = of("4");
    let texts = std::iter::from_fn(|| day.text(&lowered).ok()).count();
    assert_eq!(texts, 8 * 12 + 4, "half of the rows have room, for 12.5 texts each");
    assert_eq!(day.total(0), 300 * CENT, "of 200");
}

/// What `docs/threat-model.md` says of dear regions, by the default prices.
#[test]
fn fourteen_texts_to_two_dear_regions_leave_the_signups_of_others_ten_cents() {
    let spending = Spending::default();
    let of = |code| charge(&spending, &users(Some(region(code)))[1], 1).unwrap();
    let mut spent = vec![0; SHARDS];
    for (code, texts) in [("ID", 7), ("EG", 7), ("GB", 2)] {
        let charge = of(code);
        let mut day = Day::of(&charge);
        for (sums, money) in day.spent.iter_mut().zip(&spent) {
            sums[1] = *money;
        }
        let paid_for = std::iter::from_fn(|| day.text(&charge).ok()).count();
        assert_eq!(paid_for, texts, "{code}");
        spent = day.spent.iter().map(|sums| sums[1]).collect();
    }
    assert_eq!(spent.iter().sum::<u64>(), 500 * CENT);
}

/// The rows with room for a region may be those without money left: the text then takes from both.
#[test]
fn a_text_whose_sums_have_room_in_different_rows_is_sent() {
    let spending = spending("10", "US:1");
    let [_, pending] = users(Some(region("US")));
    let charge = charge(&spending, &pending, 1).unwrap();
    let full = share(500 * CENT, 0, SHARDS);
    let spent = |shard: usize, nth: usize| match (shard, nth) {
        (0..8, 1) => full,
        (0, 0) => 1,
        _ => 0,
    };
    let draws = charge.plan(spent, &mut random()).unwrap();
    assert_eq!(draws.len(), 2);
    assert_eq!(draws.iter().map(|draw| draw.parts.len()).collect::<Vec<_>>(), [1, 1]);
}

#[test]
fn what_has_no_room_on_an_unspent_day_asks_a_row_that_refuses_it() {
    for (budget, share, region_code, code) in
        [("10", 0, "*", "US"), ("0.3", 50, "*", "ID"), ("0.000001", 50, "US:5", "US")]
    {
        let spending = Spending { verified_share_percent: share, ..spending(budget, region_code) };
        let [verified, _] = users(Some(region(code)));
        let charge = charge(&spending, &verified, 1).unwrap();
        let [draw] = &charge.first(&mut random())[..] else { panic!("one row") };
        assert!(draw.parts.iter().any(|part| part.room.is_none()), "{budget}: {draw:?}");
    }
}

#[test]
fn the_first_choice_is_one_row_unless_the_text_is_dearer_than_a_row_holds() {
    let spending = spending("10", "*");
    for (code, rows) in [("US", 1), ("GB", 1), ("FR", 1), ("ID", 2)] {
        let [_, pending] = users(Some(region(code)));
        let charge = charge(&spending, &pending, 1).unwrap();
        let mut lengths = (0..9).map(|seed| charge.first(&mut StdRng::seed_from_u64(seed)).len());
        assert!(lengths.all(|length| length == rows), "{code}");
        let draws = charge.first(&mut random());
        let added: u64 = draws.iter().flat_map(|draw| &draw.parts).map(|part| part.adds).sum();
        assert_eq!(added, spending.price(&pending, 1).get() + 1, "the money, and one text of the region");
    }
}

proptest! {
    /// Whatever is spent already, a plan never goes beyond any row, and is refused only where the sum has no room in all.
    #[test]
    fn a_plan_fits_or_there_is_no_room(
        spent in proptest::collection::vec((0_u64..=400_000, 0_u64..=2), SHARDS),
        code in prop_oneof![Just("US"), Just("GB"), Just("ID")],
        segments in 1_u32..=3,
        seed: u64,
    ) {
        let spending = spending("10", "US:12,GB:8,ID");
        let [_, pending] = users(Some(region(code)));
        let charge = charge(&spending, &pending, segments).unwrap();
        let of = |shard: usize, nth: usize| if nth == 1 { spent[shard].0 } else { spent[shard].1 };
        let room = |nth: usize| -> u64 {
            let most = charge.demands[nth].most;
            (0..SHARDS).map(|shard| share(most, shard, SHARDS).saturating_sub(of(shard, nth))).sum()
        };
        let fits = |nth: usize| charge.demands[nth].amount <= room(nth);
        match charge.plan(of, &mut StdRng::seed_from_u64(seed)) {
            Ok(draws) => {
                let mut added = [0, 0];
                for draw in draws {
                    let shard = charge.keys().iter().position(|key| key.as_bytes() == draw.key.as_bytes()).unwrap();
                    for part in draw.parts {
                        let nth = charge.sums().position(|sum| sum == part.sum).unwrap();
                        prop_assert!(of(shard, nth) <= part.room.unwrap());
                        added[nth] += part.adds;
                    }
                }
                prop_assert_eq!(added, [charge.demands[0].amount, charge.demands[1].amount]);
            }
            Err(Sum::Region(_)) => prop_assert!(!fits(0)),
            Err(Sum::Pot(_)) => prop_assert!(fits(0) && !fits(1)),
        }
    }
}
