//! Text to a tree: JSON and YAML become the same [`Node`]s, and files also get the place of every value.

use std::collections::HashMap;
use std::ops::Range;

/// A value as written. Keys keep their order, and a key that stands twice stands twice.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// `null`, or nothing.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// Another number.
    Number(f64),
    /// A text.
    String(String),
    /// A list.
    List(Vec<Node>),
    /// A map.
    Map(Vec<(String, Node)>),
}

/// Where a value stands in a file: lines and columns count from 1, columns in characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
    /// The value's bytes in the file, quotes included.
    pub bytes: Range<usize>,
    /// Whether byte offsets inside a string value can be added to the place of its content (no escapes, one line).
    pub verbatim: bool,
}

/// Places by path (`nodes[0].id`), for values and, at the path of a map's member, its value; `#key` after a path is the key's place.
pub type Places = HashMap<String, Place>;
