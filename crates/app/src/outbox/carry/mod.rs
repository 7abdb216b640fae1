//! Carries what is due to its receivers, as many at a time as there is room for.

mod folders;
mod health;
mod mail;
mod submitted;
mod webhooks;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::{self, JoinSet};
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;
use waypost_ids::DeliveryId;
use waypost_store::error::StoreError;
use waypost_store::leases::{Lease, Term, hold};
use waypost_store::records::outbox::{AttemptEnd, Attempted, DeliveryClaim, DeliveryRecord, Way};

pub use folders::Filer;
pub use mail::Post;
pub use webhooks::Courier;

use super::retries;
use crate::App;
use crate::breaker::Ended;
use crate::traces::trace_id;
use health::Health;

/// One way for deliveries to go out.
#[async_trait]
trait Carries: Send + Sync + 'static {
    /// Which.
    fn way(&self) -> Way;

    /// At most so many attempts are under way at a time.
    fn slots(&self) -> usize;

    /// For how long a delivery is tried.
    fn retry_for(&self) -> Duration;

    /// Nothing is known yet of the receivers.
    fn health(&self) -> Health;

    /// Makes one attempt; `asked`: somebody wants it now, whatever is known of the receiver.
    async fn carry(&self, app: &App, delivery: &DeliveryRecord, asked: bool) -> (Attempted, Ended);

    /// Somebody wants everything tried now that is due, whatever this way knows of receivers beside its health.
    fn ask_again(&self, _: Instant) {}
}

/// Rings when a delivery is due, for each way.
#[derive(Default)]
pub(crate) struct Due {
    mail: Notify,
    webhooks: Notify,
    folders: Notify,
    /// What somebody wants tried now.
    asked: Mutex<Vec<Asked>>,
    /// Whether somebody wants everything tried now, each way.
    all_asked: [AtomicBool; 3],
}

/// An attempt that somebody asked for.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) delivery: DeliveryId,
    pub(crate) way: Way,
}

/// More that are asked for at the same time wait for their turn.
const MOST_ASKED: usize = 1000;

impl Due {
    /// Something is due, whichever way it goes.
    pub(crate) fn ring(&self) {
        self.mail.notify_one();
        self.webhooks.notify_one();
        self.folders.notify_one();
    }

    /// A request to a webhook is due, or will be in a moment.
    pub(crate) fn ring_requests(&self) {
        self.webhooks.notify_one();
    }

    /// Somebody wants an attempt now, whatever is known of the receiver.
    pub(crate) fn ask(&self, asked: Asked) {
        {
            let mut all = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
            if all.len() < MOST_ASKED {
                all.push(asked);
            }
        }
        self.ring();
    }

    /// Somebody wants attempts now at all that is due.
    pub(crate) fn ask_all(&self) {
        self.all_asked.iter().for_each(|asked| asked.store(true, Ordering::Relaxed));
        self.ring();
    }

    /// Whether that was asked since.
    fn take_all_asked(&self, way: Way) -> bool {
        let [mail, webhooks, folders] = &self.all_asked;
        let asked = match way {
            Way::Mail => mail,
            Way::Webhooks => webhooks,
            Way::Folders => folders,
        };
        asked.swap(false, Ordering::Relaxed)
    }

    /// What was asked for since.
    fn take_asked(&self, way: Way) -> Vec<DeliveryId> {
        let mut all = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        all.extract_if(.., |asked| asked.way == way).map(|asked| asked.delivery).collect()
    }

    fn bell(&self, way: Way) -> &Notify {
        match way {
            Way::Mail => &self.mail,
            Way::Webhooks => &self.webhooks,
            Way::Folders => &self.folders,
        }
    }
}

/// The lease of an attempt: one of a node that is gone is made again after so long.
const LEASE: Duration = Duration::from_secs(30);

/// At most this many attempts are under way to one domain, webhook or folder: a receiver that hangs holds up nothing else.
const SLOTS_OF_A_DOMAIN: u32 = 4;

/// What is due and nobody announced is found at the latest after this long.
const POLL: Duration = Duration::from_secs(1);

/// When the server stops, attempts have so long to end. What is broken off then is tried again: the receiver may have it already.
const GRACE: Duration = Duration::from_secs(10);

/// An attempt under way.
struct UnderWay {
    delivery: DeliveryRecord,
    lease: Uuid,
    /// How it ended, once that is known and not yet kept.
    answered: Arc<Mutex<Option<Attempted>>>,
}

/// What an attempt found out of a receiver.
struct Found {
    target: String,
    ended: Ended,
    /// Whether it was to find out if the receiver is back. Those that were under way when it went are no further reason to leave it alone.
    asks_again: bool,
}

/// The attempts under way.
struct Attempts {
    tasks: JoinSet<()>,
    known: HashMap<task::Id, UnderWay>,
    slots: usize,
    health: Health,
    found: mpsc::UnboundedReceiver<Found>,
}

impl Attempts {
    fn room(&self, now: Instant) -> usize {
        self.health.slots(self.slots, now).saturating_sub(self.known.len())
    }

    /// How many are under way to each domain, webhook or folder; to those that are to be left alone as if there were more.
    fn busy(&self, now: Instant) -> Vec<(String, u32)> {
        let mut counts: HashMap<String, u32> = HashMap::new();
        for attempt in self.known.values() {
            *counts.entry(domain(&attempt.delivery.target)).or_default() += 1;
        }
        self.health.hold_back(&mut counts, SLOTS_OF_A_DOMAIN, now);
        counts.into_iter().collect()
    }

    /// Takes note of what was found out since.
    fn learn(&mut self) {
        while let Ok(Found { target, ended, asks_again }) = self.found.try_recv() {
            self.health.note(&target, &ended, asks_again, Instant::now());
        }
    }

    /// Waits for one to end; answers one that ended by a defect.
    async fn ended(&mut self) -> Option<UnderWay> {
        match self.tasks.join_next_with_id().await {
            None => std::future::pending().await,
            Some(Ok((id, ()))) => {
                self.known.remove(&id);
                None
            }
            Some(Err(error)) => {
                tracing::error!(%error, "an attempt at a delivery failed because of a bug");
                self.known.remove(&error.id())
            }
        }
    }
}

/// What slots are shared by.
fn domain(target: &str) -> String {
    target.rsplit_once('@').map_or(target, |(_, domain)| domain).to_lowercase()
}

/// What comes of an attempt for which the store could not be read.
fn unread(error: &StoreError, again: impl FnOnce() -> AttemptEnd) -> Attempted {
    match error {
        StoreError::Unavailable(_) | StoreError::Full => Attempted { end: AttemptEnd::Untried, answer: String::new() },
        error => Attempted { end: again(), answer: format!("it can't be carried: {error}") },
    }
}

impl App {
    /// Carries what is due until `stop` turns true: mail, requests to webhooks, and what goes into folders. A way that nothing is to go ends
    /// immediately.
    pub async fn carry(self: Arc<Self>, stop: watch::Receiver<bool>) {
        let mail = async {
            if let Some(post) = self.post.clone() {
                Arc::clone(&self).carry_by(post, stop.clone()).await;
            }
        };
        let webhooks = async {
            if let Some(courier) = self.courier.clone().filter(|_| self.other_key.get().is_none()) {
                Arc::clone(&self).carry_by(courier, stop.clone()).await;
            }
        };
        let folders = async {
            if let Some(filer) = self.filer.clone() {
                Arc::clone(&self).carry_by(filer, stop.clone()).await;
            }
        };
        tokio::join!(mail, webhooks, folders);
    }

    async fn carry_by(self: Arc<Self>, carries: Arc<impl Carries>, mut stop: watch::Receiver<bool>) {
        let (way, slots, term) = (carries.way(), carries.slots(), Term::of(LEASE));
        let health = carries.health();
        let (finds, found) = mpsc::unbounded_channel();
        let mut attempts = Attempts { tasks: JoinSet::new(), known: HashMap::new(), slots, health, found };
        let mut look = true;
        let mut looked = None;
        // A sender that is gone will never say stop.
        while !*stop.borrow() && stop.has_changed().is_ok() {
            self.bring_nearer(way, term.lasts, &mut looked).await;
            attempts.learn();
            if self.due.take_all_asked(way) {
                attempts.health.ask_again(Instant::now());
                carries.ask_again(Instant::now());
            }
            let room = attempts.room(Instant::now());
            // A claim is a transaction: it is made for several, unless somebody said that something is due.
            if (room >= slots / 2 || look) && room > 0 {
                let claim = DeliveryClaim {
                    way,
                    max: u32::try_from(room).unwrap_or(u32::MAX),
                    lease: term.begin(self.origin.id(), self.origin.now()),
                    most_of_a_domain: SLOTS_OF_A_DOMAIN,
                    busy: attempts.busy(Instant::now()),
                    first: self.due.take_asked(way),
                    not: attempts.known.values().map(|attempt| attempt.delivery.id).collect(),
                };
                let (lease, asked) = (claim.lease, claim.first.clone());
                match self.store.claim_deliveries(claim, self.origin.now()).await {
                    Ok(claimed) => {
                        for delivery in claimed {
                            let under_way =
                                UnderWay { delivery: delivery.clone(), lease: lease.id, answered: Arc::default() };
                            let (finds, target) = (finds.clone(), domain(&delivery.target));
                            let asks_again = attempts.health.is_away(&target);
                            let found = move |ended| {
                                // Nobody wants to know any more once all winds up.
                                let _ = finds.send(Found { target, ended, asks_again });
                            };
                            let (answered, asked) = (Arc::clone(&under_way.answered), asked.contains(&delivery.id));
                            let (app, carries) = (Arc::clone(&self), Arc::clone(&carries));
                            let task = attempts.tasks.spawn(async move {
                                app.attempt_delivery(&*carries, (delivery, asked), lease, &answered, found).await;
                            });
                            attempts.known.insert(task.id(), under_way);
                        }
                    }
                    Err(error) => {
                        tracing::error!(%error, "due deliveries can't be claimed: the store can't be reached");
                        sleep(POLL).await;
                    }
                }
            }
            look = tokio::select! {
                failed = attempts.ended() => {
                    if let Some(UnderWay { delivery, lease, .. }) = failed {
                        let answer = "the attempt failed because of a bug in Waypost".to_owned();
                        let attempted = Attempted { end: self.again(&*carries, &delivery), answer };
                        self.keep_answer(&delivery, lease, attempted).await;
                    }
                    false
                }
                () = self.due.bell(way).notified() => {
                    attempts.health.something_is_due(Instant::now());
                    true
                }
                () = sleep(POLL) => true,
                _ = stop.changed() => true,
            };
        }
        self.wind_up_attempts(attempts).await;
    }

    /// Makes one attempt under a lease that is renewed meanwhile, and records how it ended. What it found out of the receiver is told before:
    /// whoever sees the record, and has something else sent there, is not quicker.
    async fn attempt_delivery(
        &self,
        carries: &dyn Carries,
        (delivery, asked): (DeliveryRecord, bool),
        lease: Lease,
        answered: &Mutex<Option<Attempted>>,
        found: impl FnOnce(Ended) + Send,
    ) {
        let term = Term::of(LEASE);
        let renew = || self.store.renew_delivery(delivery.id, term.renew(lease, self.origin.now()));
        let Ok((attempted, ended)) = hold(term, renew, carries.carry(self, &delivery, asked)).await else {
            tracing::warn!(delivery = %delivery.id, "the delivery's lease was lost: it is tried again, and may arrive twice");
            return found(Ended::Reached);
        };
        found(ended);
        *answered.lock().unwrap_or_else(PoisonError::into_inner) = Some(attempted.clone());
        self.keep_answer(&delivery, lease.id, attempted).await;
    }

    /// Keeps how an attempt ended. The receiver may have the mail: what it answered must not be lost because the store is away for a while,
    /// even if the lease ends meanwhile; it is good until somebody else has taken the delivery.
    async fn keep_answer(&self, delivery: &DeliveryRecord, lease: Uuid, attempted: Attempted) {
        let id = delivery.id;
        loop {
            match self.store.end_attempt(id, lease, attempted.clone(), self.origin.now()).await {
                Ok(true) => return self.told(delivery, attempted.end),
                Ok(false) => {
                    return tracing::warn!(delivery = %id, "the result of the attempt came too late; it is retried");
                }
                Err(error @ (StoreError::Unavailable(_) | StoreError::Full)) => {
                    tracing::debug!(delivery = %id, %error, "the result of the attempt can't be stored yet");
                    sleep(POLL).await;
                }
                Err(error) => {
                    return tracing::error!(delivery = %id, %error, "the result of the attempt can't be stored; it is retried when its lease expires");
                }
            }
        }
    }

    fn again(&self, carries: &dyn Carries, delivery: &DeliveryRecord) -> AttemptEnd {
        self.again_after(delivery, carries.retry_for())
    }

    /// The same for a delivery that is tried for so long.
    fn again_after(&self, delivery: &DeliveryRecord, retry_for: Duration) -> AttemptEnd {
        retries::after(delivery, retry_for, self.origin.now(), self.origin.share())
    }

    /// Logs and counts how an attempt ended. The log has no address.
    fn told(&self, delivery: &DeliveryRecord, end: AttemptEnd) {
        let word = match end {
            AttemptEnd::Delivered => "delivered",
            AttemptEnd::Deferred(_) => "deferred",
            AttemptEnd::Dead => "dead",
            AttemptEnd::Untried => "untried",
            // Nothing was tried. Thousands that wait for one server must not fill the log.
            AttemptEnd::PutOff(_) => return,
        };
        let (id, kind, attempts) = (delivery.id, delivery.kind.as_str(), delivery.attempts);
        tracing::info!(trace_id = %trace_id(delivery.interaction), interaction = %delivery.interaction, delivery = %id, kind, attempts, "attempt: {word}");
        self.metrics.attempted(delivery.kind, word);
    }

    /// Lets attempts end for a while. Those that don't are due again at once: their receivers may have the mail, under the same id.
    async fn wind_up_attempts(&self, mut attempts: Attempts) {
        let all = async {
            while !attempts.known.is_empty() {
                // What ends by a defect is due again when its lease ends.
                attempts.ended().await;
            }
        };
        if timeout(GRACE, all).await.is_ok() {
            return;
        }
        attempts.tasks.abort_all();
        let now = self.origin.now();
        for UnderWay { delivery, lease, answered, .. } in attempts.known.values() {
            let known = answered.lock().unwrap_or_else(PoisonError::into_inner).take();
            let broken_off = || Attempted {
                end: AttemptEnd::Deferred(now),
                answer: "the attempt was interrupted: the server stopped".to_owned(),
            };
            let attempted = known.unwrap_or_else(broken_off);
            if let Err(error) = self.store.end_attempt(delivery.id, *lease, attempted, now).await {
                return tracing::warn!(%error, "interrupted attempts could not be released; they are retried when their leases expire");
            }
        }
    }
}
