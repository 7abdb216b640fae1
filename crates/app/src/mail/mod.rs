//! One mail's way: accepted, run, decided.

pub mod answers;
pub mod attempt;
mod claims;
pub mod decide;
pub mod given;
pub mod inputs;
pub mod intake;
pub mod named;
pub mod parked;
pub mod smtp;
pub mod supposed;
mod threads;
pub mod unanswered;
pub(crate) mod underway;
pub mod vetting;
pub mod worker;
