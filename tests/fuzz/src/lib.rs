//! The fuzz targets. Each takes bytes, and panics where the code breaks a promise; it returns whether the bytes were
//! worth keeping.

#![allow(clippy::missing_panics_doc, reason = "a target panics at what it finds")]

pub mod connector;
pub mod contract;
pub mod event;
pub mod tables;
pub mod world;
