//! Queues, email domains and their routes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use waypost_ids::{MailboxId, QueueId, WebhookId};

use crate::Object;
use crate::reference::{Division, Reference};
use crate::time::Time;

/// A queue. Members that the server only keeps are returned as they were sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Queue {
    /// Its identifier.
    pub id: QueueId,
    /// Its name.
    pub name: String,
    /// The division it is in.
    pub division: Division,
    /// Built in: can't be renamed or deleted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub built_in: bool,
    /// The time within which work should be claimed: an ISO 8601 duration such as `PT4H`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_level: Option<String>,
    /// Where its work is delivered, instead of waiting to be claimed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deliver_to: Option<DeliverTo>,
    /// How many interactions wait in it: decided, and claimed by nobody. Absent in answers to change sets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<u64>,
    /// When the one that has waited longest entered the queue; absent if none waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest_waiting_at: Option<Time>,
    /// How many have waited longer than the service level, counted up to 10,000; absent without a service level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over_service_level: Option<u64>,
    /// What clients sent besides.
    #[serde(flatten)]
    pub extra: Object,
    /// When it was made.
    pub date_created: Time,
    /// When it last changed.
    pub date_modified: Time,
    /// Its address.
    pub self_uri: String,
}

/// Creates or replaces a queue.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct QueueRequest {
    /// Its name.
    pub name: String,
    /// The time within which work should be claimed: an ISO 8601 duration such as `PT4H`, at most a year. A day counts as 24 hours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_level: Option<String>,
    /// Where its work is delivered; left out: work waits to be claimed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deliver_to: Option<DeliverTo>,
    /// What is only kept and returned.
    #[serde(flatten)]
    pub extra: Object,
}

/// Where a queue delivers: to a webhook, to addresses, or into a folder of a mailbox.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeliverTo {
    /// A webhook, by its id or its name. In requests, a string with its name or id works as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook: Option<WebhookReference>,
    /// Up to 20 addresses; each gets every mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub addresses: Option<Vec<String>>,
    /// Whether the mail is attached to a new one; otherwise it is resent unchanged. Only with addresses.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub attach: bool,
    /// A mailbox, by its id or its name. In requests, a string with its name or id works as well. With `folder`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mailbox: Option<MailboxReference>,
    /// The folder of the mailbox that messages are put into, as they were received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
}

/// A mailbox, named one way or the other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MailboxReference {
    /// Its identifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<MailboxId>,
    /// Its name; used if there is no identifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// A webhook, named one way or the other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WebhookReference {
    /// Its identifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<WebhookId>,
    /// Its name; used if there is no identifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// The result of pushing what waits in a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Pushed {
    /// How many interactions are being pushed.
    pub pushed: u64,
    /// Whether more may be waiting: a request pushes a few hundred.
    pub more: bool,
}

/// A domain that mail is accepted for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Domain {
    /// The domain in lower case.
    pub id: String,
    /// The same.
    pub name: String,
    /// Always `false`: the server has no root domain of its own.
    #[serde(default)]
    pub sub_domain: bool,
    /// Always `NOT_AVAILABLE`: the server does not check DNS.
    #[serde(default)]
    pub mx_record_status: String,
    /// What clients sent besides.
    #[serde(flatten)]
    pub extra: Object,
    /// When it was made.
    pub date_created: Time,
    /// Its address.
    pub self_uri: String,
}

/// Creates a domain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DomainRequest {
    /// The domain.
    pub id: String,
    /// What is only kept and returned.
    #[serde(flatten)]
    pub extra: Object,
}

/// A route: a pattern of local parts, and where matching mail goes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Route {
    /// Its identifier.
    pub id: Uuid,
    /// A local part, or a pattern that contains `*`.
    pub pattern: String,
    /// The flow that is run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow: Option<Reference>,
    /// The queue that mail goes straight to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<Reference>,
    /// The queue for unrouted mail of this route, if not the built-in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unrouted_queue: Option<Reference>,
    /// The priority that interactions start with; higher is sooner.
    #[serde(default)]
    pub priority: i64,
    /// The display name of replies, beside the address that the mail came to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_name: Option<String>,
    /// Whether flows may answer mail that came through a mailing list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_lists: Option<bool>,
    /// Where replies go; left out: where all mail of the route goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replies: Option<Replies>,
    /// For how many days mails and traces are kept after the interaction is completed; 0 is for ever. Left out: the server's setting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_content_days: Option<u32>,
    /// For how many days interactions and decisions are kept after the interaction is completed; 0 is for ever. Left out: the server's setting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_decision_days: Option<u32>,
    /// What clients sent besides.
    #[serde(flatten)]
    pub extra: Object,
    /// When it was made.
    pub date_created: Time,
    /// When it last changed.
    pub date_modified: Time,
    /// Its address.
    pub self_uri: String,
}

/// Where a route's replies go: mail that joins a thread by the Message-IDs that it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Replies {
    /// Where all mail of the route goes.
    Target,
    /// Back to the queue that the thread's previous interaction was routed or transferred to, while that queue exists. No flow runs.
    PreviousQueue,
}

/// Creates or replaces a route.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RouteRequest {
    /// A local part, or a pattern that contains `*`.
    pub pattern: String,
    /// The flow to run; either this or `queue`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow: Option<Reference>,
    /// The queue; either this or `flow`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<Reference>,
    /// The queue for unrouted mail of this route.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unrouted_queue: Option<Reference>,
    /// The priority that interactions start with.
    #[serde(default)]
    pub priority: i64,
    /// The display name of replies: at most 128 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_name: Option<String>,
    /// Whether flows may answer mail that came through a mailing list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_lists: Option<bool>,
    /// Where replies go; left out: where all mail of the route goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replies: Option<Replies>,
    /// For how many days mails and traces are kept after the interaction is completed; 0 is for ever. Left out: the server's setting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_content_days: Option<u32>,
    /// For how many days interactions and decisions are kept after the interaction is completed; 0 is for ever. Left out: the server's setting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_decision_days: Option<u32>,
    /// What is only kept and returned.
    #[serde(flatten)]
    pub extra: Object,
}
