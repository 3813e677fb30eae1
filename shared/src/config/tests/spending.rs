//! What texts cost, and may cost in a day.

use super::*;

#[test]
fn what_a_day_may_cost_is_taken() {
    let SignupSettings { texting } = signup(&[
        ("ALLOWED_REGIONS", "US:2000,ID"),
        ("DAILY_BUDGET_DOLLARS", "2.50"),
        ("SMS_PRICES", "US:0.01,*:0.2"),
        ("VERIFIED_SHARE_PERCENT", "90"),
    ]);
    let expected = Spending {
        budget: MicroDollars::new(2_500_000),
        verified_share_percent: 90,
        prices: Prices::parse("US:0.01,*:0.2").unwrap(),
        regions: Regions::parse("US:2000,ID").unwrap(),
    };
    assert_eq!(texting.spending, expected);
    let regions = Regions::parse("US,AU").unwrap();
    assert_eq!(signup(&[]).texting.spending, Spending { regions, ..Spending::default() });
}

#[test]
fn a_wrong_budget_and_wrong_prices_are_explained() {
    let fault = "must be dollars from 0 to 1000000, such as 10 or 2.50";
    for text in ["-1", "1e3", "$10", "10,00", "1000000.000001", "0.0000001", "x", " 1"] {
        let fault = format!("the settings are wrong: DAILY_BUDGET_DOLLARS {fault}");
        assert_eq!(message(&[("DAILY_BUDGET_DOLLARS", text)]), fault, "{text}");
    }
    assert!(message(&[("SMS_PRICES", "US:0.01")]).contains("SMS_PRICES needs a price for all other regions"));
    assert!(message(&[("ALLOWED_REGIONS", "US:0")]).contains(r#"ALLOWED_REGIONS does not know "US:0""#));
}
