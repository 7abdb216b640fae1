//! What is kept no longer than it must be: removed a little at a time, while mail goes on.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use tokio::time::sleep;
use waypost_store::records::retention::{RetentionLimits, RouteLimits, Swept, VersionLimits};

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
            let pause = match self.store.sweep(self.limits(retention, now), BATCH, now).await {
                Ok(swept) if swept == Swept::default() => LOOK,
                Ok(swept) => {
                    let Swept { contents, interactions, replays, audit, rows } = swept;
                    tracing::debug!(
                        contents,
                        interactions,
                        replays,
                        audit,
                        rows,
                        "deleted what has passed its retention"
                    );
                    PAUSE
                }
                Err(error) => {
                    tracing::warn!(%error, "could not delete what has passed its retention; retrying");
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

impl App {
    /// What may go now. Routes that keep mail for another time say so.
    fn limits(&self, retention: Retention, now: Timestamp) -> RetentionLimits {
        let decisions = before(retention.decision_days, now);
        let versions = before(Some(VERSION_DAYS), now).map(|before| VersionLimits {
            before,
            least: VERSIONS_LEAST,
            most: VERSIONS_MOST,
        });
        let world = self.catalogue.world();
        let own = world.routes.values().map(|route| (route.id, route.keeps())).filter(|(_, keeps)| *keeps != [None; 2]);
        let routes = own.map(|(id, [content, decision])| {
            let days = |own: Option<u32>, usual: Option<u32>| own.map_or(usual, |days| (days > 0).then_some(days));
            let limits = RouteLimits {
                contents: before(days(content, retention.content_days), now),
                interactions: before(days(decision, retention.decision_days), now),
            };
            (id, limits)
        });
        RetentionLimits {
            contents: before(retention.content_days, now),
            interactions: decisions,
            routes: Arc::new(routes.collect()),
            audit: decisions,
            versions,
        }
    }
}

fn before(days: Option<u32>, now: Timestamp) -> Option<Timestamp> {
    now.checked_sub(SignedDuration::from_hours(i64::from(days?) * 24)).ok()
}
