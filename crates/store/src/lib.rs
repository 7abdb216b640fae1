//! What Waypost keeps, and the traits that a database answers. Nothing above this room knows SQL or which database it is.

mod conditions;
#[cfg(test)]
mod conformance;
pub mod contents;
mod encoding;
pub mod error;
pub mod held;
pub mod leases;
pub mod postgres;
pub mod records;
pub mod revisions;
mod rules;
pub mod sqlite;
mod sums;
pub mod traits;
