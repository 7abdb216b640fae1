//! What goes out on behalf of an interaction. A mail that goes out has one content and a delivery for each of its recipients.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use waypost_ids::{DeliveryId, DeliveryKind, DeliveryState, InteractionId, MailboxId, QueueId, WebhookId};

use crate::leases::Lease;

/// The bytes of a mail that goes out. Those of the interaction's own message are not kept twice: they stand between `head` and `tail`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// What comes first.
    pub head: Bytes,
    /// Whether the interaction's message follows, as it was received.
    pub with_original: bool,
    /// What comes last.
    pub tail: Bytes,
}

/// A mail on its way into the store, committed with what it is sent for.
#[derive(Clone, Debug, PartialEq)]
pub struct Outgoing {
    /// What it is.
    pub kind: DeliveryKind,
    /// Its bytes.
    pub content: Content,
    /// The address it is from: its domain is that of the envelope sender.
    pub sender: String,
    /// Its Message-ID (of a forward that is resent: its Resent-Message-ID) without angle brackets, the same in every attempt.
    pub message_id: String,
    /// Where in the flows it was asked for, as JSON; none if a person did.
    pub place: Option<String>,
    /// Its recipients, each of them once.
    pub to: Vec<Addressed>,
}

/// One recipient of a mail.
#[derive(Clone, Debug, PartialEq)]
pub struct Addressed {
    /// The delivery's identifier.
    pub id: DeliveryId,
    /// The recipient's address.
    pub target: String,
    /// Why it must not be sent; none if it may.
    pub held: Option<Held>,
    /// What an automatic answer counts against; none if it is no answer, or a person wrote it.
    pub answers: Option<Answers>,
}

/// A rule that holds a delivery back, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// The rule's name, such as `automatic`.
    pub rule: String,
    /// Why it holds, in words.
    pub reason: String,
}

/// Whom an automatic answer goes to, and how many may go there. It is compared with what was kept before in the transaction that keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answers {
    /// The correspondent, folded: address in lower case.
    pub correspondent: String,
    /// The thread: the first Message-ID that its mail names.
    pub thread: String,
    /// The limit of automatic answers to the correspondent within a day.
    pub most_a_day: u32,
    /// The limit of automatic answers in the thread within an hour.
    pub most_an_hour: u32,
}

/// A delivery as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct DeliveryRecord {
    /// Its identifier.
    pub id: DeliveryId,
    /// The interaction that it is for.
    pub interaction: InteractionId,
    /// The number of the run that decided it, counted from 1; none if a person did.
    pub run: Option<u32>,
    /// What it is.
    pub kind: DeliveryKind,
    /// The recipient's address.
    pub target: String,
    /// Its state.
    pub state: DeliveryState,
    /// How many attempts were begun.
    pub attempts: u32,
    /// When it is tried next, while it is pending: during an attempt, when the attempt's lease ends.
    pub next_attempt_at: Option<Timestamp>,
    /// From when on the time counts for which it is tried: when it was made, or last retried by somebody.
    pub since: Timestamp,
    /// What the receiver last said, or what failed, in words; of a bounce what it says.
    pub last_answer: Option<String>,
    /// The rule that held it back.
    pub held: Option<Held>,
    /// The address it is from.
    pub sender: String,
    /// The mail's Message-ID (Resent-Message-ID) without angle brackets.
    pub message_id: String,
    /// Where in the flows it was asked for, as JSON.
    pub place: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it came to the state it is in, unless it is pending.
    pub ended_at: Option<Timestamp>,
}

/// Which way deliveries go out. Each way is claimed apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Mail, by SMTP.
    Mail,
    /// Requests to webhooks, by HTTP.
    Webhooks,
    /// Messages put into folders of mailboxes, by IMAP.
    Folders,
}

impl Way {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Mail, Self::Webhooks, Self::Folders];

    /// The way of a kind to a target. What a queue pushes goes to an address, to a webhook, which has its id for an address, or to a folder.
    #[must_use]
    pub fn of(kind: DeliveryKind, target: &str) -> Self {
        match kind {
            DeliveryKind::Reply | DeliveryKind::Mail | DeliveryKind::Forward => Self::Mail,
            DeliveryKind::Webhook => Self::Webhooks,
            DeliveryKind::QueuePush if target.parse::<WebhookId>().is_ok() => Self::Webhooks,
            DeliveryKind::QueuePush if FolderTarget::read(target).is_some() => Self::Folders,
            DeliveryKind::QueuePush => Self::Mail,
        }
    }
}

/// A folder that a queue pushes into, as a delivery's target is written: no address begins so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderTarget {
    /// The mailbox.
    pub mailbox: MailboxId,
    /// The folder.
    pub folder: String,
}

impl FolderTarget {
    /// Reads a delivery's target; none if it is another kind of target.
    #[must_use]
    pub fn read(target: &str) -> Option<Self> {
        let (mailbox, folder) = target.strip_prefix("mailbox:")?.split_once('/')?;
        Some(Self { mailbox: mailbox.parse().ok()?, folder: folder.to_owned() })
    }
}

impl fmt::Display for FolderTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "mailbox:{}/{}", self.mailbox, self.folder)
    }
}

impl DeliveryRecord {
    /// Which way it goes out.
    #[must_use]
    pub fn way(&self) -> Way {
        Way::of(self.kind, &self.target)
    }
}

/// What to claim for attempts.
#[derive(Clone, Debug)]
pub struct DeliveryClaim {
    /// Only what goes out this way.
    pub way: Way,
    /// At most this many.
    pub max: u32,
    /// The lease under which the attempts are made: one for all.
    pub lease: Lease,
    /// At most this many to one domain or webhook, including those in progress.
    pub most_of_a_domain: u32,
    /// How many attempts of the claimer's are under way to domains of recipients, whatever the case, or to webhooks by their ids.
    pub busy: Vec<(String, u32)>,
    /// What somebody wants tried now: those that are due come first, however much goes to their domain or webhook.
    pub first: Vec<DeliveryId>,
    /// What the claimer is carrying: not even a clock that jumps makes it due.
    pub not: Vec<DeliveryId>,
}

/// No attempt is put off for longer than this, and no lease lasts longer. What is due later was put off by a clock that was ahead.
pub const FARTHEST: Duration = Duration::from_secs(80 * 60);

/// At most so many deliveries are brought nearer at a time.
pub const BROUGHT_NEARER: u32 = 1000;

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempted {
    /// What comes of it.
    pub end: AttemptEnd,
    /// What the receiver said, or what failed.
    pub answer: String,
}

/// Who answered, or what happened, and with which status, in three digits or enhanced (RFC 3463): without the receiver's own words.
pub(crate) fn without_words(answer: &str) -> String {
    let Some((head, words)) = answer.split_once(": ") else {
        return answer.lines().next().unwrap_or_default().to_owned();
    };
    let is_number = |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_status = |word: &str| match word.split('.').collect::<Vec<_>>()[..] {
        [code] => code.len() == 3 && is_number(code),
        [class, subject, detail] => [class, subject, detail].into_iter().all(is_number),
        _ => false,
    };
    let status = words.split_whitespace().next().filter(|word| is_status(word));
    status.map_or_else(|| head.to_owned(), |status| format!("{head}: {status}"))
}

/// What comes of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptEnd {
    /// The receiver accepted it.
    Delivered,
    /// It is tried again then.
    Deferred(Timestamp),
    /// It is not tried again.
    Dead,
    /// No attempt was made (the process stops): it is due immediately, and the attempt is not counted.
    Untried,
    /// No attempt was made, because the receiver is left alone until then; it is not counted.
    PutOff(Timestamp),
}

/// Which deliveries a mail that came back is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BouncedOf {
    /// This one.
    Delivery(DeliveryId),
    /// Those of the mail with this Message-ID; to this recipient, if it is known.
    Message {
        /// Without angle brackets.
        message_id: String,
        /// The recipient's address.
        recipient: Option<String>,
    },
}

/// What to list.
#[derive(Clone, Debug, Default)]
pub struct DeliveryFilter {
    /// Only this state.
    pub state: Option<DeliveryState>,
    /// Only this kind.
    pub kind: Option<DeliveryKind>,
    /// Only of this interaction.
    pub interaction: Option<InteractionId>,
    /// Only to this address, whatever the case.
    pub target: Option<String>,
}

/// Why a delivery is not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unchanged {
    /// There is none.
    Missing,
    /// It is in a state in which this can't be done.
    State(DeliveryState),
    /// An attempt is in progress: its outcome must be known first.
    UnderWay,
    /// Its content was erased.
    Erased,
    /// Its interaction is not to be pushed: somebody claimed or completed it, or another push replaced this one.
    Taken,
}

/// Where a claimed interaction goes instead.
#[derive(Clone, Debug, PartialEq)]
pub struct Transfer {
    /// The queue.
    pub queue: QueueId,
    /// Higher is sooner; none keeps what it has.
    pub priority: Option<i64>,
    /// Skills asked for; none keeps those it has.
    pub skills: Option<Vec<String>>,
    /// The language asked for; none keeps the one it has.
    pub language: Option<String>,
    /// What the queue delivers it by; none if it waits there to be claimed.
    pub push: Option<Outgoing>,
}

/// Interactions by place, each in exactly one; counted over all rows at one moment, not from counters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// How many are in each place; places with none are present.
    pub places: BTreeMap<Place, u64>,
    /// How many deliveries are in each state; states with none are present.
    pub deliveries: BTreeMap<DeliveryState, u64>,
    /// Some of those that are stuck, oldest first, with the reason.
    pub stuck: Vec<(InteractionId, Stuck)>,
    /// The counters at the same moment.
    pub tallied: super::mail::Summary,
    /// The queues for which the tally differs from what waits there.
    pub queues: Vec<super::queues::CountedQueue>,
}

/// The result of sending a mail under a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendOutcome {
    /// It is kept, and goes out.
    Kept,
    /// The idempotency key was seen with the same fingerprint: the deliveries that it made then.
    Repeated(Vec<DeliveryId>),
    /// The idempotency key was seen with another fingerprint.
    KeyReused,
}

/// A place in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// No run has ended yet.
    Undecided,
    /// It waits in a queue.
    Queued,
    /// Somebody has claimed it.
    Claimed,
    /// Its forward or push is being delivered.
    GoingOut,
    /// It does not move without intervention.
    Stuck,
    /// It is completed.
    Completed,
    /// A flow dropped it on purpose.
    Dropped,
}

impl Place {
    /// Every place.
    pub const ALL: [Self; 7] =
        [Self::Undecided, Self::Queued, Self::Claimed, Self::GoingOut, Self::Stuck, Self::Completed, Self::Dropped];

    /// What a number in `crate::conditions::places` stands for.
    pub(crate) const fn of_code(code: i64) -> Option<Self> {
        match code {
            0 => Some(Self::Undecided),
            1 => Some(Self::Queued),
            2 => Some(Self::Claimed),
            3 => Some(Self::GoingOut),
            5 => Some(Self::Completed),
            6 => Some(Self::Dropped),
            10.. => Some(Self::Stuck),
            _ => None,
        }
    }
}

/// Why an interaction is stuck.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stuck {
    /// It waits in a queue that does not exist any more, or in none.
    NoQueue,
    /// It is being delivered so, but no delivery of it is pending.
    NothingPending(GoesBy),
    /// A delivery of it has been due for so long that no node seems to send it.
    Overdue(GoesBy),
}

/// How an interaction goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GoesBy {
    /// Its flow forwarded it.
    Forward,
    /// Its queue pushes it.
    Push,
}

impl Stuck {
    /// What a number in `crate::conditions::places` stands for.
    pub(crate) const fn of_code(code: i64) -> Option<Self> {
        match code {
            10 => Some(Self::NoQueue),
            11 => Some(Self::NothingPending(GoesBy::Forward)),
            12 => Some(Self::Overdue(GoesBy::Forward)),
            13 => Some(Self::NothingPending(GoesBy::Push)),
            14 => Some(Self::Overdue(GoesBy::Push)),
            _ => None,
        }
    }
}
