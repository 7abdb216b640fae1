//! What can go wrong in a store, said so that the rooms above need not know which store it is.

use thiserror::Error;
use waypost_ids::QueueId;

use crate::records::mail::InteractionRecord;

/// A store could not do what it was asked. Nothing was kept.
#[derive(Clone, Debug, Error)]
pub enum StoreError {
    /// The disk is full (SMTP answers 452).
    #[error("storage is full")]
    Full,
    /// The store can't be reached or did not answer in time; the same call may succeed later (SMTP answers 451).
    #[error("storage is not available: {0}")]
    Unavailable(String),
    /// A stored row makes no sense.
    #[error("inconsistent row in `{table}`: {detail}")]
    Inconsistent {
        /// The table.
        table: &'static str,
        /// Column, row and what is wrong with it.
        detail: String,
    },
    /// What was kept is damaged, and is not what was written.
    #[error("{what}: {detail}")]
    Damaged {
        /// What is damaged, such as "the message of interaction `…`".
        what: String,
        /// How that was seen, and what to do about it.
        detail: String,
    },
    /// The database is another program's.
    #[error(
        "`{0}` is a database of another program: it has none of the tables of Waypost: move it away, or name another directory with --data-dir"
    )]
    Foreign(&'static str),
    /// The data was written by a newer release.
    #[error("the data has format {found}, this release knows up to {known}: use a newer release")]
    TooNew {
        /// The format found.
        found: u32,
        /// The newest format that this release knows.
        known: u32,
    },
    /// Another process has the data directory open.
    #[error("the data directory `{0}` is in use by another process")]
    InUse(String),
    /// Anything else the database said.
    #[error("storage failed: {0}")]
    Failed(String),
}

impl StoreError {
    /// Whether what is kept is damaged: the same call will not succeed later, but others may around it.
    pub(crate) fn is_damage(&self) -> bool {
        matches!(self, Self::Damaged { .. } | Self::Foreign(_) | Self::Inconsistent { .. })
    }
}

/// Why a change of the catalogue was not committed.
#[derive(Debug, Error)]
pub enum CommitError {
    /// Somebody else changed the catalogue since the epoch that the change was checked against. Read again, check again.
    #[error("the catalogue changed meanwhile")]
    Conflict,
    /// Work stands in queues that were to be deleted.
    #[error("there is work in queues that were to be deleted")]
    Occupied(Vec<OccupiedQueue>),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A queue in which work stands.
#[derive(Debug)]
pub struct OccupiedQueue {
    /// The queue.
    pub queue: QueueId,
    /// One piece of the work.
    pub work: InteractionRecord,
}

/// Why something beside a flow was not kept.
#[derive(Debug, Error)]
pub enum AnnotationError {
    /// There is no such flow, or it has no such version.
    #[error("there is no such flow or version")]
    Unknown,
    /// The flow was deleted.
    #[error("the flow was deleted")]
    Deleted,
    /// Another client has checked the flow out.
    #[error("the flow `{name}` is checked out by `{holder}`")]
    Held {
        /// The flow's name.
        name: String,
        /// The client.
        holder: String,
    },
    /// It was meant for another revision.
    #[error("it was changed meanwhile")]
    Stale {
        /// The revision now; none if there is nothing yet.
        current: Option<u64>,
    },
    /// So many nodes of one flow would have positions.
    #[error("{would} nodes would have positions; the limit is {most}")]
    TooMany {
        /// How many there would be.
        would: usize,
        /// The limit.
        most: usize,
    },
    /// The ids of all nodes of one flow that have positions would have so many bytes.
    #[error("the ids of nodes with positions would have {would} bytes; the limit is {most}")]
    TooLong {
        /// How many there would be.
        would: usize,
        /// The limit.
        most: usize,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a client was not changed.
#[derive(Debug, Error)]
pub enum ClientError {
    /// Nobody would be left who may make clients.
    #[error("it is the last active client with the scope `admin`")]
    LastAdmin,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a lease could not be used.
#[derive(Debug, Error)]
pub enum LeaseError {
    /// The lease ended or was never given.
    #[error("the lease was lost")]
    Lost,
    /// The queue that it was to go to is gone.
    #[error("the queue is gone")]
    NoQueue,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why rows of a table were not read or changed.
#[derive(Debug, Error)]
pub enum TableError {
    /// There is no such table.
    #[error("the table is gone")]
    Unknown,
    /// The version is not kept any more, or is still to come.
    #[error("the table's version {asked} can't be read: those from {oldest} to {newest} can")]
    NotKept {
        /// What was asked for.
        asked: u64,
        /// The oldest version that can be read.
        oldest: u64,
        /// The newest.
        newest: u64,
    },
    /// Another version than the expected is the newest.
    #[error("the table's rows were changed meanwhile: their version is {newest}")]
    Conflict {
        /// The newest version.
        newest: u64,
    },
    /// A row that was to be new has a key that is taken.
    #[error("the key is already in use")]
    Exists,
    /// A whole new content is just being written.
    #[error("an import of the table is in progress")]
    Importing,
    /// The right to write a new content was lost: its time was over, and others went on.
    #[error("the lease of the table's import was lost")]
    Lost,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
