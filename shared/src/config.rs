//! The settings, and the only reader of the environment.
//!
//! Each function checks only its own settings, and names every fault at once.

mod operator;
mod reader;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::attestation::{AttestationMode, AttestationSettings, ProjectNumber};
use crate::courier::{Account, TemplateId, Token};
use crate::domain::budget::Spending;
use crate::domain::code::{Alphabet, CodeFormat};
use crate::domain::mac::Pepper;
use crate::domain::money::{MicroDollars, Prices};
use crate::domain::policy::{LONGEST_CODE_TTL, Policy};
use crate::domain::region::Regions;
use crate::domain::sms::{AndroidAppHash, AppName, LastLines, Locales, OtpDomain, Texts};
use crate::domain::time::DAY;
use crate::front_door::{FrontDoor, OriginSecrets};
use crate::secrets::Sourced;
use reader::SettingsReader;

pub use operator::OperatorSettings;
pub use reader::InvalidSettings;

/// Courier's API, unless another address is set.
const COURIER: &str = "https://api.courier.com";

/// The issuer of App Check tokens, unless another one is set.
const APP_CHECK: &str = "https://firebaseappcheck.googleapis.com";

/// CloudWatch's namespace of the metrics, unless another one is set.
const METRICS: &str = "countersign";

/// The answers of send and resend leave at whole multiples of so many milliseconds, unless another step is set: longer than
/// nearly every text takes to be accepted.
const ANSWER_STEP: u64 = 1_000;

/// The settings of every function: these are all that verify has.
#[derive(Clone, Debug)]
pub struct VerifySettings {
    /// The credentials and the region for AWS.
    pub aws: Aws,
    /// `SSL_CERT_FILE`: the certificate authorities to trust instead of those of this release.
    pub authorities: Option<PathBuf>,
    /// `USERS_TABLE`
    pub users_table: String,
    /// `OTPS_TABLE`
    pub otps_table: String,
    /// `OTP_PEPPER` or `OTP_PEPPER_SECRET_ARN`
    pub pepper: Sourced<Pepper>,
    /// The numbers. Those that the function does not read are the defaults.
    pub policy: Policy,
    /// `METRICS_NAMESPACE`
    pub metrics_namespace: String,
    /// `ORIGIN_SECRETS`
    pub front_door: FrontDoor,
}

/// The settings of a function that texts: these are all that send and resend have.
#[derive(Clone, Debug)]
pub struct TextingSettings {
    /// The settings of every function.
    pub base: VerifySettings,
    /// `LIMITS_TABLE`
    pub limits_table: String,
    /// `DAILY_BUDGET_DOLLARS`, `VERIFIED_SHARE_PERCENT`, `SMS_PRICES`, `ALLOWED_REGIONS`
    pub spending: Spending,
    /// `COURIER_BASE_URL`, `COURIER_TEMPLATE_ID`, `TWILIO_MESSAGING_SERVICE_SID`
    pub account: Account,
    /// `COURIER_TOKEN` or `COURIER_TOKEN_SECRET_ARN`
    pub token: Sourced<Token>,
    /// `APP_NAME`, `OTP_DOMAIN`, `ANDROID_APP_HASH`, `LOCALES`
    pub texts: Texts,
    /// `SEND_ANSWER_STEP_MILLISECONDS`, which signup does not read.
    pub answer_step: Duration,
    /// `APP_CHECK_PROJECT_NUMBER`, `APP_CHECK_MODE`, `APP_CHECK_BASE_URL`; none without the first.
    pub attestation: Option<AttestationSettings>,
}

/// The settings of signup.
#[derive(Clone, Debug)]
pub struct SignupSettings {
    /// The settings of a function that texts.
    pub texting: TextingSettings,
}

/// The credentials and the addresses for AWS: Lambda sets all of them, and renews them with the environment.
#[derive(Clone)]
pub struct Aws {
    /// `AWS_REGION`
    pub region: String,
    /// `AWS_ACCESS_KEY_ID`
    pub access_key_id: String,
    /// `AWS_SECRET_ACCESS_KEY`
    pub secret_access_key: Zeroizing<String>,
    /// `AWS_SESSION_TOKEN`
    pub session_token: Option<Zeroizing<String>>,
    /// `AWS_ENDPOINT_URL_DYNAMODB`
    pub dynamodb: Option<String>,
    /// `AWS_ENDPOINT_URL_SECRETS_MANAGER`
    pub secrets_manager: Option<String>,
}

impl fmt::Debug for Aws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Aws").field("region", &self.region).finish_non_exhaustive()
    }
}

/// Looks a variable up in the environment of this process. What is not Unicode in it reads as U+FFFD, which no
/// setting takes.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the only reader of the environment")]
pub fn environment(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

impl VerifySettings {
    /// Reads the settings of verify with `lookup`.
    ///
    /// # Errors
    /// When a setting is wrong.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, InvalidSettings> {
        let mut reader = SettingsReader::of(lookup);
        let base = reader.base();
        reader.finish(base)
    }
}

impl TextingSettings {
    /// Reads the settings of send and resend with `lookup`.
    ///
    /// # Errors
    /// When a setting is wrong.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, InvalidSettings> {
        let mut reader = SettingsReader::of(lookup);
        let step = reader.number("SEND_ANSWER_STEP_MILLISECONDS", 0..=10_000, ANSWER_STEP);
        let texting = reader.texting();
        reader.finish(
            texting.map(|texting| TextingSettings { answer_step: Duration::from_millis(step), ..texting }),
        )
    }
}

impl SignupSettings {
    /// Reads the settings of signup with `lookup`.
    ///
    /// # Errors
    /// When a setting is wrong.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, InvalidSettings> {
        let mut reader = SettingsReader::of(lookup);
        let texting = reader.texting();
        let signup_ttl = reader.number("SIGNUP_TTL_SECONDS", 1..=30 * DAY, Policy::default().signup_ttl);
        let signup = texting.map(|mut texting| {
            texting.base.policy.signup_ttl = signup_ttl;
            Self { texting }
        });
        reader.finish(signup)
    }
}

/// Reads what belongs together.
impl<L: Fn(&str) -> Option<String>> SettingsReader<L> {
    fn base(&mut self) -> Option<VerifySettings> {
        let aws = self.aws();
        let authorities = self.optional("SSL_CERT_FILE", |path| Ok(PathBuf::from(path)));
        let users_table = self.required("USERS_TABLE", table);
        let otps_table = self.required("OTPS_TABLE", table);
        let pepper = self.sourced("OTP_PEPPER", "OTP_PEPPER_SECRET_ARN", pepper);
        let policy = self.policy_of_verify();
        let metrics_namespace = self.optional("METRICS_NAMESPACE", namespace);
        let metrics_namespace = metrics_namespace.unwrap_or_else(|| METRICS.to_owned());
        let secrets = self.switch("ORIGIN_SECRETS", OriginSecrets::parse);
        let front_door = secrets.map_or(FrontDoor::Open, FrontDoor::Gated);
        let ((aws, users_table), (otps_table, pepper)) = aws.zip(users_table).zip(otps_table.zip(pepper))?;
        Some(VerifySettings {
            aws,
            authorities,
            users_table,
            otps_table,
            pepper,
            policy,
            metrics_namespace,
            front_door,
        })
    }

    fn aws(&mut self) -> Option<Aws> {
        let region = self.text("AWS_REGION");
        let access_key_id = self.text("AWS_ACCESS_KEY_ID");
        let secret_access_key = self.text("AWS_SECRET_ACCESS_KEY").map(Zeroizing::new);
        let session_token = (self.lookup)("AWS_SESSION_TOKEN").map(Zeroizing::new);
        let session_token = session_token.filter(|token| !token.is_empty());
        let dynamodb = self.optional("AWS_ENDPOINT_URL_DYNAMODB", address);
        let secrets_manager = self.optional("AWS_ENDPOINT_URL_SECRETS_MANAGER", address);
        let ((region, access_key_id), secret_access_key) =
            region.zip(access_key_id).zip(secret_access_key)?;
        Some(Aws { region, access_key_id, secret_access_key, session_token, dynamodb, secrets_manager })
    }

    fn policy_of_verify(&mut self) -> Policy {
        let default = Policy::default();
        let alphabet = self.optional("OTP_ALPHABET", |text| match text {
            "numeric" => Ok(Alphabet::Numeric),
            "alphanumeric" => Ok(Alphabet::Alphanumeric),
            _ => Err("must be numeric or alphanumeric".to_owned()),
        });
        let code_format = CodeFormat {
            alphabet: alphabet.unwrap_or(default.code_format.alphabet),
            length: self.number("OTP_LENGTH", 6..=10, default.code_format.length),
        };
        let max_attempts = self.number("OTP_MAX_ATTEMPTS", 1..=20, default.max_attempts);
        let max_consecutive_failures =
            self.number("MAX_CONSECUTIVE_FAILURES", 20..=100, default.max_consecutive_failures);
        // Fewer, and the run slows down before one code's attempts are used up.
        if max_consecutive_failures < 4 * max_attempts {
            let fault = format!("must be at least four times OTP_MAX_ATTEMPTS, which is {max_attempts}");
            self.faults.entry("MAX_CONSECUTIVE_FAILURES").or_insert(fault);
        }
        Policy { code_format, max_attempts, max_consecutive_failures, ..default }
    }

    fn texting(&mut self) -> Option<TextingSettings> {
        let base = self.base();
        let limits_table = self.required("LIMITS_TABLE", table);
        let base_url = self.optional("COURIER_BASE_URL", address);
        let token = self.sourced("COURIER_TOKEN", "COURIER_TOKEN_SECRET_ARN", Token::parse);
        let messaging_service = self.optional("TWILIO_MESSAGING_SERVICE_SID", |text| {
            let digits = text.strip_prefix("MG").unwrap_or_default();
            let valid = digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
            valid.then(|| text.to_owned()).ok_or_else(|| "must be MG and 32 hexadecimal digits".to_owned())
        });
        let template = self.optional("COURIER_TEMPLATE_ID", TemplateId::parse);
        let of_verify = base.as_ref().map(|base| base.policy.clone()).unwrap_or_default();
        let policy = self.policy_of_texting(&of_verify);
        let texts = self.texts(usize::from(policy.code_format.length), template.is_some());
        let spending = self.spending();
        let attestation = self.attestation();
        let (((base, limits_table), token), (texts, spending)) =
            base.zip(limits_table).zip(token).zip(texts.zip(spending))?;
        let base = VerifySettings { policy, ..base };
        let base_url = base_url.unwrap_or_else(|| COURIER.to_owned());
        let account = Account { base_url, template, messaging_service };
        Some(TextingSettings {
            base,
            limits_table,
            spending,
            account,
            token,
            texts,
            answer_step: Duration::ZERO,
            attestation,
        })
    }

    fn attestation(&mut self) -> Option<AttestationSettings> {
        let project = self.switch("APP_CHECK_PROJECT_NUMBER", ProjectNumber::parse);
        let mode = self.switch("APP_CHECK_MODE", AttestationMode::parse).unwrap_or_default();
        let base_url = self.optional("APP_CHECK_BASE_URL", address);
        let base_url = base_url.unwrap_or_else(|| APP_CHECK.to_owned());
        project.map(|project| AttestationSettings { project, mode, base_url })
    }

    /// Reads what texts are made of. `designed` are those whose words a template in Courier has.
    fn texts(&mut self, code_length: usize, designed: bool) -> Option<Texts> {
        let app = self.required("APP_NAME", AppName::parse);
        let domain = self.optional("OTP_DOMAIN", OtpDomain::parse);
        let android = self.optional("ANDROID_APP_HASH", AndroidAppHash::parse);
        let locales = self.optional("LOCALES", Locales::parse).unwrap_or_default();
        let (app, last_lines) = (app?, LastLines { domain, android });
        if designed {
            return Some(Texts::designed(app, last_lines, locales, code_length));
        }
        let texts = Texts::of(app, last_lines, locales, code_length);
        texts.map_err(|fault| self.faults.entry("LOCALES").or_insert(fault)).ok()
    }

    /// Reads the numbers of a function that texts, beside those of verify that stand in `default`.
    fn policy_of_texting(&mut self, default: &Policy) -> Policy {
        Policy {
            code_ttl: self.number("OTP_TTL_SECONDS", 1..=LONGEST_CODE_TTL, default.code_ttl),
            cooldown: self.number("RESEND_COOLDOWN_SECONDS", 1..=3_600, default.cooldown),
            codes_per_username_per_hour: self.number(
                "CODES_PER_USERNAME_PER_HOUR",
                1..=20,
                default.codes_per_username_per_hour,
            ),
            codes_per_phone_per_day: self.number(
                "CODES_PER_PHONE_PER_DAY",
                1..=100,
                default.codes_per_phone_per_day,
            ),
            signup_codes_per_phone_per_day: self.number(
                "SIGNUP_CODES_PER_PHONE_PER_DAY",
                1..=100,
                default.signup_codes_per_phone_per_day,
            ),
            codes_per_address_per_hour: self.number(
                "CODES_PER_ADDRESS_PER_HOUR",
                0..=100_000,
                default.codes_per_address_per_hour,
            ),
            ..default.clone()
        }
    }

    fn spending(&mut self) -> Option<Spending> {
        let regions = self.required("ALLOWED_REGIONS", Regions::parse);
        let budget = self.optional("DAILY_BUDGET_DOLLARS", budget).unwrap_or(Spending::BUDGET);
        let verified_share_percent =
            self.number("VERIFIED_SHARE_PERCENT", 0..=90, Spending::VERIFIED_SHARE_PERCENT);
        // A table of prices is made once: it is a part of each start.
        let prices = self.optional("SMS_PRICES", Prices::parse).unwrap_or_default();
        Some(Spending { budget, verified_share_percent, prices, regions: regions? })
    }
}

/// Parses a pepper as it is written: base64 of 32 bytes or more.
///
/// # Errors
/// What is wrong with it.
pub fn pepper(text: &str) -> Result<Pepper, String> {
    let bytes = STANDARD.decode(text).map_err(|_| "must be base64".to_owned())?;
    Pepper::from_bytes(bytes).ok_or_else(|| "must have 32 bytes or more".to_owned())
}

/// Parses the day's budget.
fn budget(text: &str) -> Result<MicroDollars, String> {
    let budget = MicroDollars::parse(text).filter(|budget| *budget <= MicroDollars::dollars(1_000_000));
    budget.ok_or_else(|| "must be dollars from 0 to 1000000, such as 10 or 2.50".to_owned())
}

/// Parses the name of a table, by DynamoDB's rules.
fn table(text: &str) -> Result<String, String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    let named = (3..=255).contains(&text.len()) && text.bytes().all(allowed);
    let fault = "must be a table's name: 3 to 255 letters, digits, underscores, hyphens and full stops";
    named.then(|| text.to_owned()).ok_or_else(|| fault.to_owned())
}

fn secret_arn(text: &str) -> Result<String, String> {
    let named = text.starts_with("arn:") && text.contains(":secretsmanager:");
    named.then(|| text.to_owned()).ok_or_else(|| "must be the ARN of a secret".to_owned())
}

/// Parses a namespace as CloudWatch takes it. Those that begin with `AWS/` are its own.
fn namespace(text: &str) -> Result<String, String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_/#:".contains(&byte);
    let valid = text.len() <= 255 && text.bytes().all(allowed) && !text.starts_with("AWS/");
    valid
        .then(|| text.to_owned())
        .ok_or_else(|| "must be up to 255 letters, digits and .-_/#: and not begin with AWS/".to_owned())
}

/// Parses an address of a server: `http` or `https`, without a slash at the end.
///
/// # Errors
/// What is wrong with it.
pub fn address(text: &str) -> Result<String, String> {
    let url = reqwest::Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let plain = url.filter(|url| url.has_host() && url.query().is_none() && url.fragment().is_none());
    plain
        .map(|_| text.trim_end_matches('/').to_owned())
        .ok_or_else(|| "must be an http or https address".to_owned())
}
