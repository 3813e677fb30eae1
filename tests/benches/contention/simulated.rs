//! The store's own code and the domain's, under a clock that jumps from one event to the next, against the embedded
//! DynamoDB within the process: no machine slows it down, and the number of shards is the quota's.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::Client;
use dynoxide::Database;
use futures::future::join_all;
use serde_json::{Value, json};
use shared::clock::{Clock, Deadline, Moment};
use shared::domain::account::AccountId;
use shared::domain::address::SourceNetwork;
use shared::domain::budget::{SHARDS, Spending};
use shared::domain::call::Call;
use shared::domain::challenge::{Challenge, Draft};
use shared::domain::code::OtpId;
use shared::domain::limit::{Bounds, Quota};
use shared::domain::mac::{Mac, Pepper};
use shared::domain::money::MicroDollars;
use shared::domain::password::PasswordHash;
use shared::domain::person_name::PersonName;
use shared::domain::phone::MobileNumber;
use shared::domain::policy::Policy;
use shared::domain::recipient::Recipient;
use shared::domain::region::Region as Place;
use shared::domain::sum::Pot;
use shared::domain::time::Timestamp;
use shared::domain::user::{User, UserStatus};
use shared::domain::username::Username;
use shared::store::{Failure, Issue, IssueResult, Limits, Store};
use tests::phones;
use tests::proxy::{Contention, Operation};
use tests::service::NOON;
use tests::within::{self, read};
use tokio::time::{Instant, sleep, sleep_until};

use super::{Callers, End, HIGHER_RATE, Load, OTHER_SHARDS, Outcome, RATES, TRANSACTION};

/// The time of a request in which its code is to be stored.
const TO_STORE: Duration = Duration::from_secs(10);

/// What was simulated.
pub(super) struct Simulated {
    /// Callers apart, for each number of shards at every rate.
    pub(super) shards: Vec<Vec<Outcome>>,
    /// Callers behind one address.
    pub(super) one_address: Vec<Outcome>,
    /// Callers with one phone.
    pub(super) one_phone: Vec<Outcome>,
}

/// What it takes to spend one pot of the default budget to its last code, one code after the other.
pub(super) struct Spent {
    pub(super) shards: usize,
    /// The codes in the pot.
    pub(super) codes: usize,
    /// The transactions that met a full shard, after each of which all shards are read.
    pub(super) met_full: usize,
}

/// Pots that are spent for each number of shards: which shard is drawn is chance.
const POTS: usize = 5;

pub(super) fn all() -> Simulated {
    let apart = |shards| {
        let rates = RATES.into_iter().chain([HIGHER_RATE]);
        let load =
            |rate| Load { callers: Callers::Apart, shards, rate, seconds: (3_000 / rate).clamp(4, 20) };
        rates.map(|rate| simulate(load(rate))).collect()
    };
    let at_one = |callers| RATES.map(|rate| simulate(Load::of_the_service(callers, rate))).into();
    Simulated {
        shards: OTHER_SHARDS.map(apart).into(),
        one_address: at_one(Callers::OneAddress),
        one_phone: at_one(Callers::OnePhone),
    }
}

/// Without those that one `BatchGetItem` cannot read.
pub(super) fn spending() -> Vec<Spent> {
    OTHER_SHARDS.into_iter().filter(|shards| *shards <= 100).map(spend).collect()
}

/// Runs on one thread whose clock jumps when everybody waits.
fn jumping<T>(run: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().start_paused(true).build().expect("a runtime").block_on(run)
}

fn simulate(load: Load) -> Outcome {
    let arrivals = load.arrivals();
    let world = World::with(arrivals.len(), load);
    let ends = jumping(async {
        let begun = Instant::now();
        let issues = arrivals.into_iter().enumerate().map(async |(nth, after)| {
            sleep_until(begun + after).await;
            let end = world.issue(nth).await;
            (end, begun.elapsed().saturating_sub(after))
        });
        join_all(issues).await
    });
    let conflicts = world.database.conflicts.load(Ordering::Relaxed);
    Outcome { load, ends, conflicts, worked: Duration::ZERO }
}

/// Spends [`POTS`] pots, and returns their mean.
fn spend(shards: usize) -> Spent {
    let policy = Policy { codes_per_address_per_hour: 0, ..Policy::default() };
    let spending = Spending::default();
    let price = spending.prices.of(Place::parse("US")).get();
    let codes = usize::try_from(spending.pot(Pot::Verified).get() / price).expect("hundreds");
    let pots = (0..POTS).map(|_| {
        let load = Load { callers: Callers::Apart, shards, rate: 1, seconds: 1 };
        let world = World { policy: policy.clone(), spending: spending.clone(), ..World::with(codes, load) };
        jumping(async {
            for nth in 0..codes {
                assert_eq!(world.issue(nth).await, End::Issued);
            }
        });
        world.database.batches.load(Ordering::Relaxed)
    });
    Spent { shards, codes, met_full: pots.sum::<usize>() / POTS }
}

/// Users, and the store that issues their codes.
struct World {
    database: Arc<Within>,
    store: Store,
    limits: Limits,
    pepper: Pepper,
    policy: Policy,
    spending: Spending,
    clock: Clock,
    load: Load,
    phones: Vec<String>,
}

impl World {
    fn with(users: usize, load: Load) -> Self {
        let database = Arc::new(Within::with(users));
        let client = client(&database);
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(NOON);
        Self {
            store: Store::new(client.clone(), "users".to_owned(), "otps".to_owned()),
            limits: Limits::new(client, "limits".to_owned()),
            database,
            pepper: Pepper::from_bytes(vec![1; 32]).expect("long enough"),
            policy: Policy { codes_per_address_per_hour: 100_000, ..Policy::default() },
            spending: Spending { budget: MicroDollars::dollars(1_000_000), ..Spending::default() },
            clock: Clock::reading(move || at),
            load,
            phones: phones::all(),
        }
    }

    async fn issue(&self, nth: usize) -> End {
        let now = Timestamp::from_second(i64::try_from(NOON).expect("a time"));
        let recipient = Recipient::Verified(self.user(nth, now));
        let id: [u8; 16] = std::array::from_fn(|byte| nth.to_be_bytes()[byte % 8]);
        let draft = Draft {
            id: OtpId::from_bytes(id),
            mac: Mac::from_bytes([1; 32]),
            pepper: self.pepper.id(),
            account: recipient.account(),
            contested: false,
            call: Call::Send,
            key: None,
        };
        let next = Challenge::issue(None, None, draft, &self.policy, now).expect("the first code");
        let issue =
            Issue { recipient: &recipient, row: None, next: &next, quota: &self.quota(&recipient, nth, now) };
        let moment =
            Moment { arrived: self.clock.now(), came: Instant::now(), deadline: Deadline::after(TO_STORE) };
        match self.store.issue(&self.limits, issue, moment).await {
            Ok(IssueResult::Stored) => End::Issued,
            Ok(IssueResult::Refused(_)) if self.load.callers == Callers::OnePhone => End::Capped,
            Err(Failure::Unavailable { .. }) => End::Busy,
            other => panic!("{other:?}"),
        }
    }

    fn user(&self, nth: usize, now: Timestamp) -> User {
        let number = self.load.callers.phone(&self.phones, nth % self.phones.len());
        User {
            username: Username::from_store(name(nth)),
            account: AccountId::from_bytes([1; 16]),
            name: PersonName::from_store("Ada".to_owned()),
            mobile: MobileNumber::from_store(number.to_owned(), Place::parse("US")),
            password_hash: PasswordHash::from_store(String::new()),
            status: UserStatus::Verified { at: now },
            created_at: now,
        }
    }

    /// The counters of the domain, with the pot spread over as many shards as the load has.
    fn quota(&self, recipient: &Recipient, nth: usize, now: Timestamp) -> Quota {
        let source = SourceNetwork::of(self.load.callers.address(nth).into());
        let bounds = Bounds { pepper: &self.pepper, policy: &self.policy, spending: &self.spending };
        let mut quota = Quota::of(recipient, 1, source, bounds, now);
        if self.load.shards != SHARDS {
            let shard =
                |shard: u32| Mac::from_bytes(std::array::from_fn(|byte| shard.to_be_bytes()[byte % 4]));
            let shards = (0..).take(self.load.shards).map(shard).collect();
            quota.charge = quota.charge.map(|charge| charge.spread_over(shards));
        }
        quota
    }
}

fn name(nth: usize) -> String {
    format!("caller-{nth}")
}

/// The embedded DynamoDB within the process, which holds the items of a transaction. Whatever else it is asked takes no
/// time.
struct Within {
    database: Database,
    contention: Contention,
    conflicts: AtomicUsize,
    batches: AtomicUsize,
}

impl fmt::Debug for Within {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Within").finish_non_exhaustive()
    }
}

impl Within {
    fn with(users: usize) -> Self {
        let (database, contention) = (within::database(), Contention::default());
        within::definitions().for_each(|made| contention.learn(&made));
        for nth in 0..users {
            // What the condition of an issue looks at.
            let account = "AQEBAQEBAQEBAQEBAQEBAQ==";
            let user = json!({ "username": { "S": name(nth) }, "accountId": { "B": account }, "status": { "S": "VERIFIED" } });
            database.put_item(read(&json!({ "TableName": "users", "Item": user }))).expect("a user");
        }
        Self { database, contention, conflicts: AtomicUsize::default(), batches: AtomicUsize::default() }
    }

    async fn answer(&self, operation: &Operation, body: &Value) -> (u16, String) {
        let held = match self.contention.begin(operation, body) {
            Ok(held) => held,
            Err(refused) => {
                self.conflicts.fetch_add(1, Ordering::Relaxed);
                return (400, refused.to_string());
            }
        };
        if *operation == Operation::BatchGetItem {
            self.batches.fetch_add(1, Ordering::Relaxed);
        }
        let (status, answer) = within::carry_out(&self.database, operation, body);
        if held.is_some() {
            sleep(TRANSACTION).await;
        }
        (status, answer.to_string())
    }
}

/// The client of the store, whose requests go no further than `database`.
fn client(database: &Arc<Within>) -> Client {
    let database = Arc::clone(database);
    let answer = move |operation, body| {
        let database = Arc::clone(&database);
        async move { Some(database.answer(&operation, &body).await) }
    };
    Client::from_conf(within::client(answer).build())
}
