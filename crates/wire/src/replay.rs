//! Replays: flows that are to change, run over recorded mail.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::Object;
use crate::change::{ChangeSetFlow, ChangeSetObject};
use crate::time::Time;
use crate::trace::TraceDifference;

/// What to replay: the change, as in a change set, and over which recorded mail.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReplayRequest {
    /// The flows that are to change: each a `document`, or a `version` that is to be published (`newest` is the draft).
    pub flows: Vec<ChangeSetFlow>,
    /// Names of queues that would be made with them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub queues: Vec<String>,
    /// Queues, tables, schedules, domains and routes that are put or deleted with them. Look-ups see them as they would be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub objects: Vec<ChangeSetObject>,
    /// All rows that tables would have, by the table's name: each with its `KEY`. Lookups in these tables are answered from here.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rows: BTreeMap<String, Vec<Object>>,
    /// Only mail accepted at or after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Time>,
    /// Only mail accepted before. Default: now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Time>,
    /// Only mail of this route: its id, or its address such as `support@example.com`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route: Option<String>,
    /// Only mail whose last run began in this flow: its id or its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller: Option<String>,
    /// At most this many interactions, the newest that the change affects. Default: 1,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// The share of interactions to replay, above 0 and up to 1; the same ones each time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<f64>,
}

/// A replay.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Replay {
    /// Its identifier.
    pub id: Uuid,
    /// `waiting`, `running`, `done` or `failed`.
    pub state: String,
    /// When it was requested.
    pub created_at: Time,
    /// The client that requested it.
    pub created_by: String,
    /// The request, without documents, bodies of objects and rows.
    pub request: BTreeMap<String, Json>,
    /// How often it was started: more than once if a node stopped before the end. Then everything is run again.
    pub starts: u32,
    /// Its progress.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<ReplayProgress>,
    /// The result, once it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<ReplayReport>,
    /// The interactions whose decision would be another, newest first: 1,000 at most. They go with the content of their mail. Left out
    /// in lists.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<ReplayChange>,
    /// Scopes that the token lacks: what they allow to read is left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub withheld: Vec<String>,
    /// Where it is.
    pub self_uri: String,
}

/// The progress of a replay.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReplayProgress {
    /// Interactions run so far.
    pub replayed: u64,
    /// Those of them whose decision would change.
    pub changed: u64,
    /// Interactions looked at so far.
    pub seen: u64,
    /// How many are run at most.
    pub most: u64,
}

/// The report of a replay, in counts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReplayReport {
    /// Interactions that were run: `same`, `changed` and `unknown` together.
    pub replayed: u64,
    /// Those whose decision stays.
    pub same: u64,
    /// Those whose decision would change.
    pub changed: u64,
    /// Those with a question that neither the record nor today's data can answer.
    pub unknown: u64,
    /// Those whose decision stays and whose attributes would change.
    pub attributes_changed: u64,
    /// Interactions that the change does not affect: they were not run.
    pub not_concerned: u64,
    /// Interactions that could not be run, by reason: `erased`, `undecided`, `routeGone`.
    pub skipped: BTreeMap<String, u64>,
    /// From where to where decisions would move, most first.
    pub moves: Vec<ReplayMove>,
    /// The same by the flow that the route leads to.
    pub callers: BTreeMap<String, ReplayCounts>,
    /// How many decisions led to each queue, and how many would.
    pub queues: BTreeMap<String, ReplayQueue>,
    /// Changed ones beyond those that are listed one by one.
    pub changes_not_kept: u64,
    /// Whether an earlier start was interrupted, so that everything was run again.
    pub started_again: bool,
    /// Why it could not be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
}

/// Decisions that would move.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReplayMove {
    /// Where they led.
    pub from: String,
    /// Where they would lead; the same if only priority, skills or the like differ.
    pub to: String,
    /// How many.
    pub count: u64,
}

/// Decisions of one caller.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReplayCounts {
    /// They stay.
    pub same: u64,
    /// They would change.
    pub changed: u64,
    /// It can't be known.
    pub unknown: u64,
}

/// Decisions that lead to one queue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReplayQueue {
    /// As recorded.
    pub before: u64,
    /// As they would be.
    pub after: u64,
}

/// An interaction whose decision would change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReplayChange {
    /// The interaction.
    pub interaction_id: Uuid,
    /// When it was accepted.
    pub received_at: Time,
    /// Its subject.
    pub subject: String,
    /// The flow that its route leads to.
    pub caller: String,
    /// The decision as recorded: `kind`, `queue`, `priority`, `skills`, `language`, `addresses`, `reason`, `error`.
    pub before: Object,
    /// The decision as it would be.
    pub after: Object,
    /// The first step in which the runs differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parts: Option<TraceDifference>,
}
