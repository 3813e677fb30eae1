//! Lines `NAME=value` as the environment of each function: it starts with settings within their bounds, or says what is
//! wrong without showing a secret.

use std::collections::BTreeMap;

use shared::config::{InvalidSettings, OperatorSettings, SignupSettings, TextingSettings, VerifySettings};
use shared::domain::budget::Spending;
use shared::domain::code::Alphabet;
use shared::domain::money::{MicroDollars, Prices};
use shared::domain::policy::Policy;
use shared::domain::region::{Region, Regions};
use shared::domain::sms::{Client, Language, Reader};

/// Settings with which every function starts; a line that says `NAME` alone takes one away.
const GIVEN: [(&str, &str); 10] = [
    ("ALLOWED_REGIONS", "US,AU"),
    ("APP_NAME", "Fuzz"),
    ("AWS_ACCESS_KEY_ID", "a"),
    ("AWS_REGION", "us-east-1"),
    ("AWS_SECRET_ACCESS_KEY", "the-secret-key-of-nobody"),
    ("COURIER_TOKEN", "the-courier-token-of-nobody"),
    ("LIMITS_TABLE", "limits"),
    ("OTPS_TABLE", "otps"),
    ("OTP_PEPPER", "cGVwcGVyIGZvciBsb2NhbCB1c2UsIG5vIHNlY3JldCE="),
    ("USERS_TABLE", "users"),
];

/// Those that are never shown.
const SECRET: [&str; 5] =
    ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "COURIER_TOKEN", "ORIGIN_SECRETS", "OTP_PEPPER"];

/// The length from which a secret is none that a message has by chance.
const LONG: usize = 16;

/// Reads the settings of each function from the lines that `data` is.
#[must_use]
pub fn run(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else { return false };
    let mut environment = BTreeMap::from(GIVEN);
    for line in text.split('\n') {
        match line.split_once('=') {
            Some((name, value)) => environment.insert(name, value),
            None => environment.remove(line),
        };
    }
    let lookup = |name: &str| environment.get(name).map(|value| (*value).to_owned());
    let signup = read(&environment, SignupSettings::read(lookup));
    let texting = read(&environment, TextingSettings::read(lookup));
    let verify = read(&environment, VerifySettings::read(lookup));
    let operator = read(&environment, OperatorSettings::read(lookup));

    if let Some(texting) = &texting {
        let texting_of_signup = signup.as_ref().map(|signup| &signup.texting);
        for texting in [Some(texting), texting_of_signup].into_iter().flatten() {
            bounds(&texting.base.policy);
            spending(&texting.spending);
            texts(texting);
        }
        assert!(texting.answer_step.as_millis() <= 10_000);
    }
    // Whoever reads less starts with the same.
    if let Some(of_texting) = texting.as_ref().or(signup.as_ref().map(|signup| &signup.texting)) {
        let verify = verify.expect("verify starts");
        let operator = operator.expect("an operator's command starts");
        assert_eq!(verify.policy.code_format, of_texting.base.policy.code_format);
        assert_eq!(operator.policy.code_ttl, of_texting.base.policy.code_ttl);
        assert_eq!(verify.policy.max_attempts, operator.policy.max_attempts);
        assert_eq!(verify.users_table, operator.users_table);
        assert!((3..=255).contains(&verify.otps_table.len()));
        assert!(verify.metrics_namespace.is_ascii() && !verify.metrics_namespace.starts_with("AWS/"));
    }
    // Lines are for the environment: what has a name that nobody reads is of no use to a corpus.
    true
}

/// Returns the settings, if they are right, and holds them and what is said of them to show no secret.
fn read<T: std::fmt::Debug>(
    environment: &BTreeMap<&str, &str>,
    read: Result<T, InvalidSettings>,
) -> Option<T> {
    let shown = match &read {
        Ok(settings) => format!("{settings:?}"),
        Err(faults) => format!("{faults} {faults:?}"),
    };
    for secret in SECRET.iter().filter_map(|name| environment.get(name)).filter(|value| value.len() >= LONG) {
        let is_elsewhere =
            environment.iter().any(|(name, value)| !SECRET.contains(name) && value.contains(secret));
        assert!(is_elsewhere || !shown.contains(secret), "{secret:?} in {shown}");
    }
    if let Err(faults) = &read {
        let faults = faults.to_string();
        let named = faults.strip_prefix("the settings are wrong: ").expect("a beginning");
        assert!(named.starts_with(|c: char| c.is_ascii_uppercase()), "{faults}");
    }
    read.ok()
}

fn bounds(policy: &Policy) {
    assert!((6..=10).contains(&policy.code_format.length));
    assert!([Alphabet::Numeric, Alphabet::Alphanumeric].contains(&policy.code_format.alphabet));
    assert!((1..=900).contains(&policy.code_ttl));
    assert!((1..=20).contains(&policy.max_attempts));
    assert!((1..=3_600).contains(&policy.cooldown));
    assert!((1..=20).contains(&policy.codes_per_username_per_hour));
    assert!((1..=100).contains(&policy.codes_per_phone_per_day));
    assert!((1..=100).contains(&policy.signup_codes_per_phone_per_day));
    assert!(policy.codes_per_address_per_hour <= 100_000);
    assert!((20..=100).contains(&policy.max_consecutive_failures));
    assert!(policy.max_consecutive_failures >= 4 * policy.max_attempts);
    assert!((1..=30 * 86_400).contains(&policy.signup_ttl));
    for codes in [0, 1, 2, 20, usize::MAX] {
        assert!((0..=3_600).contains(&policy.cooldown_after(codes)), "{codes}");
    }
    for failures in [0, 24, 25, 99, 100, u32::MAX] {
        assert!((0..=86_400).contains(&policy.slowdown_after(failures)), "{failures}");
    }
}

fn spending(spending: &Spending) {
    let Spending { budget, verified_share_percent, prices, regions } = spending;
    assert!(*budget <= MicroDollars::dollars(1_000_000));
    assert_eq!(MicroDollars::parse(&budget.to_string()), Some(*budget));
    assert!(*verified_share_percent <= 90);
    let known = || ["US", "AU", "GB", "ID", "XK"].into_iter().filter_map(Region::parse);
    // A table of the prices, written anew, is the same table.
    let rows: Vec<_> = known().map(|region| (region, prices.of(Some(region)))).collect();
    let table: Vec<_> = rows.iter().map(|(region, price)| format!("{region:?}:{price}")).collect();
    let again = Prices::parse(&format!("{},*:{}", table.join(","), prices.of(None))).expect("prices");
    for (region, price) in rows {
        assert!(MicroDollars::ZERO < price && price <= MicroDollars::dollars(100));
        assert_eq!(again.of(Some(region)), price);
    }
    for region in known() {
        let expected = regions.expected(region);
        assert!(
            expected.is_none_or(|expected| (1..=10_000_000).contains(&expected) && regions.allow(region))
        );
        let most = spending.most_of_region(region);
        if let Some(expected) = expected {
            assert_eq!(most, Some(prices.of(Some(region)).times(2 * expected)));
            let alone = Regions::parse(&format!("{}:{expected}", region.as_str())).expect("a region");
            assert_eq!(alone.expected(region), Some(expected));
        } else {
            assert_eq!(most.is_some(), *budget > MicroDollars::ZERO);
            assert!(most.is_none_or(|most| most <= *budget));
        }
    }
}

fn texts(texting: &TextingSettings) {
    let texts = &texting.texts;
    for language in Language::all() {
        for client in Client::ALL.into_iter().map(Some).chain([None]) {
            let segments = texts.segments(Reader { language, client });
            assert!(segments > 0);
            let is_enabled = texts.language(language.tag()) == Ok(language);
            assert!(!is_enabled || segments <= 2, "{language:?} {client:?}");
        }
    }
}
