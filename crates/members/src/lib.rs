//! What flows can read of a mail. The language knows no member and no mail parser, and the parser knows no flows: the table of members stands
//! between the two.

pub mod email;
mod reader;
mod table;

pub use reader::members;
