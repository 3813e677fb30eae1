//! What the template lets through as a parameter, the functions take as a setting.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};

use local::settings::Settings;
use local::template::Template;
use proptest::prelude::*;
use proptest::string::string_regex;
use proptest::test_runner::TestRunner;
use serde_json::Value;
use shared::config;
use shared::domain::money::{MicroDollars, Prices};
use shared::domain::region::Regions;
use shared::domain::sms::Language;

/// The functions that have all settings between them: the step of the answers is send's and resend's alone.
const FUNCTIONS: [&str; 2] = ["SignupFunction", "SendFunction"];

static TEMPLATE: LazyLock<Template> = LazyLock::new(|| Template::of_this_repository().unwrap());

/// Whether `function` takes `value` as `setting`.
fn read(function: &str, setting: &str, value: &str) -> Result<(), String> {
    let settings = Settings::new(&TEMPLATE, Arc::new(|_| None));
    let given = |name: &str| match name {
        _ if name == setting => Some(value.to_owned()),
        "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("local".to_owned()),
        _ => settings.get(name),
    };
    let read = match function {
        "SendFunction" => config::TextingSettings::read(given).map(|_| ()),
        _ => config::SignupSettings::read(given).map(|_| ()),
    };
    read.map_err(|faults| faults.to_string())
}

/// A parameter, and the setting of a function that it becomes.
struct Parameter<'a> {
    name: &'a str,
    definition: &'a Value,
    function: &'static str,
    setting: &'a str,
}

/// Each parameter that becomes a setting, once.
fn parameters(template: &Value) -> Vec<Parameter<'_>> {
    let mut named: BTreeMap<&str, Parameter<'_>> = BTreeMap::new();
    for function in FUNCTIONS {
        let variables = &template["Resources"][function]["Properties"]["Environment"]["Variables"];
        for (setting, value) in variables.as_object().unwrap() {
            let value = value["Fn::If"].get(1).unwrap_or(value);
            let name = value["Ref"].as_str().unwrap_or_default();
            if let Some(definition) = template["Parameters"].get(name) {
                named.entry(name).or_insert(Parameter { name, definition, function, setting });
            }
        }
    }
    named.into_values().collect()
}

#[test]
fn what_a_pattern_lets_through_is_taken() {
    let template = tests::audit::template();
    let mut tried = Vec::new();
    for Parameter { name, definition, function, setting } in parameters(&template) {
        let Some(pattern) = definition["AllowedPattern"].as_str() else { continue };
        if ["AllowedRegions", "SmsPrices"].contains(&name) {
            // The next tests know them by heart.
            continue;
        }
        let pattern = pattern.trim_start_matches("^$|").trim_start_matches('^').trim_end_matches('$');
        let longest = definition["MaxLength"].as_u64().unwrap_or(u64::MAX);
        let values = string_regex(pattern).unwrap();
        let values = values.prop_filter("too long", move |value| value.len() as u64 <= longest);
        TestRunner::default()
            .run(&values, |value| {
                prop_assert_eq!(read(function, setting, &value), Ok(()), "{} {}", name, value);
                Ok(())
            })
            .unwrap();
        tried.push(name);
    }
    tried.sort_unstable();
    let expected = [
        "AndroidAppHash",
        "AppCheckProjectNumber",
        "AppName",
        "CourierBaseUrl",
        "CourierTemplateId",
        "DailyBudgetDollars",
        "ExistingUsersTable",
        "Locales",
        "OriginSecrets",
        "OtpDomain",
        "TwilioMessagingServiceSid",
    ];
    assert_eq!(tried, expected);
}

/// The regions as a pattern has them, by their first letter: `UK` is none, `GB` is.
fn regions_of_the_code() -> String {
    let mut groups = String::new();
    for first in 'A'..='Z' {
        let known = |second: &char| Regions::parse(&format!("{first}{second}")).is_ok();
        let seconds: String = ('A'..='Z').filter(known).collect();
        if !seconds.is_empty() {
            write!(groups, "|{first}[{seconds}]").expect("a string takes all");
        }
    }
    format!("({})", groups.trim_start_matches('|'))
}

#[test]
fn the_regions_that_the_pattern_lets_through_are_those_of_the_code() {
    let entry = format!(r"(\*|{}(:([1-9][0-9]{{0,6}}|10000000))?)", regions_of_the_code());
    let template = tests::audit::template();
    let pattern = &template["Parameters"]["AllowedRegions"]["AllowedPattern"];
    assert_eq!(*pattern, format!(r"^{entry}(,{entry})*$"));
    TestRunner::default()
        .run(&string_regex(&entry).unwrap(), |setting| {
            prop_assert!(Regions::parse(&setting).is_ok(), "{setting}");
            Ok(())
        })
        .unwrap();
}

/// Dollars below one, of which none are zero.
const BELOW_A_DOLLAR: &str = r"0\.([1-9][0-9]{0,5}|0[1-9][0-9]{0,4}|00[1-9][0-9]{0,3}|000[1-9][0-9]{0,2})";

/// The template compares the budget with that text: another zero would be a budget that the alarm divides by.
#[test]
fn a_budget_of_zero_is_written_in_one_way() {
    let template = tests::audit::template();
    let pattern = &template["Parameters"]["DailyBudgetDollars"]["AllowedPattern"];
    let above_zero = format!(r"{BELOW_A_DOLLAR}|[1-9][0-9]{{0,5}}(\.[0-9]{{1,6}})?");
    assert_eq!(*pattern, format!("^(0|{above_zero})$"));
    TestRunner::default()
        .run(&string_regex(&above_zero).unwrap(), |setting| {
            prop_assert!(MicroDollars::parse(&setting) > Some(MicroDollars::ZERO), "{setting}");
            Ok(())
        })
        .unwrap();
}

/// Once each, that is: no pattern can tell that a region has two prices, or two numbers.
#[test]
fn the_prices_that_the_pattern_lets_through_are_taken() {
    let price = format!(r"({BELOW_A_DOLLAR}|[1-9][0-9]?(\.[0-9]{{1,6}})?)");
    let template = tests::audit::template();
    let pattern = &template["Parameters"]["SmsPrices"]["AllowedPattern"];
    let region = regions_of_the_code();
    assert_eq!(*pattern, format!(r"^({region}:{price},)*\*:{price}$"));
    let one_region = string_regex(&format!(r"{region}:{price},\*:{price}")).unwrap();
    TestRunner::default()
        .run(&one_region, |setting| {
            prop_assert!(Prices::parse(&setting).is_ok(), "{setting}");
            Ok(())
        })
        .unwrap();
}

#[test]
fn the_languages_that_the_pattern_lets_through_are_those_of_the_code() {
    let tags: Vec<_> = Language::all().map(Language::tag).collect();
    let language = format!("({})", tags.join("|"));
    let template = tests::audit::template();
    let pattern = &template["Parameters"]["Locales"]["AllowedPattern"];
    assert_eq!(*pattern, format!(r"^(\*|{language}(,{language})*)$"));
}

/// The least and the most of a number: its bounds, or of all values without a gap the first and the last.
fn bounds(parameter: &Value) -> Option<(i64, i64)> {
    if parameter["Type"] != "Number" {
        return None;
    }
    let Some(values) = parameter["AllowedValues"].as_array() else {
        return parameter["MinValue"].as_i64().zip(parameter["MaxValue"].as_i64());
    };
    let (least, most) = (values.first()?.as_i64()?, values.last()?.as_i64()?);
    assert!(values.iter().filter_map(Value::as_i64).eq(least..=most), "{values:?} has a gap");
    Some((least, most))
}

#[test]
fn the_bounds_of_a_number_are_the_settings() {
    let template = tests::audit::template();
    let mut tried = Vec::new();
    for Parameter { name, definition, function, setting } in parameters(&template) {
        let Some((least, most)) = bounds(definition) else { continue };
        for inside in [least, most] {
            assert_eq!(read(function, setting, &inside.to_string()), Ok(()), "{name} {inside}");
        }
        for outside in [least - 1, most + 1] {
            assert!(read(function, setting, &outside.to_string()).is_err(), "{name} {outside}");
        }
        tried.push(name);
    }
    assert_eq!(tried.len(), 12, "{tried:?}");
}

#[test]
fn the_longest_english_texts_that_parameters_allow_are_one_segment() {
    let settings = Settings::new(&TEMPLATE, Arc::new(|_| None));
    let read = |domain: usize| {
        config::SignupSettings::read(|name| match name {
            "APP_NAME" => Some("A".repeat(30)),
            "OTP_LENGTH" => Some("10".to_owned()),
            "OTP_DOMAIN" => Some(format!("{}.{}.com", "a".repeat(30), "b".repeat(domain - 35))),
            "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("local".to_owned()),
            _ => settings.get(name),
        })
    };
    let template = tests::audit::template();
    let longest = template["Parameters"]["OtpDomain"]["MaxLength"].as_u64().unwrap();
    let longest = usize::try_from(longest).unwrap();
    assert!(read(longest).is_ok());
    assert!(read(longest + 1).is_err(), "a longer one would do as well");
}

#[test]
fn whatever_pepper_is_generated_is_taken() {
    let template = tests::audit::template();
    let generated = &template["Resources"]["OtpPepper"]["Properties"]["GenerateSecretString"];
    assert_eq!(generated["ExcludePunctuation"], true);
    let pattern = format!("[A-Za-z0-9]{{{}}}", generated["PasswordLength"]);
    TestRunner::default()
        .run(&string_regex(&pattern).unwrap(), |pepper| {
            prop_assert!(config::pepper(&pepper).is_ok());
            Ok(())
        })
        .unwrap();
}
