//! The text that carries a code: in the language of its reader, and bound to the client that asked.
//!
//! Its words are constant but for the app's own settings. Nothing that a caller sends is ever part of them; the greeted
//! name and the code travel beside them.

mod app;
mod client;
mod domain;
mod gsm7;
mod language;
mod segments;
mod text;

pub use app::AppName;
pub use client::{AndroidAppHash, Client, LastLine, LastLines};
pub use domain::OtpDomain;
pub use language::{Language, Locales};
pub use segments::{Encoding, Size};
pub use text::{Reader, Texts, Wording};

#[cfg(test)]
mod tests;
