//! Why a run failed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use waypost_ids::{FlowId, Version};

/// An error of a run, and the place where it first occurred.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunError {
    /// The stable code; `waypost explain CODE` says what it means.
    pub code: String,
    /// What happened.
    pub message: String,
    /// The flow.
    pub flow_id: FlowId,
    /// Its name then.
    pub flow_name: String,
    /// Its version; 0 for one that is not saved.
    pub version: Version,
    /// The node; absent in a condition set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_id: Option<String>,
    /// The action's position in the node, counted from 0; absent in a branch and in a condition set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<u64>,
    /// Where in the node, such as `actions[1].actions[0]`; only inside of loops.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}
