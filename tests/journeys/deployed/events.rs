//! What `sam local` is given, `tests/events` and `tests/env.json`, does what `docs/deploy.md` says of it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use clap::Parser as _;
use local::flags::Flags;
use local::template::{Setting, Template};
use serde_json::Value;
use shared::config;
use tests::service::Service;

use crate::direct::Functions;

type Environment = BTreeMap<String, String>;

fn env_json() -> BTreeMap<String, Environment> {
    serde_json::from_str(include_str!("../../env.json")).unwrap()
}

/// What a function under `sam local` finds in its environment, with the addresses of `service` for those of `local`.
pub(super) fn environment(service: &Service, function: &str) -> Environment {
    let template = Template::of_this_repository().unwrap();
    let of_template = template.functions.into_iter().find(|known| known.name == function).unwrap().settings;
    let of_template = of_template.into_iter().map(|(name, setting)| match setting {
        Setting::Value(value) => (name, value),
        // `sam local` has nothing to say either, and says it.
        Setting::Optional | Setting::Required | Setting::Deployed => (name, String::new()),
    });
    let mut environment: Environment = of_template.collect();
    for (name, value) in env_json().remove(function).unwrap() {
        let value = value
            .replace("http://host.docker.internal:8000", &service.proxy.url())
            .replace("http://host.docker.internal:3001", &service.addresses().courier)
            .replace("http://host.docker.internal:3002", &service.addresses().secrets);
        environment.insert(name, value);
    }
    // What `sam local` says when there are no credentials.
    for (name, value) in [
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "defaultkey"),
        ("AWS_SECRET_ACCESS_KEY", "defaultsecret"),
    ] {
        environment.insert(name.to_owned(), value.to_owned());
    }
    environment
}

fn event(call: &str) -> Value {
    let path = format!("{}/events/{call}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_events_run_through_the_functions_that_sam_local_starts() {
    let service = Service::start().await;
    let template = Template::of_this_repository().unwrap();
    let environments: BTreeMap<String, Environment> = template
        .functions
        .iter()
        .map(|function| (function.binary.clone(), environment(&service, &function.name)))
        .collect();
    let functions = Functions::with(|binary, name| environments[binary].get(name).cloned()).await;
    let outcome = async |event: Value| functions.answer(&event).await.outcome();
    assert_eq!(outcome(event("verify")).await, "404 otp_not_found");
    assert_eq!(outcome(event("signup")).await, "201 OTP sent successfully");
    assert_eq!(outcome(event("send")).await, "409 otp_pending");
    assert_eq!(outcome(event("resend")).await, "429 resend_too_soon");
    let mut verify = event("verify");
    let code = service.code_to("+12025550143");
    verify["body"] = verify["body"].as_str().unwrap().replace("000000", &code).into();
    assert_eq!(outcome(verify).await, "200 User verified");
}

#[test]
fn each_event_is_what_the_gateway_makes_of_its_route() {
    let template = Template::of_this_repository().unwrap();
    let mut files: Vec<_> = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/events"))
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    let mut expected: Vec<_> =
        template.functions.iter().map(|function| format!("{}.json", function.binary)).collect();
    expected.sort();
    assert_eq!(files, expected);
    for function in &template.functions {
        let event = event(&function.binary);
        let route = &function.routes[0];
        let key = format!("{} {}", route.method, route.path);
        assert_eq!(
            (event["version"].as_str(), event["routeKey"].as_str()),
            (Some("2.0"), Some(key.as_str()))
        );
        assert_eq!(event["rawPath"], route.path.as_str());
        assert_eq!(event["requestContext"]["http"]["method"], route.method.as_str());
        assert_eq!(event["requestContext"]["http"]["path"], route.path.as_str());
        assert_eq!(event["requestContext"]["routeKey"], key.as_str());
    }
}

/// `sam local` gives a function what the template names, and leaves empty what it cannot resolve.
#[test]
fn the_environment_says_what_sam_local_cannot_know_and_nothing_else() {
    let template = Template::of_this_repository().unwrap();
    let given = env_json();
    let names: Vec<_> = given.keys().map(String::as_str).collect();
    assert_eq!(names, ["ResendFunction", "SendFunction", "SignupFunction", "VerifyFunction"]);
    for function in template.functions {
        let unknown = function
            .settings
            .iter()
            .filter(|(name, setting)| !matches!(setting, Setting::Value(_)) || name.ends_with("_TABLE"));
        let unknown: BTreeSet<_> = unknown.map(|(name, _)| name.clone()).collect();
        let given: BTreeSet<_> = given[&function.name].keys().cloned().collect();
        assert_eq!(given, unknown, "{}", function.name);
    }
}

#[test]
fn the_functions_read_every_setting_that_the_template_gives_them() {
    for function in Template::of_this_repository().unwrap().functions {
        let read = RefCell::new(BTreeSet::new());
        let lookup = |name: &str| {
            read.borrow_mut().insert(name.to_owned());
            None
        };
        match function.binary.as_str() {
            "signup" => drop(config::SignupSettings::read(lookup)),
            "verify" => drop(config::VerifySettings::read(lookup)),
            _ => drop(config::TextingSettings::read(lookup)),
        }
        let given: BTreeSet<_> = function.settings.into_keys().collect();
        let unread: Vec<_> = given.difference(&read.borrow()).cloned().collect();
        assert!(unread.is_empty(), "{} does not read {unread:?}", function.name);
    }
}

#[test]
fn the_environment_points_to_the_ports_of_local() {
    let flags = Flags::parse_from(["local"]);
    let url = |port: u16| format!("http://host.docker.internal:{port}");
    for (function, environment) in env_json() {
        for (name, value) in environment.iter().filter(|(_, value)| value.starts_with("http")) {
            let port = match name.as_str() {
                "AWS_ENDPOINT_URL_DYNAMODB" => flags.dynamodb_port,
                "AWS_ENDPOINT_URL_SECRETS_MANAGER" => flags.secrets_port,
                "COURIER_BASE_URL" => flags.courier_port,
                other => panic!("{function} has an address as {other}"),
            };
            assert_eq!(*value, url(port), "{function} {name}");
        }
    }
}
