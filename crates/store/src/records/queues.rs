//! Work in queues: what is claimed, and how much waits.

use jiff::Timestamp;
use waypost_ids::QueueId;

use super::mail::InteractionRecord;
use crate::leases::Lease;

/// What to claim from a queue.
#[derive(Clone, Debug)]
pub struct QueueClaim {
    /// The queue.
    pub queue: QueueId,
    /// At most this many.
    pub max: u32,
    /// For how long, in seconds.
    pub lease_seconds: u32,
    /// When set: only work whose skills are all listed here.
    pub skills: Option<Vec<String>>,
}

/// A lease on one routed interaction.
#[derive(Clone, Debug)]
pub struct QueueLease {
    /// The lease.
    pub lease: Lease,
    /// What was claimed.
    pub interaction: InteractionRecord,
}

/// A queue whose depth is requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DepthOf {
    /// The queue.
    pub queue: QueueId,
    /// Work that came before is late; none where the queue has no service level.
    pub late_before: Option<Timestamp>,
}

/// How much waits in a queue: what is decided and claimed by nobody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueDepth {
    /// How many wait.
    pub waiting: u64,
    /// When the one that has waited longest came into the queue.
    pub oldest_at: Option<Timestamp>,
    /// How many came before the time that was asked for, counted up to [`MOST_LATE`]; none if none was asked for.
    pub late: Option<u64>,
}

/// A queue whose running count differs from what waits there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountedQueue {
    /// The queue.
    pub queue: QueueId,
    /// How many wait there, counted one by one.
    pub waiting: u64,
    /// What the running count says. Below zero if another release claimed work that it did not count.
    pub counted: i64,
}

/// What a queue's counter says. One below zero is off and is told as 0: an error would take all the other queues' counts along.
pub(crate) fn counted_waiting(queue: QueueId, counted: i64) -> u64 {
    u64::try_from(counted).unwrap_or_else(|_| {
        tracing::warn!(%queue, counted, "the counter of what waits in the queue is below zero");
        0
    })
}

/// Late work is counted up to this: a count reads no more entries of an index, however much waits.
pub const MOST_LATE: u64 = 10_000;
