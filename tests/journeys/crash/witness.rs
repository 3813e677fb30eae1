//! What must hold at every moment, whoever dies when.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::AttributeValue;
use tests::service::{Row, Service, number, text};

/// Looks at everything now and then, and remembers what it saw.
#[derive(Default)]
pub(super) struct Witness {
    /// The ids of all challenges that ever stood in a row.
    stored: BTreeSet<String>,
    otps: BTreeMap<String, Row>,
    counts: BTreeMap<Vec<u8>, i64>,
}

impl Witness {
    /// Looks at everything, and compares it with what was there before.
    ///
    /// `counters` is how many counters each new code moves by one.
    pub(super) async fn look(&mut self, service: &Service, counters: i64, when: &str) {
        let [users, otps, limits] = service.everything().await;
        let otps: BTreeMap<_, _> =
            otps.into_iter().map(|row| (text(&row, "username").to_owned(), row)).collect();

        for user in users.iter().filter(|user| text(user, "status") == "VERIFIED") {
            let otp = otps.get(text(user, "username"));
            assert!(otp.is_some_and(has_confirmed), "{when}: VERIFIED without a CONFIRMED code: {otp:?}");
        }

        let mut issued = 0;
        for (username, row) in &otps {
            issued += i64::from(self.stored.insert(text(row, "otpId").to_owned()));
            for code in list(row, "superseded") {
                issued += i64::from(self.stored.insert(text(code, "otpId").to_owned()));
            }
            if let Some(before) = self.otps.get(username) {
                same_or_more(before, row, when);
            }
        }
        for before in self.otps.keys() {
            assert!(otps.contains_key(before), "{when}: the row of {before} is gone");
        }
        for sent in service.courier().texts() {
            let key = sent.idempotency_key.clone().expect("a key");
            let (id, _) = key.split_once(':').expect("<otpId>:<n>");
            assert!(self.stored.contains(id), "{when}: a text without its row: {sent:?}");
        }

        let counts: BTreeMap<_, _> = limits.iter().map(|row| (key(row), number(row, "count"))).collect();
        for (key, before) in &self.counts {
            assert!(counts.get(key).is_some_and(|count| count >= before), "{when}: a counter fell");
        }
        let moved = counts.values().sum::<i64>() - self.counts.values().sum::<i64>();
        assert_eq!(moved, issued * counters, "{when}: {issued} codes were stored");
        (self.otps, self.counts) = (otps, counts);
    }
}

fn has_confirmed(otp: &Row) -> bool {
    let earlier = list(otp, "issues").into_iter().any(|issue| text(issue, "outcome") == "CONFIRMED");
    text(otp, "status") == "CONFIRMED" || earlier
}

/// Tries of a code and the run of failures only grow, but for a right code, which ends the run.
fn same_or_more(before: &Row, after: &Row, when: &str) {
    let confirmed = text(after, "status") == "CONFIRMED" && text(before, "status") != "CONFIRMED";
    if text(before, "otpId") == text(after, "otpId") {
        assert!(number(before, "attempts") <= number(after, "attempts"), "{when}: a try was given back");
    }
    let failures = number(after, "failures");
    assert!(
        confirmed && failures == 0 || number(before, "failures") <= failures,
        "{when}: wrong codes were forgotten"
    );
}

fn key(row: &Row) -> Vec<u8> {
    row["key"].as_b().expect("bytes").as_ref().to_vec()
}

fn list<'a>(row: &'a Row, attribute: &str) -> Vec<&'a Row> {
    let items = row[attribute].as_l().expect("a list");
    items.iter().map(|item| item.as_m().expect("a map")).collect()
}

/// Moves what stands in a row about a username's codes `seconds` into the past, as if that time had gone by.
pub(crate) async fn age(service: &Service, username: &str, seconds: i64) {
    let earlier =
        |row: &Row, attribute: &str| AttributeValue::N((number(row, attribute) - seconds).to_string());
    let row = service.otp(username).await.expect("a row");
    let issues = list(&row, "issues").into_iter().map(|issue| {
        let mut issue = issue.clone();
        issue.insert("at".to_owned(), earlier(&issue, "at"));
        AttributeValue::M(issue)
    });
    let update = service.dynamodb().update_item().table_name("otps");
    update
        .key("username", AttributeValue::S(username.to_owned()))
        .update_expression("SET issues = :issues, issuedAt = :at")
        .expression_attribute_values(":issues", AttributeValue::L(issues.collect()))
        .expression_attribute_values(":at", earlier(&row, "issuedAt"))
        .send()
        .await
        .expect("an update");
}
