//! What is kept beside flows and changes nothing that runs: how versions were written, and where people drew nodes.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use waypost_ids::{FlowId, Version};

use crate::revisions::Revisions;

/// A version as somebody wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextRecord {
    /// The version that it says.
    pub version: Version,
    /// YAML, comments and all.
    pub text: Arc<str>,
    /// The ETag. It counts the texts of all versions of the flow, so that none is taken for another version's.
    pub revision: u64,
}

/// A text that is to be kept.
#[derive(Clone, Debug)]
pub struct TextChange {
    /// The flow.
    pub flow: FlowId,
    /// The version that it says.
    pub version: Version,
    /// The text.
    pub text: Arc<str>,
    /// What it is meant to replace.
    pub replacing: Replacing,
}

/// What became of a text that was to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextKept {
    /// Its revision.
    pub revision: u64,
    /// Whether it is another than before.
    pub changed: bool,
}

/// What a text is meant to replace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replacing {
    /// Whatever is there.
    Anything,
    /// Nothing: the version has no text yet.
    Nothing,
    /// A text of one of these revisions.
    Revisions(Revisions),
}

/// At most so many nodes of a flow have positions. A flow has at most 2,000 nodes; those of its other versions have positions as well.
pub const MOST_POSITIONS: usize = 10_000;

/// The ids of these nodes have at most so many bytes together: all of them are written anew by each move.
pub const MOST_ID_BYTES: usize = 1 << 20;

/// No node is drawn farther from the origin, in either direction.
pub const FARTHEST: f64 = 1_000_000.0;

/// Where a node is drawn, in the editor's units.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// To the right.
    pub x: f64,
    /// Downwards.
    pub y: f64,
}

/// Where the nodes of a flow are drawn, by their ids.
pub type Positions = BTreeMap<String, Position>;

/// Positions that are set, and those that are taken away.
pub type PositionsChange = BTreeMap<String, Option<Position>>;
