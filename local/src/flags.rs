//! The flags of `local`.

use std::path::PathBuf;

use clap::Parser;

/// The part of the help that is not about flags.
const SETTINGS: &str = "\
Any setting of the functions may be given in the environment: OTP_TTL_SECONDS=5 cargo run
  AWS_ENDPOINT_URL_DYNAMODB           use that DynamoDB instead of the embedded one
  COURIER_TOKEN and COURIER_BASE_URL  have the texts really go out";

/// Runs Countersign on this machine: the API, a DynamoDB and a stand-in for Courier that shows each text.
#[derive(Clone, Debug, Parser)]
#[command(name = "local", version, after_help = SETTINGS)]
pub struct Flags {
    /// The address to listen on.
    #[arg(long, default_value = "127.0.0.1")]
    pub host: String,
    /// The port of the API; 0 for any free one.
    #[arg(long, default_value_t = 3000)]
    pub port: u16,
    /// The port of the embedded DynamoDB; 0 for any free one.
    #[arg(long, default_value_t = 8000, value_name = "PORT")]
    pub dynamodb_port: u16,
    /// The port of the Courier stand-in; 0 for any free one.
    #[arg(long, default_value_t = 3001, value_name = "PORT")]
    pub courier_port: u16,
    /// The port of the Secrets Manager stand-in, for functions under `sam local`; 0 for any free one.
    #[arg(long, default_value_t = 3002, value_name = "PORT")]
    pub secrets_port: u16,
    /// A file to keep the tables in. Without it they are in memory, and gone at the end.
    #[arg(long, value_name = "FILE")]
    pub data: Option<PathBuf>,
}

impl Flags {
    /// Returns flags that any number of stacks can run with side by side: loopback, free ports, in memory.
    #[must_use]
    pub fn any_ports() -> Self {
        Self {
            host: "127.0.0.1".to_owned(),
            port: 0,
            dynamodb_port: 0,
            courier_port: 0,
            secrets_port: 0,
            data: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_flags_everything_is_where_the_documentation_says() {
        let flags = Flags::parse_from(["local"]);
        assert_eq!(flags.host, "127.0.0.1");
        assert_eq!((flags.port, flags.dynamodb_port, flags.courier_port), (3000, 8000, 3001));
        assert_eq!((flags.secrets_port, flags.data), (3002, None));
    }

    #[test]
    fn every_flag_can_be_set() {
        let given = "local --host 0.0.0.0 --port 1 --dynamodb-port 2 --courier-port 3 --secrets-port 4 --data items.db";
        let flags = Flags::parse_from(given.split(' '));
        assert_eq!(flags.host, "0.0.0.0");
        assert_eq!((flags.port, flags.dynamodb_port, flags.courier_port), (1, 2, 3));
        assert_eq!((flags.secrets_port, flags.data), (4, Some(PathBuf::from("items.db"))));
    }
}
