//! The flow document: what users write, before any checking of meaning.
//!
//! Serialising gives the canonical form (camelCase, absent members left out), which is what is stored, hashed and returned.

pub(crate) mod actions;
mod elsewhere;
pub(crate) mod names;
pub(crate) mod object;
pub(crate) mod read;
mod references;
pub mod schema;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

pub use crate::actions::ActionKind;
pub use names::{fold_key, fold_name, is_shared_type, is_type};
pub(crate) use read::{MAX_ENTRIES, MAX_NODES};
pub use read::{Metadata, Read, Rest, read, read_for_existing};
pub use references::is_computed;

/// A flow document. Its field names are the canonical keys in camelCase.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "Waypost flow", transform = schema::document)]
pub struct Document {
    /// The flow's name.
    pub name: String,
    /// The type as written: `email`, `shared`, `INBOUNDEMAIL`, `COMMONMODULE`.
    #[serde(rename = "type")]
    #[schemars(schema_with = "schema::flow_type")]
    pub flow_type: String,
    /// What the flow is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Declared inputs.
    #[schemars(default)]
    pub inputs: Vec<Input>,
    /// Declared outputs.
    #[schemars(default)]
    pub outputs: Vec<Output>,
    /// Declared variables; others are declared by their assignments.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub variables: Vec<Variable>,
    /// What starts the flow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trigger: Option<Trigger>,
    /// What must hold for the flow to start.
    #[schemars(default)]
    pub condition_set: ConditionSet,
    /// The nodes; the first is where the run starts.
    pub nodes: Vec<Node>,
    /// Where the run continues after an error that no action caught.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_error: Option<Jump>,
    /// What happens to mail that reaches the end without a decision.
    #[schemars(default)]
    pub end: End,
}

/// A declared input. Without a default it is required.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = schema::closed)]
pub struct Input {
    /// Its name.
    pub name: String,
    /// Its data type as written.
    #[schemars(schema_with = "schema::data_type")]
    pub data_type: String,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The value it has when a caller maps none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<Json>,
}

/// A declared output.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = schema::closed)]
pub struct Output {
    /// Its name.
    pub name: String,
    /// Its data type as written.
    #[schemars(schema_with = "schema::data_type")]
    pub data_type: String,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The value it has when no path sets it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<Json>,
    /// Every path to the end must set it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schemars(default)]
    pub required: bool,
}

/// A declared variable.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = schema::variable)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its data type as written.
    #[schemars(schema_with = "schema::data_type")]
    pub data_type: String,
    /// The value it starts with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<Json>,
}

/// What starts the flow.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(transform = schema::closed)]
pub struct Trigger {
    /// Always `email`.
    #[serde(rename = "type")]
    pub trigger_type: String,
}

/// Conditions that must hold for the flow to start; none: it starts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[schemars(transform = schema::closed)]
pub struct ConditionSet {
    /// Whether all or any must hold.
    #[serde(rename = "match")]
    #[schemars(default)]
    pub matching: Match,
    /// The conditions.
    #[schemars(default)]
    pub conditions: Vec<Condition>,
}

/// How conditions combine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Match {
    /// All must hold.
    #[default]
    All,
    /// One is enough.
    Any,
}

/// One condition.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(transform = schema::closed)]
pub struct Condition {
    /// A boolean expression in `${…}`.
    pub when: String,
}

/// A node: actions in order, then a branch.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(transform = schema::closed)]
pub struct Node {
    /// Its identifier, unique in the flow.
    pub id: String,
    /// What people call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its actions.
    #[schemars(default, with = "schema::Actions")]
    pub actions: Vec<Action>,
    /// Where the run goes on: the first branch that holds. `None`: the following node. No branch holds: the flow's end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<Vec<Branch>>,
}

/// A branch.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(transform = schema::branch)]
pub struct Branch {
    /// A boolean expression in `${…}`; none always holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// The node's identifier.
    pub to: String,
}

/// A jump to a node.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(transform = schema::closed)]
pub struct Jump {
    /// The node's identifier.
    pub to: String,
}

/// What happens to mail that reaches the end without a decision.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[schemars(transform = schema::end)]
pub struct End {
    /// The disposition.
    #[schemars(default)]
    pub disposition: Disposition,
    /// The queue's name or id, with `queue`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
}

/// Dispositions of the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Disposition {
    /// Nothing was decided.
    #[default]
    Unrouted,
    /// The interaction is dropped.
    Disconnect,
    /// It goes to the end's queue.
    Queue,
}

/// An action: what it does, and what all actions have.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Action {
    /// What it does.
    #[serde(flatten)]
    pub kind: ActionKind,
    /// What people call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where its errors go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_error: Option<Jump>,
}

/// A reference to a flow.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FlowReference {
    /// The flow's id, as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flow_id: Option<String>,
    /// In files: the flow's name instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flow: Option<String>,
    /// A version's number or a label; left out: whatever is published when the run starts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<Json>,
}

/// One line of a mapping.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(transform = schema::closed)]
pub struct Mapping {
    /// The input to fill, or the variable to set.
    pub name: String,
    /// The value.
    pub value: Json,
}

impl Document {
    /// Whether the flow is of type `shared` (Genesys's COMMONMODULE).
    pub fn is_shared(&self) -> bool {
        is_shared_type(&self.flow_type)
    }
}

/// A document in its canonical form.
pub fn canonical_json(document: &Document) -> String {
    // Every map in a document has string keys, so that nothing can fail.
    serde_json::to_string(document).unwrap_or_default()
}

/// SHA-256 of what a flow does, in lower-case hexadecimal. Name and description are left out: renaming makes no version.
pub fn content_hash(document: &Document) -> String {
    let content = Document { name: String::new(), description: None, ..document.clone() };
    Sha256::digest(canonical_json(&content)).iter().map(|byte| format!("{byte:02x}")).collect()
}
