//! What is deployed: the template, and what `sam local` runs.

mod audit;
mod events;
mod extent;
mod front_door;
mod parameters;
mod rights;
