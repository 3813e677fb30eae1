//! The fuzz targets. Each takes bytes, and panics where the code breaks a promise; it returns whether they were worth
//! keeping.

#![allow(clippy::missing_panics_doc, reason = "a target panics at what it finds")]

pub mod calls;
pub mod contract;
pub mod event;
pub mod fields;
mod headers;
pub mod items;
pub mod settings;
pub mod tables;
pub mod texts;
pub mod world;

/// A target: takes bytes, and returns whether they were worth keeping.
pub type Run = fn(&[u8]) -> bool;

/// All targets, by their names.
pub const TARGETS: [(&str, Run); 6] = [
    ("calls", calls::run),
    ("event", event::run),
    ("fields", fields::run),
    ("items", items::run),
    ("settings", settings::run),
    ("texts", texts::run),
];
