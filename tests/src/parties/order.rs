//! One order: the calls of two parties at one username.

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use shared::clock::Deadline;
use shared::domain::password::Password;
use shared::domain::username::Username;
use shared::store::Store;

use super::deed::{Deed, Party};
use super::ledger::{Around, Done, Ledger, Rows, Verified};
use super::owner::Owner;
use super::stranger::Stranger;
use super::{Inbox, Tally, Texted};
use crate::service::Service;

/// The idempotency keys of both: few, so that they repeat, and meet the other's.
pub(super) const KEYS: [&str; 2] = ["one", "two"];

/// The share of the answers that are lost: the call happens, and its party does not hear what came of it.
const LOST: f64 = 0.15;

/// The share of the turns in which a stranger burns all tries of a code.
const BURNT: f64 = 0.05;

/// An order, as far as it has come.
#[derive(Debug)]
pub(super) struct Order {
    username: String,
    /// The owner's phone, the one that the owner's slip of the thumb names, and the stranger's own.
    phones: [String; 3],
    dice: StdRng,
    owner: Owner,
    stranger: Stranger,
    ledger: Ledger,
    calls: Vec<String>,
    story: Vec<String>,
    broken: Option<String>,
}

impl Order {
    pub(super) fn new(number: usize, phones: [String; 3], seed: u64) -> Self {
        let mut dice = StdRng::seed_from_u64(seed);
        let owner = Owner::new(dice.random_bool(0.5));
        let username = format!("ada{number}");
        let sends = if owner.sends_ids { "sends ids" } else { "sends no ids" };
        let story = vec![format!("{username}: the owner of {} {sends}", phones[0])];
        Self {
            username,
            phones,
            dice,
            owner,
            stranger: Stranger::default(),
            ledger: Ledger::default(),
            calls: Vec::new(),
            story,
            broken: None,
        }
    }

    /// The story up to the rule that was broken.
    pub(super) fn broken(&self) -> Option<String> {
        self.broken.as_ref().map(|rule| format!("{}\nBROKEN: {rule}", self.story.join("\n")))
    }

    /// Has one of the parties do something.
    pub(super) async fn take_turn(&mut self, service: &Service, inbox: &Inbox) {
        if self.dice.random_bool(BURNT) {
            for _ in 0..5 {
                let guess = Deed::Type { code: any_code(&mut self.dice), id: None };
                self.done(Party::Stranger, guess, service, inbox).await;
            }
        } else if self.dice.random_bool(0.55) {
            let deed = self.owner.next(&self.phones, &inbox.to(&self.phones[0]), &mut self.dice);
            self.done(Party::Owner, deed, service, inbox).await;
        } else {
            let deed = self.stranger.next(&self.phones, &inbox.to(&self.phones[2]), &mut self.dice);
            self.done(Party::Stranger, deed, service, inbox).await;
        }
    }

    async fn done(&mut self, party: Party, deed: Deed, service: &Service, inbox: &Inbox) {
        if self.broken.is_some() {
            return;
        }
        let deed = self.unlucky(party, deed, inbox);
        let lost = self.dice.random_bool(LOST);
        let before = self.phones.each_ref().map(|phone| inbox.to(phone).len());
        let answer = deed.done_by(party, &self.username, service).await;
        self.calls.push(format!("{} {} {}", deed.path(), answer.status, answer.code()).trim_end().to_owned());
        let texts = self.phones.iter().zip(before).flat_map(|(phone, before)| {
            inbox.to(phone).into_iter().skip(before).map(|text| (phone.clone(), text)).collect::<Vec<_>>()
        });
        let texts: Vec<(String, Texted)> = texts.collect();
        let rows = Rows::read(service, &self.username).await;
        let now = service.now();
        let heard = if lost { ", unheard" } else { "" };
        let texted: Vec<_> =
            texts.iter().map(|(phone, text)| format!(", {} to {phone}", text.code)).collect();
        self.story.push(format!(
            "{now} {party}: {deed:?} -> {} {}{}{heard}\n    {rows}",
            answer.outcome(),
            answer.body.pointer("/otp/id").map(ToString::to_string).unwrap_or_default(),
            texted.concat(),
        ));
        let done = Done { party, deed: &deed, answer: &answer, texts: &texts, now };
        let around = Around { owner: &self.owner, phones: &self.phones, inbox };
        if let Err(rule) = self.ledger.judge(done, rows, around) {
            self.broken = Some(rule);
        }
        if !lost {
            match party {
                Party::Owner => self.owner.hear(&answer),
                Party::Stranger => self.stranger.hear(&answer),
            }
        }
    }

    /// The same deed; but a stranger's guess that is right by accident, once in a million, is made a wrong one: it would
    /// prove nothing.
    fn unlucky(&self, party: Party, deed: Deed, inbox: &Inbox) -> Deed {
        match deed {
            Deed::Type { mut code, id } if party == Party::Stranger => {
                let right: Vec<_> = self.phones[..2].iter().flat_map(|phone| inbox.to(phone)).collect();
                while right.iter().any(|text| text.code == code) {
                    code = format!("{:06}", (code.parse::<u32>().expect("digits") + 1) % 1_000_000);
                }
                Deed::Type { code, id }
            }
            deed => deed,
        }
    }

    /// Compares with Argon2 what the salts have said, where an owner verified a name that a stranger had signed up for.
    pub(super) async fn end(&mut self, service: &Service) {
        if self.broken.is_some() || self.ledger.verified != Some(Verified::AfterAStranger) {
            return;
        }
        let store = Store::new(service.dynamodb().clone(), "users".to_owned(), "otps".to_owned());
        let username = Username::parse(&self.username).expect("a username");
        let deadline = Deadline::after(std::time::Duration::from_secs(10));
        let (user, _) = store.load(&username, deadline).await.expect("a read");
        let user = user.expect("a user");
        let password = Password::parse(Party::Owner.password(), &[]).expect("a password");
        if !user.password_hash.matches(&password) {
            self.broken = Some("the verified account has not the owner's password".to_owned());
        }
    }

    /// Adds this order to `tally`.
    pub(super) fn count(&self, tally: &mut Tally) {
        tally.orders += 1;
        tally.calls += self.calls.len();
        tally.contested += usize::from(self.ledger.met_contested);
        match self.ledger.verified {
            None | Some(Verified::Undisturbed) => {}
            Some(Verified::AfterAStranger) => tally.confirmed += 1,
            Some(Verified::AStrangers) => tally.late += 1,
        }
        for call in &self.calls {
            *tally.answers.entry(call.clone()).or_default() += 1;
        }
    }
}

/// A code that somebody makes up.
pub(super) fn any_code(dice: &mut StdRng) -> String {
    format!("{:06}", dice.random_range(0..1_000_000))
}
