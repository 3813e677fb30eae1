//! What must hold at every moment, whoever dies when.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tests::service::{Row, Service, number, text};

/// Looks at everything now and then, and remembers what it saw.
#[derive(Default)]
pub(super) struct Witness {
    /// The phone of the account of every code that ever stood in a row, by the code's id.
    stored: BTreeMap<String, String>,
    otps: BTreeMap<String, Row>,
    counts: BTreeMap<(Vec<u8>, &'static str), i64>,
}

/// What counts in a row of `limits`: the codes of a phone or an address, or of one of the budget's two pots.
const COUNTS: [&str; 3] = ["count", "verified", "others"];

impl Witness {
    /// Whether the code of this id ever stood in a row.
    pub(super) fn knows(&self, id: &str) -> bool {
        self.stored.contains_key(id)
    }

    /// Looks at everything, and compares it with what was there before.
    ///
    /// `counters` is how many counters each new code moves by one; `probes` how many signups were answered meanwhile that
    /// stored nothing and counted against their address.
    pub(super) async fn look(&mut self, service: &Service, counters: i64, probes: i64, when: &str) {
        let [users, otps, limits] = service.everything().await;
        let by_name = |rows: Vec<Row>| -> BTreeMap<String, Row> {
            rows.into_iter().map(|row| (text(&row, "username").to_owned(), row)).collect()
        };
        let (users, otps) = (by_name(users), by_name(otps));

        let mut issued = 0;
        for (username, user) in &users {
            let otp = otps.get(username).unwrap_or_else(|| panic!("{when}: {username} has no code"));
            assert_eq!(user["accountId"], otp["accountId"], "{when}: {username} has another account's code");
            assert_eq!(user.get("contested"), otp.get("contested"), "{when}: of {username}");
            let is_verified = text(user, "status") == "VERIFIED";
            assert!(!is_verified || has_confirmed(otp), "{when}: VERIFIED without a CONFIRMED code: {otp:?}");
            for code in list(otp, "issued") {
                let id = URL_SAFE_NO_PAD.encode(bytes(code, "id"));
                issued += i64::from(self.stored.insert(id, text(user, "mobileNo").to_owned()).is_none());
            }
            if let Some(before) = self.otps.get(username) {
                same_or_more(before, otp, when);
            }
        }
        assert_eq!(users.len(), otps.len(), "{when}: a code is without its user");
        for before in self.otps.keys() {
            assert!(otps.contains_key(before), "{when}: the row of {before} is gone");
        }
        for sent in service.courier().texts() {
            let key = sent.idempotency_key.clone().expect("a key");
            let (id, _) = key.split_once(':').expect("<otpId>:<n>");
            let phone =
                self.stored.get(id).unwrap_or_else(|| panic!("{when}: a text without its row: {sent:?}"));
            assert_eq!(*phone, sent.to, "{when}: a text to another phone than the account's");
        }

        let counts: BTreeMap<_, _> = limits
            .iter()
            .flat_map(|row| COUNTS.map(|name| (row, name)))
            .filter(|(row, name)| row.contains_key(*name))
            .map(|(row, name)| ((bytes(row, "key"), name), codes(row, name)))
            .collect();
        for (key, before) in &self.counts {
            assert!(counts.get(key).is_some_and(|count| count >= before), "{when}: a counter fell");
        }
        let moved = counts.values().sum::<i64>() - self.counts.values().sum::<i64>();
        assert_eq!(moved, issued * counters + probes, "{when}: {issued} codes were stored");
        (self.otps, self.counts) = (otps, counts);
    }
}

fn has_confirmed(otp: &Row) -> bool {
    let earlier = list(otp, "issued")
        .into_iter()
        .any(|code| code.get("outcome") == Some(&AttributeValue::S("CONFIRMED".to_owned())));
    text(otp, "status") == "CONFIRMED" || earlier
}

/// Tries of a code and the run of failures only grow, but for a right code, typed again too, which ends the run, and for a
/// new account, which has none.
fn same_or_more(before: &Row, after: &Row, when: &str) {
    if before["accountId"] != after["accountId"] {
        return;
    }
    let confirmed = text(after, "status") == "CONFIRMED";
    if text(before, "otpId") == text(after, "otpId") {
        assert!(number(before, "attempts") <= number(after, "attempts"), "{when}: a try was given back");
    }
    let failures = number(after, "failures");
    assert!(
        confirmed && failures == 0 || number(before, "failures") <= failures,
        "{when}: wrong codes were forgotten"
    );
}

/// What a counter has counted, or a pot has paid for at a dollar a text.
fn codes(row: &Row, counter: &str) -> i64 {
    number(row, counter) / if counter == "count" { 1 } else { 1_000_000 }
}

fn bytes(row: &Row, attribute: &str) -> Vec<u8> {
    row[attribute].as_b().expect("bytes").as_ref().to_vec()
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
    let issued = list(&row, "issued").into_iter().map(|code| {
        let mut code = code.clone();
        code.insert("at".to_owned(), earlier(&code, "at"));
        AttributeValue::M(code)
    });
    let update = service.dynamodb().update_item().table_name("otps");
    update
        .key("username", AttributeValue::S(username.to_owned()))
        .update_expression("SET issued = :issued, issuedAt = :at")
        .expression_attribute_values(":issued", AttributeValue::L(issued.collect()))
        .expression_attribute_values(":at", earlier(&row, "issuedAt"))
        .send()
        .await
        .expect("an update");
}
