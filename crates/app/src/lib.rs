//! Use cases: where flows, runs, mail and the store meet. Transactions begin and end here, and work is claimed here.

pub mod access;
mod aside;
pub mod audit;
pub mod catalogue;
pub mod conversations;
pub mod error;
pub mod folder;
pub mod interactions;
pub mod mail;
pub mod metrics;
pub mod observed;
pub mod peers;
pub mod replay;
pub mod retention;
pub mod tables;
pub mod traces;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use tokio::sync::Notify;
use waypost_engine::Limits;
use waypost_flow::id::{FlowId, QueueId};
use waypost_store::traits::Store;

use aside::Aside;
use catalogue::LiveCatalogue;
use error::AppError;
use interactions::InFlight;
use metrics::Metrics;
use traces::Traces;

/// Everything that the edges can ask for.
pub struct App {
    /// What is kept.
    store: Arc<dyn Store>,
    /// Flows, queues, domains, routes.
    pub catalogue: LiveCatalogue,
    /// Rings when an interaction has a decision or came back to its queue.
    decided: Notify,
    /// Rings when an interaction waits for a worker.
    undecided: Notify,
    /// Rings when a replay waits for a node.
    replays: Notify,
    /// Mails that were handed in since the start: while the number grows, replays stand back.
    offered: AtomicU64,
    in_flight: InFlight,
    /// What an operator measures.
    pub metrics: Metrics,
    /// What is told to a collector of traces.
    pub traces: Traces,
    /// What a run must not exceed, and what its trace keeps.
    limits: Limits,
    /// Where workers run what has no decision yet.
    runs: Aside,
    /// Where flows are tried.
    tries: Aside,
}

/// What an operator may set.
#[derive(Default)]
pub struct Settings {
    /// Who is told of what happens.
    pub traces: Traces,
    /// What a run must not exceed, and how much of it and its mail a kept trace has. Trying a flow always shows everything.
    pub limits: Limits,
}

impl App {
    /// Loads what is published and makes what is built in.
    ///
    /// # Errors
    /// The store.
    pub async fn open(store: Arc<dyn Store>, settings: Settings) -> Result<Arc<Self>, AppError> {
        let catalogue = LiveCatalogue::open(store.clone()).await?;
        catalogue.ensure_built_in().await?;
        Ok(Arc::new(Self {
            store,
            catalogue,
            decided: Notify::new(),
            undecided: Notify::new(),
            replays: Notify::new(),
            offered: AtomicU64::new(0),
            in_flight: InFlight::default(),
            metrics: Metrics::default(),
            traces: settings.traces,
            limits: settings.limits,
            runs: Aside::default(),
            tries: Aside::default(),
        }))
    }

    /// A queue's name.
    pub fn queue_name(&self, id: QueueId) -> Option<Arc<str>> {
        self.catalogue.running().queue_names.get(&id).cloned()
    }

    /// A flow's name; none if it was deleted.
    pub fn flow_name(&self, id: FlowId) -> Option<String> {
        self.catalogue.world().flows.get(&id).map(|flow| flow.name.clone())
    }
}
