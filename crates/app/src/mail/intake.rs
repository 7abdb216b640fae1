//! The one intake, for SMTP, HTTP and mailboxes: parse, run, and commit message, interactions and decisions together.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use bytes::Bytes;
use jiff::Timestamp;
use waypost_catalogue::routes::RouteMatch;
use waypost_catalogue::world::Running;
use waypost_engine::Limits;
use waypost_ids::{DeliveryId, InteractionId};
use waypost_mail::hash::content_hash;
use waypost_mail::lines::with_crlf;
use waypost_mail::message::{AddressField, Message};
use waypost_mail::smtp::Recipient;
use waypost_store::error::StoreError;
use waypost_store::records::catalogue::RouteRecord;
use waypost_store::records::facts::Facts;
use waypost_store::records::mail::{
    AcceptOutcome, Acceptance, Accepted, IdempotencyKey, NewInteraction, NewMessage, Opening,
};
use waypost_store::records::mailboxes::Place;
use waypost_store::traits::Store;

use super::answers::LiveAnswers;
use super::decide::{Start, decide, ran_out, unrouted_queue};
use super::parked::Outside;
use super::threads;
use super::underway::{Care, Underway};
use super::vetting::{Came, Connection, Vetting};
use crate::App;
use crate::observed::{Protocol, Ran};
use crate::outbox::desk::{Desk, Returns};
use crate::outbox::returned::{Arrived, Returned};
use crate::traces::trace_id;
use waypost_members::email::Envelope;
use waypost_outgoing::bounce;

/// A run that takes more actions than this waits for a worker, so that a sender never waits for a long flow, nor does whoever is served
/// by the same thread.
const INLINE_ACTIONS: u32 = 500;

/// So does one that takes more steps than this, those of the mail's other routes included: a few milliseconds.
const INLINE_STEPS: u64 = 5_000;

/// Larger messages are parsed and run on a thread of their own: they would hold up other connections.
const INLINE_BYTES: usize = 256 * 1024;

/// So does one whose values hold more than this, in bytes.
const INLINE_MEMORY: usize = 8 * 1024 * 1024;

/// A recipient with the route that it was bound to when it was accepted.
#[derive(Clone, Debug)]
pub struct Bound {
    /// The envelope recipient, in one form.
    pub address: String,
    /// The route; none for `postmaster` without one.
    pub route: Option<Arc<RouteRecord>>,
    /// What is said of the interaction besides its mail.
    pub opening: Option<Opening>,
    /// The priority to start with instead of the route's.
    pub priority: Option<i64>,
    /// The delivery whose envelope sender the address is.
    pub answers: Option<DeliveryId>,
    /// Whether a machine answers a forward of ours: run, it would be forwarded again.
    pub circles: bool,
}

impl Bound {
    /// A recipient of whom nothing is said besides.
    pub fn to(address: impl Into<String>, route: Option<Arc<RouteRecord>>) -> Self {
        Self { address: address.into(), route, opening: None, priority: None, answers: None, circles: false }
    }
}

/// An envelope address in the one form in which it is kept, compared and shown, whichever way its mail came: as SMTP reads it. What is no
/// address stays as it is.
pub(crate) fn in_one_form(address: String) -> String {
    Recipient::parse(&address).map_or(address, |one| one.to_string())
}

impl App {
    /// Who mail to a recipient is for; none if it is for nobody. A bounce address leads to the delivery that it was signed for. One whose
    /// signature does not hold was forged, or its key is gone: no pattern takes it, only a route that names it.
    pub(crate) fn bound(&self, recipient: &Recipient) -> Option<Bound> {
        let address = recipient.to_string();
        let address = address.as_str();
        let running = self.catalogue.running();
        let routes = &running.routes;
        match self.desk.returns(address) {
            Returns::To(delivery) => Some(Bound { answers: Some(delivery), ..Bound::to(address, None) }),
            Returns::Forged => routes.named(address).map(|route| Bound::to(address, Some(Arc::clone(route)))),
            Returns::No => match routes.find(address) {
                RouteMatch::Route(route) => Some(Bound::to(address, Some(route))),
                RouteMatch::Postmaster => Some(Bound::to(address, None)),
                RouteMatch::None => None,
            },
        }
    }
}

/// A mail as it arrived.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// How it came.
    pub protocol: Protocol,
    /// The envelope sender, in one form; empty for the null reverse-path.
    pub from: String,
    /// Recipients; at least one.
    pub recipients: Vec<Bound>,
    /// The bytes as received.
    pub raw: Bytes,
    /// The IP address that it came from; of a mailbox, its server's name.
    pub remote: String,
    /// What is known of its SMTP connection; none if it came otherwise.
    pub connection: Option<Connection>,
    /// For HTTP.
    pub idempotency: Option<IdempotencyKey>,
    /// Where it was taken from, for mailboxes.
    pub taken_from: Option<Place>,
}

impl App {
    /// Whether mail would be taken just now, as far as this is known without asking.
    ///
    /// # Errors
    /// What would refuse it: a full disk, or a store that is gone.
    pub fn takes_mail(&self) -> Result<(), StoreError> {
        self.store.takes_mail()
    }

    /// Accepts a mail: when this answers `Committed`, it is on stable storage.
    ///
    /// # Errors
    /// The store; then nothing was kept.
    pub async fn accept(&self, arrival: Arrival) -> Result<AcceptOutcome, StoreError> {
        self.offered.fetch_add(1, Ordering::Relaxed);
        let (begun, begun_at) = (Instant::now(), self.origin.now());
        let (protocol, bytes) = (arrival.protocol, arrival.raw.len());
        let (running, limits, outside) = (self.catalogue.running(), inline(self.limits), self.outside.clone());
        let prepared = if arrival.raw.len() > INLINE_BYTES {
            let runtime = tokio::runtime::Handle::current();
            let (store, underway, desk) = (self.store.clone(), self.underway.clone(), self.desk.clone());
            let vetting = Arc::clone(&self.vetting);
            tokio::task::spawn_blocking(move || {
                let room = (&*underway, &desk, &*vetting);
                runtime.block_on(prepare(&running, &*store, outside.as_deref(), arrival, limits, room))
            })
            .await
            .map_err(|error| StoreError::Failed(error.to_string()))?
        } else {
            let room = (&*self.underway, &self.desk, &*self.vetting);
            prepare(&running, &*self.store, outside.as_deref(), arrival, limits, room).await
        };
        let Some(acceptance) = prepared? else {
            tracing::info!(via = protocol.as_str(), bytes, "mail that came back was noted");
            return Ok(AcceptOutcome::Committed(Vec::new()));
        };
        let sends = acceptance.interactions.iter().filter_map(|one| one.run.as_ref()).any(|run| !run.sends.is_empty());
        let runs: Vec<_> = acceptance.interactions.iter().map(|one| one.run.as_ref().map(Ran::of)).collect();
        let outcome = self.store.accept(acceptance).await;
        self.metrics.offered(protocol, bytes, begun.elapsed(), &outcome);
        let outcome = outcome?;
        if let AcceptOutcome::Committed(accepted) = &outcome {
            // Before anybody is woken: what comes of a mail is logged after it, and whoever waited finds it counted.
            self.tell(accepted, runs, protocol, (begun_at, bytes));
            self.announce(accepted);
            if sends {
                self.due.ring();
            }
        }
        Ok(outcome)
    }

    /// Logs, counts and traces what was just committed. The log has no address and no subject: logs are kept elsewhere and longer.
    fn tell(
        &self,
        accepted: &[Accepted],
        runs: Vec<Option<Ran>>,
        protocol: Protocol,
        (begun_at, bytes): (Timestamp, usize),
    ) {
        let via = protocol.as_str();
        let mut made = Vec::with_capacity(accepted.len());
        for (one, run) in accepted.iter().zip(runs) {
            match one {
                Accepted::Created { id, decided, .. } => {
                    let run = run.filter(|_| *decided);
                    let decision = run.as_ref().map(Ran::kind);
                    let error = run.as_ref().and_then(Ran::error);
                    if let Some(run) = &run {
                        self.metrics.decided_at_once(run);
                    }
                    tracing::info!(trace_id = %trace_id(*id), interaction = %id, via, bytes, decision, error, "mail accepted");
                    made.push((*id, run));
                }
                Accepted::Duplicate { of } => {
                    tracing::info!(trace_id = %trace_id(*of), interaction = %of, via, bytes, "mail accepted again");
                }
            }
        }
        self.traces.accepted(protocol, (begun_at, self.origin.now()), bytes, &made);
    }

    /// Wakes whoever waits for what was just committed.
    fn announce(&self, accepted: &[Accepted]) {
        for one in accepted {
            match one {
                Accepted::Created { decided: true, .. } => self.decided.notify_waiters(),
                Accepted::Created { decided: false, .. } => self.undecided.notify_one(),
                Accepted::Duplicate { .. } => {}
            }
        }
    }
}

/// The limits of runs that a sender waits for.
fn inline(limits: Limits) -> Limits {
    Limits {
        actions: limits.actions.min(INLINE_ACTIONS),
        steps: limits.steps.min(INLINE_STEPS),
        memory: limits.memory.min(INLINE_MEMORY),
        ..limits
    }
}

/// Parses and runs: everything that an acceptance commits. Mail that came back is noted on the way; none if it is nothing else.
async fn prepare(
    running: &Running,
    store: &dyn Store,
    outside: Option<&dyn Outside>,
    arrival: Arrival,
    mut limits: Limits,
    (underway, desk, vetting): (&Underway, &Desk, &Vetting),
) -> Result<Option<Acceptance>, StoreError> {
    let origin = &desk.origin;
    // As the store keeps it: a rerun or a replay must see the same time.
    let received_at = Timestamp::from_microsecond(origin.now().as_microsecond()).unwrap_or_default();
    // It is kept as it came. One mail has one hash, and its signatures hold, whichever way it came: as SMTP has its lines.
    let raw = arrival.raw;
    let in_lines = with_crlf(raw.clone());
    let noted = underway.begin(content_hash(&in_lines));
    let parsed = Message::parse(if noted.care() == Care::Unread { &[] } else { &raw });
    let mut routes = HashSet::new();
    let mut interactions = Vec::with_capacity(arrival.recipients.len());
    let came = Came {
        from: &arrival.from,
        connection: arrival.connection.as_ref(),
        recipients: arrival.recipients.iter().map(|recipient| recipient.address.clone()).collect(),
        fetched: arrival.protocol == Protocol::Imap,
    };
    // Mail that came back is nobody's to decide on, and is not looked into.
    let mut facts: Option<Facts> = None;
    let arrived = Arrived {
        message: &parsed,
        bounce: bounce::read(&parsed, arrival.from.is_empty()),
        null_sender: arrival.from.is_empty(),
        routes: &running.routes,
        store,
        origin,
    };
    for recipient in arrival.recipients {
        let recipient = match arrived.sort(recipient).await? {
            Returned::Noted => continue,
            Returned::Mail(recipient) => recipient,
        };
        // As it is now, at the epoch that the run will name: it may lead elsewhere since it was bound. One that was removed binds as it was.
        let route = recipient.route.as_ref().map(|bound| running.routes.get(bound.id).unwrap_or(bound).as_ref());
        // One interaction for each route: two addresses of one route are one piece of work.
        // Postmasters without a route are one each.
        let key = route.map_or_else(|| recipient.address.to_lowercase(), |route| route.id.to_string());
        if !routes.insert(key) {
            continue;
        }
        if facts.is_none() {
            // What ended a process before is not given to another reader.
            let unread = matches!(noted.care(), Care::Unread);
            facts = Some(if unread { Facts::default() } else { vetting.look(&came, &parsed, &in_lines).await });
        }
        let id = InteractionId(origin.id_in_order());
        let priority = recipient.priority.unwrap_or_else(|| route.map_or(0, |route| route.priority));
        let opening = recipient.opening.as_ref();
        // Nobody sends a bounce by beginning a conversation: it has no reverse-path.
        let from = Some(arrival.from.as_str()).filter(|from| !from.is_empty() || opening.is_none());
        let envelope = Envelope { from, to: &recipient.address, remote: &arrival.remote, facts: facts.as_ref() };
        let arrived =
            threads::Arrived { message: &parsed, null_sender: from == Some(""), received_at, running, key: &desk.key };
        let threading = arrived.thread(route, store).await?;
        let thread = threading.joined.as_ref();
        let start = Start {
            interaction: id,
            received_at,
            started_at: origin.now(),
            priority,
            route,
            opening,
            envelope,
            thread,
        };
        // What the store can't answer now, and what is answered from elsewhere, a worker asks: nobody's `250` waits for it.
        let answers = LiveAnswers::new(running, store).with_outside(outside, received_at);
        let unrouted = unrouted_queue(start, running);
        let run = match (noted.care(), desk.stopped(start, &parsed, unrouted, recipient.circles)) {
            (_, Some(stopped)) => Some(stopped),
            (Care::Usual, None) => decide(running, start, &parsed, limits, &answers).await.ok().map(|ended| {
                limits.steps = limits.steps.saturating_sub(ended.steps);
                limits.actions = limits.actions.saturating_sub(ended.actions);
                desk.kept(ended, start, running, &parsed, &raw)
            }),
            // A worker's attempts are counted.
            (Care::NoRun | Care::Unread, None) => None,
        };
        interactions.push(NewInteraction {
            id,
            envelope_to: recipient.address,
            route: route.map(|route| route.id),
            priority,
            opening: recipient.opening,
            run: run.filter(|run| !ran_out(run)),
            epoch: running.epoch,
            thread: threading.joined,
            note: threading.note,
        });
    }
    if interactions.is_empty() {
        return Ok(None);
    }
    let message = NewMessage {
        envelope_from: arrival.from,
        remote: arrival.remote,
        received_at,
        message_id: parsed.message_id().map(str::to_owned),
        senders: [AddressField::From, AddressField::ReplyTo]
            .into_iter()
            .flat_map(|field| parsed.addresses(field))
            .map(|one| one.address.clone())
            .collect(),
        subject: clip(parsed.subject()),
        content_hash: noted.hash,
        raw: raw.clone(),
        facts: facts.unwrap_or_default(),
    };
    Ok(Some(Acceptance { message, interactions, idempotency: arrival.idempotency, taken_from: arrival.taken_from }))
}

/// Subjects are kept for lists: the first 1,000 characters do.
fn clip(subject: &str) -> String {
    match subject.char_indices().nth(1000) {
        Some((end, _)) => subject.get(..end).unwrap_or_default().to_owned(),
        None => subject.to_owned(),
    }
}
