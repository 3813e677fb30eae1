//! What is deployed: the template, and what `sam local` runs.

/// The pointer to a resource's properties, or to one of them.
macro_rules! of {
    ($name:literal) => {
        concat!("/Resources/", $name, "/Properties")
    };
    ($name:literal, $property:literal) => {
        concat!("/Resources/", $name, "/Properties/", $property)
    };
}

mod attestation;
mod audit;
mod events;
mod extent;
mod front_door;
mod gateway;
mod parameters;
pub(crate) mod rights;
mod stores;
mod telling;
