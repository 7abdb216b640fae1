//! Data actions: an HTTP request whose answer becomes typed outputs, defined in Genesys's own shape. No I/O, no clock.
//!
//! [`DataAction::read`] compiles a definition: templates, JSONPath, JSON Schema. What can't work is refused there, with every problem.
//! [`DataAction::request`] makes the request of an input, [`DataAction::outcome`] the outputs of an answer. Who sends the request is not its concern.

mod action;
mod failure;
mod field;
mod headers;
mod path;
mod read;
mod request;
mod schema;
mod target;
mod template;

pub use action::DataAction;
pub use failure::{Failure, FailureCode};
pub use field::{Field, FieldType};
pub use request::{Method, Request};
pub use waypost_problem::Problem;
