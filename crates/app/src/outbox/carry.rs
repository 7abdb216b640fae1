//! Carries what is due to its receivers, as many at a time as there is room for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::{self, JoinSet};
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;
use waypost_outgoing::address::{Domain, MailAddress};
use waypost_outgoing::carry::{Carried, Carrier, Outgoing};
use waypost_outgoing::envelope;
use waypost_store::error::StoreError;
use waypost_store::leases::{Lease, Term, hold};
use waypost_store::records::outbox::{AttemptEnd, Attempted, Content, DeliveryClaim, DeliveryRecord};

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

/// A mail with the original in it takes no more, in KiB.
const LARGEST_KIB: u32 = ROOM_KIB / 2;

/// How much room so many bytes take while they are carried, in KiB: they are read, put together and written out.
fn kib(parts: &[&Bytes]) -> u32 {
    let bytes: usize = parts.iter().map(|part| part.len()).sum();
    u32::try_from(bytes.saturating_mul(3) / 1024 + 1).unwrap_or(u32::MAX).min(LARGEST_KIB)
}

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

/// At most this many of them towards one domain: a receiver that hangs holds up nobody else's mail.
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
    /// How it ended, once that is known and not yet kept.
    answered: Arc<Mutex<Option<Attempted>>>,
    /// Whether it finds out if the smarthost is back. Those that were under way when it went are no further reason to leave it alone.
    asks_again: bool,
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

    /// Waits for one to end; answers one that ended by a defect.
    async fn ended(&mut self) -> Option<UnderWay> {
        match self.tasks.join_next_with_id().await {
            None => std::future::pending().await,
            Some(Ok((id, ended))) => {
                let asked_again = self.known.remove(&id).is_some_and(|attempt| attempt.asks_again);
                self.pause = match (ended, self.pause) {
                    (Ended::Reached, _) => None,
                    (Ended::Unreached, None) => Some(FIRST_PAUSE),
                    (Ended::Unreached, Some(pause)) if asked_again => Some(pause.saturating_mul(2).min(LONGEST_PAUSE)),
                    (Ended::Unreached, pause) => pause,
                };
                None
            }
            Some(Err(error)) => {
                tracing::error!(%error, "an attempt at a delivery failed by a defect");
                self.known.remove(&error.id())
            }
        }
    }
}

/// A mail that is being carried.
struct Parcel {
    /// None: the null reverse-path, of mail that had it itself.
    sender: Option<MailAddress>,
    recipient: MailAddress,
    /// The domain whose key it is signed with: of mail that we wrote.
    sign_as: Option<Domain>,
    needs_utf8: bool,
    bytes: Vec<u8>,
    _room: OwnedSemaphorePermit,
}

impl Parcel {
    fn outgoing(&self) -> Outgoing<'_> {
        let Self { sender, recipient, sign_as, needs_utf8, bytes, _room } = self;
        Outgoing {
            sender: sender.as_ref(),
            recipient,
            sign_as: sign_as.as_ref(),
            content: bytes,
            needs_utf8: *needs_utf8,
        }
    }
}

/// What stands before the first empty line; none of a forward that is resent, whose header goes on in the original.
fn whole_header(content: &Content) -> Option<&[u8]> {
    let end = content.head.windows(4).position(|four| four == b"\r\n\r\n")?;
    content.head.get(..end)
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
        let mut looked = None;
        // A sender that is gone will never say stop.
        while !*stop.borrow() && stop.has_changed().is_ok() {
            self.bring_nearer(post.term.lasts, &mut looked).await;
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
                            let asks_again = attempts.pause.is_some();
                            let under_way = UnderWay {
                                delivery: delivery.clone(),
                                lease: lease.id,
                                answered: Arc::default(),
                                asks_again,
                            };
                            let answered = Arc::clone(&under_way.answered);
                            let (app, post) = (Arc::clone(&self), Arc::clone(&post));
                            let task = attempts
                                .tasks
                                .spawn(async move { app.attempt_delivery(&post, delivery, lease, &answered).await });
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
                failed = attempts.ended() => {
                    if let Some(UnderWay { delivery, lease, .. }) = failed {
                        let answer = "the attempt failed by a defect of Waypost's".to_owned();
                        let attempted = Attempted { end: self.again(&post, &delivery), answer };
                        self.keep_answer(&delivery, lease, attempted).await;
                    }
                    rests_until = Instant::now() + attempts.pause.unwrap_or_default();
                    false
                }
                // Somebody asked for an attempt, or something new is there: whether the smarthost is back is found out now.
                () = self.due.notified() => {
                    rests_until = Instant::now();
                    true
                }
                () = sleep(POLL) => true,
                _ = stop.changed() => true,
            };
        }
        self.wind_up_attempts(attempts).await;
    }

    /// Makes one attempt under a lease that is renewed meanwhile, and records how it ended.
    async fn attempt_delivery(
        &self,
        post: &Post,
        delivery: DeliveryRecord,
        lease: Lease,
        answered: &Mutex<Option<Attempted>>,
    ) -> Ended {
        let renew = || self.store.renew_delivery(delivery.id, post.term.renew(lease, self.origin.now()));
        let Ok((attempted, ended)) = hold(post.term, renew, self.carry_one(post, &delivery)).await else {
            tracing::warn!(delivery = %delivery.id, "the delivery's lease was lost: it is tried again, and may arrive twice");
            return Ended::Reached;
        };
        *answered.lock().unwrap_or_else(PoisonError::into_inner) = Some(attempted.clone());
        self.keep_answer(&delivery, lease.id, attempted).await;
        ended
    }

    /// Keeps how an attempt ended. The receiver may have the mail: what it answered must not be lost because the store is away for a while,
    /// even if the lease ends meanwhile; it is good until somebody else has taken the delivery.
    async fn keep_answer(&self, delivery: &DeliveryRecord, lease: Uuid, attempted: Attempted) {
        let id = delivery.id;
        loop {
            match self.store.end_attempt(id, lease, attempted.clone(), self.origin.now()).await {
                Ok(true) => return self.told(delivery, attempted.end),
                Ok(false) => {
                    return tracing::warn!(delivery = %id, "how the attempt ended came too late: it is tried again");
                }
                Err(error @ (StoreError::Unavailable(_) | StoreError::Full)) => {
                    tracing::debug!(delivery = %id, %error, "how the attempt ended can't be kept yet");
                    sleep(POLL).await;
                }
                Err(error) => {
                    return tracing::error!(delivery = %id, %error, "how the attempt ended can't be kept; its lease will end");
                }
            }
        }
    }

    async fn carry_one(&self, post: &Post, delivery: &DeliveryRecord) -> (Attempted, Ended) {
        let (end, answer, ended) = match self.parcel(post, delivery).await {
            Ok(Some(parcel)) => match post.carrier.carry(&parcel.outgoing()).await {
                Carried::Delivered { answer } => (AttemptEnd::Delivered, answer.to_string(), Ended::Reached),
                Carried::Refused { answer } => (AttemptEnd::Dead, answer.to_string(), Ended::Reached),
                Carried::Deferred { answer } => (self.again(post, delivery), answer.to_string(), Ended::Reached),
                Carried::Away { answer } => (self.again(post, delivery), answer.to_string(), Ended::Unreached),
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

    /// What is handed to the receiver; none if it was erased. Mail that is being carried shares a stated room, which is taken before the
    /// mail is read: of one with the original in it as much as it can need, and then what it does.
    async fn parcel(&self, post: &Post, delivery: &DeliveryRecord) -> Result<Option<Parcel>, StoreError> {
        let Some(content) = self.store.delivery_content(delivery.id).await? else { return Ok(None) };
        let failed = |error: &dyn std::fmt::Display| StoreError::Failed(error.to_string());
        let most = if content.with_original { LARGEST_KIB } else { kib(&[&content.head]) };
        let mut room = Arc::clone(&post.room).acquire_many_owned(most).await.map_err(|error| failed(&error))?;
        let original = if content.with_original {
            match self.store.raw_message(delivery.interaction).await? {
                Some(raw) => raw,
                None => return Ok(None),
            }
        } else {
            Bytes::new()
        };
        let needed = kib(&[&content.head, &original, &content.tail]);
        drop(room.split(usize::try_from(most.saturating_sub(needed)).unwrap_or_default()));
        let bytes = [&content.head[..], &original[..], &content.tail[..]].concat();
        let address = |text: &str| MailAddress::parse(text).map_err(|error| failed(&error));
        // A mail that had the null reverse-path is handed on with it: what comes back must not come back for ever.
        let from = if delivery.sender.is_empty() { None } else { Some(address(&delivery.sender)?) };
        let header = whole_header(&content);
        Ok(Some(Parcel {
            sender: from.as_ref().map(|from| envelope::bounce_address(&self.desk.key, delivery.id.0, from.domain())),
            recipient: address(&delivery.target)?,
            sign_as: from.filter(|_| header.is_some()).map(|from| from.domain().clone()),
            needs_utf8: !header.unwrap_or(&content.head).is_ascii(),
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
                answer: "the attempt was broken off: the server stopped".to_owned(),
            };
            let attempted = known.unwrap_or_else(broken_off);
            if let Err(error) = self.store.end_attempt(delivery.id, *lease, attempted, now).await {
                return tracing::warn!(%error, "attempts that were broken off could not be given back; their leases will end");
            }
        }
    }
}
