//! A file as it is written: values with their comments and blank lines.

use std::collections::HashMap;

/// A token that ends a line, and that a comment may follow: its number in the file.
pub(crate) type Token = usize;

/// A file.
#[derive(Debug, Default)]
pub(crate) struct File {
    /// Its documents, those that say nothing included.
    pub(crate) documents: Vec<Document>,
    /// Comments at the ends of lines, by the token before.
    pub(crate) trailing: HashMap<Token, Trailing>,
    /// Every comment, in order.
    pub(crate) comments: Vec<String>,
}

/// A comment behind something else on its line.
#[derive(Clone, Debug)]
pub(crate) struct Trailing {
    /// The comment, with its `#`.
    pub(crate) text: String,
    /// Where it begins, in characters from 0.
    pub(crate) column: usize,
    /// The line that it is on.
    pub(crate) line: usize,
}

/// A document.
#[derive(Debug)]
pub(crate) struct Document {
    /// Comments before its value.
    pub(crate) head: Vec<Trivia>,
    /// Its value.
    pub(crate) root: Tree,
    /// Comments after its value.
    pub(crate) tail: Vec<Trivia>,
}

/// What stands on lines of its own between values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trivia {
    /// Empty lines.
    Blank,
    /// A comment and the column that it begins at, in characters from 0.
    Comment(String, usize),
}

/// A value.
#[derive(Debug)]
pub(crate) struct Tree {
    /// What it is.
    pub(crate) shape: Shape,
    /// Comments after the last member.
    pub(crate) tail: Vec<Trivia>,
    /// The token that a comment behind the value follows: a scalar, or a closing bracket.
    pub(crate) token: Token,
}

/// What a value is.
#[derive(Debug)]
pub(crate) enum Shape {
    /// A scalar.
    Scalar(Scalar),
    /// A list or a map.
    Collection(Collection),
}

/// A list or a map.
#[derive(Debug)]
pub(crate) struct Collection {
    /// Whether its members have keys.
    pub(crate) is_map: bool,
    /// Whether it is written in brackets.
    pub(crate) flow: bool,
    /// The column of its first member, in characters from 0.
    pub(crate) column: usize,
    /// What it holds.
    pub(crate) members: Vec<Member>,
}

/// An item of a list, or a member of a map.
#[derive(Debug)]
pub(crate) struct Member {
    /// Comments and blank lines above.
    pub(crate) before: Vec<Trivia>,
    /// The token before its value: the key, or the hyphen.
    pub(crate) head: Token,
    /// The key, in a map.
    pub(crate) key: Option<Scalar>,
    /// Its value.
    pub(crate) value: Tree,
}

/// A scalar.
#[derive(Clone, Debug)]
pub(crate) struct Scalar {
    /// The text that it means.
    pub(crate) value: String,
    /// How it is written.
    pub(crate) style: Style,
}

/// How a scalar is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Not at all: null.
    Empty,
    /// Without quotes; the text of each line.
    Plain(Vec<String>),
    /// In quotes; the text of each line, quotes included.
    Quoted(Vec<String>),
    /// After `|` or `>`.
    Block {
        /// The indicators, such as `|-`, without one for the indentation.
        header: String,
        /// The lines, without the indentation that they have in common.
        lines: Vec<String>,
    },
}

impl Tree {
    /// Whether nothing is written for the value.
    pub(crate) fn is_empty(&self) -> bool {
        matches!(&self.shape, Shape::Scalar(Scalar { style: Style::Empty, .. }))
    }

    /// Whether the value is null.
    pub(crate) fn is_null(&self) -> bool {
        match &self.shape {
            _ if self.is_empty() => true,
            Shape::Scalar(Scalar { value, style: Style::Plain(_) }) => {
                matches!(value.as_str(), "~" | "null" | "Null" | "NULL")
            }
            _ => false,
        }
    }

    /// The text of a scalar.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.shape {
            Shape::Scalar(scalar) => Some(&scalar.value),
            Shape::Collection(_) => None,
        }
    }

    /// The members of a list or a map.
    pub(crate) fn members(&self) -> &[Member] {
        match &self.shape {
            Shape::Scalar(_) => &[],
            Shape::Collection(collection) => &collection.members,
        }
    }

    /// The value of a map's member.
    pub(crate) fn member(&self, name: &str) -> Option<&Self> {
        let named = |member: &&Member| member.key.as_ref().is_some_and(|key| key.value == name);
        self.members().iter().find(named).map(|member| &member.value)
    }

    /// Gives comments that begin at a column to the innermost last value that they are within; answers whether there is one.
    pub(crate) fn take_tail(&mut self, trivia: &[Trivia], column: usize) -> bool {
        let Shape::Collection(collection) = &mut self.shape else { return false };
        if collection.flow || collection.column > column {
            return false;
        }
        if !collection.members.last_mut().is_some_and(|last| last.value.take_tail(trivia, column)) {
            self.tail.extend_from_slice(trivia);
        }
        true
    }
}
