//! Everything the four functions share.
//!
//! | module | what |
//! | --- | --- |
//! | [`domain`] | the rules, pure |
//! | [`store`] | users, challenges and limits in DynamoDB |
//! | [`courier`] | texting |
//! | [`issuing`] | the story of a code, from the decision to the text |
//! | [`http`] | event → parse → handle → answer |
//! | [`front_door`] | whether a request came by the way that the operator chose, and from where |
//! | [`attestation`] | the gate for apps: whether an attested one asks |
//! | [`trace`], [`audit`] | what an operator reads of a request, and of each change of state |
//! | [`event`] | the changes of state that are told of |
//! | [`error`] | every refusal, and its status and code |
//! | [`metrics`] | what is counted for the operator |
//! | [`config`] | the only reader of the environment |
//! | [`context`] | the clients and settings of a call, made once per cold start |
//! | `aws`, [`https`] | the clients of AWS, and whom they and Courier's trust |
//! | [`lambda`] | the log, the loop of events, and how the process ends |
//! | [`secrets`] | the token and the pepper from Secrets Manager |
//! | [`clock`] | what time it is, and how much is left |
//! | [`random`] | what ids, codes and salts are drawn from |

pub mod attestation;
pub mod audit;
mod aws;
pub mod clock;
pub mod config;
pub mod context;
pub mod courier;
pub mod error;
pub mod event;
pub mod front_door;
pub mod http;
pub mod https;
pub mod issuing;
pub mod lambda;
pub mod metrics;
pub mod random;
pub mod secrets;
pub mod store;
pub mod trace;

pub use domain;
