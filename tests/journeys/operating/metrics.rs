//! The metrics: valid documents of the Embedded Metric Format, and true.

use std::collections::BTreeSet;

use local::courier::{Behaviour, Script};
use serde_json::Value;
use shared::metrics::{Metric, OUTCOME, REASON};
use tests::lines::{Lines, members};
use tests::runtime::named;
use tests::service::signup;

use super::{ADA, All, BOB, CANADIAN, EVE, documented};
use crate::as_if;

/// Checks a document against the rules of the format.
///
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>
fn assert_valid(document: &Value) {
    assert!(
        document["_aws"]["Timestamp"].as_u64().is_some_and(|millisecond| millisecond > 1_600_000_000_000)
    );
    let directives = document["_aws"]["CloudWatchMetrics"].as_array().unwrap();
    assert!(!directives.is_empty(), "{document}");
    let mut named = BTreeSet::from(["_aws"]);
    for directive in directives {
        let keys: Vec<_> = members(directive).into_iter().collect();
        assert_eq!(keys, ["Dimensions", "Metrics", "Namespace"], "{document}");
        assert_eq!(directive["Namespace"], "countersign");
        let sets = directive["Dimensions"].as_array().unwrap();
        assert!(!sets.is_empty(), "{document}");
        for set in sets {
            let set = set.as_array().unwrap();
            assert!(set.len() <= 30, "{document}");
            for dimension in set.iter().map(|dimension| dimension.as_str().unwrap()) {
                let value =
                    document[dimension].as_str().unwrap_or_else(|| panic!("{dimension} in {document}"));
                assert!((1..=1_024).contains(&value.len()), "{document}");
                named.insert(dimension);
            }
        }
        let metrics = directive["Metrics"].as_array().unwrap();
        assert!((1..=100).contains(&metrics.len()), "{document}");
        for metric in metrics {
            let name = metric["Name"].as_str().unwrap();
            assert!((1..=1_024).contains(&name.len()), "{document}");
            let unit = if name == Metric::TextTime.name() { "Milliseconds" } else { "Count" };
            assert_eq!(metric["Unit"], unit, "{document}");
            let number = |value: &Value| value.is_number();
            let value = &document[name];
            let valid = number(value)
                || value
                    .as_array()
                    .is_some_and(|all| (1..=100).contains(&all.len()) && all.iter().all(number));
            assert!(valid, "{name} in {document}");
            let known = Metric::ALL.into_iter().find(|metric| metric.name() == name).unwrap();
            let dimensions: Vec<_> = known.dimension().into_iter().collect();
            assert_eq!(sets[..], [Value::from(dimensions)], "{document}");
            named.insert(name);
        }
    }
    assert_eq!(members(document), named, "nothing but metrics and their dimensions");
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_are_valid_and_count_what_happened() {
    let all = All::start().await;
    all.signup.post(&signup("carol", CANADIAN)).await;
    all.signup.post(&signup("ada", ADA)).await;
    all.signup.post(&signup("ada", ADA)).await;
    let first = all.service.code_to(ADA);
    as_if::aged(&all.service, "ada", 60).await;
    all.resend.post(&named("ada")).await;
    all.type_code("ada", &first).await;
    all.type_code("ada", &all.service.wrong_code(ADA, 0)).await;
    all.type_code("ada", &all.service.code_to(ADA)).await;
    all.signup.post(&signup("ada", ADA)).await;
    all.send.post(&named("ada")).await;
    all.send.post(&named("nobody")).await;
    all.send.post(&named("nobody")).await;
    all.signup.post(&signup("eve", EVE)).await;
    as_if::failed(&all.service, "eve", 99).await;
    for nth in 0..2 {
        all.type_code("eve", &all.service.wrong_code(EVE, nth)).await;
    }
    all.service.courier().play(Script::always(Behaviour::answer(504)));
    all.signup.post(&signup("bob", BOB)).await;
    all.service.courier().play(Script::of([Behaviour::answer(400)]));
    as_if::aged(&all.service, "bob", 60).await;
    all.resend.post(&named("bob")).await;
    for _ in 0..4 {
        all.type_code("ada", "wrong").await;
    }

    let gated = all.at_the_gate().await;
    assert_eq!(gated.sum(Metric::Attestations.name(), Some((OUTCOME, "unattested"))), 1);
    let lines = all.end().await;
    let none = lines.iter().map(|lines| lines.sum(Metric::Attestations.name(), None)).sum::<u64>();
    assert_eq!(none, 0, "where there is no gate, nothing is counted there");
    for document in lines.iter().chain([&gated]).flat_map(|lines| &lines.metrics) {
        assert_valid(document);
    }
    let [signup, send, resend, verify] = &lines;
    let sum = |lines: &Lines, metric: Metric| lines.sum(metric.name(), None);
    let refused = |lines: &Lines, reason| lines.sum(Metric::Refusals.name(), Some((REASON, reason)));
    assert_eq!(sum(signup, Metric::CodesIssued), 3);
    assert_eq!(sum(signup, Metric::TextsAccepted), 2);
    assert_eq!(sum(signup, Metric::TextsUnknown), 1);
    assert_eq!(
        sum(signup, Metric::TextSegments),
        3,
        "of two texts that were taken, and one that may have been"
    );
    assert_eq!(refused(signup, "username_taken"), 1);
    assert_eq!((sum(signup, Metric::RegionRefusals), refused(signup, "sms_budget_spent")), (1, 1));
    assert_eq!(sum(resend, Metric::CodesIssued), 2);
    assert_eq!(sum(resend, Metric::TextsFailed), 1);
    assert_eq!(sum(resend, Metric::TextSegments), 1, "a text that surely failed costs nothing");
    assert_eq!(refused(resend, "sms_unavailable"), 1);
    assert_eq!([Metric::CodesIssued, Metric::CodesToNobody].map(|metric| sum(send, metric)), [1; 2]);
    let spent = [Metric::SpentOnVerified, Metric::SpentOnOthers];
    assert_eq!(spent.map(|metric| sum(send, metric)), [1_000_000, 0], "nothing for nobody");
    assert_eq!(spent.map(|metric| sum(signup, metric)), [0, 3_000_000]);
    assert_eq!(refused(send, "otp_pending"), 1);
    assert_eq!(sum(verify, Metric::CodesConfirmed), 1);
    assert_eq!(sum(verify, Metric::WrongCodes), 3);
    assert_eq!(sum(verify, Metric::UsersLocked), 1);
    assert_eq!((refused(verify, "invalid_request"), refused(verify, "locked")), (4, 1));
    let times: Vec<_> = signup.metrics.iter().filter_map(|document| document.get("TextTime")).collect();
    assert_eq!(times.len(), 3, "each in the document of its request: {times:?}");
    let zeros = signup.metrics.iter().filter(|document| document["CodesConfirmed"] == 0);
    assert_eq!(zeros.count(), signup.requests.len(), "what did not happen is a number, too");

    let seen: BTreeSet<_> = lines
        .iter()
        .chain([&gated])
        .flat_map(|lines| &lines.metrics)
        .flat_map(|document| members(document).into_iter().filter(|member| document[*member] != 0))
        .filter(|member| !["_aws", OUTCOME, REASON].contains(member))
        .collect();
    let names = BTreeSet::from(Metric::ALL.map(Metric::name));
    assert_eq!(seen, names, "every metric is seen");
    assert_eq!(documented("| metric | unit | what |\n"), names);
}
