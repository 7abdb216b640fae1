//! Runs replays: one at a time on a node, on all its cores, behind everything else that they do.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::runtime::Handle;
use tokio::sync::watch;
use uuid::Uuid;
use waypost_aside::{LAST, Wanted, stand_back};
use waypost_catalogue::changesets::Proposed;
use waypost_catalogue::error::ChangeError;
use waypost_catalogue::where_used::followers;
use waypost_catalogue::world::{Running, World};
use waypost_engine::{Detail, Limits};
use waypost_ids::FlowId;
use waypost_store::error::StoreError;
use waypost_store::leases::{Lease, Lost, Term, hold};
use waypost_store::records::audit::By;
use waypost_store::records::mail::InteractionRecord;
use waypost_store::records::replays::{ReplayChange, ReplayRecord, ReplayState};

use super::changed::Changed;
use super::one::{Record, Replayed, replay};
use super::reader::{Item, Reader};
use super::report::{Progress, Report};
use super::request::ReplayRequest;
use crate::App;
use crate::mail::answers::LiveAnswers;

/// A replay whose node is gone is another's after this long. How far it came is told with each renewal.
const TERM: Term = Term { lasts: Duration::from_secs(10), renewed: Duration::from_secs(1) };

/// Replays that nobody announced here, or whose node is gone, are found at the latest after this long.
const POLL: Duration = Duration::from_secs(5);

/// A replay that was begun so often will not end either: its nodes die of it.
const MOST_STARTS: u32 = 5;

/// While mail comes in, a replay rests so many times as long as it works: a lower priority of its threads alone leaves the store's
/// readers and the caches of the processor busy.
const STAND_BACK: u32 = 4;

/// So many bytes are kept of those that differ, traces included: they are told and written at once.
const MOST_KEPT: usize = 64 * 1024 * 1024;

/// What one replay runs: the flows as they stand and as they would stand.
pub(super) struct Plan {
    pub(super) request: ReplayRequest,
    pub(super) route: Option<Uuid>,
    before: Arc<Running>,
    after: Arc<Running>,
    pub(super) world: Arc<World>,
    pub(super) concerned: HashSet<FlowId>,
    pub(super) changed: Changed,
    /// How many were run so far.
    ran: AtomicU64,
}

/// Why a replay ended without a report of its own.
enum Ended {
    /// It can't be done.
    Failed(String),
    /// Another node has it, or it was removed.
    Lost,
    /// The store is away: the lease ends, and somebody begins it anew.
    Store(StoreError),
}

impl From<StoreError> for Ended {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl App {
    /// Runs replays until `stop` turns true.
    pub async fn replay_recorded(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() && stop.has_changed().is_ok() {
            let lease = TERM.begin(self.origin.id(), self.origin.now());
            let begun = match self.store.begin_replay(lease, self.origin.now()).await {
                Ok(begun) => begun,
                Err(error) => {
                    tracing::warn!(%error, "could not look for replays; retrying");
                    None
                }
            };
            match begun {
                Some(replay) => tokio::select! {
                    () = self.run_replay(replay, lease) => {}
                    // The lease ends by itself, and the next start begins anew.
                    _ = stop.changed() => {}
                },
                None => tokio::select! {
                    () = self.replays.notified() => {}
                    () = tokio::time::sleep(POLL) => {}
                    _ = stop.changed() => {}
                },
            }
        }
    }

    async fn run_replay(&self, replay: ReplayRecord, lease: Lease) {
        let id = replay.id;
        let started_again = replay.starts > 1;
        if started_again {
            tracing::info!(replay = %id, starts = replay.starts, "the replay was interrupted; it starts again");
        }
        let outcome = if replay.starts > MOST_STARTS {
            Err(Ended::Failed(format!("it was started {MOST_STARTS} times, and no node finished it")))
        } else {
            self.replayed(&replay, lease).await
        };
        let (state, report, changes) = match outcome {
            Ok((report, changes)) => (ReplayState::Done, Report { started_again, ..report }, changes),
            Err(Ended::Failed(why)) => {
                (ReplayState::Failed, Report { started_again, failed: Some(why), ..Report::default() }, Vec::new())
            }
            Err(Ended::Lost) => {
                return tracing::info!(replay = %id, "the replay was deleted, or another node has taken it over");
            }
            Err(Ended::Store(error)) => {
                return tracing::warn!(replay = %id, %error, "the replay could not continue; it starts again");
            }
        };
        let report = serde_json::to_string(&report).unwrap_or_default();
        match self.store.end_replay(id, lease.id, state, report, changes).await {
            Ok(_) => tracing::info!(replay = %id, "replay done"),
            Err(error) => {
                tracing::warn!(replay = %id, %error, "the report could not be stored; the replay starts again")
            }
        }
    }

    async fn replayed(&self, replay: &ReplayRecord, lease: Lease) -> Result<(Report, Vec<ReplayChange>), Ended> {
        // Checking a large catalogue may take longer than a lease.
        let nothing_yet = serde_json::to_string(&Progress::default()).unwrap_or_default();
        let renew = || self.store.continue_replay(replay.id, TERM.renew(lease, self.origin.now()), nothing_yet.clone());
        let plan = hold(TERM, renew, self.plan_replay(replay)).await.map_err(|Lost| Ended::Lost)??;
        let plan = Arc::new(plan);
        let (told, hear) = watch::channel(Progress { most: plan.request.most(), ..Progress::default() });
        if !self.keep_progress(replay.id, lease, &plan, &hear).await? {
            return Err(Ended::Lost);
        }
        let renew = || self.keep_progress(replay.id, lease, &plan, &hear);
        let ended = hold(TERM, renew, self.run_all(plan.clone(), &told)).await.map_err(|Lost| Ended::Lost)??;
        // What is kept with the report says that it is complete.
        if self.keep_progress(replay.id, lease, &plan, &hear).await? { Ok(ended) } else { Err(Ended::Lost) }
    }

    /// Says how far a replay came, and answers whether the right to it is still held.
    async fn keep_progress(
        &self,
        id: Uuid,
        lease: Lease,
        plan: &Plan,
        hear: &watch::Receiver<Progress>,
    ) -> Result<bool, StoreError> {
        let progress = Progress { replayed: plan.ran.load(Ordering::Relaxed), ..hear.borrow().clone() };
        let progress = serde_json::to_string(&progress).unwrap_or_default();
        self.store.continue_replay(id, TERM.renew(lease, self.origin.now()), progress).await
    }

    async fn plan_replay(&self, replay: &ReplayRecord) -> Result<Plan, Ended> {
        let unreadable = |error: &dyn std::fmt::Display| Ended::Failed(format!("the request can't be read: {error}"));
        let request: ReplayRequest = serde_json::from_str(&replay.request).map_err(|error| unreadable(&error))?;
        let set = request.change_set().map_err(|error| unreadable(&error))?;
        self.catalogue.catch_up().await?;
        let by = By { actor: &replay.created_by, note: None };
        let cannot = |error| match error {
            ChangeError::Store(error) => Ended::Store(error),
            other => Ended::Failed(format!("the change set can't be published any more: {other}")),
        };
        let proposed = self.catalogue.proposed(by, set).await.map_err(cannot)?;
        let rows = request.held_rows(&proposed.world);
        let rows = rows.map_err(|problems| cannot(ChangeError::Invalid(problems)))?;
        let changed = Changed::of(&proposed, rows);
        let Proposed { base, world, flows, .. } = proposed;
        let concerned = [&world, &base.world].map(|world| {
            let flows = flows.iter().map(|flow| flow.id).chain(changed.users(world));
            followers(world, &flows.collect::<Vec<FlowId>>())
        });
        let concerned = concerned.into_iter().flatten().collect();
        let after = {
            let world = world.clone();
            tokio::task::spawn_blocking(move || world.running()).await.map_err(|error| unreadable(&error))?
        };
        let route = request.route.as_deref().and_then(|route| route.parse().ok());
        let before = base.running;
        Ok(Plan { request, route, before, after: Arc::new(after), world, concerned, changed, ran: AtomicU64::new(0) })
    }

    async fn run_all(
        &self,
        plan: Arc<Plan>,
        told: &watch::Sender<Progress>,
    ) -> Result<(Report, Vec<ReplayChange>), Ended> {
        let mut report = Report::default();
        let mut changes = Vec::new();
        let mut kept: usize = 0;
        let mut reader = Reader::new(self, &plan);
        let mut items = reader.next(&mut report).await?;
        while !items.is_empty() {
            let batch = std::mem::take(&mut items);
            let (begun, offered) = (Instant::now(), self.offered.load(Ordering::Relaxed));
            // The next are read while these are run.
            let (ran, read) = tokio::join!(self.run_batch(plan.clone(), batch), reader.next(&mut report));
            items = read?;
            for (interaction, one) in ran? {
                if report.count(&one) {
                    let change = change(interaction, one);
                    kept = kept.saturating_add(change.entry.len()).saturating_add(change.traces.len());
                    if kept <= MOST_KEPT {
                        changes.push(change);
                    } else {
                        report.changes_not_kept += 1;
                    }
                }
            }
            let progress = Progress {
                replayed: report.replayed,
                changed: report.changed,
                seen: reader.seen,
                most: plan.request.most(),
            };
            told.send_replace(progress);
            if self.offered.load(Ordering::Relaxed) != offered {
                tokio::time::sleep(begun.elapsed() * STAND_BACK).await;
            }
        }
        report.close();
        Ok((report, changes))
    }

    /// Runs some interactions on all cores, in threads that live mail is served before.
    async fn run_batch(&self, plan: Arc<Plan>, items: Vec<Item>) -> Result<Vec<(InteractionRecord, Replayed)>, Ended> {
        let (runtime, store) = (Handle::current(), self.store.clone());
        let redaction = self.desk.redaction.clone();
        let limits = Limits { detail: Detail::Everything, ..self.limits };
        // Threads go on when nobody waits for them: so they ask.
        let (waiting, wanted) = Wanted::until_dropped();
        let run = move || {
            let threads = std::thread::available_parallelism().map_or(1, usize::from);
            let part = items.len().div_ceil(threads).max(1);
            let mut items = items.into_iter();
            std::thread::scope(|scope| {
                let mut parts = Vec::new();
                loop {
                    let some: Vec<Item> = items.by_ref().take(part).collect();
                    if some.is_empty() {
                        break;
                    }
                    let (plan, runtime, store, wanted) = (&plan, &runtime, &store, &wanted);
                    let redaction = &redaction;
                    parts.push(scope.spawn(move || {
                        stand_back(LAST);
                        let one = |item: Item| {
                            // It asks nobody outside: what the record can't answer is unknown.
                            let answers = LiveAnswers::new(&plan.after, &**store)
                                .with_rows(&plan.changed.rows)
                                .while_wanted(wanted.clone());
                            let Some(decision) = &item.interaction.decision else { return Ok(None) };
                            let record = Record {
                                interaction: &item.interaction,
                                route: item.route.as_deref(),
                                decision,
                                attributes: &item.recorded.attributes,
                                raw: item.recorded.raw.as_deref().unwrap_or_default(),
                                facts: &item.recorded.facts,
                                trace: item.recorded.trace.as_deref(),
                                journal: item.recorded.journal.as_deref(),
                            };
                            let replayed = runtime.block_on(replay(
                                &plan.before,
                                &plan.after,
                                record,
                                limits,
                                (&answers, &plan.changed),
                                redaction,
                            ))?;
                            plan.ran.fetch_add(1, Ordering::Relaxed);
                            Ok(Some((item.interaction, replayed)))
                        };
                        some.into_iter()
                            .filter_map(|item| one(item).transpose())
                            .collect::<Result<Vec<_>, StoreError>>()
                    }));
                }
                let failed = || StoreError::Failed("a thread of the replay failed".to_owned());
                let mut all = Vec::new();
                for part in parts {
                    all.extend(part.join().map_err(|_| failed())??);
                }
                Ok::<_, StoreError>(all)
            })
        };
        let ran = tokio::task::spawn_blocking(run).await;
        drop(waiting);
        Ok(ran.map_err(|error| StoreError::Failed(error.to_string()))??)
    }
}

/// What is kept of one that differs.
fn change(interaction: InteractionRecord, one: Replayed) -> ReplayChange {
    let mut entry = json!({
        "interactionId": interaction.id.to_string(),
        "receivedAt": interaction.received_at.to_string(),
        "subject": interaction.subject,
        "caller": one.caller,
        "before": one.before,
        "after": one.after,
    });
    if let (Some(parts), Some(entry)) = (one.parts, entry.as_object_mut()) {
        entry.insert("parts".to_owned(), json!(parts));
    }
    ReplayChange {
        interaction: interaction.id,
        entry: entry.to_string(),
        traces: one.traces.unwrap_or_else(|| "{}".to_owned()),
    }
}
