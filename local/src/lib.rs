//! The whole service on one machine: the four handlers, an embedded DynamoDB, a Courier stand-in.

pub mod clock;
pub mod courier;
pub mod dynamodb;
pub mod gateway;
pub mod template;
