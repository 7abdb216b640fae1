//! Carries what is due to its receivers, as many at a time as there is room for.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{self, JoinSet};
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;
use waypost_outgoing::carry::{Answer, Carried, Parcel};
use waypost_outgoing::envelope;
use waypost_store::error::StoreError;
use waypost_store::leases::{Lost, hold};
use waypost_store::records::outbox::{AttemptEnd, Attempted, DeliveryClaim, DeliveryRecord};

use super::retries;
use crate::App;

/// At most so many attempts are under way at a time.
const SLOTS: usize = 16;

/// So many of them towards one domain: a receiver that hangs holds up nobody else's mail.
const SLOTS_OF_A_DOMAIN: usize = 4;

/// What is due and nobody announced is found at the latest after this long.
const POLL: Duration = Duration::from_secs(1);

/// When the server stops, attempts have so long to end. What is broken off then is tried again: the receiver may have it already.
const GRACE: Duration = Duration::from_secs(10);

/// While the smarthost can't be reached, it is tried by one delivery at a time, after pauses from this on that double.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// An attempt under way.
struct UnderWay {
    delivery: DeliveryRecord,
    lease: Uuid,
}

/// How an attempt ended, as far as it matters for the others.
enum Ended {
    /// The receiver was there.
    Reached,
    /// The smarthost was not.
    Unreached,
}

/// The attempts under way.
#[derive(Default)]
struct Attempts {
    tasks: JoinSet<Ended>,
    known: HashMap<task::Id, UnderWay>,
    /// How long to leave the smarthost alone; none while it is there.
    pause: Option<Duration>,
}

impl Attempts {
    fn room(&self) -> usize {
        // One alone finds out whether the smarthost is back.
        let slots = if self.pause.is_some() { 1 } else { SLOTS };
        slots.saturating_sub(self.known.len())
    }

    /// The domains that have their share of what is under way.
    fn busy(&self) -> Vec<String> {
        let mut counts: HashMap<String, usize> = HashMap::new();
        for attempt in self.known.values() {
            *counts.entry(domain(&attempt.delivery.target)).or_default() += 1;
        }
        counts.into_iter().filter(|(_, count)| *count >= SLOTS_OF_A_DOMAIN).map(|(domain, _)| domain).collect()
    }

    /// Waits for one to end.
    async fn ended(&mut self) {
        match self.tasks.join_next_with_id().await {
            None => std::future::pending().await,
            Some(Ok((id, ended))) => {
                self.known.remove(&id);
                self.pause = match ended {
                    Ended::Reached => None,
                    Ended::Unreached => {
                        let pause = self.pause.map_or(FIRST_PAUSE, |pause| pause.saturating_mul(2));
                        Some(pause.min(LONGEST_PAUSE))
                    }
                };
            }
            Some(Err(error)) => {
                self.known.remove(&error.id());
                tracing::error!(%error, "an attempt at a delivery failed by a defect; its lease will end");
            }
        }
    }
}

fn domain(address: &str) -> String {
    address.rsplit_once('@').map_or(address, |(_, domain)| domain).to_lowercase()
}

impl App {
    /// Carries what is due until `stop` turns true. Where nothing is to be sent it ends at once.
    pub async fn carry(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let Some(post) = self.post.clone() else { return };
        let mut attempts = Attempts::default();
        let mut look = true;
        let mut rests_until = Instant::now();
        // A sender that is gone will never say stop.
        while !*stop.borrow() && stop.has_changed().is_ok() {
            let room = attempts.room();
            // A claim is a transaction: it is made for several, unless somebody said that something is due.
            if (room >= SLOTS / 2 || look) && room > 0 && Instant::now() >= rests_until {
                let claim = DeliveryClaim {
                    max: u32::try_from(room).unwrap_or(u32::MAX),
                    lease: post.term.begin(),
                    busy: attempts.busy(),
                };
                let lease = claim.lease;
                match self.store.claim_deliveries(claim, self.now()).await {
                    Ok(claimed) => {
                        for delivery in claimed {
                            let under_way = UnderWay { delivery: delivery.clone(), lease: lease.id };
                            let (app, post) = (Arc::clone(&self), Arc::clone(&post));
                            let task = attempts.tasks.spawn(async move { app.attempt(&post, delivery, lease).await });
                            attempts.known.insert(task.id(), under_way);
                        }
                    }
                    Err(error) => {
                        tracing::error!(%error, "what is due can't be claimed: the store can't be reached");
                        sleep(POLL).await;
                    }
                }
            }
            look = tokio::select! {
                () = attempts.ended() => {
                    rests_until = Instant::now() + attempts.pause.unwrap_or_default();
                    false
                }
                () = self.due.notified() => true,
                () = sleep(POLL) => true,
                _ = stop.changed() => true,
            };
        }
        self.wind_up_attempts(attempts).await;
    }

    /// Makes one attempt and records how it ended, under a lease that is renewed meanwhile.
    async fn attempt(&self, post: &Post, delivery: DeliveryRecord, lease: Lease) -> Ended {
        let id = delivery.id;
        let renew = || self.store.renew_delivery(id, post.term.renew(lease));
        let work = async {
            let (attempted, ended) = self.carry_one(post, &delivery).await;
            // The receiver may have it: what it answered must not be lost because the store is away for a moment.
            while let Err(error) = self.store.end_attempt(id, lease.id, attempted.clone(), self.now()).await {
                tracing::debug!(delivery = %id, %error, "how the attempt ended can't be kept; it is tried again");
                sleep(POLL).await;
            }
            self.told(&delivery, attempted.end);
            ended
        };
        hold(post.term, renew, work).await.unwrap_or_else(|Lost| {
            tracing::warn!(delivery = %id, "the delivery's lease was lost: it is tried again, and may arrive twice");
            Ended::Reached
        })
    }

    async fn carry_one(&self, post: &Post, delivery: &DeliveryRecord) -> (Attempted, Ended) {
        let (end, answer, ended) = match self.parcel(post, delivery).await {
            Ok(Some((parcel, _room))) => match post.carrier.carry(parcel).await {
                Carried::Delivered(answer) => (AttemptEnd::Delivered, answer.to_string(), Ended::Reached),
                Carried::Refused(answer) => (AttemptEnd::Dead, answer.to_string(), Ended::Reached),
                Carried::Deferred(answer) => {
                    let reached = if answer.is_about_smarthost() { Ended::Unreached } else { Ended::Reached };
                    (self.again(post, delivery), answer.to_string(), reached)
                }
            },
            Ok(None) => (AttemptEnd::Dead, "its content was erased".to_owned(), Ended::Reached),
            Err(StoreError::Unavailable(_) | StoreError::Full) => (AttemptEnd::Untried, String::new(), Ended::Reached),
            Err(error) => (self.again(post, delivery), format!("its content can't be read: {error}"), Ended::Reached),
        };
        (Attempted { end, answer }, ended)
    }

    fn again(&self, post: &Post, delivery: &DeliveryRecord) -> AttemptEnd {
        retries::after(delivery, post.retry_for, self.now(), self.chance())
    }

    /// What is handed to the receiver; none if it was erased. Mail that is being carried shares a stated room.
    async fn parcel(
        &self,
        post: &Post,
        delivery: &DeliveryRecord,
    ) -> Result<Option<(Parcel, OwnedSemaphorePermit)>, StoreError> {
        let Some(content) = self.store.delivery_content(delivery.id).await? else { return Ok(None) };
        let original = if content.with_original {
            match self.store.raw_message(delivery.interaction).await? {
                Some(raw) => raw,
                None => return Ok(None),
            }
        } else {
            Bytes::new()
        };
        let bytes = [&content.head[..], &original[..], &content.tail[..]].concat();
        let kib = u32::try_from(bytes.len() / 1024 + 1).unwrap_or(u32::MAX).min(ROOM_KIB);
        let room = Arc::clone(&post.room).acquire_many_owned(kib).await;
        let room = room.map_err(|error| StoreError::Failed(error.to_string()))?;
        let domain = delivery.sender.rsplit_once('@').map_or("", |(_, domain)| domain);
        let from = envelope::address(delivery.id.0, domain, &post.key);
        Ok(Some((Parcel { from, to: delivery.target.clone(), bytes }, room)))
    }

    /// Logs and counts how an attempt ended. The log has no address.
    fn told(&self, delivery: &DeliveryRecord, end: AttemptEnd) {
        let word = match end {
            AttemptEnd::Delivered => "delivered",
            AttemptEnd::Deferred(_) => "deferred",
            AttemptEnd::Dead => "dead",
            AttemptEnd::Untried => "untried",
        };
        let (id, kind, attempts) = (delivery.id, delivery.kind.as_str(), delivery.attempts);
        tracing::info!(trace_id = %trace_id(delivery.interaction), interaction = %delivery.interaction, delivery = %id, kind, attempts, "attempt: {word}");
        self.metrics.attempted(delivery.kind, word);
    }

    /// Lets attempts end for a while. Those that don't are due again at once: their receivers may have the mail, under the same id.
    async fn wind_up_attempts(&self, mut attempts: Attempts) {
        let all = async {
            while !attempts.known.is_empty() {
                attempts.ended().await;
            }
        };
        if timeout(GRACE, all).await.is_ok() {
            return;
        }
        attempts.tasks.abort_all();
        let now = self.now();
        for UnderWay { delivery, lease } in attempts.known.values() {
            let answer = "the attempt was broken off: the server stopped".to_owned();
            let attempted = Attempted { end: AttemptEnd::Deferred(now), answer };
            if let Err(error) = self.store.end_attempt(delivery.id, *lease, attempted, now).await {
                return tracing::warn!(%error, "attempts that were broken off could not be given back; their leases will end");
            }
        }
    }
}
