//! What happens, as the stream of events tells it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use waypost_ids::{DecisionKind, DeliveryId, FlowId, InteractionId, MailboxId, QueueId};

/// The event that a stream begins with when nothing was missed.
pub const READY: &str = "ready";

/// The event that says that some were missed: what is shown must be read again.
pub const RESET: &str = "reset";

/// The data of an event: what changed, and how in brief. The event determines which members are present.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct LiveData {
    /// The interaction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interaction_id: Option<InteractionId>,
    /// The delivery.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery_id: Option<DeliveryId>,
    /// The mailbox.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mailbox_id: Option<MailboxId>,
    /// Of `object.changed`: the object's kind, such as `flow`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Of `object.changed`: its identifier; a domain's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object_id: Option<String>,
    /// The current state of the interaction or the delivery.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// The decision of the run that has just ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<DecisionKind>,
    /// The flow of that run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flow_id: Option<FlowId>,
    /// The queue that it is in, or was claimed from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue_id: Option<QueueId>,
    /// The queue that it was in before, if that is another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_queue_id: Option<QueueId>,
    /// The health of the mailbox: `ok`, `failing`, `silent`, `starting` or `disabled`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Of `reset`: `unknown`, `slow` or `missed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// An event, read from a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LiveEvent {
    /// What to resume after.
    pub id: String,
    /// What happened, such as `interaction.decided`; [`READY`] or [`RESET`].
    pub event: String,
    /// To what.
    pub data: LiveData,
}
