//! Journeys through the whole stack, a module per subject. A number in a doc comment is that of a case in the
//! package's `README.md`.

mod as_if;
mod attestation;
mod claims;
mod cost;
mod crash;
mod denial;
mod deployed;
mod direct;
mod expected;
mod failures;
mod flow;
mod front_door;
mod guessing;
mod interleavings;
mod languages;
mod likeness;
mod linearizability;
mod names;
mod openapi;
mod operating;
mod operator;
mod pages;
mod parties;
mod privacy;
mod processes;
mod reference;
mod restoring;
mod rows;
mod secrets;
mod settings;
mod shape;
mod structure;
mod texting;
mod writes;
