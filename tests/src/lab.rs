//! The lab: release binaries of the functions over TLS to the stand-ins, with rows for every scene that is measured.
//!
//! A process has what Lambda and the template give it, but for one thing: it trusts the lab's own certificate authority
//! instead of the public ones, by `SSL_CERT_FILE`. DynamoDB, Secrets Manager and Courier are the stand-ins of a
//! [`Service`], each behind a server that ends TLS 1.3 with an ECDSA certificate, as the real ones do.

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use local::clock::Clock;
use tempfile::NamedTempFile;

use crate::runtime::Functions;
use crate::service::Service;
use tls::Authority;

pub mod ceilings;
mod rows;
pub mod scenes;
mod tls;
pub mod usage;

/// The order of all that is measured.
pub const FUNCTIONS: [&str; 4] = ["verify", "send", "resend", "signup"];

/// The settings that the scenes need: no cap but a phone's may end a run, and nothing waits.
const SETTINGS: &[(&str, &str)] = &[
    ("SEND_ANSWER_STEP_MILLISECONDS", "0"),
    ("CODES_PER_ADDRESS_PER_HOUR", "100000"),
    ("DAILY_BUDGET_DOLLARS", "1000000"),
    ("OTP_TTL_SECONDS", "900"),
    ("RESEND_COOLDOWN_SECONDS", "300"),
];

/// The last part of an ARN is the name by which the stand-in knows the secret.
const ARN: &str = "arn:aws:secretsmanager:us-east-1:000000000000:secret:";

/// The place of the token and the pepper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretsAt {
    /// In the environment.
    Environment,
    /// In Secrets Manager, as the template has it.
    SecretsManager,
}

impl SecretsAt {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Environment, Self::SecretsManager];

    /// Where that is, in a sentence.
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Environment => "the environment",
            Self::SecretsManager => "Secrets Manager",
        }
    }
}

/// The stand-ins, and the way to them over TLS.
pub struct Lab {
    service: Service,
    authority: Authority,
    dynamodb: String,
    courier: String,
    secrets_manager: String,
    names: AtomicU32,
    /// That of the password of every signup, made once.
    hash: OnceLock<String>,
}

impl fmt::Debug for Lab {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lab").field("service", &self.service).finish_non_exhaustive()
    }
}

impl Lab {
    /// Starts the stand-ins. Their clock shows the time of the machine, which is the one that the processes go by.
    pub async fn start() -> Self {
        let service = Service::with(SETTINGS).await;
        service.tick(Clock::System.second().unsigned_abs() - service.now());
        let authority = Authority::new();
        let courier = service.courier().address();
        let (dynamodb, courier, secrets_manager) = tokio::join!(
            authority.front(service.database()),
            authority.front(courier),
            authority.front(service.secrets().address()),
        );
        Self {
            service,
            authority,
            dynamodb,
            courier,
            secrets_manager,
            names: AtomicU32::new(0),
            hash: OnceLock::new(),
        }
    }

    /// The functions of the template against this lab.
    #[must_use]
    pub fn functions(&self, secrets: SecretsAt) -> Functions {
        let authority = self.authority.file();
        let token = format!("{ARN}COURIER_TOKEN");
        let pepper = format!("{ARN}OTP_PEPPER");
        let mut settings = SETTINGS.to_vec();
        settings.extend([
            ("AWS_ENDPOINT_URL_DYNAMODB", self.dynamodb.as_str()),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", &self.secrets_manager),
            ("COURIER_BASE_URL", &self.courier),
            ("SSL_CERT_FILE", &authority),
        ]);
        if secrets == SecretsAt::SecretsManager {
            settings.extend([
                ("COURIER_TOKEN_SECRET_ARN", token.as_str()),
                ("OTP_PEPPER_SECRET_ARN", pepper.as_str()),
            ]);
        }
        Functions::of(&self.service, &settings)
    }

    /// A number that no call before had; names and phones are made of it.
    fn next(&self) -> u32 {
        self.names.fetch_add(1, Ordering::Relaxed)
    }
}

/// A file that is gone with its handle.
fn file(content: &str) -> NamedTempFile {
    let file = NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), content).expect("a written file");
    file
}
