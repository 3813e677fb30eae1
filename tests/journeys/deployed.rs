//! What is deployed: the template, and what `sam local` runs.

mod audit;
mod events;
mod extent;
mod parameters;
mod rights;
