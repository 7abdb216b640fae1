//! Where people draw the nodes of a flow.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a node is drawn, in the editor's units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NodePosition {
    /// To the right, from -1,000,000 to 1,000,000.
    pub x: f64,
    /// Downwards, from -1,000,000 to 1,000,000.
    pub y: f64,
}

/// Where a flow's nodes are drawn, as far as people moved them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NodePositions {
    /// Positions by the ids of nodes. Nodes of drafts and of other versions may be among them.
    pub positions: BTreeMap<String, NodePosition>,
}

/// Positions to set, and to remove.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NodePositionsChange {
    /// Positions by the ids of nodes; `null` removes one. Nodes that are left out stay where they are.
    pub positions: BTreeMap<String, Option<NodePosition>>,
}
