//! POST /resend
fn main() {}
