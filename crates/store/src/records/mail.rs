//! Accepted mail and what became of it.

use std::collections::BTreeMap;

use bytes::Bytes;
use jiff::Timestamp;
use uuid::Uuid;
use waypost_ids::{DecisionKind, DeliveryState, FlowId, InteractionId, QueueId, Version};

use super::catalogue::{Epoch, RouteTarget};
use super::correspondents::Correspondent;
use super::facts::Facts;
use super::mailboxes::Place;
use super::outbox::Outgoing;
use super::threads::{ThreadNote, ThreadRecord};
use crate::encoding::kept_as_numbers;
use crate::leases::Lease;
use crate::rules::duplicates;

kept_as_numbers! {
    /// The state of an interaction. `crate::rules` decides the transitions.
    pub enum State {
        /// It waits for a worker: accepted, or to be run again.
        Received = 0,
        /// A worker is running it.
        Running = 1,
        /// Its run is parked: it waits for an answer from outside, and no worker holds it.
        Waiting = 5,
        /// The last run ended; it waits in a queue to be claimed.
        Decided = 2,
        /// Its forward is on the way, or its queue pushes it. For users it is decided.
        GoingOut = 6,
        /// Somebody has claimed it.
        Claimed = 3,
        /// Acknowledged, forwarded or pushed to everybody, or dropped on purpose.
        Completed = 4,
    }
}

impl State {
    /// Whether a run has still to end.
    #[must_use]
    pub const fn awaits_decision(self) -> bool {
        match self {
            Self::Received | Self::Running | Self::Waiting => true,
            Self::Decided | Self::GoingOut | Self::Claimed | Self::Completed => false,
        }
    }
}

/// A decision as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct DecisionRecord {
    /// How the run ended.
    pub kind: DecisionKind,
    /// The queue it is in: always set for `Queue` and `Unrouted`. With `Forward`, the queue it goes to if the forward fails.
    pub queue: Option<QueueId>,
    /// Higher is sooner.
    pub priority: i64,
    /// Required skills.
    pub skills: Vec<String>,
    /// The required language.
    pub language: Option<String>,
    /// Addresses of a forward.
    pub addresses: Vec<String>,
    /// The flow's reason for a disconnect.
    pub reason: Option<String>,
    /// The outcome, such as `refunded`, set by the flow or by the person who completed it.
    pub outcome: Option<String>,
    /// Why the run failed: a JSON object with `code`, `message`, and where it happened.
    pub error: Option<serde_json::Value>,
}

/// A run that ended, committed together with its decision.
#[derive(Clone, Debug)]
pub struct RunRecord {
    /// The flow that the route led to and the version that ran; none for a route straight to a queue.
    pub flow: Option<(FlowId, Version)>,
    /// When the run started: when it was first claimed, if it was parked since.
    pub started_at: Timestamp,
    /// How long it took to its end, waits included, in microseconds.
    pub duration_us: u64,
    /// How it ended.
    pub decision: DecisionRecord,
    /// The attributes that the run left, and it alone.
    pub attributes: BTreeMap<String, String>,
    /// The trace as JSON (its schema is published).
    pub trace: String,
    /// The run's questions and answers, as JSON; none if it asked nothing, and for runs of releases that kept none.
    pub journal: Option<String>,
    /// Free text of who asked for this run again; none for the first.
    pub rerun_by: Option<String>,
    /// What it sends. Read back, it is empty: deliveries are listed apart.
    pub sends: Vec<Outgoing>,
}

impl RunRecord {
    /// How many bytes its longest parts have.
    pub(crate) fn bytes(&self) -> usize {
        let sent = self.sends.iter().map(|mail| mail.content.head.len().saturating_add(mail.content.tail.len()));
        let said = self.trace.len().saturating_add(self.journal.as_ref().map_or(0, String::len));
        sent.fold(said, usize::saturating_add)
    }
}

/// A message on its way into the store.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// The bytes as received.
    pub raw: Bytes,
    /// The envelope sender; empty for the null reverse-path.
    pub envelope_from: String,
    /// The peer's address.
    pub remote: String,
    /// When it was accepted.
    pub received_at: Timestamp,
    /// The Message-ID without angle brackets.
    pub message_id: Option<String>,
    /// The addresses of `From`, `Sender` and `Reply-To`.
    pub senders: Vec<String>,
    /// The decoded subject.
    pub subject: String,
    /// SHA-256 of the content with leading Received and Return-Path fields left aside.
    pub content_hash: [u8; 32],
    /// What was found out about it.
    pub facts: Facts,
}

/// One interaction that the message makes: one for each route that matched.
#[derive(Clone, Debug)]
pub struct NewInteraction {
    /// Its identifier.
    pub id: InteractionId,
    /// The envelope recipient.
    pub envelope_to: String,
    /// The route that matched; none for `postmaster` without a route.
    pub route: Option<Uuid>,
    /// The priority it starts with.
    pub priority: i64,
    /// What was said of it besides its mail.
    pub opening: Option<Opening>,
    /// The run, when it could be finished before the commit; without it a worker will run the interaction.
    pub run: Option<RunRecord>,
    /// The catalogue that `run` used. When it is no longer the newest, `run` is dropped.
    pub epoch: Epoch,
    /// The thread that it joins; none if it begins one.
    pub thread: Option<ThreadRecord>,
    /// What later mail finds its thread by; none if nothing is ever to join it.
    pub note: Option<ThreadNote>,
}

/// What was said of an interaction besides its mail, when it was handed in.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Opening {
    /// Where it goes instead of where a route leads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<RouteTarget>,
    /// Skills asked for, where it goes straight to a queue.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub skills: Vec<String>,
    /// The language asked for, where it goes straight to a queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Attributes that it starts with.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
}

/// What makes a repeated HTTP request the same request.
#[derive(Clone, Debug)]
pub struct IdempotencyKey {
    /// Client and key, as one string.
    pub key: String,
    /// SHA-256 of the body and the parameters that matter.
    pub fingerprint: [u8; 32],
}

/// Everything that one acceptance commits in one transaction.
#[derive(Clone, Debug)]
pub struct Acceptance {
    /// The message.
    pub message: NewMessage,
    /// Its interactions; at least one.
    pub interactions: Vec<NewInteraction>,
    /// For HTTP: the request's key.
    pub idempotency: Option<IdempotencyKey>,
    /// Where the mail was taken from, if it was: from there it is never taken again.
    pub taken_from: Option<Place>,
}

impl Acceptance {
    /// How many bytes its longest parts have: those of the message, and what its runs leave and send.
    pub(crate) fn bytes(&self) -> usize {
        let runs = self.interactions.iter().filter_map(|one| Some(one.run.as_ref()?.bytes()));
        runs.fold(self.message.raw.len(), usize::saturating_add)
    }
}

/// The result for one interaction offered with an acceptance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// It was made; `decided` tells whether its run was kept.
    Created {
        /// Its identifier.
        id: InteractionId,
        /// Whether the offered run was kept; if not, a worker must run it.
        decided: bool,
        /// An earlier interaction of the same route with the same Message-ID and other content.
        possible_duplicate_of: Option<InteractionId>,
    },
    /// Nothing was made: the first one counts it.
    Duplicate {
        /// The interaction that was made the first time.
        of: InteractionId,
    },
}

/// What an acceptance answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AcceptOutcome {
    /// Committed, one answer for each offered interaction, in order.
    Committed(Vec<Accepted>),
    /// The idempotency key was seen with the same fingerprint: what it made then.
    Replayed(Vec<InteractionId>),
    /// The idempotency key was seen with another fingerprint.
    KeyReused,
    /// The mail was taken from its place before: nothing was kept.
    Taken,
}

/// The result of setting attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttributesSet {
    /// They are set.
    Done,
    /// The interaction does not exist, or was erased: nothing is set.
    Gone,
    /// Together with those that stay they would be too large: nothing is set.
    TooLarge {
        /// Names and values together, in bytes.
        bytes: usize,
    },
}

/// What waits as unrouted is counted up to this: a count reads no more entries of an index, however much waits.
pub const MOST_UNROUTED: u64 = 10_000;

/// What to claim for runs.
#[derive(Clone, Copy, Debug)]
pub struct RunClaim {
    /// At most this many that no unfinished attempt was made at.
    pub fresh: u32,
    /// At most this many that an attempt was made at which never ended: it may have ended its process.
    pub retried: u32,
    /// How long the lease lasts unless it is renewed, in seconds.
    pub lease_seconds: u32,
}

/// Work for a run. The message is read separately: an unreadable one blocks no other run.
#[derive(Clone, Debug)]
pub struct ClaimedRun {
    /// The interaction.
    pub interaction: InteractionRecord,
    /// How many earlier attempts at this run never ended.
    pub attempts: u32,
    /// Whether it was parked, and goes on from its journal.
    pub parked: bool,
    /// The catalogue's epoch at the claim, read in the same transaction: the run must use a snapshot at least as new.
    pub epoch: Epoch,
    /// The lease under which the run is made and recorded.
    pub lease: Lease,
}

/// An interaction as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct InteractionRecord {
    /// Its identifier.
    pub id: InteractionId,
    /// Its state.
    pub state: State,
    /// When it was accepted.
    pub received_at: Timestamp,
    /// When it came into its queue; set while it is there, claimed or not.
    pub queued_at: Option<Timestamp>,
    /// The envelope sender.
    pub envelope_from: String,
    /// The envelope recipient.
    pub envelope_to: String,
    /// The peer's address.
    pub remote: String,
    /// The Message-ID without angle brackets.
    pub message_id: Option<String>,
    /// The decoded subject.
    pub subject: String,
    /// The route.
    pub route: Option<Uuid>,
    /// The priority before any run.
    pub initial_priority: i64,
    /// What was said of it besides its mail.
    pub opening: Option<Opening>,
    /// The flow and version of the last run.
    pub flow: Option<(FlowId, Version)>,
    /// How the last run ended.
    pub decision: Option<DecisionRecord>,
    /// How many runs have ended.
    pub runs: u32,
    /// The attributes after the last run, with those that were set apart from runs over them.
    pub attributes: BTreeMap<String, String>,
    /// How often the same mail came again within the window.
    pub duplicates: u64,
    /// An earlier interaction with the same Message-ID and other content.
    pub possible_duplicate_of: Option<InteractionId>,
    /// Message, subject, traces and attributes are gone: erased on request, or past their retention.
    pub erased: bool,
    /// The thread that it joined; none if it began one.
    pub thread: Option<ThreadRecord>,
}

impl InteractionRecord {
    /// Its thread: the one that it joined, or its own.
    #[must_use]
    pub fn its_thread(&self) -> ThreadRecord {
        self.thread.clone().unwrap_or_else(|| ThreadRecord::begun_by(self.id))
    }

    /// Why mail that came later was counted on it, if any was.
    #[must_use]
    pub fn duplicates_reason(&self) -> Option<&'static str> {
        (self.duplicates > 0).then(|| duplicates::reason(self.route.is_some()))
    }
}

/// A run as it is listed.
#[derive(Clone, Debug)]
pub struct RunSummary {
    /// Counted from 1.
    pub number: u32,
    /// The run.
    pub run: RunRecord,
}

/// What to list.
#[derive(Clone, Debug, Default)]
pub struct InteractionFilter {
    /// Only this state.
    pub state: Option<State>,
    /// That state alone: for those who list what users see, [`State::GoingOut`] is decided and [`State::Waiting`] is running, unless this is set.
    pub alone: bool,
    /// Only this kind of decision. A forward that failed and waits in a queue is `Forward` and `Unrouted`.
    pub decision: Option<DecisionKind>,
    /// Only what is in this queue.
    pub queue: Option<QueueId>,
    /// Only what this flow ran.
    pub flow: Option<FlowId>,
    /// Exact envelope sender, ignoring case, in either spelling.
    pub from: Option<Correspondent>,
    /// Exact envelope recipient, ignoring case, in either spelling.
    pub to: Option<Correspondent>,
    /// Exact Message-ID without angle brackets.
    pub message_id: Option<String>,
    /// Contained in the subject, ignoring case.
    pub subject: Option<String>,
    /// Received at or after.
    pub since: Option<Timestamp>,
    /// Received before.
    pub until: Option<Timestamp>,
    /// Only what belongs to this thread.
    pub thread: Option<Uuid>,
    /// Only what waits in one of these queues since before its time; of a queue that is not named nothing.
    pub late: Option<Vec<(QueueId, Timestamp)>>,
}

/// Counts of everything that is stored. `accepted` is always `duplicates + interactions`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Offered interactions that were answered with success.
    pub accepted: u64,
    /// Of these: counted on an earlier one.
    pub duplicates: u64,
    /// Of these: made.
    pub interactions: u64,
    /// Interactions by state.
    pub by_state: BTreeMap<State, u64>,
    /// Interactions by the last decision.
    pub by_decision: BTreeMap<DecisionKind, u64>,
    /// Interactions that wait as unrouted: nothing decided, the run failed, or a forward did not arrive. Claimed ones are among them.
    /// Counted up to [`MOST_UNROUTED`].
    pub unrouted: u64,
    /// Deliveries by state.
    pub deliveries: BTreeMap<DeliveryState, u64>,
    /// The oldest interaction that has no decision yet.
    pub oldest_undecided_at: Option<Timestamp>,
}
