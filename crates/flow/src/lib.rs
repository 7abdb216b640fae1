//! The flow language. Pure: no I/O, no clock, no randomness.

pub mod actions;
pub mod check;
pub mod diagnostic;
pub mod diff;
pub mod document;
pub mod email;
pub mod expr;
pub mod functions;
pub mod interface;
pub mod link;
mod path;
pub mod program;
pub mod reference;
pub mod source;
pub mod table;
pub mod types;
pub mod value;
pub mod work;
