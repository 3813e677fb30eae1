//! The flags of `operate`, and the settings that they and the environment come to.

use clap::{Args, Parser, Subcommand};
use shared::config::{InvalidSettings, OperatorSettings};
use shared::domain::code::OtpId;
use shared::domain::username::Username;

/// The part of the help that is not about flags.
const SETTINGS: &str = "\
From the environment: AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, unless with --local;
the settings of the functions that a deployment changed, such as MAX_CONSECUTIVE_FAILURES.

Ends with 0 when it is done, or shown what would be; 1 when nothing was changed; 2 when it was called wrongly;
3 when DynamoDB failed";

/// Looks a username up, unlocks it, or forgets it: changes nothing unless it is told to.
#[derive(Clone, Debug, Parser)]
#[command(name = "operate", version, after_help = SETTINGS)]
pub struct Flags {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What an operator does.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Shows what is stored of a username; of its phone the region and the last two digits
    Look(Target),
    /// Ends its run of wrong codes, and with it its lock
    Unlock(Change),
    /// Deletes its user and its challenge, for a person who asks for it
    Forget(Change),
}

impl Command {
    /// Returns the username, and where its rows are.
    #[must_use]
    pub fn target(&self) -> &Target {
        match self {
            Self::Look(target) => target,
            Self::Unlock(change) | Self::Forget(change) => &change.target,
        }
    }
}

/// A username, and where its rows are.
#[derive(Clone, Debug, Args)]
pub struct Target {
    /// The username; upper case is folded to lower.
    #[arg(value_parser = username)]
    pub username: Username,
    /// The table of users; else `USERS_TABLE` from the environment.
    #[arg(long, value_name = "TABLE")]
    pub users_table: Option<String>,
    /// The table of codes; else `OTPS_TABLE` from the environment.
    #[arg(long, value_name = "TABLE")]
    pub otps_table: Option<String>,
    /// Use the tables of `cargo run` on this machine; the port is that of its embedded DynamoDB.
    #[arg(long, value_name = "PORT", num_args = 0..=1, require_equals = true, default_missing_value = "8000")]
    #[arg(conflicts_with_all = ["users_table", "otps_table"])]
    pub local: Option<u16>,
}

/// A change to the rows of a username.
#[derive(Clone, Debug, Args)]
pub struct Change {
    /// The username, and where its rows are.
    #[command(flatten)]
    pub target: Target,
    /// Do it. Without this flag it is only shown what would be done.
    #[arg(long, requires = "operator")]
    pub apply: bool,
    /// Your name, for the audit: up to 64 letters, digits and `._@+-`.
    #[arg(long, value_name = "NAME", value_parser = operator)]
    pub operator: Option<String>,
    /// The `otp` that was shown before: where it is another one by now, nothing is done.
    #[arg(long, value_name = "ID", value_parser = otp, allow_hyphen_values = true)]
    pub otp: Option<OtpId>,
}

impl Change {
    /// Returns who does it; `None` where it is only to be shown.
    #[must_use]
    pub fn applied_by(&self) -> Option<&str> {
        self.operator.as_deref().filter(|_| self.apply)
    }
}

impl Target {
    /// Returns the settings, a flag being stronger than the `environment`.
    ///
    /// # Errors
    /// When a setting is missing or wrong.
    pub fn settings(
        &self,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<OperatorSettings, InvalidSettings> {
        OperatorSettings::read(|name| {
            let given = match self.local {
                Some(port) => of_this_machine(name, port),
                None => self.named(name),
            };
            given.or_else(|| environment(name))
        })
    }

    fn named(&self, setting: &str) -> Option<String> {
        match setting {
            "USERS_TABLE" => self.users_table.clone(),
            "OTPS_TABLE" => self.otps_table.clone(),
            _ => None,
        }
    }
}

/// Returns what `cargo run` uses. The embedded DynamoDB knows no accounts: nobody's credentials are sent to it.
fn of_this_machine(setting: &str, port: u16) -> Option<String> {
    Some(match setting {
        "USERS_TABLE" => "users".to_owned(),
        "OTPS_TABLE" => "otps".to_owned(),
        "AWS_REGION" => "us-east-1".to_owned(),
        "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => "local".to_owned(),
        "AWS_SESSION_TOKEN" => String::new(),
        "AWS_ENDPOINT_URL_DYNAMODB" => format!("http://127.0.0.1:{port}"),
        _ => return None,
    })
}

fn username(text: &str) -> Result<Username, String> {
    Username::parse(text).map_err(|violation| violation.detail.into_owned())
}

fn otp(text: &str) -> Result<OtpId, String> {
    OtpId::parse(text).map_err(|violation| violation.detail.into_owned())
}

fn operator(text: &str) -> Result<String, String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._@+-".contains(&byte);
    let valid = (1..=64).contains(&text.len()) && text.bytes().all(allowed);
    valid.then(|| text.to_owned()).ok_or_else(|| "1 to 64 letters, digits and ._@+-".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Command, clap::Error> {
        Flags::try_parse_from(line.split(' ')).map(|flags| flags.command)
    }

    fn change(line: &str) -> Change {
        match parse(line) {
            Ok(Command::Unlock(change) | Command::Forget(change)) => change,
            other => panic!("{other:?}"),
        }
    }

    fn settings(line: &str) -> Result<OperatorSettings, String> {
        let environment = |name: &str| match name {
            "USERS_TABLE" | "OTPS_TABLE" => Some(format!("{name}-of-the-environment")),
            "AWS_SESSION_TOKEN" => Some("a-token".to_owned()),
            "MAX_CONSECUTIVE_FAILURES" => Some("40".to_owned()),
            "CODES_PER_USERNAME_PER_HOUR" => Some("7".to_owned()),
            _ => None,
        };
        parse(line).unwrap().target().settings(environment).map_err(|error| error.to_string())
    }

    #[test]
    fn nothing_is_done_without_being_told_and_nothing_without_a_name() {
        assert_eq!(change("operate unlock ada --local").applied_by(), None);
        assert_eq!(change("operate forget ada --local --operator grace").applied_by(), None);
        let applied = change("operate forget ada --local --apply --operator grace");
        assert_eq!(applied.applied_by(), Some("grace"));
        for deed in ["unlock", "forget"] {
            assert!(parse(&format!("operate {deed} ada --local --apply")).is_err());
            assert!(parse(&format!("operate {deed} ada --local --apply --operator a/b")).is_err());
        }
        assert!(parse("operate look ada --local --apply --operator grace").is_err());
    }

    #[test]
    fn the_otp_that_was_shown_may_begin_with_a_hyphen() {
        for given in ["--otp=-x7hK0c1TjyPZ3gqv9aVbA", "--otp -x7hK0c1TjyPZ3gqv9aVbA"] {
            let id = change(&format!("operate forget ada {given} --local")).otp.unwrap();
            assert_eq!(id.to_string(), "-x7hK0c1TjyPZ3gqv9aVbA");
        }
        assert_eq!(change("operate forget ada --local").otp, None);
        assert!(parse("operate forget ada --local --otp=none").is_err());
    }

    #[test]
    fn a_username_is_folded_and_a_malformed_one_is_refused() {
        assert_eq!(parse("operate look ADA --local").unwrap().target().username.as_str(), "ada");
        assert_eq!(parse("operate look --local -- -_-").unwrap().target().username.as_str(), "-_-");
        let refused = parse("operate look ad#a --local").unwrap_err().to_string();
        assert!(refused.contains("A username consists of"), "{refused}");
    }

    #[test]
    fn a_flag_is_stronger_than_the_environment() {
        let missing = settings("operate look ada --users-table mine").unwrap_err();
        assert_eq!(
            missing,
            "the settings are wrong: AWS_ACCESS_KEY_ID is not set; AWS_REGION is not set; \
             AWS_SECRET_ACCESS_KEY is not set"
        );
        let target = parse("operate look ada --users-table mine").unwrap().target().clone();
        let given = target.settings(|name| Some(format!("{name}-given")).filter(|_| name != "SSL_CERT_FILE"));
        let faults = given.unwrap_err().to_string();
        assert!(!faults.contains("USERS_TABLE") && !faults.contains("OTPS_TABLE"), "{faults}");
        assert_eq!(target.named("USERS_TABLE").as_deref(), Some("mine"));
        assert_eq!(target.named("OTPS_TABLE"), None);
    }

    #[test]
    fn the_tables_of_this_machine_are_sent_nobodys_credentials() {
        let settings = settings("operate look ada --local=3400").unwrap();
        assert_eq!((settings.users_table.as_str(), settings.otps_table.as_str()), ("users", "otps"));
        assert_eq!(settings.aws.dynamodb.as_deref(), Some("http://127.0.0.1:3400"));
        assert_eq!((settings.aws.access_key_id.as_str(), settings.aws.session_token), ("local", None));
        let policy = settings.policy;
        assert_eq!((policy.max_consecutive_failures, policy.codes_per_username_per_hour), (40, 7));
        assert_eq!(parse("operate look ada --local").unwrap().target().local, Some(8000));
        assert!(parse("operate look ada --local --users-table users").is_err());
        assert!(parse("operate look ada --users-table users --local=3400").is_err());
    }
}
