//! Deliveries that a clock which was ahead put off: while it was, leases and pauses were made that end when it said, which may be tomorrow.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;
use waypost_store::records::outbox::Way;

use crate::App;

/// They are looked for this often, at the start, and when the clock is set back.
const LOOK: Duration = Duration::from_secs(60);

/// When they were last looked for: by a clock that nobody sets, and by the one that may be wrong.
pub(super) struct Looked {
    at: Instant,
    now: Timestamp,
}

impl App {
    /// Makes them due now, if it is time to look for them. Whoever carries one keeps it for a lease that lasts this long, and for longer by
    /// renewing it.
    pub(super) async fn bring_nearer(&self, way: Way, lease: Duration, looked: &mut Option<Looked>) {
        let now = self.origin.now();
        if let Some(Looked { at, now: before }) = looked
            && at.elapsed() < LOOK
            && *before <= now
        {
            *before = now;
            return;
        }
        *looked = Some(Looked { at: Instant::now(), now });
        let lease_ends = now.saturating_add(lease).unwrap_or(Timestamp::MAX);
        loop {
            match self.store.bring_nearer(way, lease_ends, now).await {
                Ok(0) => return,
                Ok(count) => {
                    tracing::warn!(count, "deliveries had been postponed by a clock that was ahead; they are due now")
                }
                Err(error) => return tracing::debug!(%error, "could not look for postponed deliveries; retrying"),
            }
        }
    }
}
