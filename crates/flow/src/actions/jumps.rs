//! Named jumps: where a run goes on when an action comes to nothing, by a name that the action's definition lists.

use serde::{Serialize, Serializer};

use super::definition::ActionDefinition;
use crate::document::Jump;
use crate::document::object::{Object, Reader};
use crate::document::read::jump;

/// What the action looks for is not there.
pub const NOT_FOUND: &str = "notFound";

/// What the action asks for fails.
pub const FAILURE: &str = "failure";

/// What the action asks for takes too long.
pub const TIMED_OUT: &str = "timedOut";

/// What `notFound` is for, in words.
pub(super) const NOTHING_THERE: &str =
    "The node where the run continues when there is none. Without it that is an error of the action.";

/// The jumps of an action as written, in the definition's order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Jumps(Vec<(&'static str, Jump)>);

impl Jumps {
    /// Reads what the definition lists.
    pub(super) fn read(definition: &ActionDefinition, reader: &mut Reader, object: &Object<'_>) -> Self {
        let jumps = definition.jumps();
        Self(
            jumps
                .filter_map(|name| {
                    let jump = match object.get(name) {
                        Some(node) => jump(reader, &object.at(name), node),
                        None if object.is_misspelt(name) => Jump { to: String::new() },
                        None => return None,
                    };
                    Some((name, jump))
                })
                .collect(),
        )
    }

    /// The jump of that name.
    pub fn get(&self, name: &str) -> Option<&Jump> {
        self.iter().find(|(known, _)| *known == name).map(|(_, jump)| jump)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Jump)> {
        self.0.iter().map(|(name, jump)| (*name, jump))
    }
}

/// As members of the action.
impl Serialize for Jumps {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

/// The jumps of an action that is ready to run: the positions of nodes by name.
#[derive(Debug, Default)]
pub struct ProgramJumps(Vec<(&'static str, usize)>);

impl ProgramJumps {
    /// An action that never jumps.
    pub const NONE: &Self = &Self(Vec::new());

    pub(crate) fn push(&mut self, name: &'static str, node: usize) {
        self.0.push((name, node));
    }

    /// The node that the jump of that name leads to.
    pub fn get(&self, name: &str) -> Option<usize> {
        self.iter().find(|(known, _)| *known == name).map(|(_, node)| node)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, usize)> {
        self.0.iter().copied()
    }
}
