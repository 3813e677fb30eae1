//! The functions use the rights that [`NEEDS`] lists, all of them and no others: recorded at their starts and over
//! every scene.

use std::collections::{BTreeMap, BTreeSet};

use local::template::Template;
use serde_json::Value;
use shared::clock::Clock;
use shared::config;
use shared::context::{CallContext, SignupContext, TextingContext};
use tests::audit::NEEDS;
use tests::proxy::{Call, Operation};
use tests::service::Service;

use super::events::environment;
use crate::cost::scenes;

/// The actions, as IAM names them, of each function on each resource.
type Uses = BTreeMap<(String, String), BTreeSet<String>>;

/// The operations on items, as IAM names them: those in a transaction each for itself.
pub(crate) fn operations(call: &Call) -> Vec<(String, String)> {
    let pair = |action: &str, table: &str| (format!("dynamodb:{action}"), table.to_owned());
    if call.operation != Operation::TransactWriteItems {
        return call.tables.iter().map(|table| pair(call.operation.name(), table)).collect();
    }
    let items = call.body["TransactItems"].as_array().into_iter().flatten();
    let writes = items.filter_map(Value::as_object).flatten();
    writes
        .map(|(write, item)| {
            let action = match write.as_str() {
                "ConditionCheck" => "ConditionCheckItem",
                "Delete" => "DeleteItem",
                "Put" => "PutItem",
                "Update" => "UpdateItem",
                other => panic!("a transaction with {other}"),
            };
            pair(action, item["TableName"].as_str().unwrap())
        })
        .collect()
}

fn record(uses: &mut Uses, template: &Template, binary: &str, calls: &[Call]) {
    let function = template.functions.iter().find(|function| function.binary == binary).unwrap();
    for (action, table) in calls.iter().flat_map(operations) {
        let table = template.tables.iter().find(|known| known.name() == table).unwrap();
        let on = (function.name.clone(), table.logical_name.clone());
        uses.entry(on).or_default().insert(action);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_functions_use_their_rights_and_no_others() {
    let template = Template::of_this_repository().unwrap();
    let mut uses = Uses::new();
    for (scene, calls) in scenes::play().await {
        record(&mut uses, &template, scene.split(' ').next().unwrap(), &calls);
    }
    let service = Service::start().await;
    for function in &template.functions {
        let before = service.secrets().read().len();
        let environment = environment(&service, &function.name);
        start(&function.binary, |name| environment.get(name).cloned()).await;
        record(&mut uses, &template, &function.binary, &service.proxy.take_calls());
        for arn in &service.secrets().read()[before..] {
            let named = function.settings.keys().find(|name| environment.get(*name) == Some(arn));
            let resource = match named.map(String::as_str) {
                Some("COURIER_TOKEN_SECRET_ARN") => "CourierToken",
                Some("OTP_PEPPER_SECRET_ARN") => "OtpPepper",
                other => panic!("{} reads {arn} for {other:?}", function.name),
            };
            let on = (function.name.clone(), resource.to_owned());
            uses.entry(on).or_default().insert("secretsmanager:GetSecretValue".to_owned());
        }
    }
    let needs: Uses = NEEDS
        .iter()
        .map(|(function, resource, actions)| {
            let actions = actions.iter().map(|action| (*action).to_owned()).collect();
            (((*function).to_owned(), (*resource).to_owned()), actions)
        })
        .collect();
    assert_eq!(uses, needs);
}

/// Starts one function as its `main` does.
async fn start(binary: &str, lookup: impl Fn(&str) -> Option<String>) {
    let clock = Clock::system();
    match binary {
        "signup" => {
            drop(SignupContext::connect(config::SignupSettings::read(lookup).unwrap(), clock).await.unwrap());
        }
        "send" | "resend" => {
            drop(
                TextingContext::connect(config::TextingSettings::read(lookup).unwrap(), clock).await.unwrap(),
            );
        }
        "verify" => {
            drop(CallContext::connect(config::VerifySettings::read(lookup).unwrap(), clock).await.unwrap());
        }
        other => panic!("there is no binary {other}"),
    }
}
