//! POST /resend
