//! The rules, pure: no I/O, no clock, no environment, no types of AWS.
//!
//! A rule takes `now` and whatever was drawn at random as arguments, and answers with the next state or with
//! the reason why not. Nothing in here imports anything else of ours.

pub mod account;
pub mod address;
pub mod budget;
pub mod call;
pub mod challenge;
pub mod code;
pub mod field;
pub mod idempotency;
pub mod limit;
pub mod mac;
pub mod money;
pub mod password;
pub mod person_name;
pub mod phone;
pub mod policy;
pub mod recipient;
pub mod refusal;
pub mod region;
pub mod sms;
pub mod sum;
pub mod time;
pub mod user;
pub mod username;
mod window;
