//! What a run reached of its flows, taken down where somebody counts coverage.

use std::collections::HashSet;
use std::ptr;

use waypost_flow::expr::{Came, Outcomes, PartId};
use waypost_flow::program::{ProgramAction, ProgramBranch, ProgramNode};

/// A place in a program that a run may come to. It is known by where it lies in memory, and so for as long as its program lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PlaceId(usize, Way);

/// How a run comes to a place, or goes on from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Way {
    Entered,
    Taken,
    NoneTaken,
    Jumped(&'static str),
}

impl PlaceId {
    /// A node is entered.
    #[must_use]
    pub fn node(node: &ProgramNode) -> Self {
        Self(ptr::from_ref(node).addr(), Way::Entered)
    }

    /// A branch is taken.
    #[must_use]
    pub fn branch(branch: &ProgramBranch) -> Self {
        Self(ptr::from_ref(branch).addr(), Way::Taken)
    }

    /// No branch of a node holds.
    #[must_use]
    pub fn no_branch(node: &ProgramNode) -> Self {
        Self(ptr::from_ref(node).addr(), Way::NoneTaken)
    }

    /// An action's jump of that name is taken.
    #[must_use]
    pub fn jump(action: &ProgramAction, name: &'static str) -> Self {
        Self(ptr::from_ref(action).addr(), Way::Jumped(name))
    }
}

/// What a run reached.
#[derive(Debug, Default)]
pub struct Reached {
    places: HashSet<PlaceId>,
    pub(crate) outcomes: Outcomes,
}

impl Reached {
    pub(crate) fn note(&mut self, place: PlaceId) {
        self.places.insert(place);
    }

    /// The places, each once, and what parts of conditions came to.
    pub fn into_parts(self) -> (impl Iterator<Item = PlaceId>, impl Iterator<Item = (PartId, Came)>) {
        (self.places.into_iter(), self.outcomes.into_all())
    }
}
