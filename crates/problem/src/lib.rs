//! One problem of a definition that a user wrote, in the words that all readers of definitions share. Problems of flows, which have codes and
//! ranges of text, are `waypost_flow`'s diagnostics.

mod keys;
mod names;

use std::fmt;

use serde::Serialize;

pub use keys::{Keys, OfKeys, settle};
pub use names::{nearest, one_of};

/// The user's text is shown up to this many characters.
const MAX_SHOWN: usize = 60;

/// One problem of a definition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// The field, such as `open[0].rrule`; empty for the whole definition.
    pub path: String,
    /// What is wrong: lower case, no full stop, the user's text in backticks.
    pub message: String,
    /// What was expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<Box<str>>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<Box<str>>,
    /// Whether the text at its place may be a password, which must not be shown.
    #[serde(skip)]
    pub unshown: bool,
    /// What it says of keys; none if it is about a value.
    #[serde(skip)]
    pub keys: Option<Box<Keys>>,
}

impl Problem {
    /// What is wrong at a path.
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            message: message.into(),
            expected: None,
            found: None,
            suggestion: None,
            unshown: false,
            keys: None,
        }
    }

    /// Adds what would have been right.
    #[must_use]
    pub fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    /// Adds what is there.
    #[must_use]
    pub fn found(mut self, found: impl Into<Box<str>>) -> Self {
        self.found = Some(found.into());
        self
    }

    /// Adds what to do.
    #[must_use]
    pub fn suggestion(mut self, suggestion: impl Into<Box<str>>) -> Self {
        self.suggestion = Some(suggestion.into());
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

    /// Keeps the text at its place from being shown: it may be a password.
    #[must_use]
    pub fn unshown(mut self) -> Self {
        self.unshown = true;
        self
    }
}

impl OfKeys for Problem {
    fn keys(&self) -> Option<&Keys> {
        self.keys.as_deref()
    }

    fn suggest(&mut self, suggestion: String) {
        self.suggestion = Some(suggestion.into());
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)?;
        if let Some(expected) = &self.expected {
            write!(f, "; expected {expected}")?;
        }
        if let Some(found) = &self.found {
            write!(f, "; found {found}")?;
        }
        if let Some(suggestion) = &self.suggestion {
            write!(f, "; {suggestion}")?;
        }
        Ok(())
    }
}

/// The user's text in backticks, cut if it is long.
#[must_use]
pub fn shown(text: &str) -> String {
    let mut short: String = text.chars().take(MAX_SHOWN).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    format!("`{short}`")
}
