//! Deliveries: what goes out on behalf of interactions, one for each recipient; and the ledger of where everything stands.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use waypost_ids::{DeliveryId, DeliveryKind, DeliveryState, Event, FlowId, InteractionId, QueueId, Version};

use crate::interaction::Summary;
use crate::time::Time;

/// A mail on its way to one recipient, or a request to a webhook.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// Its identifier; identifiers sort by time of creation.
    pub id: DeliveryId,
    /// The interaction that it is for.
    pub interaction_id: InteractionId,
    /// What it is.
    pub kind: DeliveryKind,
    /// The recipient's address, or the id of the webhook.
    pub target: String,
    /// Its state.
    pub state: DeliveryState,
    /// How many attempts were begun.
    pub attempts: u32,
    /// When it is tried next; absent unless it is pending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_attempt_at: Option<Time>,
    /// The receiver's last answer, word for word, or what failed; for a bounce, what the report says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_answer: Option<String>,
    /// The rule that holds it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_by: Option<HeldBy>,
    /// Why it stays pending: the server that answers sends nothing (`--smarthost none`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<String>,
    /// The mail's Message-ID without angle brackets, the same in every attempt. Of a forward that is resent: its Resent-Message-ID. Absent for a
    /// webhook, whose `webhook-id` is the delivery's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// The run whose decision it carries out, counted from 1; absent if a person sent it, if it tells of an event, and of a push that another took the
    /// place of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<u32>,
    /// Where in the flows it was requested; absent if a person sent it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The event that it reports; absent if it reports none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<Event>,
    /// When it was made.
    pub created_at: Time,
    /// When the receiver accepted it; absent unless it is delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<Time>,
    /// When it reached its current state; absent while it is pending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Time>,
    /// Its address.
    pub self_uri: String,
}

/// A rule that holds a delivery back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HeldBy {
    /// The rule's name, such as `automatic`.
    pub rule: String,
    /// Why it holds, in words.
    pub reason: String,
}

/// A place in a flow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// The flow.
    pub flow_id: FlowId,
    /// Its current name; absent if it was deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow_name: Option<String>,
    /// Its version; absent for one that is not saved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
    /// The node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_id: Option<String>,
    /// The action's position in the node, counted from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<u64>,
    /// Where in the node, such as `actions[1].actions[0]`; only inside of loops.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

/// Which deliveries are meant; a filter that is left out matches all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct DeliveryFilter {
    /// Only this state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<DeliveryState>,
    /// Only this kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<DeliveryKind>,
    /// Only of this interaction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interaction_id: Option<InteractionId>,
    /// Only to this address, ignoring case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
}

/// The result of a retry by filter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Retried {
    /// How many deliveries are due now.
    pub retried: u64,
    /// Whether more may match: a request retries at most 10,000, oldest first.
    pub more: bool,
    /// Why they stay pending: the server that answers sends nothing (`--smarthost none`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<String>,
}

/// Deliveries that were made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Deliveries {
    /// One for each recipient.
    pub entities: Vec<Delivery>,
}

/// An answer to an interaction's sender, under a claim.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReplyRequest {
    /// The claim's token.
    pub token: Uuid,
    /// The text.
    pub text: String,
    /// The same as HTML.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
    /// The subject; left out: that of the mail, with `Re:`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Whether it goes to everyone who got the mail.
    #[serde(default)]
    pub reply_all: bool,
    /// Whether the mail is attached.
    #[serde(default)]
    pub attach_original: bool,
}

/// An interaction's mail, forwarded under a claim.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ForwardRequest {
    /// The claim's token.
    pub token: Uuid,
    /// Where it goes: 1 to 100 addresses.
    pub addresses: Vec<String>,
    /// Whether the mail is attached to a new one; otherwise it is resent unchanged.
    #[serde(default)]
    pub attach: bool,
    /// The text of the new mail; only if the mail is attached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// Where to transfer claimed work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TransferRequest {
    /// The claim's token, which ends with this.
    pub token: Uuid,
    /// The queue, by its id or its name.
    pub queue: TransferQueue,
    /// Higher is sooner; left out: unchanged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<i64>,
    /// Required skills; left out: unchanged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skills: Option<Vec<String>>,
    /// The required language; left out: unchanged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

/// A queue, named one way or the other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TransferQueue {
    /// Its identifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<QueueId>,
    /// Its name, ignoring case; used if there is no identifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// The end of claimed work.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CompleteRequest {
    /// The claim's token.
    pub token: Uuid,
    /// The outcome; left out: an outcome that a flow set stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
}

/// Where every interaction is, counted one by one, and the running counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Ledger {
    /// Interactions by place; every place is present, and each interaction is in exactly one.
    pub places: Places,
    /// Deliveries by state; every state is present.
    pub deliveries: BTreeMap<DeliveryState, u64>,
    /// The running counts at the same moment.
    pub tallied: Summary,
    /// Whether all sums agree.
    pub agrees: bool,
    /// The sums that don't.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Difference>,
    /// The oldest of those that are stuck, 100 at most.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stuck: Vec<StuckInteraction>,
}

/// Interactions by place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Places {
    /// No run has ended yet.
    pub undecided: u64,
    /// It waits in a queue.
    pub queued: u64,
    /// Somebody has claimed it.
    pub claimed: u64,
    /// Its forward or push is being delivered.
    pub going_out: u64,
    /// It does not move without intervention.
    pub stuck: u64,
    /// It is completed.
    pub completed: u64,
    /// A flow dropped it on purpose.
    pub dropped: u64,
}

/// Two counts of the same that differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Difference {
    /// What is counted, such as `interactions`, `deliveries pending` or `waiting in queue ID`.
    pub what: String,
    /// The number counted one by one.
    pub counted: u64,
    /// The running count. A wrong one may be below zero.
    pub tallied: i64,
}

/// An interaction that is stuck.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StuckInteraction {
    /// The interaction.
    pub interaction_id: InteractionId,
    /// Why it is stuck.
    pub reason: StuckReason,
    /// The same in words.
    pub message: String,
}

/// Why an interaction is stuck.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum StuckReason {
    /// It waits in a queue that does not exist any more, or in none.
    NoQueue,
    /// Its forward or push is being delivered, but no delivery of it is pending.
    NothingPending,
    /// A delivery of its forward or push has been due for more than an hour: no node seems to send it.
    Overdue,
}
