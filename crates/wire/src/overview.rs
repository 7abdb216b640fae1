//! Numbers over the last while, for those who look after everything.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use waypost_ids::{DecisionKind, DeliveryState};

use crate::interaction::DecisionQueue;
use crate::mailbox::MailboxHealth;
use crate::reference::Reference;
use crate::time::Time;

/// Numbers of the last minutes, and the current state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Overview {
    /// When the first minute begins.
    pub since: Time,
    /// When the last minute ends: it is still running.
    pub until: Time,
    /// Each minute, oldest first.
    pub series: Vec<OverviewMinute>,
    /// All minutes together.
    pub totals: Activity,
    /// The queues that most decisions led to, 20 at most.
    pub by_queue: Vec<QueueSeries>,
    /// Queues in which something waits, the longest waiting first. Absent without the scope `routing:read`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queues: Option<Vec<QueueStanding>>,
    /// What has no decision yet.
    pub undecided: Undecided,
    /// Interactions that wait as unrouted, counted up to 10,000.
    pub unrouted: u64,
    /// Deliveries by state, over everything kept.
    pub deliveries: BTreeMap<DeliveryState, u64>,
    /// The health of mailboxes. Absent without the scope `routing:read`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mailboxes: Option<Vec<MailboxStanding>>,
    /// Scopes that the token lacks: what they allow to read is left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub withheld: Vec<String>,
}

/// A minute.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OverviewMinute {
    /// When it begins.
    pub at: Time,
    /// What was done in it.
    #[serde(flatten)]
    pub activity: Activity,
}

/// What was done in a period.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Activity {
    /// Mails answered with success, counted once for each route.
    pub accepted: u64,
    /// Of these: counted on an earlier one.
    pub duplicates: u64,
    /// Runs that ended, by decision; every kind is present.
    pub decided: BTreeMap<DecisionKind, u64>,
    /// Of these: with an error.
    pub failed: u64,
    /// The time from acceptance to decision, for first runs. Absent if none ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<DecisionTime>,
}

/// How long decisions took, within 10 %.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DecisionTime {
    /// Median in milliseconds.
    pub p50_ms: f64,
    /// 95th percentile in milliseconds.
    pub p95_ms: f64,
}

/// Decisions that led to a queue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct QueueSeries {
    /// The queue.
    pub queue: DecisionQueue,
    /// How many in all minutes.
    pub total: u64,
    /// How many in each minute, as in `series`.
    pub decided: Vec<u64>,
}

/// A queue in which something waits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct QueueStanding {
    /// The queue.
    pub queue: DecisionQueue,
    /// How many wait in it, claimed by nobody.
    pub waiting: u64,
    /// When the one that has waited longest entered it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest_waiting_at: Option<Time>,
    /// The time within which work should be claimed: an ISO 8601 duration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_level: Option<String>,
    /// How many have waited longer than that, counted up to 10,000. Absent without a service level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over_service_level: Option<u64>,
}

/// What has no decision yet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Undecided {
    /// How many wait for a run or are being run.
    pub waiting: u64,
    /// When the oldest was accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest_at: Option<Time>,
}

/// The health of a mailbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MailboxStanding {
    /// The mailbox.
    pub mailbox: Reference,
    /// How it is.
    #[serde(flatten)]
    pub health: MailboxHealth,
}
