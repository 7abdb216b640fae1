//! What a text is expected to be: exactly so, or with something in it.

use std::fmt;

use regex::Regex;
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::source::Node;
use waypost_flow::source::members::{Members, wrong};

/// An expected text.
#[derive(Clone, Debug)]
pub(crate) enum Text {
    /// This text.
    Exact(String),
    /// A text that contains all of these and matches all of those.
    With {
        /// What it contains.
        contains: Vec<String>,
        /// What it matches somewhere, unless the pattern says `^` or `$`.
        matches: Vec<Regex>,
    },
}

/// Something that is expected, or expected not to be there.
#[derive(Clone, Debug)]
pub(crate) enum Maybe<T> {
    /// `null`: there is none.
    Nothing,
    /// This one.
    This(T),
}

impl Maybe<Text> {
    /// Reads a text, or `null`.
    pub(crate) fn read(path: &str, node: &Node, problems: &mut Vec<Diagnostic>) -> Option<Self> {
        match node {
            Node::Null => Some(Self::Nothing),
            node => Text::read(path, node, problems).map(Self::This),
        }
    }
}

impl<T> Maybe<T> {
    /// Whether what came is as expected; nothing can come too.
    pub(crate) fn accepts<F>(&self, found: Option<F>, is_this: impl FnOnce(&T, F) -> bool) -> bool {
        match (self, found) {
            (Self::Nothing, found) => found.is_none(),
            (Self::This(wanted), Some(found)) => is_this(wanted, found),
            (Self::This(_), None) => false,
        }
    }
}

impl<T: fmt::Display> fmt::Display for Maybe<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str(NOTHING),
            Self::This(wanted) => wanted.fmt(f),
        }
    }
}

/// The words for what is not there.
pub(crate) const NOTHING: &str = "nothing";

/// What a map that expects a text has.
const KEYS: [&str; 2] = ["contains", "matches"];

impl Text {
    /// Reads one.
    pub(crate) fn read(path: &str, node: &Node, problems: &mut Vec<Diagnostic>) -> Option<Self> {
        match node {
            Node::String(text) => return Some(Self::Exact(text.clone())),
            Node::Map(_) => {}
            // A text that looks like something else in YAML.
            Node::Integer(number) => return Some(Self::Exact(number.to_string())),
            Node::Boolean(value) => return Some(Self::Exact(value.to_string())),
            other => {
                let expected = "a text, { contains: TEXT } or { matches: PATTERN }";
                problems.push(wrong(path, expected).found(other.kind()));
                return None;
            }
        }
        let mut members = Members::of(path, node).map_err(|problem| problems.push(*problem)).ok()?;
        let (contains, matches) = (members.one_or_more("contains"), members.one_or_more("matches"));
        let (is_empty, before) = (contains.is_empty() && matches.is_empty(), problems.len());
        problems.extend(members.finish(&KEYS));
        if is_empty && problems.len() == before {
            problems.push(wrong(path, "`contains` or `matches`").found("neither"));
        }
        let mut patterns = Vec::new();
        for pattern in matches {
            match Regex::new(&pattern) {
                Ok(pattern) => patterns.push(pattern),
                Err(error) => {
                    let reason = error.to_string();
                    let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
                    let message = format!("`{pattern}` is not a pattern: {reason}");
                    problems.push(Diagnostic::error(Code::InvalidValue, format!("{path}.matches"), message));
                }
            }
        }
        (problems.len() == before).then_some(Self::With { contains, matches: patterns })
    }

    /// Whether a text is as expected.
    pub(crate) fn accepts(&self, text: &str) -> bool {
        match self {
            Self::Exact(expected) => expected == text,
            Self::With { contains, matches } => {
                contains.iter().all(|part| text.contains(part.as_str()))
                    && matches.iter().all(|pattern| pattern.is_match(text))
            }
        }
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(text) => f.write_str(&quoted(text)),
            Self::With { contains, matches } => {
                let contains = contains.iter().map(|part| format!("contains {}", quoted(part)));
                let matches = matches.iter().map(|pattern| format!("matches {}", quoted(pattern.as_str())));
                let all: Vec<String> = contains.chain(matches).collect();
                write!(f, "a text that {}", all.join(" and "))
            }
        }
    }
}

/// A text on one line.
pub(crate) fn quoted(text: &str) -> String {
    if text.contains(['\n', '\r', '`']) { serde_json::Value::from(text).to_string() } else { format!("`{text}`") }
}
