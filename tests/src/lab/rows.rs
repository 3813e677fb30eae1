//! Rows as calls of the API leave them, of names that only the lab knows.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use local::clock::Clock;
use shared::config;
use shared::domain::account::AccountId;
use shared::domain::budget::Spending;
use shared::domain::challenge::ChallengeStatus;
use shared::domain::code::{Code, CodeFormat, OtpId};
use shared::domain::limit::{Bounds, Quota};
use shared::domain::mac::Pepper;
use shared::domain::password::{Password, PasswordHash};
use shared::domain::person_name::PersonName;
use shared::domain::phone::MobileNumber;
use shared::domain::policy::Policy;
use shared::domain::recipient::Recipient;
use shared::domain::region::Regions;
use shared::domain::time::{DAY, Timestamp};
use shared::domain::user::{User, UserStatus};
use shared::domain::username::Username;

use super::Lab;
use crate::service::{PASSWORD, Row};

/// The code of every challenge here.
pub(super) const CODE: &str = "271828";

/// The life of a code in the lab.
const TTL: i64 = 900;

/// The account of every user here.
const ACCOUNT: [u8; 16] = [1; 16];

/// The id of every challenge here, as its row shows it.
const OTP_ID: [u8; 16] = [0; 16];
const OTP_ID_TEXT: &str = "AAAAAAAAAAAAAAAAAAAAAA";

/// A challenge as it shall stand in the table.
#[derive(Clone, Copy, Debug)]
pub(super) struct StoredCode {
    /// Seconds since it was issued.
    pub(super) age: i64,
    pub(super) status: ChallengeStatus,
    pub(super) attempts: u32,
}

impl StoredCode {
    pub(super) const LIVE: Self = Self { age: 0, status: ChallengeStatus::Pending, attempts: 0 };
}

fn text(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

fn number(number: impl Into<i64>) -> AttributeValue {
    AttributeValue::N(number.into().to_string())
}

fn bytes(bytes: &[u8]) -> AttributeValue {
    AttributeValue::B(Blob::new(bytes))
}

fn map<const N: usize>(entries: [(&str, AttributeValue); N]) -> Row {
    entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn name(username: &str) -> Username {
    Username::parse(username).expect("a username")
}

fn now() -> i64 {
    Clock::System.second()
}

impl Lab {
    /// Stores the newest challenge of a username.
    pub(super) async fn put_code(&self, username: &str, code: StoredCode) {
        let StoredCode { age, status, attempts } = code;
        let issued_at = now() - age;
        let format = CodeFormat { length: 6, ..Policy::default().code_format };
        let mac = Code::parse(CODE, format).expect("a code");
        let mac = mac.mac(&pepper(), OtpId::from_bytes(OTP_ID), &name(username));
        let issued = map([
            ("id", bytes(&OTP_ID)),
            ("mac", bytes(mac.as_bytes())),
            ("at", number(issued_at)),
            ("call", text("signup")),
        ]);
        let delivery = map([
            ("status", text("SENT")),
            ("tries", number(1)),
            ("at", number(issued_at)),
            ("requestId", text("1-00000000-000000000000000000000000")),
        ]);
        let row = map([
            ("username", text(username)),
            ("otpId", text(OTP_ID_TEXT)),
            ("accountId", bytes(&ACCOUNT)),
            ("status", text(status.as_str())),
            ("mac", bytes(mac.as_bytes())),
            ("pepperId", bytes(pepper().id().as_bytes())),
            ("attempts", number(attempts)),
            ("failures", number(attempts)),
            ("issuedAt", number(issued_at)),
            ("validUntil", number(issued_at + TTL)),
            ("issued", AttributeValue::L(vec![AttributeValue::M(issued)])),
            ("delivery", AttributeValue::M(delivery)),
            ("expiresAt", number(issued_at + TTL + 3_600)),
        ]);
        self.put("otps", row).await;
    }

    /// Stores a PENDING user whose password is that of every signup.
    pub(super) async fn put_pending_user(&self, username: &str, phone: &str) {
        let parsed = Password::parse(PASSWORD, &[]).expect("a password");
        let hash = self.hash.get_or_init(|| parsed.hash([0; 16]).as_str().to_owned());
        let row = map([
            ("username", text(username)),
            ("name", text("Ada")),
            ("mobileNo", text(phone)),
            ("accountId", bytes(&ACCOUNT)),
            ("status", text("PENDING")),
            ("passwordHash", text(hash)),
            ("createdAt", number(now())),
            ("updatedAt", number(now())),
            ("expiresAt", number(now() + DAY + TTL)),
        ]);
        self.put("users", row).await;
    }

    /// Uses up what a phone may have by signups, today and tomorrow.
    pub(super) async fn use_up(&self, phone: &str) {
        let user = User {
            username: name("anybody"),
            account: AccountId::from_bytes(ACCOUNT),
            name: PersonName::parse("Ada").expect("a name"),
            mobile: MobileNumber::parse(phone, &Regions::all()).expect("a number"),
            password_hash: PasswordHash::from_store(String::new()),
            status: UserStatus::Pending { expires_at: Timestamp::from_second(now()), contested: false },
            created_at: Timestamp::from_second(now()),
        };
        let recipient = Recipient::Pending(user);
        let source = "192.0.2.1".parse().map(shared::domain::address::SourceNetwork::of).expect("an address");
        let bounds = Bounds { pepper: &pepper(), policy: &Policy::default(), spending: &Spending::default() };
        for day in [now(), now() + DAY] {
            let day = Timestamp::from_second(day);
            let phone = Quota::of(&recipient, 1, source, bounds, day).phone;
            let row = map([
                ("key", bytes(phone.key.as_bytes())),
                ("count", number(phone.cap)),
                ("expiresAt", number(phone.ends_at.as_second())),
            ]);
            self.put("limits", row).await;
        }
    }

    async fn put(&self, table: &str, row: Row) {
        let put = self.service.dynamodb().put_item().table_name(table).set_item(Some(row));
        put.send().await.expect("a put");
        let _ = self.service.proxy.take_calls();
    }
}

/// The pepper of a service with no other settings than the template's.
fn pepper() -> Pepper {
    config::pepper(local::settings::PEPPER).expect("a pepper")
}
