//! The flow language. Pure: no I/O, no clock, no randomness.

pub mod id;
