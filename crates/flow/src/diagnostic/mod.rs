//! Problems found in input: each has a stable code, a place, what was expected, what was found, and a suggestion.

mod codes;
mod problems;
pub mod render;
mod words;

use std::cmp::Reverse;
use std::fmt;
use std::ops::Range;

use serde::Serialize;
use waypost_problem::{OfKeys, Problem, one_of};

pub use waypost_problem::{Keys, nearest, settle};

pub use codes::Code;
pub use problems::{MAX_LISTED, Problems};
pub use words::counted;

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    /// It must be mended before the flow can be published.
    Error,
    /// It works, but probably not as meant.
    Warning,
}

/// A change of a text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Edit {
    /// What is replaced, in bytes; it may be nothing.
    pub range: Range<usize>,
    /// By what.
    pub text: String,
}

/// A text with changes made. Of those that overlap, the one that begins first and goes furthest is made: what mends a whole has what
/// mends its parts.
#[must_use]
pub fn edited<'e>(text: &str, edits: impl IntoIterator<Item = &'e Edit>) -> String {
    let mut edits: Vec<&Edit> = edits.into_iter().collect();
    edits.sort_by_key(|edit| (edit.range.start, !edit.range.is_empty(), Reverse(edit.range.end)));
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    for edit in edits.into_iter().filter(|edit| edit.range.end <= text.len()) {
        if let Some(between) = text.get(at..edit.range.start) {
            out.push_str(between);
            out.push_str(&edit.text);
            at = edit.range.end;
        }
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

/// One problem.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Diagnostic {
    /// The stable code.
    pub code: Code,
    /// Error or warning.
    pub severity: Severity,
    /// The field, such as `nodes[0].actions[1].inputMapping[0].value`; empty for the whole document.
    pub path: String,
    /// The part of the string value at `path` that is meant, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<Range<usize>>,
    /// What is wrong: lower case, no full stop, the user's text in backticks.
    pub message: String,
    /// What was expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
    /// The suggestion as changes of the string value at `path`, none overlapping another. Empty: it is none that can be made as it stands.
    #[serde(skip)]
    pub edits: Vec<Edit>,
    /// What it says of keys; none if it is about a value.
    #[serde(skip)]
    pub keys: Option<Box<Keys>>,
    /// How many problems it stands for, if it is the last of a list that was cut; else 0.
    #[serde(skip)]
    pub more: usize,
    /// Whether the text at its place may be a password, so that no line of the file is shown with it.
    #[serde(skip)]
    pub unshown: bool,
}

impl Diagnostic {
    /// An error at a path.
    pub fn error(code: Code, path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            path: path.into(),
            range: None,
            message: message.into(),
            expected: None,
            found: None,
            suggestion: None,
            edits: Vec::new(),
            keys: None,
            more: 0,
            unshown: false,
        }
    }

    /// A warning at a path.
    pub fn warning(code: Code, path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, path, message) }
    }

    /// Adds what would have been right.
    #[must_use]
    pub fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    /// Adds what stands there.
    #[must_use]
    pub fn found(mut self, found: impl Into<String>) -> Self {
        self.found = Some(found.into());
        self
    }

    /// Adds what to do.
    #[must_use]
    pub fn suggestion(mut self, suggestion: impl Into<String>) -> Self {
        self.suggestion = Some(suggestion.into());
        self
    }

    /// Adds a change that the suggestion makes.
    #[must_use]
    pub fn edit(mut self, range: Range<usize>, text: impl Into<String>) -> Self {
        self.edits.push(Edit { range, text: text.into() });
        self
    }

    /// Adds the nearest of `known`, if one is near enough to `name`.
    #[must_use]
    pub fn nearest<'k>(self, name: &str, known: impl IntoIterator<Item = &'k str>) -> Self {
        match nearest(name, known) {
            Some(near) => self.suggestion(format!("did you mean `{near}`?")),
            None => self,
        }
    }

    /// Adds the nearest of `known`; if none is near, that it is one of them.
    #[must_use]
    pub fn among<'k>(self, name: &str, known: impl IntoIterator<Item = &'k str> + Clone) -> Self {
        let told = self.nearest(name, known.clone());
        if told.suggestion.is_some() { told } else { told.expected(one_of(known)) }
    }

    /// Makes it about a key of an object that is none of `known`: adds the nearest of them or, if none is near, that it is one of them.
    #[must_use]
    pub fn stranger<'k>(self, object: &str, key: &str, known: impl IntoIterator<Item = &'k str> + Clone) -> Self {
        let keys = Some(Box::new(Keys::unknown(object, key, known.clone())));
        Self { keys, ..self.among(key, known) }
    }

    /// Makes it about a member that an object lacks; of several, any one would do.
    #[must_use]
    pub fn lacking(mut self, object: &str, members: &[&str]) -> Self {
        self.keys = Some(Box::new(Keys::missing(object, members)));
        self
    }

    /// Narrows the place to a part of the string value at the path, in bytes.
    #[must_use]
    pub fn at(mut self, range: Range<usize>) -> Self {
        self.range = Some(range);
        self
    }

    /// Keeps the text at its place from being shown: it may be a password.
    #[must_use]
    pub fn unshown(mut self) -> Self {
        self.unshown = true;
        self
    }

    /// Whether it is an error.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// A problem of a definition that is no flow.
impl From<Problem> for Diagnostic {
    fn from(problem: Problem) -> Self {
        let code = match problem.keys.as_deref() {
            Some(Keys::Unknown { .. }) => Code::UnknownKey,
            Some(Keys::Missing { .. }) | None => Code::InvalidValue,
        };
        Self {
            keys: problem.keys,
            expected: problem.expected,
            found: problem.found.map(String::from),
            suggestion: problem.suggestion.map(String::from),
            unshown: problem.unshown,
            ..Self::error(code, problem.path, problem.message)
        }
    }
}

impl OfKeys for Diagnostic {
    fn keys(&self) -> Option<&Keys> {
        self.keys.as_deref()
    }

    fn suggest(&mut self, suggestion: String) {
        self.suggestion = Some(suggestion);
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        write!(f, "{} [{}]", self.message, self.code)
    }
}
