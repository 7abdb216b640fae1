//! Who uses whom.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use waypost_ids::Version;

/// Nodes and edges: the requested object is the first node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Graph<'g> {
    /// Flows and objects of the other kinds.
    pub nodes: Vec<GraphNode<'g>>,
    /// Uses, each from user to used.
    pub edges: Vec<GraphEdge<'g>>,
    /// Scopes that the token lacks: what they allow to read is left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub withheld: Vec<Cow<'g, str>>,
}

/// A flow, or an object of another kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GraphNode<'g> {
    /// Its identifier.
    pub id: Uuid,
    /// Its kind: `route`, `flow`, `queue`, `table`, `schedule`, `skill` and so on.
    pub kind: Cow<'g, str>,
    /// Its name; a route's address pattern.
    pub name: Cow<'g, str>,
    /// A flow's type.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub flow_type: Option<Cow<'g, str>>,
    /// A flow's published version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
    /// The notice to callers of a deprecated flow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<Cow<'g, str>>,
}

/// One use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GraphEdge<'g> {
    /// What uses.
    pub from: Uuid,
    /// What is used.
    pub to: Uuid,
    /// An action's type, `end`, `route`, `unrouted`, or `deliverTo`.
    pub kind: Cow<'g, str>,
    /// The version of the flow that uses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
    /// Where in it, such as `nodes[0].actions[1]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<Cow<'g, str>>,
    /// Which version of the flow that is used: `published`, a number, or a label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selector: Option<Cow<'g, str>>,
}
