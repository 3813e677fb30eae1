//! Journeys through the whole stack, a module per subject. A number in a doc comment is that of a case in the
//! package's `README.md`.

mod claims;
mod cost;
mod crash;
mod deployed;
mod direct;
mod expected;
mod failures;
mod flow;
mod guessing;
mod likeness;
mod names;
mod operating;
mod privacy;
mod processes;
mod readme;
mod secrets;
mod settings;
mod shape;
mod structure;
mod texting;
