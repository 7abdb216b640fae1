//! Interactions: accepted mail and what became of it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use waypost_ids::{
    AuthResult, DecisionKind, DeliveryState, FlowId, InteractionId, QueueId, ScanResult, ThreadReason, Version,
};

use crate::delivery::Delivery;
use crate::time::Time;
use crate::trace::RunTrace;

/// The state of an interaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Accepted; no run has ended yet.
    Received,
    /// A worker is running it.
    Running,
    /// The last run ended; a queued one waits to be claimed.
    Decided,
    /// Somebody has claimed it.
    Claimed,
    /// Nothing is left to do.
    Completed,
}

/// An interaction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Interaction {
    /// Its identifier; identifiers sort by time of acceptance.
    pub id: InteractionId,
    /// Its state.
    pub state: State,
    /// When it was accepted.
    pub received_at: Time,
    /// When it entered its queue; absent while it is in none. Releasing a claim does not change it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queued_at: Option<Time>,
    /// Whether it has waited longer than its queue's service level; absent while it does not wait, or if the queue has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over_service_level: Option<bool>,
    /// Its envelope.
    pub envelope: Envelope,
    /// Who sent it, as checked when it came in; absent in lists, if nothing was checked, and once the message is erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<Auth>,
    /// What a scanner said when it came in; absent in lists, if no scanner was asked, and once the message is erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scan: Option<Scan>,
    /// The Message-ID without angle brackets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// The decoded subject; absent when erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The flow and version of the last run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow: Option<RunFlow>,
    /// How the last run ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// All finished runs, oldest first; absent while there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<Run>,
    /// What was said of it besides its mail when it was opened over HTTP; absent in lists, where it came as mail, and once erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opening: Option<Opening>,
    /// The attributes after the last run, with those that were set over them.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
    /// How often the same mail arrived again.
    #[serde(default)]
    pub duplicates: u64,
    /// Why mail was counted as a duplicate; absent if none was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duplicates_reason: Option<String>,
    /// An earlier interaction with the same Message-ID and other content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub possible_duplicate_of: Option<InteractionId>,
    /// The thread that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<InteractionThread>,
    /// Only in the answer to a mail that was accepted before: this is the interaction that it created then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub duplicate: bool,
    /// Message, subject, traces, attributes, reasons and error messages are gone: erased on request, or past their retention.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub erased: bool,
    /// Its address.
    pub self_uri: String,
}

/// An interaction's place in its thread: the mails of one conversation that came in by one route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InteractionThread {
    /// The thread's id: that of its first interaction.
    pub id: InteractionId,
    /// Why the interaction belongs to it.
    pub reason: ThreadReason,
    /// Its position in the thread, from 1. Mails that arrive at the same moment may share one.
    pub position: u32,
    /// The interaction before it, as it was when this one was accepted; absent in lists, where there is none, and once erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<PreviousInteraction>,
}

/// The earlier interaction of a thread, as it was when the later one was accepted: what flows read of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PreviousInteraction {
    /// The interaction.
    pub id: InteractionId,
    /// When it was accepted.
    pub received_at: Time,
    /// How its last run ended; absent if none had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<DecisionKind>,
    /// The name of the queue that it was decided or transferred to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    /// Its priority.
    #[serde(default)]
    pub priority: i64,
    /// The skills it asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skills: Vec<String>,
    /// The language it asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Its attributes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
}

/// What was said of an interaction besides its mail.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Opening {
    /// The attributes that it started with.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
}

/// The envelope of a mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Envelope {
    /// The sender; empty for the null reverse-path.
    pub from: String,
    /// The recipient.
    pub to: String,
    /// The IP address that the mail came from; of a mailbox, its server's name.
    pub remote: String,
}

/// Who sent a mail, by each method.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Auth {
    /// SPF (RFC 7208).
    pub spf: AuthMethod,
    /// DKIM (RFC 6376).
    pub dkim: AuthMethod,
    /// DMARC (RFC 9989).
    pub dmarc: AuthMethod,
}

/// The result of one method.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct AuthMethod {
    /// The result: a word of RFC 8601, or `unknown`.
    pub result: AuthResult,
    /// The domain that was checked; absent if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// Whether it passed for a domain that is aligned with the author's.
    pub aligned: bool,
    /// Why, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What a scanner said about a mail.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Scan {
    /// The result.
    pub result: ScanResult,
    /// Who said so: `rspamd`, or the name of a header field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Why, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The flow and version that ran.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RunFlow {
    /// The flow.
    pub id: FlowId,
    /// Its current name; absent if it was deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The version.
    pub version: Version,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    /// The kind.
    pub kind: DecisionKind,
    /// The queue it is in; for a forward, only once the forward has failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<DecisionQueue>,
    /// Higher is sooner.
    pub priority: i64,
    /// Required skills.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skills: Vec<String>,
    /// The required language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Addresses of a forward.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<String>,
    /// The flow's reason for a disconnect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Its outcome, named by the flow or by the person who completed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// Why the run failed: `code`, `message`, and where it happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Json>,
}

/// The queue that a decision names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DecisionQueue {
    /// The queue.
    pub id: QueueId,
    /// Its current name; absent if it was deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// A run that ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    /// Counted from 1.
    pub number: u32,
    /// The flow and version; absent for a route straight to a queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow: Option<RunFlow>,
    /// When it started.
    pub started_at: Time,
    /// How long it took to its end, in microseconds; waits for data actions included.
    pub duration_us: u64,
    /// How it ended.
    pub decision: Decision,
    /// The client that requested it; absent for the first run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rerun_by: Option<String>,
    /// What it did, step by step. Only in the answer of `/trace`, until it is erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<RunTrace>,
    /// What it sent, and the state of each delivery. Only in the answer of `/trace`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deliveries: Vec<Delivery>,
}

/// A part of an interaction's mail that is not its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Attachment {
    /// Its place, counted from 0 as in `interaction.email.attachments` of a flow.
    pub number: u32,
    /// The file name as the sender wrote it; absent if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The media type that the sender says it has.
    pub content_type: String,
    /// The size in bytes.
    pub size: u64,
    /// Whether it is displayed within the text.
    pub inline: bool,
    /// The content id by which the mail's HTML refers to it (`cid:`); absent if it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_id: Option<String>,
    /// The URL of its bytes.
    pub self_uri: String,
}

/// An interaction's attachments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Attachments {
    /// In the order of the mail.
    pub entities: Vec<Attachment>,
}

/// The answer of `/interactions/{id}/trace`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Trace {
    /// The interaction.
    pub interaction_id: InteractionId,
    /// Its runs with their traces, first to last.
    pub runs: Vec<Run>,
    /// What people who had claimed it sent, and the state of each delivery.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deliveries: Vec<Delivery>,
}

/// The result of running many again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reruns {
    /// How many are run again.
    pub rerun: u64,
    /// How many matched and are not run again: erased, claimed, or waiting for a run.
    pub skipped: u64,
    /// There may be more: repeat the request with this as `cursor`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// Counts of everything that is stored. `accepted` is always `duplicates + interactions`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Mails answered with success, counted once for each route.
    pub accepted: u64,
    /// Of these: counted on an earlier one.
    pub duplicates: u64,
    /// Of these, those that created an interaction.
    pub interactions: u64,
    /// Interactions by state; every state is present.
    pub by_state: BTreeMap<State, u64>,
    /// Interactions by the last decision; every kind is present.
    pub by_decision: BTreeMap<DecisionKind, u64>,
    /// Interactions that wait as unrouted: nothing decided, the run failed, or a forward did not arrive. Claimed ones are among them.
    /// Counted up to 10,000.
    #[serde(default)]
    pub unrouted: u64,
    /// Deliveries by state; every state is present.
    #[serde(default)]
    pub deliveries: BTreeMap<DeliveryState, u64>,
    /// The oldest interaction without a decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest_undecided_at: Option<Time>,
}
