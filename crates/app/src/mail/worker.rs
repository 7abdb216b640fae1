//! Makes the runs that were claimed: long flows, reruns, and whatever a crash left behind.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;
use tokio::time::sleep;
use waypost_aside::Wanted;
use waypost_catalogue::Live;
use waypost_catalogue::world::{Loaded, Running};
use waypost_engine::{Journal, Limits};
use waypost_flow::link::FlowSet;
use waypost_ids::{QueueId, codes};
use waypost_mail::message::Message;
use waypost_store::error::{LeaseError, StoreError};
use waypost_store::leases::{Lease, Lost, hold_until_kept};
use waypost_store::records::catalogue::{RouteRecord, RouteTarget};
use waypost_store::records::facts::Facts;
use waypost_store::records::mail::{ClaimedRun, RunRecord};
use waypost_store::traits::Store;

use super::answers::LiveAnswers;
use super::decide::{Ended, SoFar, Start, bare_record, decide_or_park, unrouted_queue};
use super::parked::{Asked, Outside, Parked, Ticket, key, read, stored};
use crate::App;
use crate::observed::Ran;
use crate::traces::trace_id;
use waypost_members::email::Envelope;

/// So many attempts at a run may never end: then it is set aside.
const MOST_ATTEMPTS: u32 = 3;

/// No wait for an answer is shorter.
const SHORTEST_WAIT: Duration = Duration::from_secs(1);

/// What failed is tried again after this long.
const PAUSE: Duration = Duration::from_secs(1);

impl App {
    /// Runs what was claimed under a lease that is renewed meanwhile. What fails outside of the flow is given back, and counts as an
    /// attempt unless the store is away.
    pub(super) async fn work_on(&self, work: ClaimedRun) {
        let (id, lease) = (work.interaction.id, work.lease);
        let renew = || self.store.renew_run(id, self.run_term.renew(lease, self.origin.now()));
        let keeping = AtomicBool::new(false);
        let error = match hold_until_kept(self.run_term, &keeping, renew, self.run_claimed(work, &keeping)).await {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error,
            Err(Lost) => return tracing::warn!(interaction = %id, "the run's lease was lost: another worker has it"),
        };
        let away = matches!(error, StoreError::Unavailable(_) | StoreError::Full);
        tracing::warn!(interaction = %id, %error, "the run failed outside of the flow; it is retried");
        sleep(PAUSE).await;
        while let Err(error) = self.store.release_run(id, lease.id, !away).await {
            tracing::debug!(interaction = %id, %error, "the run could not be released; retrying");
            sleep(PAUSE).await;
        }
    }

    /// Runs what was claimed, and records it. From `keeping` on what came of it is being kept.
    async fn run_claimed(&self, mut work: ClaimedRun, keeping: &AtomicBool) -> Result<(), StoreError> {
        let set_aside = work.attempts >= MOST_ATTEMPTS;
        // A message that can't be read must not keep its interaction from being set aside.
        let (raw, facts) = if set_aside {
            (None, Facts::default())
        } else {
            (self.store.raw_message(work.interaction.id).await?, self.store.facts(work.interaction.id).await?)
        };
        self.catalogue.running_since(work.epoch).await?;
        // Claimed a while ago: what was published since counts as well.
        self.catalogue.catch_up().await?;
        // Routes and programs are those of one epoch, which the run names.
        let live = self.catalogue.live();
        let running = live.running.clone();
        let route = match work.interaction.route {
            None => None,
            Some(id) => match running.routes.get(id) {
                Some(route) => Some(route.clone()),
                None => self.store.route(id).await?.and_then(|route| still_leads(&running, route)).map(Arc::new),
            },
        };
        // What it was sent to may have been deleted since, as its route may have been.
        let told = work.interaction.opening.as_ref().and_then(|opening| opening.target);
        let left = told.filter(|target| is_there(&running, *target));
        if let Some(opening) = &mut work.interaction.opening {
            opening.target = left;
        }
        let gone = match told {
            Some(_) => left.is_none(),
            None => work.interaction.route.is_some() && route.is_none(),
        };
        let limits = self.limits;
        let (id, lease, number) = (work.interaction.id, work.lease, work.interaction.runs.saturating_add(1));
        // A run that was asked for again is not late.
        let received_at = (work.interaction.runs == 0).then_some(work.interaction.received_at);
        let run = if set_aside {
            tracing::error!(interaction = %id, attempts = work.attempts, "no attempt at the run finished; it is set aside");
            let start = start((&work, &facts), route.as_deref(), self.origin.now());
            set_aside_record(start, running.unrouted, work.attempts)
        } else {
            let journal = self.so_far(&work).await?;
            let began = self.began(&live, &journal).await?;
            let outside = self.outside.clone();
            let (runtime, store, desk) = (tokio::runtime::Handle::current(), self.store.clone(), self.desk.clone());
            let run = self.runs.work(move |wanted| {
                let raw = raw.unwrap_or_default();
                let message = Message::parse(&raw);
                let erased = work.interaction.erased;
                let room = Workroom { running: &running, store: &*store, outside: outside.as_deref(), erased, wanted };
                let start = start((&work, &facts), route.as_deref(), desk.origin.now());
                // Whoever asks for another run has seen why there was none.
                let stopped = if work.interaction.runs == 0 {
                    desk.stopped(start, &message, unrouted_queue(start, &running), false)
                } else {
                    None
                };
                if let Some(stopped) = stopped {
                    return Ok::<_, StoreError>(Worked::Done(Box::new(stopped)));
                }
                let began = began.and_then(|(set, versions)| {
                    let then = live.world.snapshot_of(&set, versions)?;
                    let (flow, version) = set.start;
                    let program = then.program(flow, version)?.clone();
                    Some((then, program))
                });
                let ended = runtime.block_on(room.run(start, &message, limits, SoFar { journal, began }))?;
                Ok(match ended {
                    Ended::Parked(parked) => Worked::Parked(parked),
                    Ended::Decided(decided) => {
                        Worked::Done(Box::new(desk.kept(*decided, start, &running, &message, &raw)))
                    }
                })
            });
            match run.await.map_err(|failed| StoreError::Failed(failed.to_string()))?? {
                Worked::Parked(parked) => {
                    keeping.store(true, Ordering::Relaxed);
                    return self.park(Ticket { interaction: id, lease: lease.id }, number, *parked).await;
                }
                Worked::Done(run) => {
                    let mut run = *run;
                    if gone {
                        let message = "the interaction's route was deleted, or what it led to";
                        run.decision.error = Some(json!({ "code": codes::ROUTE_DELETED, "message": message }));
                    }
                    run
                }
            }
        };
        let ran = Ran::of(&run);
        let sends = !run.sends.is_empty();
        keeping.store(true, Ordering::Relaxed);
        match self.store.record_run(id, lease.id, run).await {
            Ok(true) => {
                tracing::info!(trace_id = %trace_id(id), interaction = %id, decision = ran.kind(), error = ran.error(), "mail decided");
                self.metrics.decided_later(&ran, received_at, self.origin.now());
                self.traces.ran(id, &ran);
                self.decided.notify_waiters();
                if sends {
                    self.due.ring();
                }
            }
            // It is claimed again at once, with a catalogue that knows that the queue is gone.
            Ok(false) => tracing::info!(interaction = %id, "the queue was deleted meanwhile: it is run again"),
            Err(LeaseError::Lost | LeaseError::NoQueue) => {
                tracing::warn!(interaction = %id, "the run's lease was lost: another worker has it");
            }
            Err(LeaseError::Store(error)) => return Err(error),
        }
        Ok(())
    }
}

impl App {
    /// What a run was answered before it was parked.
    async fn so_far(&self, work: &ClaimedRun) -> Result<Journal, StoreError> {
        if !work.parked {
            return Ok(Journal::default());
        }
        let id = work.interaction.id;
        let journal = match self.store.parked_journal(id).await {
            Ok(journal) => journal.as_deref().map(read).transpose(),
            Err(error @ StoreError::Damaged { .. }) => Err(error),
            Err(error) => return Err(error),
        };
        // A newer program may have written it, during an upgrade: the mail must not end as unrouted for that.
        Ok(journal
            .unwrap_or_else(|error| {
                tracing::warn!(interaction = %id, %error, "the run's answers can't be read: it starts again");
                None
            })
            .unwrap_or_default())
    }

    /// The flows that a parked run goes on with, in their versions; none if they are those of today, or are gone.
    async fn began(&self, live: &Live, journal: &Journal) -> Result<Option<(FlowSet, Vec<Arc<Loaded>>)>, StoreError> {
        let Some(set) = &journal.flows else { return Ok(None) };
        let (flow, version) = set.start;
        let snapshot = &live.running.snapshot;
        let today = snapshot.published(flow).filter(|program| program.version == version);
        if today.is_some_and(|program| snapshot.reach(program) == *set) {
            return Ok(None);
        }
        Ok(self.catalogue.loaded_of_set(live, set).await?.map(|versions| (set.clone(), versions)))
    }

    /// Parks a run, and asks the outside what it waits for.
    async fn park(&self, ticket: Ticket, run: u32, parked: Parked) -> Result<(), StoreError> {
        let Parked { journal, question, until } = parked;
        let Ticket { interaction: id, lease } = ticket;
        // A wait that is over would be asked again immediately, by every node in turn.
        let until = self.origin.now().saturating_add(SHORTEST_WAIT).map_or(until, |soonest| until.max(soonest));
        let key = key(id, run, journal.answers.len(), &question)?;
        match self.store.park_run(id, Lease { id: lease, until }, stored(&journal)?).await {
            Ok(()) => {}
            Err(LeaseError::Lost | LeaseError::NoQueue) => {
                tracing::warn!(interaction = %id, "the run's lease was lost: another worker has it");
                return Ok(());
            }
            Err(LeaseError::Store(error)) => return Err(error),
        }
        tracing::debug!(interaction = %id, kind = question.kind(), "the run waits for an answer from outside");
        if let Some(outside) = &self.outside {
            outside.ask(Asked { ticket, question, key, until });
        }
        // While it stops, a node makes no calls any more, and its workers may still come to some.
        if self.calls.as_ref().is_some_and(|calls| calls.are_over())
            && let Err(error) = self.ask_elsewhere(ticket).await
        {
            tracing::debug!(interaction = %id, %error, "a run that waits for its call asks again at its time");
        }
        Ok(())
    }
}

/// A route that was deleted since it bound a mail, as far as what it leads to is still there.
fn still_leads(running: &Running, mut route: RouteRecord) -> Option<RouteRecord> {
    route.unrouted_queue = route.unrouted_queue.filter(|queue| running.queue_names.contains_key(queue));
    is_there(running, route.target).then_some(route)
}

fn is_there(running: &Running, target: RouteTarget) -> bool {
    match target {
        RouteTarget::Flow(flow) => running.flow_names.contains_key(&flow),
        RouteTarget::Queue(queue) => running.queue_names.contains_key(&queue),
    }
}

fn start<'r>((work, facts): (&'r ClaimedRun, &'r Facts), route: Option<&'r RouteRecord>, now: Timestamp) -> Start<'r> {
    Start {
        interaction: work.interaction.id,
        received_at: work.interaction.received_at,
        started_at: now,
        priority: work.interaction.initial_priority,
        route,
        opening: work.interaction.opening.as_ref(),
        envelope: Envelope::of(&work.interaction).with_facts(facts),
        thread: work.interaction.thread.as_ref(),
    }
}

/// What came of a worker's run.
enum Worked {
    /// It is over, as it is kept.
    Done(Box<RunRecord>),
    /// It waits for an answer.
    Parked(Box<Parked>),
}

/// What a worker runs with.
struct Workroom<'r> {
    running: &'r Running,
    store: &'r dyn Store,
    outside: Option<&'r dyn Outside>,
    /// Whether the content of the mail is erased.
    erased: bool,
    wanted: &'r Wanted,
}

impl Workroom<'_> {
    /// Runs a mail, from where its run was parked if it was.
    async fn run(
        &self,
        start: Start<'_>,
        message: &Message<'_>,
        limits: Limits,
        so_far: SoFar,
    ) -> Result<Ended, StoreError> {
        let (goes_on, started_at) = (!so_far.journal.answers.is_empty(), so_far.journal.started_at);
        let began = so_far.began.clone();
        let ended = self.run_after(start, message, limits, so_far).await?;
        let another = matches!(&ended, Ended::Decided(decided) if asked_otherwise(&decided.record));
        if !(goes_on && another) {
            return Ok(ended);
        }
        // Its flows or its tables of then can't be had any more. Mail must not end as unrouted for that.
        tracing::info!(interaction = %start.interaction, "the run asks a different question than before it was parked; it starts again");
        let journal = Journal { started_at, ..Journal::default() };
        self.run_after(start, message, limits, SoFar { journal, began }).await
    }

    async fn run_after(
        &self,
        start: Start<'_>,
        message: &Message<'_>,
        limits: Limits,
        so_far: SoFar,
    ) -> Result<Ended, StoreError> {
        let answers = LiveAnswers::new(self.running, self.store)
            .with_outside(self.outside, start.started_at)
            .about_erased(self.erased)
            .while_wanted(self.wanted.clone())
            .after(&so_far.journal.answers);
        decide_or_park(self.running, start, message, limits, &answers, so_far).await
    }
}

/// Whether a run ended because what it had been answered is not what it asks.
fn asked_otherwise(run: &RunRecord) -> bool {
    let code = run.decision.error.as_ref().and_then(|error| error.get("code")).and_then(serde_json::Value::as_str);
    code == Some(codes::JOURNAL_MISMATCH)
}

/// What is recorded of a run that is not tried again: the interaction stands in its queue for unrouted mail.
fn set_aside_record(start: Start<'_>, unrouted: QueueId, attempts: u32) -> RunRecord {
    let mut record = bare_record(start, start.route.and_then(|route| route.unrouted_queue).unwrap_or(unrouted));
    if let Some(opening) = start.opening {
        record.attributes.clone_from(&opening.attributes);
    }
    let message =
        format!("{attempts} attempts at the run did not end: the process died, or the run failed outside of the flow");
    record.decision.error = Some(json!({ "code": codes::TOO_MANY_ATTEMPTS, "message": message }));
    record
}
