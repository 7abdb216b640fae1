//! A front end for CEL, the Common Expression Language (cel-spec, `doc/langdef.md`): text to a syntax tree in which every part
//! knows its place. It knows no types, names or functions; another language would stand beside it and make the same tree.
//!
//! [`parse`] always gives a tree. What is wrong in the text is listed beside it, all of it, each mistake once and with the edit that
//! mends it where what was meant is clear; the tree is that of the mended text, so that types can be checked as well. It never
//! panics, takes time and memory linear in the text, and descends at most [`MAX_NESTING`] levels.

mod behind;
mod brackets;
mod choices;
mod decode;
mod elements;
mod infix;
mod lex;
mod marks;
mod mistake;
mod number;
mod operand;
mod parse;
mod print;
mod quotes;
mod recovery;
mod token;
mod tree;
mod words;

pub use brackets::length_to_closing_brace;
pub use mistake::{Edit, MAX_MISTAKES, Mistake};
pub use parse::{Parsed, parse};
pub use print::print;
pub use tree::{
    Binary, Call, Choice, Element, Entry, Expr, Index, Kind, Literal, Member, Message, Operator, Span, Unary,
};

/// A longer expression is refused, in bytes: nobody can read it. A tree has fewer nodes than its text has bytes.
pub const MAX_BYTES: usize = 16 * 1024;

/// Brackets and conditionals nested deeper are refused: the parser descends on the stack.
pub const MAX_NESTING: usize = 48;

/// A tree that would be deeper is refused: whoever walks it descends on the stack, too. Chains of `&&` and `||` are balanced, so that
/// those of other operators and of members alone come near it.
pub const MAX_DEPTH: usize = 80;
