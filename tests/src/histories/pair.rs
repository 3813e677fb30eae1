//! The model and the service, to which the same happens.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::drawn::{Again, Drawn};
use super::step::{ADDRESSES, AsWho, End, History, Id, NAMES, Otp, PHONES, Step, Wait};
use super::texts::{Requested, during};
use crate::answer::Answer;
use crate::reference::{
    Ask, Asked, Call, CodeNumber, Details, Given, Messenger, Numbers, Reference, SignUp, Told, Typed, Verify,
};
use crate::service::{PASSWORD, Service};

const DAY: i64 = 86_400;

const PASSWORDS: [&str; 2] = [PASSWORD, "seven magpies on a wet roof"];
const PEOPLE: [&str; 2] = ["Ada", "Grace Hopper"];
const KEYS: [&str; 2] = ["a-key", "another-key"];

/// What a history needs of its own.
#[derive(Clone, Debug)]
pub(super) struct Cast {
    pub(super) names: [String; NAMES],
    pub(super) phones: [String; PHONES],
    pub(super) addresses: [String; ADDRESSES],
}

/// Why a history ended early.
#[derive(Clone, Debug)]
pub(super) enum Ended {
    /// The service did another thing than the model: what, and the story up to there.
    Differs(String),
    /// A code was drawn that the history has already: typed, it would be two codes.
    DrawnTwice,
}

/// Both, in the middle of a history.
pub(super) struct Pair<'a> {
    service: &'a Service,
    model: Reference,
    cast: Cast,
    drawn: Drawn,
    /// The details that each name was signed up with last.
    signed_up: [Option<Details>; NAMES],
    last: Option<(Call, Messenger)>,
    story: String,
    /// Each answer, by path, status and code.
    pub(super) answers: Vec<String>,
}

impl<'a> Pair<'a> {
    /// A model with these numbers beside `service`, at noon of the next UTC day: no counter of another history counts there.
    pub(super) fn new(service: &'a Service, numbers: Numbers, cast: Cast) -> Self {
        let day = DAY.unsigned_abs();
        service.tick(day - service.now() % day + day / 2);
        let now = service.now().try_into().expect("a time");
        Self {
            service,
            model: Reference::new(numbers, now),
            cast,
            drawn: Drawn::default(),
            signed_up: [const { None }; NAMES],
            last: None,
            story: String::new(),
            answers: Vec::new(),
        }
    }

    /// Plays a whole history.
    pub(super) async fn play(&mut self, history: &History) -> Result<(), Ended> {
        let _ = writeln!(self.story, "with {:?}", self.model.numbers());
        for step in &history.steps {
            self.step(step).await?;
        }
        Ok(())
    }

    async fn step(&mut self, step: &Step) -> Result<(), Ended> {
        match *step {
            Step::Signup { name, as_who, from, key, messenger } => {
                let details = self.details(name, as_who);
                self.signed_up[name] = Some(details.clone());
                self.call(&self.signup(name, details, key), from, messenger).await
            }
            Step::SignupAgain { name, from, key } => {
                let details =
                    self.signed_up[name].clone().unwrap_or_else(|| self.details(name, AsWho::Oneself));
                self.signed_up[name] = Some(details.clone());
                self.call(&self.signup(name, details, key), from, Messenger::Takes).await
            }
            Step::Send { name, id, from, key, messenger } => {
                self.call(&Call::Send(self.ask(name, id, key)), from, messenger).await
            }
            Step::Resend { name, id, from, key, messenger } => {
                self.call(&Call::Resend(self.ask(name, id, key)), from, messenger).await
            }
            Step::Verify { name, typed, id } => {
                let verify = Verify {
                    username: self.cast.names[name].clone(),
                    typed: self.typed(name, typed),
                    id: self.given(name, id),
                };
                self.call(&Call::Verify(verify), 0, Messenger::Takes).await
            }
            Step::GuessOut { name } => {
                let username = self.cast.names[name].clone();
                let wrong =
                    Call::Verify(Verify { username, typed: Typed::NoCode, id: self.given(name, Id::Newest) });
                for _ in 0..=self.model.numbers().tries {
                    self.call(&wrong, 0, Messenger::Takes).await?;
                }
                Ok(())
            }
            Step::WaitAndResend { name } => {
                self.wait(Wait::Until { end: End::Cooldown, name, off: 0 });
                self.call(&Call::Resend(self.ask(name, Id::Newest, None)), 0, Messenger::Takes).await
            }
            Step::Repeat { from } => match self.last.clone() {
                Some((call, messenger)) => self.call(&call, from, messenger).await,
                None => Ok(()),
            },
            Step::Wait(wait) => {
                self.wait(wait);
                Ok(())
            }
            Step::Sweep => {
                self.service.sweep();
                let _ = writeln!(self.story, "{}: what has expired is deleted", self.clock());
                Ok(())
            }
        }
    }

    fn details(&self, name: usize, as_who: AsWho) -> Details {
        let own = name % PHONES;
        let (password, phone, person) = match as_who {
            AsWho::Oneself | AsWho::Malformed => (0, own, 0),
            AsWho::OtherPassword => (1, own, 0),
            AsWho::OtherPhone => (0, 1 - own, 0),
            AsWho::OtherName => (0, own, 1),
            AsWho::AnotherPerson => (1, 1 - own, 1),
        };
        let phone = match as_who {
            AsWho::Malformed => "2025550143".to_owned(),
            _ => self.cast.phones[phone].clone(),
        };
        Details { password: PASSWORDS[password], phone, name: PEOPLE[person] }
    }

    fn signup(&self, name: usize, details: Details, key: Option<usize>) -> Call {
        Call::SignUp(SignUp {
            username: self.cast.names[name].clone(),
            details,
            key: key.map(|key| KEYS[key]),
        })
    }

    fn ask(&self, name: usize, id: Id, key: Option<usize>) -> Ask {
        Ask {
            username: self.cast.names[name].clone(),
            id: self.given(name, id),
            key: key.map(|key| KEYS[key]),
        }
    }

    fn nth_newest(&self, name: usize, nth: usize) -> Option<CodeNumber> {
        self.model.codes(&self.cast.names[name]).into_iter().rev().nth(nth)
    }

    fn newest_known(&self, name: usize) -> Option<CodeNumber> {
        let ends = self.model.ends(&self.cast.names[name]).newest_hour?;
        self.nth_newest(name, 0).filter(|_| self.model.now() < ends)
    }

    fn given(&self, name: usize, id: Id) -> Given {
        let of = |code: Option<CodeNumber>| code.map_or(Given::OfNoCode, Given::Of);
        match id {
            Id::None => Given::Nothing,
            // Who knows no id, or has waited for an hour, leaves it out.
            Id::Newest => self.newest_known(name).map_or(Given::Nothing, Given::Of),
            Id::Any(nth) => of(self.nth_newest(name, nth)),
            Id::Foreign => of(self.nth_newest((name + 1) % NAMES, 0)),
            Id::Guessed => Given::OfNoCode,
            Id::Malformed => Given::Malformed,
        }
    }

    fn typed(&self, name: usize, typed: Otp) -> Typed {
        let code = match typed {
            Otp::Newest => self.nth_newest(name, 0),
            Otp::Earlier(nth) => self.nth_newest(name, nth + 1),
            Otp::Foreign => self.nth_newest((name + 1) % NAMES, 0),
            Otp::Wrong => None,
            Otp::Malformed => return Typed::Malformed,
        };
        // That of an unknown name is known to nobody.
        code.filter(|code| self.drawn.code(*code).is_some()).map_or(Typed::NoCode, Typed::Code)
    }

    fn wait(&mut self, wait: Wait) {
        let now = self.model.now();
        let until = match wait {
            Wait::Seconds(seconds) => Some(now + seconds),
            Wait::Until { end, name, off } => {
                let ends = self.model.ends(&self.cast.names[name]);
                let end = match end {
                    End::Code => ends.code,
                    End::Cooldown => ends.wait,
                    End::NewestHour => ends.newest_hour,
                    End::OldestHour => ends.oldest_hour,
                    End::Day => ends.day,
                    End::User => ends.user,
                    End::ClockHour => Some(now - now % 3_600 + 3_600),
                    End::Midnight => Some(now - now % DAY + DAY),
                };
                end.map(|end| end + off)
            }
        };
        let seconds = until.map_or(0, |until| (until - now).max(0));
        self.model.tick(seconds);
        self.service.tick(seconds.unsigned_abs());
    }

    fn clock(&self) -> String {
        jiff::Timestamp::from_second(self.model.now()).expect("a time").to_string()
    }

    /// Makes a call of both.
    async fn call(&mut self, call: &Call, from: usize, messenger: Messenger) -> Result<(), Ended> {
        self.last = Some((call.clone(), messenger));
        let fresh = self.drawn.next();
        let from = self.cast.addresses[from].clone();
        let told = self.model.call(Asked { call, from: &from, messenger, fresh });

        let request = self.service.call(call.path()).from(&from);
        let request = if let Some(key) = call.key() { request.key(key) } else { request };
        let body = self.drawn.body(call);
        let (answer, requested) = during(request.json(&body), self.service.courier(), messenger).await;
        let _ = self.service.proxy.take_calls();

        let outcome = format!("{} {} {}", call.path(), answer.status, answer.code());
        self.answers.push(outcome.trim_end().to_owned());
        let (clock, text) = (self.clock(), &answer.text);
        let _ = writeln!(self.story, "{clock} {call} from {from}; Courier {messenger}\n    {text}");
        self.learn(&told, &answer, &requested)?;
        self.compare(&told, &answer, &requested)
    }

    /// Takes note of the id and the code that were drawn.
    fn learn(&mut self, told: &Told, answer: &Answer, requested: &[Requested]) -> Result<(), Ended> {
        if !told.issued {
            return Ok(());
        }
        let answered = answer.body.pointer("/otp/id").and_then(Value::as_str);
        let texted = requested.first();
        if let (Some(answered), Some(texted)) = (answered, texted)
            && answered != texted.id
        {
            return Err(self.differs(&format!("the id in the answer is not that of the text, {}", texted.id)));
        }
        let Some(id) = answered.or(texted.map(|text| &*text.id)) else {
            return Err(self.differs("a code is to be issued"));
        };
        match self.drawn.learn(id, texted.map(|text| &*text.code)) {
            Ok(()) => Ok(()),
            Err(Again::Id) => Err(self.differs("the id is not new")),
            Err(Again::Code) => Err(Ended::DrawnTwice),
        }
    }

    fn compare(&self, told: &Told, answer: &Answer, requested: &[Requested]) -> Result<(), Ended> {
        let expected = told.answer.body(|number| json!(self.drawn.id(number)));
        let mut body = answer.body.clone();
        let has_words = body.get_mut("errors").and_then(Value::as_array_mut).is_none_or(|errors| {
            errors.iter_mut().all(|error| {
                let detail = error.as_object_mut().and_then(|error| error.remove("detail"));
                detail.is_some_and(|detail| detail.as_str().is_some_and(|words| !words.is_empty()))
            })
        });
        let problem = answer.status >= 400;
        let has_request = body.as_object_mut().is_some_and(|body| body.remove("requestId").is_some());
        let texted: Vec<_> = requested.iter().map(|text| &text.to).collect();
        let to_be_texted: Vec<_> = told.texted.iter().collect();
        let header = answer.headers.get("retry-after").cloned();
        let kind = if problem { "application/problem+json" } else { "application/json" };
        let checks = [
            (answer.status == told.answer.status(), format!("the status is to be {}", told.answer.status())),
            (body == expected, format!("the body is to be {expected}")),
            (has_words, "a broken field has no words".to_owned()),
            (has_request == problem, "a problem has a requestId, and nothing else has".to_owned()),
            (
                header == told.answer.retry_after().map(|seconds| seconds.to_string()),
                format!("Retry-After is {header:?}"),
            ),
            (
                answer.headers.get("content-type").is_some_and(|held| held == kind),
                format!("the content type is to be {kind}"),
            ),
            (texted == to_be_texted, format!("texts are to go to {to_be_texted:?}, and go to {texted:?}")),
        ];
        let broken = checks.into_iter().find(|(holds, _)| !holds);
        broken.map_or(Ok(()), |(_, what)| Err(self.differs(&what)))
    }

    fn differs(&self, what: &str) -> Ended {
        Ended::Differs(format!("{}    but {what}", self.story))
    }
}
