//! POST /verify
fn main() {}
