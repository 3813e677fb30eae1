//! The flags of `local`.

use std::path::PathBuf;

use axum::http::Uri;
use clap::Parser;

/// The part of the help that is not about flags.
const SETTINGS: &str = "\
Any setting of the functions may be given in the environment: OTP_TTL_SECONDS=5 cargo run
  AWS_ENDPOINT_URL_DYNAMODB           use that DynamoDB instead of the embedded one
  COURIER_TOKEN and COURIER_BASE_URL  have the texts really go out
  APP_CHECK_PROJECT_NUMBER            look at App Check tokens, which POST /_local/app-check gives out";

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
    /// The port of the stand-in for the issuer of App Check tokens, where they are looked at; 0 for any free one.
    #[arg(long, default_value_t = 3003, value_name = "PORT")]
    pub app_check_port: u16,
    /// The origin of a web app whose pages may call the API, such as `http://localhost:5173`. A deployment allows one over
    /// HTTPS.
    #[arg(long, value_name = "ORIGIN", value_parser = origin)]
    pub cors_origin: Option<String>,
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
            app_check_port: 0,
            cors_origin: None,
            data: None,
        }
    }
}

/// Reads an origin as browsers write it: a scheme, a host and perhaps a port, in lower case and without a path.
fn origin(text: &str) -> Result<String, String> {
    let parsed: Option<Uri> = text.parse().ok();
    let serialized = parsed.and_then(|uri| {
        let scheme = uri.scheme_str().filter(|scheme| ["http", "https"].contains(scheme))?;
        let authority = uri.authority().filter(|authority| !authority.as_str().contains('@'))?;
        Some(format!("{scheme}://{authority}"))
    });
    if serialized.as_deref() == Some(text) && text == text.to_ascii_lowercase() {
        Ok(text.to_owned())
    } else {
        Err("give it as the browser does: http://localhost:5173".to_owned())
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
        assert_eq!((flags.secrets_port, flags.app_check_port), (3002, 3003));
        assert_eq!((flags.cors_origin, flags.data), (None, None));
    }

    #[test]
    fn every_flag_can_be_set() {
        let given = "local --host 0.0.0.0 --port 1 --dynamodb-port 2 --courier-port 3 --secrets-port 4 \
                     --app-check-port 5 --cors-origin http://localhost:5173 --data items.db";
        let flags = Flags::parse_from(given.split(' '));
        assert_eq!(flags.host, "0.0.0.0");
        assert_eq!((flags.port, flags.dynamodb_port, flags.courier_port), (1, 2, 3));
        assert_eq!(flags.cors_origin.as_deref(), Some("http://localhost:5173"));
        assert_eq!((flags.secrets_port, flags.app_check_port), (4, 5));
        assert_eq!(flags.data, Some(PathBuf::from("items.db")));
    }

    #[test]
    fn an_origin_is_one_as_browsers_write_it() {
        for text in ["http://localhost:5173", "https://app.example.com", "http://[::1]:8080"] {
            assert_eq!(origin(text).as_deref(), Ok(text));
        }
        for text in [
            "",
            "*",
            "null",
            "localhost:5173",
            "http://",
            "http://localhost/",
            "http://Localhost",
            "ftp://a",
            "http://a@b",
        ] {
            assert!(origin(text).is_err(), "{text:?}");
        }
    }
}
