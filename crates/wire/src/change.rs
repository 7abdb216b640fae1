//! Change sets, labels, differences, history.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use waypost_ids::{FlowId, Version};

use crate::Object;
use crate::time::Time;

/// What a label names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Label {
    /// One version, or two with weights.
    pub targets: Vec<LabelTarget>,
}

/// Gives a label to versions.
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
    /// Its weight; absent if the label names one version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<u32>,
}

/// A change set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChangeSet {
    /// The flows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flows: Vec<ChangeSetFlow>,
    /// Names of queues that are created if missing; the flows may name them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub queues: Vec<String>,
    /// Queues, tables, schedules, domains, routes, skills and so on that are put or deleted; flows and routes may name objects that the set creates.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub objects: Vec<ChangeSetObject>,
    /// The name of the project that the set comes from: the server remembers for each object which project last applied it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// Whether to delete what the project applied before and the set no longer has.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub prune: bool,
    /// Whether to take over objects that another project applied last. Otherwise those that are the same already stay with it, and a set
    /// that would change one is refused with 409.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub take_over: bool,
    /// The `epoch` of an earlier answer: if the catalogue was changed since, the set is refused with 412.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub if_epoch: Option<u64>,
    /// Whether to check only, and change nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
    /// Why, for the flows' histories and the audit log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// One object of a change set: a body to `put`, or `delete`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChangeSetObject {
    /// Its kind: `queue`, `table`, `schedule`, `domain`, `route`, `skill` and so on.
    pub kind: String,
    /// Which one, by its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Or by its name; a route's is `pattern@domain`. Without either, what is put has the name that its body says, and is made if it is
    /// not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The domain, if a route is put.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// The object: the body that its own endpoint takes. A route may name its flow and queues as `{"name": …}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub put: Option<Object>,
    /// Whether to leave an existing object alone, whatever it contains. It then stays with the project that applied it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub if_missing: bool,
    /// Whether to delete it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub delete: bool,
    /// The `ETag` that the change is meant for, or a list, as in `If-Match`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub if_match: Option<String>,
}

/// One flow of a change set: a `document`, a `version` to publish again, or `delete`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChangeSetFlow {
    /// The flow's id; or, for a new flow, what the other members call it in their `flowId`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow_id: Option<String>,
    /// The flow's name, if its id is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The flow's new document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<Json>,
    /// Or the version to publish: a number, `published`, `newest`, or a label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Json>,
    /// Or whether to delete it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub delete: bool,
    /// The `ETag` of the existing flow that the change is meant for, or `*`, as in `If-Match`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub if_match: Option<String>,
}

/// What a change set did, or would do.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChangeSetDone {
    /// Whether nothing was done.
    pub dry_run: bool,
    /// The catalogue's change counter after the change; in a dry run, the one that was checked against.
    #[serde(default)]
    pub epoch: u64,
    /// The flows, in the order they were sent; then those that were deleted because the project no longer has them.
    pub flows: Vec<ChangedFlow>,
    /// The queues, in the order they were sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub queues: Vec<ChangedQueue>,
    /// The objects, in the order they were sent; then those that were deleted because the project no longer has them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub objects: Vec<ChangedObject>,
}

/// What became of an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChangedObject {
    /// Its kind.
    pub kind: String,
    /// Its identifier.
    pub id: String,
    /// Its name; a route's is `pattern@domain`.
    pub name: String,
    /// What was done: `created`, `changed`, `deleted`, `unchanged`.
    pub outcome: String,
    /// The `ETag` that it had before; absent if it is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// The members of a changed object that differ, such as `priority` or `definition.open`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub differs: Vec<String>,
    /// The other project that applied it last, if the set takes it over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_from: Option<String>,
    /// The other project that applied it last, if it is the same already and so stays with that project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stays_with: Option<String>,
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
    /// The version that is published afterwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
    /// What was done: `created`, `published`, `described`, `deleted`, `unchanged`.
    pub outcome: String,
    /// The `ETag` that it had before; absent if it is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// The other project that applied it last, if the set takes it over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_from: Option<String>,
    /// The other project that applied it last, if it is the same already and so stays with that project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stays_with: Option<String>,
}

/// How two versions differ in meaning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FlowDiff {
    /// The flow.
    pub flow_id: FlowId,
    /// The version compared from.
    pub from: Version,
    /// The version compared to.
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
