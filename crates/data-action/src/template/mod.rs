//! Templates: the part of the Velocity Template Language that data actions use.
//!
//! A template is parsed once, when a definition is read; what is not offered is refused by name there. Rendering is bounded in work and in bytes,
//! whatever the input, and what it prints into a URL, a header or a JSON text can't leave its place (`output`).
//!
//! Velocity's rules that matter here: a reference without a value prints its own text, or nothing if it is written `$!…`; in a condition null and
//! false are false and everything else is true, an empty text too.

mod escape;
mod expression;
mod output;
mod parse;
mod reference;
mod render;
mod tree;
mod value;

pub(crate) use output::Place;
pub(crate) use parse::{Known, compile};
pub(crate) use render::{Context, Mapped};
pub(crate) use tree::Template;
