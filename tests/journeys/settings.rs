//! The template, the settings and `docs/settings.md` say the same.

use local::template::{Setting, Template};
use shared::config::{SignupSettings, TextingSettings};
use shared::domain::policy::Policy;

const SETTINGS: &str = include_str!("../../docs/settings.md");

#[test]
fn the_templates_defaults_are_the_policys() {
    let template = Template::of_this_repository().unwrap();
    let signup = SignupSettings::read(|name| of_template(&template, "signup", name)).unwrap();
    assert_eq!(signup.texting.base.policy, Policy::default());
    for binary in ["send", "resend"] {
        let deployed = TextingSettings::read(|name| of_template(&template, binary, name)).unwrap();
        let of_the_code = TextingSettings::read(|name| match name {
            "SEND_ANSWER_STEP_MILLISECONDS" => None,
            name => of_template(&template, binary, name),
        });
        assert_eq!(deployed.answer_step, of_the_code.unwrap().answer_step, "{binary}");
    }
}

/// What the template gives a function as `name`, or what a deployment must.
fn of_template(template: &Template, binary: &str, name: &str) -> Option<String> {
    let function = template.functions.iter().find(|function| function.binary == binary).unwrap();
    match (function.settings.get(name), name) {
        (Some(Setting::Value(value)), _) => Some(value.clone()),
        (_, "ALLOWED_REGIONS") => Some("US".to_owned()),
        (_, "OTP_PEPPER") => Some("cGVwcGVyIGZvciBsb2NhbCB1c2UsIG5vIHNlY3JldCE=".to_owned()),
        (_, "COURIER_TOKEN" | "AWS_REGION" | "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY") => {
            Some("given".to_owned())
        }
        _ => None,
    }
}

#[test]
fn the_page_names_every_setting_with_its_default() {
    let template = Template::of_this_repository().unwrap();
    for (name, setting) in template.settings() {
        let line = SETTINGS.lines().find(|line| line.starts_with('|') && line.contains(&format!("`{name}`")));
        let line = line.unwrap_or_else(|| panic!("the page does not name {name}"));
        // The prices stand in a table of their own, which is held to the code.
        let elsewhere = name.ends_with("_TABLE") || ["APP_NAME", "SMS_PRICES"].contains(&name.as_str());
        if let (Setting::Value(value), false) = (setting, elsewhere) {
            assert!(line.contains(&value), "{name} is {value} by default, and the page says: {line}");
        }
    }
}
