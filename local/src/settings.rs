//! The environment of each function on this machine.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::template::{Function, Setting, Template};

/// The source of the developer's own settings: the environment, or what a test gives.
pub type Lookup = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// The token between the functions and the stand-in.
const TOKEN: &str = "local-courier-token";

/// The key of every MAC here: public, so of no use to anyone, and always the same, so that `--data` outlives a run.
pub const PEPPER: &str = "cGVwcGVyIGZvciBsb2NhbCB1c2UsIG5vIHNlY3JldCE=";

/// The settings that the functions understand, though the template need not give them: Lambda gives those of AWS, the
/// machine the file of its certificate authorities, and a deployment has no issuer of App Check tokens but Google.
const BESIDES: [&str; 6] = [
    "APP_CHECK_BASE_URL",
    "AWS_ACCESS_KEY_ID",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "SSL_CERT_FILE",
];

/// The end of a setting's name where the value stands in a secret. Unless the developer names the secret, the setting
/// without this end gives the value.
const SECRET: &str = "_SECRET_ARN";

/// The environment of one function.
pub type Environment = BTreeMap<String, String>;

/// The settings of all functions, from the weakest to the strongest: the template's defaults, what this machine
/// needs, what the developer says.
pub struct Settings {
    defaults: BTreeMap<String, Setting>,
    local: Environment,
    developer: Lookup,
}

impl Settings {
    /// Returns the settings for the functions of `template`, with what the developer says found by `developer`.
    #[must_use]
    pub fn new(template: &Template, developer: Lookup) -> Self {
        let given = [("ALLOWED_REGIONS", "*"), ("AWS_REGION", "us-east-1"), ("COURIER_TOKEN", TOKEN)];
        let mut settings = Self { defaults: template.settings(), local: Environment::new(), developer };
        for (name, value) in given {
            settings.set(name, value);
        }
        settings.set("OTP_PEPPER", PEPPER);
        settings
    }

    /// Sets what this machine needs; the developer's word is stronger.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.local.insert(name.to_owned(), value.into());
    }

    /// Returns the values that a deployment keeps in secrets, where this machine made them up. What the developer
    /// gives may really be secret, and is not for whoever asks.
    #[must_use]
    pub fn public_secrets(&self) -> Environment {
        let names = self.defaults.keys().filter_map(|name| name.strip_suffix(SECRET));
        let made_up = names.filter(|name| (self.developer)(name).is_none());
        made_up.filter_map(|name| Some((name.to_owned(), self.local.get(name)?.clone()))).collect()
    }

    /// Returns the value of a setting, if it has one.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<String> {
        (self.developer)(name).or_else(|| self.local.get(name).cloned()).or_else(|| {
            match self.defaults.get(name) {
                Some(Setting::Value(value)) => Some(value.clone()),
                Some(Setting::Optional | Setting::Required | Setting::Deployed) | None => None,
            }
        })
    }

    /// Returns the environment of `function`: only what the template gives it, so that what it lacks here it lacks
    /// when deployed.
    #[must_use]
    pub fn environment(&self, function: &Function) -> Environment {
        let given = function.settings.keys().map(|name| match name.strip_suffix(SECRET) {
            Some(value) if self.get(name).is_none() => value,
            _ => name,
        });
        given.chain(BESIDES).filter_map(|name| Some((name.to_owned(), self.get(name)?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    fn settings(developer: &'static [(&'static str, &'static str)]) -> (Template, Settings) {
        let template = Template::of_this_repository().unwrap();
        let lookup = move |name: &str| {
            developer.iter().find(|(given, _)| *given == name).map(|(_, value)| (*value).to_owned())
        };
        let settings = Settings::new(&template, Arc::new(lookup));
        (template, settings)
    }

    #[test]
    fn the_developer_is_stronger_than_this_machine_and_that_than_the_template() {
        let (_, mut settings) = settings(&[("OTP_TTL_SECONDS", "5"), ("ALLOWED_REGIONS", "US")]);
        settings.set("APP_NAME", "Local");
        assert_eq!(settings.get("OTP_TTL_SECONDS").as_deref(), Some("5"));
        assert_eq!(settings.get("ALLOWED_REGIONS").as_deref(), Some("US"));
        assert_eq!(settings.get("APP_NAME").as_deref(), Some("Local"));
        assert_eq!(settings.get("OTP_LENGTH").as_deref(), Some("6"));
        assert_eq!(settings.get("OTP_DOMAIN"), None);
    }

    #[test]
    fn a_function_gets_what_the_template_gives_it_and_no_more() {
        let (template, settings) =
            settings(&[("OTP_DOMAIN", "example.com"), ("HOME", "/"), ("OTP_LENGTH", "8")]);
        let environment = |name: &str| {
            settings.environment(template.functions.iter().find(|function| function.binary == name).unwrap())
        };
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            environment("verify"),
            Environment::from([
                pair("AWS_REGION", "us-east-1"),
                pair("MAX_CONSECUTIVE_FAILURES", "100"),
                pair("METRICS_NAMESPACE", "countersign"),
                pair("ORIGIN_SECRETS", ""),
                pair("OTPS_TABLE", "otps"),
                pair("OTP_ALPHABET", "numeric"),
                pair("OTP_LENGTH", "8"),
                pair("OTP_MAX_ATTEMPTS", "5"),
                pair("OTP_PEPPER", PEPPER),
                pair("USERS_TABLE", "users"),
            ])
        );
        assert_eq!(environment("send").get("OTP_DOMAIN").map(String::as_str), Some("example.com"));
    }

    #[test]
    fn nothing_that_must_be_set_is_unset_here() {
        let (template, mut settings) = settings(&[]);
        settings.set("COURIER_BASE_URL", "http://127.0.0.1:3001");
        for (name, setting) in template.settings() {
            let elsewhere = matches!(setting, Setting::Optional | Setting::Deployed);
            assert!(elsewhere || settings.get(&name).is_some(), "{name}");
        }
    }

    #[test]
    fn a_secret_is_given_as_it_is_unless_the_developer_names_one() {
        let (template, settings) = settings(&[("COURIER_TOKEN_SECRET_ARN", "arn")]);
        let send = template.functions.iter().find(|function| function.binary == "send").unwrap();
        let mut environment = settings.environment(send);
        environment.retain(|name, _| name.starts_with("COURIER_TOKEN") || name.starts_with("OTP_PEPPER"));
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let expected = [pair("COURIER_TOKEN_SECRET_ARN", "arn"), pair("OTP_PEPPER", PEPPER)];
        assert_eq!(environment, Environment::from(expected));
    }

    #[test]
    fn only_what_is_no_secret_is_given_to_whoever_asks() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let (pepper, token) = (pair("OTP_PEPPER", PEPPER), pair("COURIER_TOKEN", TOKEN));
        assert_eq!(settings(&[]).1.public_secrets(), Environment::from([pepper.clone(), token]));
        let real = settings(&[("COURIER_TOKEN", "real")]).1;
        assert_eq!(real.public_secrets(), Environment::from([pepper]));
    }

    #[test]
    fn the_pepper_has_thirty_two_bytes() {
        assert_eq!(STANDARD.decode(PEPPER).unwrap().len(), 32);
    }
}
