//! Queues, measured anew for each scrape: those that are gone leave no series behind.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};
use waypost_store::error::StoreError;
use waypost_store::records::catalogue::QueueRecord;

use super::SecondsGauge;
use crate::App;

/// At most so many queues have series of their own.
const MOST: usize = 100;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct QueueLabels {
    queue: String,
}

impl App {
    /// The depths of up to [`MOST`] queues. Those that have a service level come first, then in the order in which they were made: a new queue
    /// takes no other's series away unless it has a level and the other has none.
    pub(super) async fn measured_queues(&self) -> Result<Registry, StoreError> {
        let mut queues = self.catalogue.objects::<QueueRecord>();
        queues.sort_by_key(|queue| (queue.service_level().is_none(), queue.created_at, queue.id));
        queues.truncate(MOST);
        let depths = self.depths(&queues).await?;
        let waiting = Family::<QueueLabels, Gauge>::default();
        let late = Family::<QueueLabels, Gauge>::default();
        let age = Family::<QueueLabels, SecondsGauge>::default();
        let now = self.origin.now();
        for (queue, depth) in queues.iter().zip(depths) {
            let labels = QueueLabels { queue: queue.name.clone() };
            let set = |family: &Family<QueueLabels, Gauge>, count: u64| {
                family.get_or_create(&labels).set(i64::try_from(count).unwrap_or(i64::MAX));
            };
            set(&waiting, depth.waiting);
            if let Some(count) = depth.late {
                set(&late, count);
            }
            let oldest = depth.oldest_at.map_or(0.0, |oldest| now.duration_since(oldest).as_secs_f64());
            age.get_or_create(&labels).set(oldest.max(0.0));
        }
        let mut registry = Registry::with_prefix("waypost");
        registry.register("queue_waiting", "Interactions that wait in a queue, claimed by nobody", waiting);
        registry.register(
            "queue_over_service_level",
            "Interactions that have waited longer than the queue's service level, counted up to 10,000",
            late,
        );
        registry.register_with_unit(
            "queue_oldest_waiting_age",
            "Age in the queue of the interaction that has waited longest; 0 if none waits",
            Unit::Seconds,
            age,
        );
        Ok(registry)
    }
}
