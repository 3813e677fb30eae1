//! The whole service on one machine: the four handlers, an embedded DynamoDB, a Courier stand-in.
//!
//! `stack` puts everything together from what `template` describes: `gateway` stands in for API Gateway,
//! `dynamodb` for DynamoDB, `courier` for Courier, `secrets` for Secrets Manager and `app_check` for the issuer of App
//! Check tokens. `page` is what people look at.

pub mod app_check;
pub mod clock;
pub mod courier;
pub mod dynamodb;
pub mod flags;
pub mod gateway;
pub mod origin;
pub mod page;
pub mod secrets;
pub mod settings;
pub mod stack;
pub mod template;
pub mod terminal;

#[cfg(test)]
mod raw;
