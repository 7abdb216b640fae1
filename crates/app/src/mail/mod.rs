//! One mail's way: accepted, run, decided.

pub mod answers;
pub mod attempt;
pub mod decide;
pub mod email;
pub mod intake;
pub mod smtp;
pub mod worker;
