//! Everything the four functions share.
//!
//! | module | what |
//! | --- | --- |
//! | [`domain`] | the rules, pure |
//! | [`store`] | users, challenges and limits in DynamoDB |
//! | [`courier`] | texting |
//! | [`issuing`] | the story of a code, from the decision to the text |
//! | [`http`] | event → parse → handle → answer |
//! | [`trace`], [`audit`] | what an operator reads of a request, and of each change of state |
//! | [`event`] | the changes of state that are told of |
//! | [`error`] | every refusal, and its status and code |
//! | [`metrics`] | what is counted for the operator |
//! | [`config`] | the only reader of the environment |
//! | [`boot`] | clients and logging, once per cold start |
//! | [`https`] | whom the clients trust, and for how long a connection |
//! | [`secrets`] | the token and the pepper from Secrets Manager |
//! | [`clock`] | what time it is, and how much is left |

pub mod audit;
pub mod boot;
pub mod clock;
pub mod config;
pub mod courier;
pub mod error;
pub mod event;
pub mod http;
pub mod https;
pub mod issuing;
pub mod metrics;
pub mod secrets;
pub mod store;
pub mod trace;

pub use domain;
