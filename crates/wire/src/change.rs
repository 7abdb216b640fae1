//! Change sets, labels, differences, history.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use waypost_ids::{FlowId, Version};

use crate::time::Time;

/// What a label names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Label {
    /// One version, or two with weights.
    pub targets: Vec<LabelTarget>,
}

/// What gives a label to versions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LabelRequest {
    /// One version, or two with weights.
    pub targets: Vec<LabelTarget>,
    /// Why, for the flow's history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Why something is done, for the flow's history. The body may be left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Note {
    /// The words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A version behind a label.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LabelTarget {
    /// The version.
    pub version: Version,
    /// Its share of the weights' sum; absent where the label names one version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<u32>,
}

/// What a change set asks for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChangeSet {
    /// The flows.
    pub flows: Vec<ChangeSetFlow>,
    /// Names of queues that are made if they are not there; the flows may name them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub queues: Vec<String>,
    /// Whether to answer without doing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
    /// Why, for the flows' histories.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// One flow of a change set: a `document`, or a `version` to publish again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChangeSetFlow {
    /// The flow's id; or, for a new flow, what the other members call it in their `flowId`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow_id: Option<String>,
    /// The flow's name, where its id is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it is to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<Json>,
    /// Or which of its versions: a number, `published`, `newest`, or a label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Json>,
}

/// What a change set did, or would do.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChangeSetDone {
    /// Whether nothing was done.
    pub dry_run: bool,
    /// The flows, in the order they were sent.
    pub flows: Vec<ChangedFlow>,
    /// The queues, in the order they were sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub queues: Vec<ChangedQueue>,
}

/// What became of a queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChangedQueue {
    /// Its name.
    pub name: String,
    /// What was done: `created`, `unchanged`.
    pub outcome: String,
}

/// What became of a flow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChangedFlow {
    /// The flow.
    pub flow_id: FlowId,
    /// Its name.
    pub name: String,
    /// The version that is published then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
    /// What was done: `created`, `published`, `described`, `unchanged`.
    pub outcome: String,
}

/// How two versions differ in meaning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FlowDiff {
    /// The flow.
    pub flow_id: FlowId,
    /// The version looked from.
    pub from: Version,
    /// The version looked at.
    pub to: Version,
    /// Every difference, in the order of the document.
    pub differences: Vec<FlowDifference>,
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FlowDifference {
    /// The part, such as `nodes[triage].actions[0].queue`.
    pub path: String,
    /// `added`, `removed`, `changed`, `moved`.
    pub change: String,
    /// What it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Json>,
    /// What it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Json>,
}

/// What was done to a flow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FlowEvent {
    /// `saved`, `published`, `deactivated`, `labelled`, `unlabelled`, `deprecated`, `undeprecated`, `deleted`, `checkedOut`,
    /// `checkedIn`, `reverted`, `unlocked`.
    pub kind: String,
    /// When.
    pub at: Time,
    /// The client that did it.
    pub by: String,
    /// The version that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
    /// The label that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// What the label names since.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<LabelTarget>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}
