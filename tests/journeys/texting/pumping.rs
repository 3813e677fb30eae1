//! SMS pumping: an attacker with many usernames, phones and addresses, who asks as often as could help.

use std::sync::Arc;

use serde_json::{Value, json};
use shared::domain::policy::Policy;
use tests::service::{Service, signup};

use super::{all_at_once, phone};

const HALF_A_DAY: u64 = 43_200;
const HOUR: u64 = 3_600;
const HOURS: usize = 24;
const ADDRESSES: usize = 3;

/// Requests of a round: more than the addresses may have of an hour.
const REQUESTS: usize = 100;

/// Requests at once: enough to race, and so few that no text runs out of time on a busy machine. It would take its
/// place in the limits all the same.
const AT_ONCE: usize = 8;

/// How the attacker asks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Signs each username up once, and has further codes sent to it.
    Codes,
    /// Signs each username up again and again, under another name each time: a PENDING user owns nothing.
    Signups,
    /// Verifies each username with the first code, on phones of its own, and has further codes sent to it.
    SignIns,
}

/// What the attacker has.
struct Attack {
    way: Way,
    usernames: usize,
    phones: usize,
    /// How often in an hour each username asks.
    rounds: u64,
}

impl Attack {
    /// Asks for a whole UTC day, honouring no refusal; answers how many texts there were.
    async fn texts(&self, settings: &[(&str, &str)]) -> usize {
        let service = Arc::new(Service::with(settings).await);
        service.tick(HALF_A_DAY);
        let mut signed_up = vec![false; self.usernames];
        for round in 0..HOURS as u64 * self.rounds {
            // Another username comes first each time, so that all of them meet open limits.
            let turn = usize::try_from(round).unwrap() * 37;
            let in_turn = (0..self.usernames).map(|nth| (nth + turn) % self.usernames);
            let asking: Vec<_> = in_turn.take(REQUESTS).collect();
            for some in asking.chunks(AT_ONCE) {
                let requests = some.iter().map(|nth| self.request(*nth, round, signed_up[*nth]));
                let requests: Vec<_> = requests.collect();
                let answers = all_at_once(&service, requests, async |service, (call, from, body)| {
                    service.call(call).from(&from).json(&body).await
                })
                .await;
                for (nth, answer) in some.iter().zip(&answers) {
                    assert!([201, 202, 409, 429, 503].contains(&answer.status), "{answer:?}");
                    if answer.status == 201 && self.way == Way::SignIns {
                        let code = service.code_to(&phone(*nth % self.phones));
                        service.verify(&format!("user{nth}"), &code).await;
                    }
                    signed_up[*nth] |= answer.status == 201 && self.way != Way::Signups;
                }
            }
            service.tick(HOUR / self.rounds);
        }
        service.courier().count()
    }

    /// What the `nth` username asks in a round, and from where.
    fn request(&self, nth: usize, round: u64, signed_up: bool) -> (&'static str, String, Value) {
        let username = format!("user{nth}");
        let turn = usize::try_from(round).unwrap() * 37;
        let from = format!("192.0.2.{}", 1 + (nth + turn) % ADDRESSES);
        if signed_up {
            let call = if round.is_multiple_of(2) { "/resend" } else { "/send" };
            return (call, from, json!({ "username": username }));
        }
        let mut body = signup(&username, &phone(nth % self.phones));
        body["name"] = json!(["Ada", "Bob"][usize::from(round.is_multiple_of(2))]);
        ("/signup", from, body)
    }

    /// The most texts of a day: the least of what each limit allows, with a budget of a thousand texts.
    fn bound(&self, policy: &Policy) -> usize {
        self.bound_of(policy, 1_000)
    }

    /// The same with a budget of so many texts, half of them for signups.
    fn bound_of(&self, policy: &Policy, budget: usize) -> usize {
        let hours = u32::try_from(HOURS).unwrap();
        let of_usernames = match self.way {
            Way::Codes | Way::SignIns => {
                self.usernames * (policy.codes_per_username_per_hour * hours) as usize
            }
            Way::Signups => usize::MAX,
        };
        let per_phone = |cap: u32| (self.phones * cap as usize).min(budget / 2);
        let of_signups = per_phone(policy.signup_codes_per_phone_per_day);
        let of_phones = match self.way {
            Way::Codes | Way::Signups => of_signups,
            Way::SignIns => of_signups + per_phone(policy.codes_per_phone_per_day),
        };
        let of_addresses = ADDRESSES * (policy.codes_per_address_per_hour * hours) as usize;
        of_usernames.min(of_phones).min(of_addresses)
    }
}

/// Cases 11 to 14 together, with the default limits: 200 usernames on 40 phones get five texts a phone.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_phones_bound_the_texts_of_a_day() {
    let attack = Attack { way: Way::Codes, usernames: 200, phones: 40, rounds: 1 };
    let bound = attack.bound(&Policy::default());
    assert_eq!(bound, 40 * 5);
    assert_eq!(attack.texts(&[]).await, bound);
}

/// Cases 11 to 14 together: to sign up anew each time gets no more than that.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_phones_bound_the_signups_of_a_day() {
    let attack = Attack { way: Way::Signups, usernames: 20, phones: 10, rounds: 1 };
    let bound = attack.bound(&Policy::default());
    assert_eq!(bound, 10 * 5);
    assert_eq!(attack.texts(&[]).await, bound);
}

/// Cases 11 to 14 together: who holds the phones, and verifies, gets the signups' texts and ten more a phone.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn verified_phones_bound_the_texts_of_a_day() {
    let attack = Attack { way: Way::SignIns, usernames: 50, phones: 10, rounds: 1 };
    let bound = attack.bound(&Policy::default());
    assert_eq!(bound, 10 * (5 + 10));
    assert_eq!(attack.texts(&[]).await, bound);
}

/// Cases 11 to 14 together: where the signups' pot of the budget is less than that, it is the pot to the last text.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_budget_bounds_the_texts_of_a_day() {
    let attack = Attack { way: Way::Codes, usernames: 30, phones: 30, rounds: 1 };
    assert_eq!(attack.bound_of(&Policy::default(), 131), 65);
    assert_eq!(attack.texts(&[("DAILY_BUDGET_DOLLARS", "131")]).await, 65);
}

/// Cases 11 to 14 together: where the addresses' cap is less, it is that in each hour of the day.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_addresses_bound_the_texts_of_a_day() {
    let attack = Attack { way: Way::Codes, usernames: 40, phones: 40, rounds: 1 };
    let policy = Policy { codes_per_address_per_hour: 2, ..Policy::default() };
    let bound = attack.bound(&policy);
    assert_eq!(bound, ADDRESSES * 2 * 24);
    assert_eq!(attack.texts(&[("CODES_PER_ADDRESS_PER_HOUR", "2")]).await, bound);
}

/// Cases 11 to 14 together: with phones and addresses to spare it is each username's own cap, every hour anew.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_usernames_bound_the_texts_of_a_day() {
    let attack = Attack { way: Way::Codes, usernames: 4, phones: 4, rounds: 4 };
    let policy =
        Policy { codes_per_username_per_hour: 2, signup_codes_per_phone_per_day: 100, ..Policy::default() };
    let bound = attack.bound(&policy);
    assert_eq!(bound, 4 * 2 * 24);
    let settings = [("CODES_PER_USERNAME_PER_HOUR", "2"), ("SIGNUP_CODES_PER_PHONE_PER_DAY", "100")];
    assert_eq!(attack.texts(&settings).await, bound);
}
