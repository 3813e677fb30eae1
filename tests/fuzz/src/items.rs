//! Items of the tables as DynamoDB might hold them: each is read, or refused as malformed; what was read is written as it
//! was, and reads as the same.

use std::cell::OnceCell;
use std::future::ready;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::Client;
use serde_json::{Value, json};
use shared::clock::{Clock, Deadline, Moment};
use shared::domain::account::AccountId;
use shared::domain::address::SourceNetwork;
use shared::domain::budget::Spending;
use shared::domain::call::Call;
use shared::domain::challenge::{Challenge, Draft};
use shared::domain::code::OtpId;
use shared::domain::limit::{Bounds, Quota};
use shared::domain::mac::{Mac, Pepper};
use shared::domain::password::PasswordHash;
use shared::domain::person_name::PersonName;
use shared::domain::phone::MobileNumber;
use shared::domain::policy::Policy;
use shared::domain::recipient::Recipient;
use shared::domain::time::Timestamp;
use shared::domain::user::{User, UserStatus};
use shared::domain::username::Username;
use shared::store::{Limits, SignUp, SignUpResult, Store};
use tests::proxy::Operation;
use tests::service::NOON;
use tests::within;
use tokio::runtime::{Builder, Runtime};

/// What a put makes of other attributes, or of the time, whatever was read.
const MADE_ANEW: [&str; 5] = ["delivery", "expiresAt", "issuedAt", "mac", "updatedAt"];

thread_local! {
    static DESK: OnceCell<Desk> = const { OnceCell::new() };
}

/// Reads the items of the object `{"users": {…}, "otps": {…}}` that `data` is.
#[must_use]
pub fn run(data: &[u8]) -> bool {
    let Ok(items) = serde_json::from_slice::<Value>(data) else { return false };
    DESK.with(|desk| desk.get_or_init(Desk::open).check(&items));
    true
}

/// The store, over a database that answers what it is told.
struct Desk {
    runtime: Runtime,
    store: Store,
    limits: Limits,
    /// What is read next, and what was last written.
    items: Arc<Mutex<(Value, Value)>>,
    clock: Clock,
    pepper: Pepper,
}

impl Desk {
    fn open() -> Self {
        let items: Arc<Mutex<(Value, Value)>> = Arc::default();
        let at_desk = Arc::clone(&items);
        let answer = move |operation, body| {
            let (to_read, written) = &mut *at_desk.lock().unwrap_or_else(PoisonError::into_inner);
            let answer = match operation {
                Operation::BatchGetItem => {
                    let row = |table: &str| to_read.get(table).into_iter().collect::<Vec<_>>();
                    json!({ "Responses": { "users": row("users"), "otps": row("otps") }, "UnprocessedKeys": {} })
                }
                Operation::TransactWriteItems => {
                    *written = body;
                    json!({})
                }
                other => panic!("nothing here asks for {other}"),
            };
            ready(Some((200, answer.to_string())))
        };
        let client = Client::from_conf(within::client(answer).build());
        Self {
            runtime: Builder::new_current_thread().enable_all().build().expect("a runtime"),
            store: Store::new(client.clone(), "users".to_owned(), "otps".to_owned()),
            limits: Limits::new(client, "limits".to_owned()),
            items,
            clock: Clock::reading(|| SystemTime::UNIX_EPOCH + Duration::from_secs(NOON)),
            pepper: Pepper::from_bytes(vec![1; 32]).expect("long enough"),
        }
    }

    fn check(&self, items: &Value) {
        let Some((user, challenge)) = self.read(items) else { return };
        let was_there = (user.is_some(), challenge.is_some());
        let written = self.write(user, challenge);
        for (table, is_there) in [("users", was_there.0), ("otps", was_there.1)] {
            if is_there {
                assert_kept(&items[table], &written[table], table);
            }
        }
        let (user, challenge) = self.read(&written).expect("what we wrote ourselves");
        assert_eq!(self.write(user, challenge), written);
    }

    fn read(&self, items: &Value) -> Option<(Option<User>, Option<Challenge>)> {
        self.items.lock().unwrap_or_else(PoisonError::into_inner).0.clone_from(items);
        let username = Username::from_store("ada".to_owned());
        let deadline = Deadline::after(Duration::from_mins(1));
        self.runtime.block_on(self.store.load(&username, deadline)).ok()
    }

    /// Writes both, one of our own where one is missing, and returns the items.
    fn write(&self, user: Option<User>, challenge: Option<Challenge>) -> Value {
        let now = self.clock.now().timestamp;
        let user = user.unwrap_or_else(|| ada(now));
        let challenge = challenge.unwrap_or_else(|| self.first(now));
        let recipient = Recipient::Pending(user.clone());
        let (policy, spending) = (Policy::default(), Spending::default());
        let bounds = Bounds { pepper: &self.pepper, policy: &policy, spending: &spending };
        let source = SourceNetwork::of([192, 0, 2, 7].into());
        let quota = Quota::of(&recipient, 1, source, bounds, now);
        let sign_up = SignUp { user: &user, challenge: &challenge, over: None, quota: &quota };
        let moment = Moment {
            arrived: self.clock.now(),
            came: tokio::time::Instant::now(),
            deadline: Deadline::after(Duration::from_mins(1)),
        };
        let stored = self.runtime.block_on(self.store.sign_up(&self.limits, sign_up, moment));
        assert!(matches!(stored, Ok(SignUpResult::Stored)), "{stored:?}");
        let (_, written) = &*self.items.lock().unwrap_or_else(PoisonError::into_inner);
        let puts = written["TransactItems"].as_array().into_iter().flatten().map(|write| &write["Put"]);
        let puts = puts.filter_map(|put| Some((put["TableName"].as_str()?.to_owned(), put["Item"].clone())));
        Value::Object(puts.collect())
    }

    fn first(&self, now: Timestamp) -> Challenge {
        let draft = Draft {
            id: OtpId::from_bytes([1; 16]),
            mac: Mac::from_bytes([1; 32]),
            pepper: self.pepper.id(),
            account: AccountId::from_bytes([1; 16]),
            contested: false,
            call: Call::Signup,
            key: None,
        };
        Challenge::first(draft, &Policy::default(), now)
    }
}

fn ada(now: Timestamp) -> User {
    User {
        username: Username::from_store("ada".to_owned()),
        account: AccountId::from_bytes([1; 16]),
        name: PersonName::from_store("Ada".to_owned()),
        mobile: MobileNumber::from_store("+12025550143".to_owned(), None),
        password_hash: PasswordHash::from_store(String::new()),
        status: UserStatus::signed_up(86_400, false, now),
        created_at: now,
    }
}

/// What was written is what was read, whatever else that held: an attribute that no function knows is lost.
fn assert_kept(read: &Value, written: &Value, table: &str) {
    for (name, attribute) in written.as_object().expect("an item") {
        let is_key = table == "otps" && name == "username";
        if !is_key && !MADE_ANEW.contains(&name.as_str()) {
            assert!(is_same(&read[name], attribute), "{table}: {name}: {} became {attribute}", read[name]);
        }
    }
}

/// Numbers may be spelt in several ways, an item of a list may have what no function knows, and an earlier code without an
/// outcome takes the newest one's.
fn is_same(read: &Value, written: &Value) -> bool {
    if let (Some(read), Some(written)) = (read["N"].as_str(), written["N"].as_str()) {
        return read.parse::<i64>().ok() == written.parse::<i64>().ok();
    }
    if let (Some(read), Some(written)) = (read["L"].as_array(), written["L"].as_array()) {
        return read.len() == written.len()
            && read.iter().zip(written).all(|(read, written)| is_same(read, written));
    }
    if let (Some(read), Some(written)) = (read["M"].as_object(), written["M"].as_object()) {
        return written.iter().all(|(name, written)| match read.get(name) {
            Some(read) => is_same(read, written),
            None => name == "outcome",
        });
    }
    read == written
}
