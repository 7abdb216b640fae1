//! Revisions: what a conditional change is meant for.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The change was meant for another revision than there is.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("the {kind}{} was changed meanwhile: its revision is {current}", quoted(name))]
pub struct Stale {
    /// `flow`, …
    pub kind: &'static str,
    /// Its name, where that is known; else empty.
    pub name: String,
    /// The revision now.
    pub current: u64,
}

fn quoted(name: &str) -> String {
    if name.is_empty() { String::new() } else { format!(" `{name}`") }
}

/// Revisions that a change is meant for, as `If-Match` lists them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revisions(Option<Vec<u64>>);

impl Revisions {
    /// Any revision, as long as the object exists: `*`.
    pub const ANY: Self = Self(None);

    /// Any of these.
    #[must_use]
    pub fn any_of(revisions: Vec<u64>) -> Self {
        Self(Some(revisions))
    }

    /// The revision, if there is only one.
    #[must_use]
    pub fn only(&self) -> Option<u64> {
        match self.0.as_deref() {
            Some([only]) => Some(*only),
            _ => None,
        }
    }

    /// Refuses a change that is meant for others than the current revision.
    ///
    /// # Errors
    /// Stale.
    pub fn check(matching: Option<&Self>, kind: &'static str, current: u64) -> Result<(), Stale> {
        match matching {
            Some(Self(Some(revisions))) if !revisions.contains(&current) => {
                Err(Stale { kind, name: String::new(), current })
            }
            _ => Ok(()),
        }
    }
}
