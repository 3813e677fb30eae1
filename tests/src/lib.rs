//! What the journeys stand on: the whole service in one process, with its clock, its texts and its database at
//! hand.

#![allow(clippy::missing_panics_doc, reason = "a harness panics when a test cannot go on")]

pub mod answer;
pub mod audit;
pub mod autofill;
pub mod bounded;
pub mod crowd;
pub mod histories;
pub mod interleavings;
pub mod lab;
pub mod linearizability;
pub mod lines;
pub mod openapi;
pub mod parties;
pub mod phones;
pub mod plot;
pub mod proxy;
pub mod reference;
pub mod rows;
pub mod runtime;
pub mod service;
pub mod within;
