//! The calls, with numbers in the place of codes and ids.

use std::fmt;

use super::CodeNumber;

/// What a signup says of who signs up, besides the username.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Details {
    /// The password.
    pub password: &'static str,
    /// The phone.
    pub phone: String,
    /// The person's name.
    pub name: &'static str,
}

/// `POST /signup`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignUp {
    /// The username.
    pub username: String,
    /// Who signs up for it.
    pub details: Details,
    /// The idempotency key.
    pub key: Option<&'static str>,
}

/// `POST /send` or `POST /resend`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// The username.
    pub username: String,
    /// The `otpId`.
    pub id: Given,
    /// The idempotency key.
    pub key: Option<&'static str>,
}

/// `POST /verify`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verify {
    /// The username.
    pub username: String,
    /// The `otp`.
    pub typed: Typed,
    /// The `otpId`.
    pub id: Given,
}

/// One call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call {
    /// See [`SignUp`].
    SignUp(SignUp),
    /// See [`Ask`].
    Send(Ask),
    /// See [`Ask`].
    Resend(Ask),
    /// See [`Verify`].
    Verify(Verify),
}

/// An `otpId` in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    /// None.
    Nothing,
    /// The id of this code.
    Of(CodeNumber),
    /// An id as they look, of no code.
    OfNoCode,
    /// No id at all.
    Malformed,
}

/// An `otp` in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typed {
    /// This code.
    Code(CodeNumber),
    /// A code as they look, which was not drawn.
    NoCode,
    /// No code at all.
    Malformed,
}

impl Call {
    /// The path.
    #[must_use]
    pub fn path(&self) -> &'static str {
        match self {
            Self::SignUp(_) => "/signup",
            Self::Send(_) => "/send",
            Self::Resend(_) => "/resend",
            Self::Verify(_) => "/verify",
        }
    }

    /// The idempotency key.
    #[must_use]
    pub fn key(&self) -> Option<&'static str> {
        match self {
            Self::SignUp(SignUp { key, .. })
            | Self::Send(Ask { key, .. })
            | Self::Resend(Ask { key, .. }) => *key,
            Self::Verify(_) => None,
        }
    }

    /// The username.
    #[must_use]
    pub fn username(&self) -> &str {
        match self {
            Self::SignUp(SignUp { username, .. })
            | Self::Send(Ask { username, .. })
            | Self::Resend(Ask { username, .. })
            | Self::Verify(Verify { username, .. }) => username,
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.path(), self.username())?;
        let key = |f: &mut fmt::Formatter<'_>, key: Option<&str>| {
            key.map_or(Ok(()), |key| write!(f, ", with the key {key}"))
        };
        match self {
            Self::SignUp(SignUp { details, key: given, .. }) => {
                let Details { password, phone, name } = details;
                write!(f, " as {name}, {phone}, {password:?}")?;
                key(f, *given)
            }
            Self::Send(Ask { id, key: given, .. }) | Self::Resend(Ask { id, key: given, .. }) => {
                write!(f, "{id}")?;
                key(f, *given)
            }
            Self::Verify(Verify { typed, id, .. }) => write!(f, ", {typed}{id}"),
        }
    }
}

impl fmt::Display for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => Ok(()),
            Self::Of(CodeNumber(number)) => write!(f, ", with the id of code {number}"),
            Self::OfNoCode => f.write_str(", with an id of no code"),
            Self::Malformed => f.write_str(", with a malformed id"),
        }
    }
}

impl fmt::Display for Typed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(CodeNumber(number)) => write!(f, "code {number}"),
            Self::NoCode => f.write_str("no code"),
            Self::Malformed => f.write_str("a malformed code"),
        }
    }
}
