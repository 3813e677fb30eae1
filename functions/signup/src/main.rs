//! POST /signup
fn main() {}
