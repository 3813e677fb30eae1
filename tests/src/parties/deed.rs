//! What a party does.

use std::fmt;

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::service::{PASSWORD, Service};

/// Who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Party {
    /// Whoever reads the phone's texts.
    Owner,
    /// Whoever knows the username, the phone and the name, and nothing else.
    Stranger,
}

impl Party {
    /// The password that this party signs up with, always.
    pub(super) fn password(self) -> &'static str {
        match self {
            Self::Owner => PASSWORD,
            Self::Stranger => "seven magpies on a wet roof",
        }
    }
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Owner => "the owner",
            Self::Stranger => "the stranger",
        })
    }
}

/// The details of a signup but for the password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SignUp {
    pub(super) number: String,
    pub(super) name: &'static str,
    pub(super) key: Option<&'static str>,
}

/// One call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    SignUp(SignUp),
    /// A send or a resend.
    Ask {
        path: &'static str,
        id: Option<String>,
        key: Option<&'static str>,
    },
    Type {
        code: String,
        id: Option<String>,
    },
}

impl Deed {
    pub(super) fn path(&self) -> &'static str {
        match self {
            Self::SignUp(_) => "/signup",
            Self::Ask { path, .. } => path,
            Self::Type { .. } => "/verify",
        }
    }

    /// The id that is sent along.
    pub(super) fn id(&self) -> Option<&str> {
        match self {
            Self::SignUp(_) => None,
            Self::Ask { id, .. } | Self::Type { id, .. } => id.as_deref(),
        }
    }

    /// Makes the call for `username`.
    pub(super) async fn done_by(&self, party: Party, username: &str, service: &Service) -> Answer {
        let mut body = json!({ "username": username });
        let key = match self {
            Self::SignUp(SignUp { number, name, key }) => {
                body["password"] = json!(party.password());
                body["mobileNo"] = json!(number);
                body["name"] = json!(name);
                *key
            }
            Self::Ask { key, .. } => *key,
            Self::Type { code, .. } => {
                body["otp"] = json!(code);
                None
            }
        };
        if let Some(id) = self.id() {
            body["otpId"] = Value::from(id);
        }
        let call = service.call(self.path());
        let call = match key {
            Some(key) => call.key(key),
            None => call,
        };
        call.json(&body).await
    }
}
