//! The calls that issue codes.

use std::str::FromStr;

/// A call that issues codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// `POST /signup`
    Signup,
    /// `POST /send`
    Send,
    /// `POST /resend`
    Resend,
}

impl Call {
    /// Returns its name in paths, stored rows and logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Signup => "signup",
            Self::Send => "send",
            Self::Resend => "resend",
        }
    }
}

impl FromStr for Call {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        [Self::Signup, Self::Send, Self::Resend].into_iter().find(|call| call.as_str() == name).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_read_by_the_name_that_a_row_has() {
        for (name, call) in [("signup", Call::Signup), ("send", Call::Send), ("resend", Call::Resend)] {
            assert_eq!((call.as_str(), name.parse()), (name, Ok(call)));
        }
        for name in ["", "Send", "verify"] {
            assert_eq!(name.parse::<Call>(), Err(()), "{name:?}");
        }
    }
}
