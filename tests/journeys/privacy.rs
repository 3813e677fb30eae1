//! Canaries: what is secret or personal is in no line of the log, in no answer it does not belong into, and in no
//! row but its own.

mod log;

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use local::courier::{Behaviour, Script};
use serde_json::{Value, json};
use tests::answer::Answer;
use tests::proxy::{Fault, Match, Operation};
use tests::service::{Row, Service};

const USERNAME: &str = "canary-of-a-username";
const PHONE: &str = "+14155550187";
const PASSWORD: &str = "Kanarienvogel im Bergwerk 7431";
const OTHER_PASSWORD: &str = "Nachtigall im Bergwerk 7432";
const TOKEN: &str = "canary-of-a-token-5829";
const NAME: &str = "Canaria Wellensittich";
const PEPPER: &str = "Y2FuYXJ5IG9mIGEgcGVwcGVyLCB3aXRoIDMyIGJ5dGVzIQ==";
const PEPPER_IN_PLAIN: &str = "canary of a pepper, with 32 bytes!";
const KEY: &str = "canary-of-an-idempotency-key";
/// Whoever had it could use it for its hour.
const APP_CHECK: &str = "canary-of-an-app.check-token.9473";
/// A language tag that its sender alone knows.
const LOCALE: &str = "x-canary-locale";
const ADDRESS: &str = "198.51.100.187";

/// One story, and everything that was seen of it.
struct Story {
    service: Service,
    answers: Vec<Answer>,
    codes: BTreeSet<String>,
    /// The id that the calls name.
    otp_id: Option<Value>,
}

impl Story {
    async fn begin() -> Self {
        let settings = [
            ("COURIER_TOKEN", TOKEN),
            ("OTP_PEPPER", PEPPER),
            // Ten letters and digits: no six digits of a log line are one by chance.
            ("OTP_ALPHABET", "alphanumeric"),
            ("OTP_LENGTH", "10"),
            ("APP_CHECK_PROJECT_NUMBER", "123456789"),
            ("CODES_PER_PHONE_PER_DAY", "100"),
            ("SIGNUP_CODES_PER_PHONE_PER_DAY", "100"),
            ("CODES_PER_USERNAME_PER_HOUR", "20"),
        ];
        let service = Service::with(&settings).await;
        Self { service, answers: Vec::new(), codes: BTreeSet::new(), otp_id: None }
    }

    async fn post(&mut self, path: &str, body: &Value) -> Answer {
        let call = self.service.call(path).from(ADDRESS).key(KEY).header("x-canary", PASSWORD);
        let answer = call.header("x-firebase-appcheck", APP_CHECK).json(body).await;
        self.answers.push(answer.clone());
        self.codes
            .extend(self.service.courier().texts().iter().filter_map(|text| Some(text.code()?.to_owned())));
        answer
    }

    async fn raw(&mut self, path: &str, media_type: &str, body: &str) {
        let call = self.service.call(path).from(ADDRESS).key(KEY).header("content-type", media_type);
        self.answers.push(call.raw(body).await);
    }

    async fn issue(&mut self, path: &str) -> Answer {
        self.post(path, &self.naming_the_id(json!({ "username": USERNAME, "locale": LOCALE }))).await
    }

    async fn verify(&mut self, otp: &str) -> Answer {
        self.post("/verify", &self.naming_the_id(json!({ "username": USERNAME, "otp": otp }))).await
    }

    fn naming_the_id(&self, mut body: Value) -> Value {
        if let Some(id) = &self.otp_id {
            body["otpId"] = id.clone();
        }
        body
    }

    fn code(&self) -> String {
        self.service.code_to(PHONE)
    }

    /// From signing up to a verified number, with every refusal on the way.
    async fn goes_well(&mut self) {
        let signed_up = self.post("/signup", &signup()).await;
        assert_eq!(signed_up.status, 201, "{signed_up:?}");
        assert_eq!(self.post("/signup", &signup()).await.status, 201, "a repeat");
        let mut other = signup();
        other["password"] = json!(OTHER_PASSWORD);
        let contested = self.post("/signup", &other).await;
        assert_eq!(contested.status, 201, "{contested:?}");
        for path in ["/send", "/resend"] {
            assert_eq!(self.issue(path).await.code(), "otp_id_required");
        }
        assert_eq!(self.verify(&self.code()).await.code(), "otp_id_required");
        self.otp_id = Some(contested.body["otp"]["id"].clone());
        assert_eq!(self.issue("/send").await.code(), "otp_pending");
        assert_eq!(self.issue("/resend").await.code(), "resend_too_soon");
        let first = self.code();
        self.service.tick(60);
        let resent = self.issue("/resend").await;
        assert_eq!(resent.status, 202, "{resent:?}");
        self.otp_id = Some(resent.body["otp"]["id"].clone());
        assert_eq!(self.verify(&first).await.code(), "otp_superseded");
        assert_eq!(self.verify("0000000000").await.code(), "invalid_otp");
        assert_eq!(self.verify(&self.code()).await.status, 200);
        assert_eq!(self.verify(&self.code()).await.code(), "otp_already_used");
        self.otp_id = None;
        assert_eq!(self.post("/signup", &signup()).await.code(), "username_taken");
        self.service.tick(600);
        assert_eq!(self.verify(&self.code()).await.code(), "otp_expired");
    }

    /// What was not understood.
    async fn is_malformed(&mut self) {
        let whole = signup().to_string();
        for path in ["/signup", "/send", "/resend", "/verify"] {
            for body in
                [&whole[1..], &whole[..whole.len() - 1], &format!("[{whole}]"), &format!("{whole}{whole}")]
            {
                self.raw(path, "application/json", body).await;
            }
            self.raw(path, "text/plain", &whole).await;
            self.raw(path, "application/json", &format!("{whole}{}", " ".repeat(5_000))).await;
            let swapped = json!({
                "username": PHONE, "password": USERNAME, "mobileNo": PASSWORD, "name": PHONE,
                "otp": PASSWORD, "otpId": PHONE, "status": NAME, "locale": PASSWORD, "client": PASSWORD,
            });
            self.post(path, &swapped).await;
        }
        let in_key = self.service.call("/send").key("a canary, of a phone +14155550187");
        let answer = in_key.json(&json!({ "username": USERNAME })).await;
        assert_eq!(answer.broken(), ["Idempotency-Key:format"]);
        self.answers.push(answer);
    }

    /// Courier refuses, fails, and says nothing.
    async fn meets_a_failing_courier(&mut self) {
        let failures = [
            (Behaviour::answer(500), "sms_unavailable"),
            (Behaviour::answer(401), "sms_unavailable"),
            (Behaviour::answer(400), "sms_unavailable"),
            (Behaviour::Reset { accepting: false }, ""),
            (Behaviour::Hang { accepting: false, millis: Some(50) }, ""),
        ];
        for (failure, code) in failures {
            // Over the pause of the breaker, and the life of a code of unknown fate.
            self.service.tick(3_700);
            self.service.courier().play(Script::always(failure));
            assert_eq!(self.issue("/resend").await.code(), code);
            assert!(self.issue("/resend").await.status >= 202);
        }
        self.service.courier().play(Script::default());
    }

    /// DynamoDB refuses, fails, and says nothing, at each of the calls that a request makes.
    async fn meets_a_failing_dynamodb(&mut self) {
        let faults = [
            Fault::ServerError,
            Fault::ResetAfter,
            Fault::Refuse { status: 400, error: "ValidationException" },
            Fault::Refuse { status: 400, error: "AccessDeniedException" },
            Fault::Conflict(None),
            Fault::StallBefore(Duration::from_millis(100)),
        ];
        for fault in faults {
            for operation in [
                Operation::GetItem,
                Operation::TransactWriteItems,
                Operation::UpdateItem,
                Operation::BatchGetItem,
            ] {
                self.service.tick(7_300);
                self.service.proxy.inject(Match::every(operation).times(3), fault.clone());
                self.issue("/send").await;
                self.verify("0000000000").await;
                self.post("/signup", &signup()).await;
                self.service.proxy.clear_faults();
            }
        }
        // A row that no code of ours wrote.
        let broken = self.service.dynamodb().update_item().table_name("otps");
        let broken = broken.key("username", AttributeValue::S(USERNAME.to_owned()));
        let broken = broken.update_expression("SET attempts = :text");
        broken.expression_attribute_values(":text", AttributeValue::S(NAME.to_owned())).send().await.unwrap();
        assert_eq!(self.issue("/send").await.code(), "internal");
    }
}

fn signup() -> Value {
    json!({ "username": USERNAME, "password": PASSWORD, "mobileNo": PHONE, "name": NAME, "locale": LOCALE })
}

/// Every text and every run of bytes in a value.
fn pieces(value: &AttributeValue) -> Vec<Vec<u8>> {
    match value {
        AttributeValue::S(text) | AttributeValue::N(text) => vec![text.clone().into_bytes()],
        AttributeValue::B(bytes) => vec![bytes.as_ref().to_vec()],
        AttributeValue::L(list) => list.iter().flat_map(pieces).collect(),
        AttributeValue::M(map) => map
            .iter()
            .flat_map(|(name, value)| [vec![name.clone().into_bytes()], pieces(value)].concat())
            .collect(),
        AttributeValue::Bool(_) | AttributeValue::Null(_) => vec![],
        other => unreachable!("no row of ours has a {other:?}"),
    }
}

/// The attributes in which one of `canaries` stands.
fn found(rows: &[Row], canaries: &[&str]) -> BTreeSet<String> {
    let holds = |value: &AttributeValue| {
        pieces(value).iter().any(|piece| {
            canaries.iter().any(|canary| piece.windows(canary.len()).any(|part| part == canary.as_bytes()))
        })
    };
    let attributes = rows.iter().flatten();
    attributes.filter(|(_, value)| holds(value)).map(|(name, _)| name.clone()).collect()
}

/// Case 30: none of the canaries in the log, whatever happens; none of the secret ones in an answer; and in the
/// tables each in its own place only.
#[tokio::test(flavor = "multi_thread")]
async fn no_canary_leaves_its_cage() {
    let log = log::captured();
    let mut story = Story::begin().await;
    story.goes_well().await;
    let kept = story.service.everything().await;
    let mac_of_each: Vec<String> = kept[1].iter().map(|row| format!("{:?}", row["mac"])).collect();
    assert_eq!(mac_of_each.len(), 1);
    story.is_malformed().await;
    story.meets_a_failing_courier().await;
    story.meets_a_failing_dynamodb().await;
    let kept_after = story.service.everything().await;
    let hash = kept[0][0]["passwordHash"].as_s().unwrap().clone();
    assert!(story.codes.len() > 5, "{} codes", story.codes.len());

    let codes: Vec<&str> = story.codes.iter().map(String::as_str).collect();
    let given = [PASSWORD, OTHER_PASSWORD, TOKEN, PEPPER, PEPPER_IN_PLAIN, KEY, APP_CHECK, LOCALE];
    let secrets: Vec<&str> = given.into_iter().chain([hash.as_str(), "$argon2id$"]).collect();
    let personal = [USERNAME, PHONE, &PHONE[1..], &PHONE[2..], NAME, "Wellensittich", ADDRESS];

    let lines = log.lines();
    let ours = lines.iter().filter(|line| line.contains("\"request\":")).count();
    assert!(ours >= story.answers.len(), "{ours} lines for {} answers", story.answers.len());
    assert!(lines.iter().any(|line| line.contains("\"causes\":")), "failures are logged with their causes");
    assert!(lines.iter().any(|line| line.contains("\"attestation\":\"malformed\"")), "tokens are looked at");
    for line in &lines {
        for canary in codes.iter().chain(&secrets).chain(&personal) {
            assert!(!line.contains(canary), "{canary} in {line}");
        }
    }

    for answer in &story.answers {
        let text = format!("{:?} {}", answer.headers, answer.body);
        for canary in codes.iter().chain(&secrets).chain(&[PHONE, &PHONE[2..], ADDRESS]) {
            assert!(!text.contains(canary), "{canary} in {text}");
        }
    }

    for [users, otps, limits] in [&kept, &kept_after] {
        let everywhere: Vec<&str> = codes.iter().copied().chain(given).chain([ADDRESS]).collect();
        for rows in [users, otps, limits] {
            assert_eq!(found(rows, &everywhere), BTreeSet::new());
        }
        assert_eq!(found(limits, &personal), BTreeSet::new());
        assert_eq!(found(otps, &[PHONE, &PHONE[2..]]), BTreeSet::new());
        let own = ["username", "mobileNo", "name"].map(str::to_owned);
        assert_eq!(found(users, &personal), BTreeSet::from(own));
    }
    assert_eq!(found(&kept[1], &[USERNAME, NAME]), BTreeSet::from(["username".to_owned()]));
}
