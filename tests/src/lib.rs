//! What the journeys stand on: the whole service in one process, with its clock, its texts and its database at
//! hand.

pub mod answer;
pub mod crowd;
pub mod proxy;
pub mod service;
