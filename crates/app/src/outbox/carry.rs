//! Carries what is due to its receivers, as many at a time as there is room for.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::{self, JoinSet};
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;
use waypost_outgoing::address::MailAddress;
use waypost_outgoing::carry::{Answer, Carried, Carrier, Outgoing};
use waypost_outgoing::envelope;
use waypost_store::error::StoreError;
use waypost_store::leases::{Lease, Lost, Term, hold};
use waypost_store::records::outbox::{AttemptEnd, Attempted, DeliveryClaim, DeliveryRecord};

use super::retries;
use crate::App;
use crate::traces::trace_id;

/// What carries mails, and for how long it is tried.
pub struct Post {
    carrier: Carrier,
    retry_for: Duration,
    term: Term,
    /// Room for the mails that are being carried, in KiB.
    room: Arc<Semaphore>,
}

/// So much mail is being carried at a time, in KiB; a mail that is larger is carried alone.
const ROOM_KIB: u32 = 256 * 1024;

/// The lease of an attempt: one of a node that is gone is made again after so long.
const LEASE: Duration = Duration::from_secs(30);

impl Post {
    /// Mails are tried for `retry_for`, from when each was made.
    #[must_use]
    pub fn new(carrier: Carrier, retry_for: Duration) -> Self {
        let room = Semaphore::new(ROOM_KIB as usize);
        Self { carrier, retry_for, term: Term::of(LEASE), room: Arc::new(room) }
    }
}

/// At most so many attempts are under way at a time.
const SLOTS: usize = 16;

/// So many of them towards one domain: a receiver that hangs holds up nobody else's mail.
const SLOTS_OF_A_DOMAIN: u32 = 4;

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

    /// How many are under way to each domain.
    fn busy(&self) -> Vec<(String, u32)> {
        let mut counts: HashMap<String, u32> = HashMap::new();
        for attempt in self.known.values() {
            *counts.entry(domain(&attempt.delivery.target)).or_default() += 1;
        }
        counts.into_iter().collect()
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

/// A mail that is being carried.
struct Parcel {
    sender: MailAddress,
    recipient: MailAddress,
    needs_utf8: bool,
    bytes: Vec<u8>,
    _room: OwnedSemaphorePermit,
}

impl Parcel {
    fn outgoing(&self) -> Outgoing<'_> {
        let Self { sender, recipient, needs_utf8, bytes, _room } = self;
        Outgoing { sender, recipient, content: bytes, needs_utf8: *needs_utf8 }
    }
}

/// What stands before the first empty line.
fn header(content: &[u8]) -> &[u8] {
    let end = content.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(content.len());
    content.get(..end).unwrap_or(content)
}

/// Whether nobody answered: then the words are ours.
fn is_away(answer: &Answer) -> bool {
    answer.code.is_none() && answer.host.is_some()
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
                    lease: post.term.begin(self.origin.id(), self.origin.now()),
                    most_of_a_domain: SLOTS_OF_A_DOMAIN,
                    busy: attempts.busy(),
                    not: attempts.known.values().map(|attempt| attempt.delivery.id).collect(),
                };
                let lease = claim.lease;
                match self.store.claim_deliveries(claim, self.origin.now()).await {
                    Ok(claimed) => {
                        for delivery in claimed {
                            let under_way = UnderWay { delivery: delivery.clone(), lease: lease.id };
                            let (app, post) = (Arc::clone(&self), Arc::clone(&post));
                            let task =
                                attempts.tasks.spawn(async move { app.attempt_delivery(&post, delivery, lease).await });
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
    async fn attempt_delivery(&self, post: &Post, delivery: DeliveryRecord, lease: Lease) -> Ended {
        let id = delivery.id;
        let renew = || self.store.renew_delivery(id, post.term.renew(lease, self.origin.now()));
        let work = async {
            let (attempted, ended) = self.carry_one(post, &delivery).await;
            // The receiver may have it: what it answered must not be lost because the store is away for a moment.
            while let Err(error) = self.store.end_attempt(id, lease.id, attempted.clone(), self.origin.now()).await {
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
            Ok(Some(parcel)) => match post.carrier.carry(&parcel.outgoing()).await {
                Carried::Delivered { answer } => (AttemptEnd::Delivered, answer.to_string(), Ended::Reached),
                Carried::Refused { answer } => (AttemptEnd::Dead, answer.to_string(), Ended::Reached),
                Carried::Deferred { answer } => {
                    let ended = if is_away(&answer) && post.carrier.has_smarthost() {
                        Ended::Unreached
                    } else {
                        Ended::Reached
                    };
                    (self.again(post, delivery), answer.to_string(), ended)
                }
            },
            Ok(None) => (AttemptEnd::Dead, "its content was erased".to_owned(), Ended::Reached),
            Err(StoreError::Unavailable(_) | StoreError::Full) => (AttemptEnd::Untried, String::new(), Ended::Reached),
            Err(error) => (self.again(post, delivery), format!("it can't be carried: {error}"), Ended::Reached),
        };
        (Attempted { end, answer }, ended)
    }

    fn again(&self, post: &Post, delivery: &DeliveryRecord) -> AttemptEnd {
        retries::after(delivery, post.retry_for, self.origin.now(), self.origin.share())
    }

    /// What is handed to the receiver; none if it was erased. Mail that is being carried shares a stated room.
    async fn parcel(&self, post: &Post, delivery: &DeliveryRecord) -> Result<Option<Parcel>, StoreError> {
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
        let failed = |error: &dyn std::fmt::Display| StoreError::Failed(error.to_string());
        let room = Arc::clone(&post.room).acquire_many_owned(kib).await.map_err(|error| failed(&error))?;
        let address = |text: &str| MailAddress::parse(text).map_err(|error| failed(&error));
        let sender = address(&delivery.sender)?;
        let sender = envelope::bounce_address(&self.desk.key, delivery.id.0, sender.domain());
        Ok(Some(Parcel {
            sender,
            recipient: address(&delivery.target)?,
            needs_utf8: !header(&content.head).is_ascii(),
            bytes,
            _room: room,
        }))
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
        let now = self.origin.now();
        for UnderWay { delivery, lease } in attempts.known.values() {
            let answer = "the attempt was broken off: the server stopped".to_owned();
            let attempted = Attempted { end: AttemptEnd::Deferred(now), answer };
            if let Err(error) = self.store.end_attempt(delivery.id, *lease, attempted, now).await {
                return tracing::warn!(%error, "attempts that were broken off could not be given back; their leases will end");
            }
        }
    }
}
