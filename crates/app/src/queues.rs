//! Work in queues: claimed, given back, completed, measured.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use thiserror::Error;
use tokio::time::{Instant, timeout_at};
use uuid::Uuid;
use waypost_ids::QueueId;
use waypost_store::error::{LeaseError, StoreError};
use waypost_store::leases::Lease;
use waypost_store::records::catalogue::QueueRecord;
use waypost_store::records::queues::{DepthOf, QueueClaim, QueueDepth, QueueLease};

use crate::App;

/// Why work was not claimed, or what was claimed not changed.
#[derive(Debug, Error)]
pub enum ClaimError {
    /// The queue does not exist.
    #[error("queue `{0}` was not found")]
    NoQueue(QueueId),
    /// The lease ended, or was never given.
    #[error("the lease was lost: it has expired, or never existed")]
    Lost,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<LeaseError> for ClaimError {
    fn from(error: LeaseError) -> Self {
        match error {
            LeaseError::Lost | LeaseError::NoQueue => Self::Lost,
            LeaseError::Store(error) => Self::Store(error),
        }
    }
}

impl App {
    /// Claims work from a queue; waits up to `wait` for some to come, or until `stop` ends.
    ///
    /// # Errors
    /// The queue is not found, or the store.
    pub async fn claim(
        &self,
        claim: QueueClaim,
        wait: Duration,
        stop: impl Future<Output = ()>,
    ) -> Result<Vec<QueueLease>, ClaimError> {
        self.catalogue.object::<QueueRecord>(&claim.queue).map_err(|_| ClaimError::NoQueue(claim.queue))?;
        let deadline = Instant::now() + wait;
        let mut stop = pin!(stop);
        loop {
            let notified = self.decided.notified();
            let leases = self.store.claim(&claim, self.origin.now()).await?;
            if !leases.is_empty() || Instant::now() >= deadline {
                return Ok(leases);
            }
            let moment = deadline.min(Instant::now() + Duration::from_millis(500));
            tokio::select! {
                _ = timeout_at(moment, notified) => {}
                () = &mut stop => return Ok(leases),
            }
        }
    }

    /// Completes claimed work.
    ///
    /// # Errors
    /// The lease was lost, or the store.
    pub async fn acknowledge(&self, queue: QueueId, token: Uuid) -> Result<(), ClaimError> {
        Ok(self.store.acknowledge(queue, token, self.origin.now()).await?)
    }

    /// Gives claimed work back.
    ///
    /// # Errors
    /// The lease was lost, or the store.
    pub async fn release(&self, queue: QueueId, token: Uuid) -> Result<(), ClaimError> {
        self.store.release(queue, token, self.origin.now()).await?;
        self.decided.notify_waiters();
        Ok(())
    }

    /// Makes a lease last longer; answers its new end.
    ///
    /// # Errors
    /// The lease was lost, or the store.
    pub async fn extend(&self, queue: QueueId, token: Uuid, lease_seconds: u32) -> Result<Timestamp, ClaimError> {
        let now = self.origin.now();
        let lease = Lease { id: token, until: now }.renewed(now, Duration::from_secs(lease_seconds.into()));
        self.store.extend(queue, lease, now).await?;
        Ok(lease.until)
    }

    /// How much waits in each of these queues, in their order, and how much of it for longer than the queue's service level.
    ///
    /// # Errors
    /// The store.
    pub async fn depths(&self, queues: &[Arc<QueueRecord>]) -> Result<Vec<QueueDepth>, StoreError> {
        let now = self.origin.now();
        let depth_of = |queue: &Arc<QueueRecord>| DepthOf { queue: queue.id, late_before: late_before(queue, now) };
        self.store.depths(&queues.iter().map(depth_of).collect::<Vec<_>>()).await
    }

    /// The queues with a service level, and since before when work there is late.
    pub fn late_queues(&self) -> Vec<(QueueId, Timestamp)> {
        let now = self.origin.now();
        let queues = self.catalogue.objects::<QueueRecord>();
        queues.iter().filter_map(|queue| Some((queue.id, late_before(queue, now)?))).collect()
    }

    /// Whether what came into a queue at this time, and waits there, does so for longer than the queue's service level; none if it has none.
    pub fn is_late(&self, queue: QueueId, queued_at: Timestamp) -> Option<bool> {
        let queue = self.catalogue.object::<QueueRecord>(&queue).ok()?;
        Some(queued_at < late_before(&queue, self.origin.now())?)
    }
}

/// Work that came before is late.
fn late_before(queue: &QueueRecord, now: Timestamp) -> Option<Timestamp> {
    now.checked_sub(queue.service_level()?).ok()
}
