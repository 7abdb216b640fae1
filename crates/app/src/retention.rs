//! What is kept no longer than it must be: removed a little at a time, while mail goes on.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use tokio::time::sleep;
use waypost_store::records::retention::{RetentionLimits, Swept, VersionLimits};

use crate::App;

/// How long things are kept, in days from their completion; none is for ever.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    /// Messages, subjects and traces.
    pub content_days: Option<u32>,
    /// Interactions with their decisions, and the audit log.
    pub decision_days: Option<u32>,
}

/// So much is removed in one transaction: others wait for its end no longer than for a large mail.
const BATCH: u32 = 100;

/// Between two transactions others have the store to themselves.
const PAUSE: Duration = Duration::from_millis(50);

/// How often something may have outlived its time.
const LOOK: Duration = Duration::from_secs(60);

/// How long an older version of a table's rows can be read, in days since the next one came.
const VERSION_DAYS: u32 = 30;

/// So many of the newest stay longer.
const VERSIONS_LEAST: u64 = 20;

/// Beyond so many the oldest go at once: whoever changes rows one by one all day makes one each time.
const VERSIONS_MOST: u64 = 10_000;

impl App {
    /// Removes what has outlived its time until `stop` turns true.
    pub async fn retain(self: Arc<Self>, retention: Retention, mut stop: watch::Receiver<bool>) {
        // A sender that is gone will never say stop.
        while !*stop.borrow() && stop.has_changed().is_ok() {
            let now = self.origin.now();
            let pause = match self.store.sweep(retention.limits(now), BATCH, now).await {
                Ok(swept) if swept == Swept::default() => LOOK,
                Ok(swept) => {
                    let Swept { contents, interactions, replays, audit, rows } = swept;
                    tracing::debug!(contents, interactions, replays, audit, rows, "removed what has outlived its time");
                    PAUSE
                }
                Err(error) => {
                    tracing::warn!(%error, "could not remove what has outlived its time; it is tried again");
                    LOOK
                }
            };
            tokio::select! {
                () = sleep(pause) => {}
                _ = stop.changed() => {}
            }
        }
    }
}

impl Retention {
    fn limits(self, now: Timestamp) -> RetentionLimits {
        let before = |days: Option<u32>| now.checked_sub(SignedDuration::from_hours(i64::from(days?) * 24)).ok();
        let decisions = before(self.decision_days);
        let versions = before(Some(VERSION_DAYS)).map(|before| VersionLimits {
            before,
            least: VERSIONS_LEAST,
            most: VERSIONS_MOST,
        });
        RetentionLimits { contents: before(self.content_days), interactions: decisions, audit: decisions, versions }
    }
}
