//! Paths of values that lie inside others, such as `nodes[0].actions[1].value.tags[3]`. They are only written out when there
//! is something to say: a document may have a million values below one long key.

use std::fmt::Write;

/// A longer path is cut, in bytes.
pub(crate) const MAX_PATH: usize = 512;

/// Where a value is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum FieldPath<'p> {
    /// Where the walk began.
    Root(&'p str),
    /// An element of a list.
    Element(&'p FieldPath<'p>, usize),
    /// A member of a map.
    Member(&'p FieldPath<'p>, &'p str),
}

impl<'p> FieldPath<'p> {
    /// An element of the list at this path.
    pub(crate) fn element(&'p self, index: usize) -> Self {
        Self::Element(self, index)
    }

    /// A member of the map at this path.
    pub(crate) fn member(&'p self, key: &'p str) -> Self {
        Self::Member(self, key)
    }

    /// The path as text, cut if it is too long.
    pub(crate) fn text(&self) -> String {
        let mut steps = Vec::new();
        let mut at = self;
        let mut text = loop {
            match at {
                Self::Root(root) => break clip(root, MAX_PATH),
                Self::Element(of, _) | Self::Member(of, _) => {
                    steps.push(at);
                    at = of;
                }
            }
        };
        for step in steps.into_iter().rev() {
            if text.len() >= MAX_PATH {
                break;
            }
            // Writing to a String can't fail.
            let _ = match step {
                Self::Root(_) => Ok(()),
                Self::Element(_, index) => write!(text, "[{index}]"),
                Self::Member(_, key) => {
                    let dot = if text.is_empty() { "" } else { "." };
                    write!(text, "{dot}{}", clip(key, MAX_PATH))
                }
            };
        }
        clip(&text, MAX_PATH)
    }
}

/// A text of at most so many bytes and an ellipsis.
pub(crate) fn clip(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    format!("{}…", text.get(..text.floor_char_boundary(most)).unwrap_or_default())
}
