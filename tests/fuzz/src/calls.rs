//! A few calls one after the other, by people who know the codes that were texted, or guess: every answer is documented,
//! and only the newest code of a username verifies it, once.

use std::cell::OnceCell;

use arbitrary::{Arbitrary, Unstructured};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use tests::service::PASSWORD;

use crate::world::{self, World};

/// The most calls of an input, and of those the most that hash a password, which takes 20 ms.
const MOST: usize = 8;
const MOST_SIGNUPS: usize = 2;

/// The names that are used: those that somebody has when an input begins, and two that nobody has.
const NAMES: [&str; 4] = [world::VERIFIED.0, world::PENDING.0, "eve", "mallory@example.com"];

/// The numbers that signups bring.
const NUMBERS: [&str; 4] = [world::VERIFIED.1, world::PENDING.1, "+12065550143", "+13125550199"];

thread_local! {
    static WORLD: OnceCell<World> = const { OnceCell::new() };
}

#[derive(Arbitrary, Clone, Copy, Debug, PartialEq)]
enum Function {
    Verify,
    Send,
    Resend,
    Signup,
}

/// A call.
#[derive(Arbitrary, Debug)]
struct Step<'a> {
    function: Function,
    wait: Wait,
    name: u8,
    number: u8,
    password_is_usual: bool,
    otp: Otp<'a>,
    otp_id: OtpId<'a>,
    key: Key<'a>,
    text_is_refused: bool,
    reader: Option<(&'a str, &'a str)>,
    spoilt: Spoilt<'a>,
    source: u8,
    is_base64: bool,
}

/// The time before a call.
#[derive(Arbitrary, Debug)]
enum Wait {
    None,
    Seconds(u8),
    Minutes(u8),
    Hours(u8),
}

/// The code that is typed.
#[derive(Arbitrary, Debug)]
enum Otp<'a> {
    Newest,
    Earlier(u8),
    Wrong,
    Text(&'a str),
}

/// The `otpId` that is sent.
#[derive(Arbitrary, Debug)]
enum OtpId<'a> {
    None,
    Answered(u8),
    Text(&'a str),
}

/// The `Idempotency-Key` that is sent.
#[derive(Arbitrary, Debug)]
enum Key<'a> {
    None,
    Usual(u8),
    Text(&'a str),
}

/// What is wrong with a request besides.
#[derive(Arbitrary, Debug)]
enum Spoilt<'a> {
    Nothing,
    Member(&'a str, &'a str),
    Header(&'a str, &'a str),
    Body(&'a str),
    Without(u8),
}

impl Function {
    fn name(self) -> &'static str {
        match self {
            Self::Signup => "signup",
            Self::Send => "send",
            Self::Resend => "resend",
            Self::Verify => "verify",
        }
    }
}

/// Makes the calls that `data` is made into.
#[must_use]
pub fn run(data: &[u8]) -> bool {
    let mut bytes = Unstructured::new(data);
    let mut steps = Vec::new();
    while steps.len() < MOST && !bytes.is_empty() {
        let Ok(step) = Step::arbitrary(&mut bytes) else { break };
        steps.push(step);
    }
    let signups = steps.iter().filter(|step| step.function == Function::Signup).count();
    if steps.is_empty() || signups > MOST_SIGNUPS {
        return false;
    }
    WORLD.with(|world| {
        let world = world.get_or_init(World::start);
        world.begin();
        Visit { world, ids: Vec::new(), confirmed: Vec::new() }.run(&steps);
    });
    true
}

/// What was learnt on the way.
struct Visit<'a> {
    world: &'a World,
    /// The ids of the codes that were answered.
    ids: Vec<String>,
    /// The codes that were confirmed.
    confirmed: Vec<String>,
}

impl Visit<'_> {
    fn run(&mut self, steps: &[Step<'_>]) {
        for step in steps {
            self.world.tick(match step.wait {
                Wait::None => 0,
                Wait::Seconds(seconds) => seconds.into(),
                Wait::Minutes(minutes) => u64::from(minutes) * 60,
                Wait::Hours(hours) => u64::from(hours) * 3_600,
            });
            if step.text_is_refused {
                self.world.refuse_a_text();
            }
            self.step(step);
        }
    }

    fn step(&mut self, step: &Step<'_>) {
        let call = step.function.name();
        let before = self.world.texted().len();
        let members = self.members(step);
        let otp = members.get("otp").and_then(Value::as_str).map(str::to_owned);
        let event = Self::event(step, members);
        let Ok(event) = serde_json::from_value(event) else { return };
        let answer = self.world.answer(call, event);
        let status = answer.status().as_u16();
        let body: Value = serde_json::from_slice(answer.body()).expect("JSON");
        self.ids.extend(body["otp"]["id"].as_str().map(str::to_owned));
        let texted = self.world.texted().len() - before;
        assert!(texted <= 1, "{call}: {texted} texts");
        match (step.function, status) {
            (Function::Signup | Function::Send | Function::Resend, 200..300) => {}
            (Function::Verify, 200) => self.confirms(&otp.expect("a code was typed")),
            _ => assert_eq!(texted, 0, "{call}: {body}"),
        }
    }

    /// A code was confirmed: one that was texted, and never before.
    fn confirms(&mut self, otp: &str) {
        assert!(self.world.texted().iter().any(|text| text.code == otp), "{otp} was not texted");
        assert!(!self.confirmed.iter().any(|confirmed| confirmed == otp), "{otp} was confirmed twice");
        self.confirmed.push(otp.to_owned());
    }

    fn members(&self, step: &Step<'_>) -> Map<String, Value> {
        let mut members = Map::new();
        let mut insert = |name: &str, value: &str| members.insert(name.to_owned(), value.into());
        let name = NAMES[usize::from(step.name) % NAMES.len()];
        insert("username", name);
        match step.function {
            Function::Signup => {
                insert("password", if step.password_is_usual { PASSWORD } else { "another quiet harbour" });
                insert("mobileNo", NUMBERS[usize::from(step.number) % NUMBERS.len()]);
                insert("name", "Ada");
            }
            Function::Verify => drop(insert("otp", &self.otp(step))),
            Function::Send | Function::Resend => {}
        }
        let nth = |nth: u8| self.ids.iter().rev().nth(nth.into()).map(String::as_str);
        let id = match step.otp_id {
            OtpId::None => None,
            OtpId::Answered(back) => nth(back),
            OtpId::Text(text) => Some(text),
        };
        if let Some(id) = id.filter(|_| step.function != Function::Signup) {
            insert("otpId", id);
        }
        if let Some((locale, client)) = step.reader {
            insert("locale", locale);
            insert("client", client);
        }
        match step.spoilt {
            Spoilt::Member(name, value) => drop(insert(name, value)),
            Spoilt::Without(nth) => {
                let name = members.keys().nth(nth.into()).cloned();
                name.and_then(|name| members.remove(&name));
            }
            Spoilt::Nothing | Spoilt::Header(..) | Spoilt::Body(_) => {}
        }
        members
    }

    fn otp(&self, step: &Step<'_>) -> String {
        let texted = self.world.texted();
        let nth = |nth: usize| texted.iter().rev().nth(nth).map(|text| text.code.clone()).unwrap_or_default();
        match step.otp {
            Otp::Newest => nth(0),
            Otp::Earlier(back) => nth(1 + usize::from(back)),
            Otp::Wrong => "0000000000".to_owned(),
            Otp::Text(text) => text.to_owned(),
        }
    }

    fn event(step: &Step<'_>, members: Map<String, Value>) -> Value {
        let body = match step.spoilt {
            Spoilt::Body(body) => body.to_owned(),
            _ => Value::Object(members).to_string(),
        };
        let mut event = world::event(step.function.name(), &body);
        if step.is_base64 {
            event["body"] = STANDARD.encode(&body).into();
            event["isBase64Encoded"] = true.into();
        }
        event["requestContext"]["http"]["sourceIp"] = format!("192.0.2.{}", step.source).into();
        match step.key {
            Key::None => {}
            Key::Usual(nth) => event["headers"]["idempotency-key"] = format!("key-{}", nth % 2).into(),
            Key::Text(text) => event["headers"]["idempotency-key"] = text.into(),
        }
        if let Spoilt::Header(name, value) = step.spoilt {
            event["headers"][name] = json!(value);
        }
        event
    }
}
