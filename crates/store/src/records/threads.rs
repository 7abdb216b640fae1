//! Threads: which earlier mail of its route an interaction goes on from.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use waypost_ids::{DecisionKind, InteractionId, QueueId, ThreadReason};

use super::mail::InteractionRecord;

/// An interaction's place in its thread. It is decided once, before the first run, and stored: reruns and replays read the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ThreadRecord {
    /// The thread's id: that of its first interaction.
    pub id: Uuid,
    /// Why it belongs to it.
    pub reason: ThreadReason,
    /// Its place in the thread, from 1.
    pub position: u32,
    /// The interaction before it, as it was at that moment; none for the first, and where all earlier ones have outlived their time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<PreviousRecord>,
    /// Whether a machine wrote it, such as an away notice. The next mail goes on from the one before it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub automatic: bool,
}

impl ThreadRecord {
    /// The thread that an interaction begins.
    #[must_use]
    pub fn begun_by(interaction: InteractionId) -> Self {
        Self { id: interaction.0, reason: ThreadReason::New, position: 1, previous: None, automatic: false }
    }
}

/// The earlier interaction of a thread, as it was when the later one was accepted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PreviousRecord {
    /// The interaction.
    pub id: InteractionId,
    /// When it was accepted.
    pub received_at: Timestamp,
    /// How its last run ended; none if none had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<DecisionKind>,
    /// The queue that it was decided or transferred to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<QueueId>,
    /// The queue's name at that moment; empty without one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub queue_name: String,
    /// Its priority.
    #[serde(default)]
    pub priority: i64,
    /// The skills it asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skills: Vec<String>,
    /// The language it asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Its attributes. Erasing either interaction erases them here, too.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
}

/// What later mail finds the thread of an interaction by. Texts are hashed with a key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ThreadNote {
    /// A hash of author, route and subject; none where no mail is to be joined by its subject.
    pub subject: Option<i64>,
    /// Hashes of the addresses that take part.
    pub people: Vec<i64>,
}

/// What a mail says of the thread that it belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ThreadClues {
    /// The route that it came by: a thread has interactions of one route.
    pub route: Uuid,
    /// The thread that a Message-ID of ours is signed for, which it names.
    pub marked: Option<Uuid>,
    /// The Message-IDs that it names, with the field, the likeliest first.
    pub named: Vec<(ThreadReason, String)>,
    /// The hash of its author's address; none if it has no author but us.
    pub author: Option<i64>,
    /// The hash of author, route and subject, if its subject is that of a reply and not a common one.
    pub subject: Option<i64>,
    /// Mail received before this is joined by no subject.
    pub since: Timestamp,
}

impl ThreadClues {
    /// Whether there is nothing to look for: it begins a thread.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.marked.is_none() && (self.named.is_empty() || self.author.is_none()) && self.subject.is_none()
    }
}

/// The thread that a mail joins.
#[derive(Clone, Debug, PartialEq)]
pub struct Joined {
    /// The thread.
    pub thread: Uuid,
    /// Why.
    pub reason: ThreadReason,
    /// The newest of its interactions; none if all have outlived their time.
    pub newest: Option<InteractionRecord>,
}
