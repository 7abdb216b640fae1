//! Claims what was accepted without a decision, and keeps as many runs under way as there is room for.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::{self, JoinSet};
use tokio::time::{sleep, timeout};
use uuid::Uuid;
use waypost_ids::InteractionId;
use waypost_store::records::mail::{ClaimedRun, RunClaim};

use crate::App;

/// At most this many short runs are in progress at a time.
const SLOTS: u32 = 16;

/// More are claimed once this many slots are free: a claim is a transaction.
const WORTH_A_CLAIM: u32 = SLOTS / 2;

/// A run that takes longer than this leaves its slot to others.
const LONG: Duration = Duration::from_secs(1);

/// At most this many runs are in progress at a time, long ones included.
const MOST: u32 = 48;

/// Work that nobody announced is found at the latest after this long.
const POLL: Duration = Duration::from_secs(1);

/// When the server stops, a run has so long to end. It is given back then, and the next start or another node makes it.
const GRACE: Duration = Duration::from_secs(5);

/// A run under way.
struct UnderWay {
    id: InteractionId,
    lease: Uuid,
    since: Instant,
    /// An earlier attempt at it never ended.
    retried: bool,
}

/// The runs under way.
#[derive(Default)]
struct Runs {
    tasks: JoinSet<()>,
    known: HashMap<task::Id, UnderWay>,
}

impl Runs {
    /// What there is room for. Of those runs that may end the process one is under way at a time: the others must not be counted
    /// with it, should it do so again.
    fn room(&self) -> RunClaim {
        let count = |runs: usize| u32::try_from(runs).unwrap_or(u32::MAX);
        let short = count(self.known.values().filter(|run| run.since.elapsed() < LONG).count());
        let room = SLOTS.saturating_sub(short).min(MOST.saturating_sub(count(self.known.len())));
        let retried = !self.known.values().any(|run| run.retried);
        RunClaim {
            fresh: if room >= WORTH_A_CLAIM { room } else { 0 },
            retried: u32::from(retried && room > 0),
            lease_seconds: 0,
        }
    }

    fn begin(&mut self, app: &Arc<App>, work: ClaimedRun) {
        let run = UnderWay {
            id: work.interaction.id,
            lease: work.lease.id,
            since: Instant::now(),
            retried: work.attempts > 0,
        };
        let app = Arc::clone(app);
        let task = self.tasks.spawn(async move { app.work_on(work).await });
        self.known.insert(task.id(), run);
    }

    /// Waits for one to end, and answers whether it was one that was tried before.
    async fn ended(&mut self) -> bool {
        match self.tasks.join_next_with_id().await {
            None => std::future::pending().await,
            Some(Ok((id, ()))) => self.known.remove(&id).is_some_and(|run| run.retried),
            Some(Err(error)) => {
                tracing::error!(%error, "a run failed outside of the engine; it is retried when its lease expires");
                self.known.remove(&error.id()).is_some_and(|run| run.retried)
            }
        }
    }
}

impl App {
    /// Works until `stop` turns true.
    pub async fn work(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let mut runs = Runs::default();
        let mut look = true;
        // A sender that is gone will never say stop.
        while !*stop.borrow() && stop.has_changed().is_ok() {
            let room = runs.room();
            if room.fresh > 0 || (look && room.retried > 0) {
                let lease_seconds = u32::try_from(self.run_term.lasts.as_secs()).unwrap_or(u32::MAX);
                match self.store.claim_runs(RunClaim { lease_seconds, ..room }, self.origin.now()).await {
                    Ok(claimed) => claimed.into_iter().for_each(|work| runs.begin(&self, work)),
                    Err(error) => {
                        tracing::error!(%error, "the worker can't reach the store");
                        sleep(POLL).await;
                    }
                }
            }
            look = tokio::select! {
                retried = runs.ended() => retried,
                () = self.undecided.notified() => true,
                () = sleep(POLL) => true,
                _ = stop.changed() => true,
            };
        }
        self.wind_up(runs).await;
    }

    /// Lets runs end for a while, stops those that don't, and gives them back.
    async fn wind_up(&self, mut runs: Runs) {
        let all = async {
            while !runs.known.is_empty() {
                runs.ended().await;
            }
        };
        if timeout(GRACE, all).await.is_ok() {
            return;
        }
        runs.tasks.abort_all();
        for run in runs.known.values() {
            tracing::info!(interaction = %run.id, "the run was stopped and will run again");
            if let Err(error) = self.store.release_run(run.id, run.lease, false).await {
                return tracing::warn!(%error, "stopped runs could not be released; they are retried when their leases expire");
            }
        }
    }
}
