//! One person's way to a verified number, by doing what the answers say.

use aws_sdk_dynamodb::config::Config;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::types::AttributeValue;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use tests::answer::Answer;
use tests::service::{self, Row, text};

use super::World;
use super::truth::Texted;

/// More than any journey needed so far. Whoever needs more is stuck, and that is a fault of the service.
const CALLS: usize = 120;

/// What each call may answer here, from the API's table.
const SIGNUP: &[&str] = &["201", "409 username_taken", "503 unavailable", "503 sms_unavailable"];
const SEND: &[&str] = &[
    "202",
    "409 otp_pending",
    "422 otp_superseded",
    "429 resend_too_soon",
    "429 rate_limited",
    "503 unavailable",
    "503 sms_unavailable",
];
const VERIFY: &[&str] = &[
    "200",
    "404 otp_not_found",
    "409 otp_already_used",
    "410 otp_expired",
    "410 otp_exhausted",
    "422 invalid_otp",
    "422 otp_superseded",
    "503 unavailable",
];

/// What the person does next.
#[derive(Clone, Copy, Debug)]
enum Next {
    SignUp,
    Ask(&'static str),
    Type,
    Done,
    GiveUp,
}

struct Person<'a> {
    world: &'a World,
    username: String,
    phone: &'a str,
    dice: StdRng,
    key: u32,
    mistakes: u32,
    /// Whether the person's app sends the id of its newest answer along.
    sends_ids: bool,
    id: Option<String>,
    /// Whether a typed code was answered by a 503.
    is_in_doubt: bool,
    /// How many of the phone's texts are of accounts before this one.
    outdated: usize,
}

/// Makes the journey `number` with the phone number `phone`.
pub(super) async fn make(world: &World, number: usize, phone: &str, seed: u64) {
    let mut dice = StdRng::seed_from_u64(seed.wrapping_mul(1_000_003).wrapping_add(number as u64));
    let sends_ids = dice.random_bool(0.5);
    let username = format!("person-{number}");
    let mut person = Person {
        world,
        username,
        phone,
        dice,
        key: 0,
        mistakes: 0,
        sends_ids,
        id: None,
        is_in_doubt: false,
        outdated: 0,
    };
    let mut next = Next::SignUp;
    for _ in 0..CALLS {
        next = match next {
            Next::SignUp => person.sign_up().await,
            Next::Ask(path) => person.ask(path).await,
            Next::Type => person.type_code().await,
            Next::Done => return world.report.end("verified"),
            Next::GiveUp => return world.report.end("given up at a cap"),
        };
    }
    world.report.end("stuck");
    world.truth.violated(format!("{} is stuck before {next:?}", person.username));
}

impl Person<'_> {
    async fn sign_up(&mut self) -> Next {
        let body = service::signup(&self.username, self.phone);
        let answer = self.post("/signup", SIGNUP, &body).await;
        // What is stored now was there before, or is of a new account.
        let id = self.look().await;
        if let Some(id) = id.filter(|id| !self.world.truth.knows(self.phone, id)) {
            let texts = self.world.truth.texts_to(self.phone);
            self.outdated = texts.iter().filter(|text| text.id != id).count();
            self.world.truth.stored(self.phone, &id);
        }
        if answer.status == 201 {
            self.hear(&answer);
            return Next::Type;
        }
        if answer.code() == "username_taken" {
            // The right code was confirmed, and only the answer was lost.
            if !self.is_in_doubt {
                self.world.truth.violated(format!("{} is taken from its person", self.username));
            }
            // Who is VERIFIED needs no id.
            self.id = None;
            return Next::Type;
        }
        self.wait(&answer).await;
        Next::SignUp
    }

    /// Takes note of a success.
    fn hear(&mut self, answer: &Answer) {
        self.key += 1;
        self.id = answer.body["otp"]["id"].as_str().map(str::to_owned);
    }

    /// `body` with the id of the newest answer, if the person's app sends that.
    fn with_id(&self, mut body: Value) -> Value {
        if let Some(id) = self.id.as_ref().filter(|_| self.sends_ids) {
            body["otpId"] = json!(id);
        }
        body
    }

    /// The texts on the phone that are of this account.
    fn texts(&self) -> Vec<Texted> {
        self.world.truth.texts_to(self.phone).split_off(self.outdated)
    }

    async fn ask(&mut self, path: &'static str) -> Next {
        let body = self.with_id(json!({ "username": self.username }));
        let answer = if self.dice.random_bool(0.1) {
            let (one, other) = tokio::join!(self.post(path, SEND, &body), self.post(path, SEND, &body));
            if one.status == 202 { one } else { other }
        } else {
            self.post(path, SEND, &body).await
        };
        if let Some(id) = self.look().await {
            self.world.truth.stored(self.phone, &id);
        }
        match status_and_code(&answer).as_str() {
            "202" => {
                self.hear(&answer);
                Next::Type
            }
            // The id is of more than an hour ago.
            "422 otp_superseded" => Next::SignUp,
            // Either the text is there, or only another code helps.
            "409 otp_pending" if self.has_text_of_newest().await => Next::Type,
            "409 otp_pending" => Next::Ask("/resend"),
            "429 rate_limited" => Next::GiveUp,
            _ => {
                self.wait(&answer).await;
                Next::Ask(path)
            }
        }
    }

    async fn type_code(&mut self) -> Next {
        let texts = self.texts();
        let Some(newest) = texts.last().cloned() else { return Next::Ask("/send") };
        if self.dice.random_bool(0.03) {
            return Next::SignUp;
        }
        if self.dice.random_bool(0.2) {
            return Next::Ask("/resend");
        }
        if self.mistakes < 8 && self.dice.random_bool(0.3) {
            return self.mistype(&texts).await;
        }
        let body = self.with_id(json!({ "username": self.username, "otp": newest.code }));
        let answers = if self.dice.random_bool(0.1) {
            let (one, other) =
                tokio::join!(self.post("/verify", VERIFY, &body), self.post("/verify", VERIFY, &body));
            vec![one, other]
        } else {
            vec![self.post("/verify", VERIFY, &body).await]
        };
        let outcomes: Vec<_> = answers.iter().map(status_and_code).collect();
        let is_confirmed =
            outcomes.iter().any(|outcome| outcome == "200" || outcome == "409 otp_already_used");
        for _ in outcomes.iter().filter(|outcome| *outcome == "200") {
            self.world.truth.answered(&newest.id);
        }
        self.is_in_doubt |= outcomes.iter().any(|outcome| outcome == "503 unavailable");
        if is_confirmed {
            self.confirmed(&newest).await;
            return Next::Done;
        }
        match outcomes[0].as_str() {
            "422 invalid_otp" => {
                self.world.truth.violated(format!("{} was refused a code that was texted", self.username));
                Next::GiveUp
            }
            "503 unavailable" => {
                self.wait(&answers[0]).await;
                Next::Type
            }
            "422 otp_superseded" => Next::Ask("/resend"),
            _ => Next::Ask("/send"),
        }
    }

    /// Types what was never texted to this phone.
    async fn mistype(&mut self, texts: &[Texted]) -> Next {
        self.mistakes += 1;
        let wrong = loop {
            let drawn = format!("{:06}", self.dice.random_range(0..1_000_000));
            if texts.iter().all(|text| text.code != drawn) {
                break drawn;
            }
        };
        let answer = self.post("/verify", VERIFY, &json!({ "username": self.username, "otp": wrong })).await;
        match status_and_code(&answer).as_str() {
            "200" | "409 otp_already_used" | "422 otp_superseded" => {
                self.world.truth.violated(format!("{} got {answer:?} for a guess", self.username));
                Next::GiveUp
            }
            "410 otp_exhausted" | "410 otp_expired" | "404 otp_not_found" => Next::Ask("/send"),
            _ => Next::Type,
        }
    }

    /// The code was right, says the service: then its row is CONFIRMED, and the user VERIFIED.
    async fn confirmed(&self, typed: &Texted) {
        let otp = self.row("otps").await;
        let is_confirmed = otp
            .as_ref()
            .is_some_and(|row| text(row, "status") == "CONFIRMED" && text(row, "otpId") == typed.id);
        let user = self.row("users").await;
        let is_verified = user.as_ref().is_some_and(|row| text(row, "status") == "VERIFIED");
        if is_confirmed && is_verified {
            self.world.truth.confirmed(&self.username);
        } else {
            self.world.truth.violated(format!("{} typed {}, but {otp:?} {user:?}", self.username, typed.id));
        }
    }

    async fn has_text_of_newest(&self) -> bool {
        let row = self.row("otps").await;
        let texts = self.texts();
        row.is_some_and(|row| texts.last().is_some_and(|newest| newest.id == text(&row, "otpId")))
    }

    /// The id of the challenge that is stored now.
    async fn look(&self) -> Option<String> {
        self.row("otps").await.map(|row| text(&row, "otpId").to_owned())
    }

    /// Reads the person's row, through the same faults, until that works; the client would pause between.
    async fn row(&self, table: &str) -> Option<Row> {
        loop {
            let key = AttributeValue::S(self.username.clone());
            let read = self.world.service.dynamodb().get_item().table_name(table).key("username", key);
            let once = Config::builder().retry_config(RetryConfig::disabled());
            let read = read.consistent_read(true).customize().config_override(once);
            if let Ok(output) = read.send().await {
                return output.item;
            }
        }
    }

    async fn wait(&self, answer: &Answer) {
        self.world.wait(answer.retry_after().unsigned_abs()).await;
    }

    /// Posts and checks the answer against what is documented for the call.
    async fn post(&self, path: &str, documented: &[&str], body: &Value) -> Answer {
        let call = self.world.service.call(path);
        // The same key until the call succeeds, and of no meaning to verify.
        let answer = call.key(&format!("{}-{path}", self.key)).json(body).await;
        self.world.report.answer(path, &answer);
        if !documented.contains(&status_and_code(&answer).as_str()) {
            self.world.truth.violated(format!("{path} answered {answer:?} to {}", self.username));
        }
        answer
    }
}

fn status_and_code(answer: &Answer) -> String {
    format!("{} {}", answer.status, answer.code()).trim_end().to_owned()
}
