//! The template, the settings and the README say the same.

use local::template::{Setting, Template};
use shared::config::Signup;
use shared::domain::policy::Policy;

const README: &str = include_str!("../../README.md");

#[test]
fn the_templates_defaults_are_the_policys() {
    let template = Template::of_this_repository().unwrap();
    let signup = template.functions.iter().find(|function| function.binary == "signup").unwrap();
    let settings = Signup::read(|name| match (signup.settings.get(name), name) {
        (Some(Setting::Value(value)), _) => Some(value.clone()),
        (_, "ALLOWED_REGIONS") => Some("US".to_owned()),
        (_, "OTP_PEPPER") => Some("cGVwcGVyIGZvciBsb2NhbCB1c2UsIG5vIHNlY3JldCE=".to_owned()),
        (_, "COURIER_TOKEN" | "AWS_REGION" | "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY") => {
            Some("given".to_owned())
        }
        _ => None,
    });
    assert_eq!(settings.unwrap().texting.base.policy, Policy::default());
}

#[test]
fn the_readme_names_every_setting_with_its_default() {
    let template = Template::of_this_repository().unwrap();
    for (name, setting) in template.settings() {
        let line = README.lines().find(|line| line.starts_with('|') && line.contains(&format!("`{name}`")));
        let line = line.unwrap_or_else(|| panic!("the README does not name {name}"));
        if let (Setting::Value(value), false) = (setting, name.ends_with("_TABLE") || name == "APP_NAME") {
            assert!(line.contains(&value), "{name} is {value} by default, and the README says: {line}");
        }
    }
}
