//! Numbers over the last while, and how flows are: from what is counted when it happens, never from the mail itself.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use waypost_ids::{DecisionKind, FlowId, QueueId};
use waypost_store::error::StoreError;
use waypost_store::records::activity::{Minute, Traffic};
use waypost_store::records::catalogue::{FlowEvent, FlowRecord, QueueRecord};
use waypost_store::records::queues::QueueDepth;

use crate::App;

/// The longest while that is asked for, in minutes: a day.
pub const MOST_MINUTES: u32 = 24 * 60;

/// So many queues have numbers of their own.
const MOST_QUEUES: usize = 20;

const SECONDS_A_MINUTE: i64 = 60;

/// What was done in the last while.
pub struct Past {
    /// When the first minute begins.
    pub since: Timestamp,
    /// When the last one ends.
    pub until: Timestamp,
    /// Each minute, oldest first, when it begins and what was done in it.
    pub minutes: Vec<(Timestamp, Minute)>,
    /// All of it together.
    pub total: Minute,
    /// Decisions by the queue that they led to, in each minute: the queues that most led to.
    pub by_queue: Vec<(QueueId, Vec<u64>)>,
}

/// What is known of flows.
pub struct FlowsHealth {
    /// Since when runs are counted.
    pub since: Timestamp,
    /// Runs by flow.
    pub traffic: BTreeMap<FlowId, Traffic>,
    /// The last that was done to each.
    pub changes: HashMap<FlowId, FlowEvent>,
}

impl App {
    /// What was done in so many minutes, this one included.
    ///
    /// # Errors
    /// The store.
    pub async fn past(&self, minutes: u32) -> Result<Past, StoreError> {
        let this = self.origin.now().as_second().div_euclid(SECONDS_A_MINUTE);
        let first = this - i64::from(minutes.clamp(1, MOST_MINUTES)) + 1;
        let mut found = self.store.activity(begins(first), begins(this)).await?;
        let minutes: Vec<(Timestamp, Minute)> =
            (first..=this).map(|minute| (begins(minute), found.remove(&minute).unwrap_or_default())).collect();
        let mut total = Minute::default();
        minutes.iter().for_each(|(_, minute)| total.add(minute));
        let by_queue = busiest(&total).into_iter().map(|queue| {
            let led = minutes.iter().map(|(_, minute)| led_to(minute, queue));
            (queue, led.collect())
        });
        Ok(Past { since: begins(first), until: begins(this + 1), by_queue: by_queue.collect(), total, minutes })
    }

    /// Queues in which something waits, the longest waiting first.
    ///
    /// # Errors
    /// The store.
    pub async fn waiting_queues(&self) -> Result<Vec<(Arc<QueueRecord>, QueueDepth)>, StoreError> {
        let queues = self.catalogue.objects::<QueueRecord>();
        let depths = self.depths(&queues).await?;
        let mut waiting: Vec<_> = queues.into_iter().zip(depths).filter(|(_, depth)| depth.waiting > 0).collect();
        waiting.sort_by_key(|(queue, depth)| (depth.oldest_at.is_none(), depth.oldest_at, queue.id));
        Ok(waiting)
    }

    /// How flows are.
    ///
    /// # Errors
    /// The store.
    pub async fn flows_health(&self, flows: &[Arc<FlowRecord>]) -> Result<FlowsHealth, StoreError> {
        let now = self.origin.now();
        let day = SignedDuration::from_hours(24);
        let hour = now.checked_sub(day).unwrap_or(now).as_second().div_euclid(60 * SECONDS_A_MINUTE);
        let since = begins(hour * 60);
        let traffic = self.store.flow_traffic(since).await?;
        let ids: Vec<FlowId> = flows.iter().map(|flow| flow.id).collect();
        let changes = self.store.last_flow_events(&ids).await?;
        Ok(FlowsHealth { since, traffic, changes: changes.into_iter().map(|event| (event.flow_id, event)).collect() })
    }
}

/// When a minute begins that is counted since 1970.
fn begins(minute: i64) -> Timestamp {
    Timestamp::from_second(minute.saturating_mul(SECONDS_A_MINUTE)).unwrap_or_default()
}

/// The queues that most decisions led to.
fn busiest(total: &Minute) -> Vec<QueueId> {
    let mut queues: BTreeMap<QueueId, u64> = BTreeMap::new();
    for ((_, queue), count) in &total.decided {
        if let Some(queue) = queue {
            *queues.entry(*queue).or_default() += count;
        }
    }
    let mut queues: Vec<(QueueId, u64)> = queues.into_iter().collect();
    queues.sort_by_key(|(queue, count)| (std::cmp::Reverse(*count), *queue));
    queues.into_iter().take(MOST_QUEUES).map(|(queue, _)| queue).collect()
}

fn led_to(minute: &Minute, queue: QueueId) -> u64 {
    let kinds = [DecisionKind::Queue, DecisionKind::Unrouted];
    kinds.into_iter().filter_map(|kind| minute.decided.get(&(kind, Some(queue)))).sum()
}
