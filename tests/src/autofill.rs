//! What phones look for in a text before they fill its code in: two parsers, written from the specifications and from
//! nothing of ours.

mod origin_bound;
mod retriever;

pub use origin_bound::{OriginBoundCode, origin_bound_code};
pub use retriever::retrieved;
