//! tests
pub mod proxy;
