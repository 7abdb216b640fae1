//! Where in a run something happened.

use waypost_ids::{FlowId, Version};

/// Where in a run something happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The flow.
    pub flow_id: FlowId,
    /// That flow's name.
    pub flow_name: String,
    /// That flow's version; 0 for one that is not saved.
    pub version: Version,
    /// The node; none in a condition set.
    pub node_id: Option<String>,
    /// The action's position in the node; none in a branch or a condition set.
    pub action: Option<usize>,
    /// Where in the node, such as `actions[1].actions[0]`; only inside of loops.
    pub path: Option<String>,
}
