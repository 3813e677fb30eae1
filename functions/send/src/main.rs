//! POST /send
fn main() {}
