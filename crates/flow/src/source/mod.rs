//! Text to a tree: JSON and YAML become the same [`Node`]s, and files also get the place of every value. And a tree to YAML text.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// A value as written. Keys keep their order, and a key that appears twice appears twice.
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
    /// How a string value stands there.
    pub form: Form,
}

/// Places by path (`nodes[0].id`), for values and, at the path of a map's member, its value; `#key` after a path is the key's place.
pub type Places = HashMap<String, Place>;

mod advice;
mod json;
pub mod members;
mod pairs;
mod write;
mod written;
mod yaml;

pub use json::json;
pub use write::yaml_text;
pub use written::Form;
pub use yaml::{yaml, yaml_documents};

use std::fmt;

use crate::diagnostic::{Code, Diagnostic};
use crate::path::FieldPath;

/// A member of a map; the first, should the key stand twice.
#[must_use]
pub fn member<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    match node {
        Node::Map(members) => members.iter().find(|(known, _)| known == key).map(|(_, value)| value),
        _ => None,
    }
}

/// A map without some of its members; anything else as it is.
#[must_use]
pub fn without(node: &Node, keys: &[&str]) -> Node {
    match node {
        Node::Map(members) => {
            Node::Map(members.iter().filter(|(key, _)| !keys.contains(&key.as_str())).cloned().collect())
        }
        other => other.clone(),
    }
}

/// So many keys that stand twice are told of one value.
const MAX_REPEATED: usize = 100;

/// Keys that stand in one map twice, anywhere in a value, each with its path; the first hundred.
#[must_use]
pub fn repeated_keys<'n>(path: &str, node: &'n Node) -> Vec<(String, &'n str)> {
    let mut found = Vec::new();
    repeated(&FieldPath::Root(path), node, &mut found);
    found
}

fn repeated<'n>(path: &FieldPath<'_>, node: &'n Node, found: &mut Vec<(String, &'n str)>) {
    match node {
        Node::List(elements) => {
            for (index, element) in elements.iter().enumerate() {
                repeated(&path.element(index), element, found);
            }
        }
        Node::Map(members) => {
            let mut seen = HashSet::with_capacity(members.len());
            for (key, value) in members {
                let path = path.member(key);
                if !seen.insert(key) && found.len() < MAX_REPEATED {
                    found.push((path.text(), key));
                }
                repeated(&path, value, found);
            }
        }
        _ => {}
    }
}

/// Values nested deeper are refused.
pub(crate) const MAX_DEPTH: usize = 64;

/// More values in one text are refused.
const MAX_VALUES: usize = 1_000_000;

/// Why a text is not JSON or YAML. Lines and columns count from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub suggestion: Option<&'static str>,
}

impl SyntaxError {
    /// As a problem that is shown at its place.
    #[must_use]
    pub fn diagnostic(&self) -> Diagnostic {
        let suggestion = self.suggestion.map(str::to_owned);
        Diagnostic { suggestion, ..Diagnostic::error(Code::Syntax, "", self.message.clone()) }
    }

    /// The character that it is about, in the text that it is an error of.
    #[must_use]
    pub fn place(&self, text: &str) -> Place {
        let start: usize = text.split_inclusive('\n').take(self.line.saturating_sub(1)).map(str::len).sum();
        let line = text.get(start..).unwrap_or_default().split('\n').next().unwrap_or_default();
        let at = line.char_indices().nth(self.column.saturating_sub(1));
        let (offset, width) = at.map_or((line.len(), 0), |(offset, c)| (offset, c.len_utf8()));
        let bytes = start + offset..start + offset + width;
        Place { line: self.line, column: self.column, bytes, form: Form::Other }
    }
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.message)
    }
}

impl From<SyntaxError> for Diagnostic {
    fn from(error: SyntaxError) -> Self {
        Self { message: error.to_string(), ..error.diagnostic() }
    }
}

impl Node {
    /// What kind of value it is, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Boolean(_) => "a boolean",
            Self::Integer(_) => "an integer",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
        }
    }

    /// The value as JSON. Of a key that appears twice the last counts; readers report it.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Null => serde_json::Value::Null,
            Self::Boolean(value) => (*value).into(),
            Self::Integer(number) => (*number).into(),
            Self::Number(number) => (*number).into(),
            Self::String(text) => text.as_str().into(),
            Self::List(elements) => elements.iter().map(Self::to_json).collect(),
            Self::Map(members) => members.iter().map(|(key, value)| (key.clone(), value.to_json())).collect(),
        }
    }
}
