//! The calls that issue codes.

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
    /// Its name in paths, stored rows and logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Signup => "signup",
            Self::Send => "send",
            Self::Resend => "resend",
        }
    }
}
