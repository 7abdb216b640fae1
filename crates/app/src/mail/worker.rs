//! Runs what was accepted without a decision: long flows, reruns, and whatever a crash left behind.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use serde_json::json;
use tokio::sync::watch;
use waypost_engine::Limits;
use waypost_mail::message::Message;
use waypost_store::error::{LeaseError, StoreError};
use waypost_store::records::catalogue::{RouteRecord, RouteTarget};
use waypost_store::records::mail::{ClaimedRun, RunRecord};
use waypost_store::traits::Store;

use super::answers::LiveAnswers;
use super::decide::{Start, decide};
use super::email::Envelope;
use crate::App;
use crate::catalogue::world::{Running, World};
use crate::observed::Ran;
use crate::traces::trace_id;

/// How many interactions are claimed at once.
const BATCH: u32 = 16;

/// How many of them are run and recorded at the same time.
const AT_ONCE: usize = 8;

/// A claimed interaction is another worker's again after so many seconds.
const LEASE_SECONDS: u32 = 60;

/// Work that nobody announced is found at the latest after this long.
const POLL: Duration = Duration::from_secs(1);

impl App {
    /// Works until `stop` turns true.
    pub async fn work(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        // A sender that is gone will never say stop.
        while !*stop.borrow() && stop.has_changed().is_ok() {
            match self.work_once().await {
                Ok(0) => {
                    tokio::select! {
                        () = self.undecided.notified() => {}
                        () = tokio::time::sleep(POLL) => {}
                        _ = stop.changed() => {}
                    }
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::error!(%error, "the worker can't reach the store");
                    tokio::time::sleep(POLL).await;
                }
            }
        }
    }

    /// Runs one batch; answers how many were claimed.
    async fn work_once(&self) -> Result<usize, StoreError> {
        let claimed = self.store.claim_runs(BATCH, LEASE_SECONDS, Timestamp::now()).await?;
        let count = claimed.len();
        // Side by side: the store commits together what is recorded at the same time.
        let mut runs = stream::iter(claimed.into_iter().map(|work| self.work_on(work))).buffer_unordered(AT_ONCE);
        let mut outcome = Ok(count);
        while let Some(run) = runs.next().await {
            // The others go on: what is not recorded is claimed again when its lease ends.
            outcome = run.and(outcome);
        }
        outcome
    }

    /// Runs what was claimed, and records it.
    async fn work_on(&self, mut work: ClaimedRun) -> Result<(), StoreError> {
        self.catalogue.running_since(work.epoch).await?;
        // Claimed a while ago: what was published since counts as well.
        self.catalogue.catch_up().await?;
        let running = self.catalogue.running();
        let world = self.catalogue.world();
        let route = match work.interaction.route {
            None => None,
            Some(id) => match world.routes.get(&id) {
                Some(route) => Some(route.clone()),
                None => self.store.route(id).await?.and_then(|route| still_leads(&world, route)).map(Arc::new),
            },
        };
        // What it was sent to may have been deleted since, as its route may have been.
        let told = work.interaction.opening.as_ref().and_then(|opening| opening.target);
        let left = told.filter(|target| is_there(&world, *target));
        if let Some(opening) = &mut work.interaction.opening {
            opening.target = left;
        }
        let gone = match told {
            Some(_) => left.is_none(),
            None => work.interaction.route.is_some() && route.is_none(),
        };
        let limits = Limits { detail: self.trace_detail, ..Limits::default() };
        let (id, lease) = (work.interaction.id, work.lease);
        // A run that was asked for again is not late.
        let received_at = (work.interaction.runs == 0).then_some(work.interaction.received_at);
        let (runtime, store) = (tokio::runtime::Handle::current(), self.store.clone());
        let run = tokio::task::spawn_blocking(move || {
            runtime.block_on(run(&running, &*store, route.as_deref(), &work, gone, limits))
        });
        let run = match run.await {
            Ok(run) => run?,
            Err(error) => {
                tracing::error!(interaction = %id, %error, "a run failed outside of the engine; its lease will end");
                return Ok(());
            }
        };
        let ran = Ran::of(&run);
        match self.store.record_run(id, lease, run).await {
            Ok(true) => {
                self.decided.notify_waiters();
                tracing::info!(trace_id = %trace_id(id), interaction = %id, decision = ran.kind(), "mail decided");
                self.metrics.decided_later(&ran, received_at);
                self.traces.ran(id, &ran);
            }
            // It is claimed again at once, with a catalogue that knows that the queue is gone.
            Ok(false) => tracing::info!(interaction = %id, "the queue was deleted meanwhile: it is run again"),
            Err(LeaseError::Lost) => {
                tracing::warn!(interaction = %id, "the run's lease was lost: another worker has it")
            }
            Err(LeaseError::Store(error)) => return Err(error),
        }
        Ok(())
    }
}

/// A route that was deleted since it bound a mail, as far as what it leads to is still there.
fn still_leads(world: &World, mut route: RouteRecord) -> Option<RouteRecord> {
    route.unrouted_queue = route.unrouted_queue.filter(|queue| world.queues.contains_key(queue));
    is_there(world, route.target).then_some(route)
}

fn is_there(world: &World, target: RouteTarget) -> bool {
    match target {
        RouteTarget::Flow(flow) => world.flows.contains_key(&flow),
        RouteTarget::Queue(queue) => world.queues.contains_key(&queue),
    }
}

async fn run(
    running: &Running,
    store: &dyn Store,
    route: Option<&RouteRecord>,
    work: &ClaimedRun,
    gone: bool,
    limits: Limits,
) -> Result<RunRecord, StoreError> {
    let message = Message::parse(&work.raw);
    let start = Start {
        interaction: work.interaction.id,
        received_at: work.interaction.received_at,
        priority: work.interaction.initial_priority,
        route,
        opening: work.interaction.opening.as_ref(),
        envelope: Envelope::of(&work.interaction),
    };
    let mut run = decide(running, start, &message, limits, &LiveAnswers::new(running, store)).await?;
    if gone {
        let message = "the interaction's route was deleted, or what it led to";
        run.decision.error = Some(json!({ "code": "run.route-deleted", "message": message }));
    }
    Ok(run)
}
