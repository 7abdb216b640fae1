//! Everything and who uses whom, in one answer.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use waypost_ids::Version;

/// All objects of the catalogue and their uses.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Map<'m> {
    /// By kind, then by name.
    pub nodes: Vec<MapNode<'m>>,
    /// Uses, each from user to used. A change to an object may affect everything with a path to it.
    pub edges: Vec<MapEdge<'m>>,
    /// Scopes that the token lacks: what they allow to read is left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub withheld: Vec<Cow<'m, str>>,
}

/// An object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MapNode<'m> {
    /// What edges name it by: its kind and identifier, such as `domain:example.com`.
    pub key: String,
    /// Its kind: `route`, `flow`, `queue`, `table`, `schedule`, `domain` and so on.
    pub kind: Cow<'m, str>,
    /// Its identifier; for a domain, its name. Absent for an object that is only known at run time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its name; a route's address pattern.
    pub name: Cow<'m, str>,
    /// A flow's type.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub flow_type: Option<Cow<'m, str>>,
    /// A flow's published version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
    /// Whether a flow's newest version is not the published one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub draft: bool,
    /// The notice to callers of a deprecated flow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<Cow<'m, str>>,
    /// It stands for any object of its kind that a flow chooses at run time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub any: bool,
}

/// One use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MapEdge<'m> {
    /// What uses.
    pub from: String,
    /// What is used.
    pub to: String,
    /// An action's type, `end`, `route`, `unrouted`, `domain`, `mailbox`, `secret`, `credential` or `deliverTo`.
    pub kind: Cow<'m, str>,
    /// The version of the flow that uses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
    /// Where in it, such as `nodes[0].actions[1]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<Cow<'m, str>>,
    /// Which version of the flow that is used: `published`, a number, or a label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selector: Option<Cow<'m, str>>,
}
