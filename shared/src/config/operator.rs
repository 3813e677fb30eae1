//! The settings of whoever operates the service by hand.

use std::path::PathBuf;

use super::reader::{InvalidSettings, SettingsReader};
use super::{Aws, table};
use crate::domain::policy::Policy;

/// The settings of an operator's command. It needs no secret of the service: neither the pepper nor the token.
#[derive(Clone, Debug)]
pub struct OperatorSettings {
    /// The credentials and the region for AWS.
    pub aws: Aws,
    /// `SSL_CERT_FILE`: the certificate authorities to trust instead of those of this release.
    pub authorities: Option<PathBuf>,
    /// `USERS_TABLE`
    pub users_table: String,
    /// `OTPS_TABLE`
    pub otps_table: String,
    /// The numbers of the functions, where they differ from the defaults.
    pub policy: Policy,
}

impl OperatorSettings {
    /// Reads the settings of an operator with `lookup`.
    ///
    /// # Errors
    /// When a setting is wrong.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, InvalidSettings> {
        let mut reader = SettingsReader::of(lookup);
        let aws = reader.aws();
        let authorities = reader.optional("SSL_CERT_FILE", |path| Ok(PathBuf::from(path)));
        let users_table = reader.required("USERS_TABLE", table);
        let otps_table = reader.required("OTPS_TABLE", table);
        let of_verify = reader.policy_of_verify();
        let policy = reader.policy_of_texting(&of_verify);
        let settings = aws.zip(users_table).zip(otps_table).map(|((aws, users_table), otps_table)| Self {
            aws,
            authorities,
            users_table,
            otps_table,
            policy,
        });
        reader.finish(settings)
    }
}
