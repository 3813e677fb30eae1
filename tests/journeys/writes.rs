//! The kinds of writes that the mutants of `docs/mutants.md` are made of are those that the service sends.

use serde_json::{Value, json};
use tests::proxy::Call;
use tests::proxy::mutant::{WRITES, Write};
use tests::service::{Service, signup};

use crate::cost::scenes;
use crate::operator::operate;

const ADA: &str = "+12025550143";

/// A signup with another password contests the account, and each of its codes says so.
async fn contested() -> Vec<Call> {
    let service = Service::start().await;
    service.sign_up("ada", ADA).await;
    let mut other: Value = signup("ada", ADA);
    other["password"] = json!("quite another harbour");
    let id = service.post("/signup", other).await.body["otp"]["id"].clone();
    service.tick(30);
    let known = json!({ "username": "ada", "otpId": id });
    assert_eq!(service.post("/resend", known).await.status, 202);
    service.proxy.take_calls()
}

/// What an operator does to each row that there can be of a name.
async fn operated() -> Vec<Call> {
    let service = Service::start().await;
    service.sign_up("ada", ADA).await;
    service.send("nobody").await;
    for name in ["ada", "nobody"] {
        service.verify(name, "000000").await;
        operate(&service, &format!("unlock {name} --apply --operator grace")).await;
        operate(&service, &format!("forget {name} --apply --operator grace")).await;
    }
    // The challenge has ended, and the user has not.
    service.sign_up("ada", ADA).await;
    service.tick(2 * 3_600);
    service.sweep();
    operate(&service, "forget ada --apply --operator grace").await;
    service.proxy.take_calls()
}

/// A day whose money pays for no text from its beginning, in a region that may have some, and in one that may have none.
async fn without_room() -> Vec<Call> {
    let mut calls = Vec::new();
    for regions in ["*,US:1000", "*"] {
        let service = Service::with(&[("DAILY_BUDGET_DOLLARS", "1"), ("ALLOWED_REGIONS", regions)]).await;
        service.sign_up("ada", ADA).await;
        service.send("nobody").await;
        calls.extend(service.proxy.take_calls());
    }
    calls
}

#[tokio::test(flavor = "multi_thread")]
async fn the_kinds_of_writes_are_those_that_are_listed() {
    let mut calls: Vec<_> = scenes::play().await.into_iter().flat_map(|(_, calls)| calls).collect();
    calls.extend(contested().await);
    calls.extend(operated().await);
    calls.extend(without_room().await);
    let mut seen: Vec<Write> = Vec::new();
    for write in calls.iter().flat_map(|call| Write::of_call(&call.operation, &call.body)) {
        match seen.iter_mut().find(|known| known.is_like(&write)) {
            Some(known) => known.learn(&write),
            None => seen.push(write),
        }
    }
    let listed = |write: &Write| WRITES.iter().position(|listed| listed.is_like(write));
    for write in &mut seen {
        write.name = listed(write).map(|nth| WRITES[nth].name.clone()).unwrap_or_default();
    }
    seen.sort_by_key(|write| listed(write).unwrap_or(WRITES.len()));
    assert!(seen == *WRITES, "seen\n{}", serde_norway::to_string(&seen).unwrap());
}
