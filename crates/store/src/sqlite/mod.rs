//! The store in one SQLite file: one thread writes and groups commits, a few read beside it.

mod accept;
mod access;
mod activity;
mod annotations;
mod applied;
mod audit;
pub mod backup;
mod catalogue;
mod catalogue_columns;
pub mod check;
mod columns;
mod correspondents;
mod deliveries;
mod directory;
mod error;
mod events;
mod guard;
mod interactions;
mod journals;
mod ledger;
mod mail_columns;
mod mailboxes;
mod outbox;
mod outside;
mod queues;
mod readers;
mod replays;
mod requests;
mod retention;
mod room;
mod runs;
mod schema;
mod seals;
mod seen;
mod standing;
mod state;
pub mod stopped;
mod tables;
mod tally;
#[cfg(test)]
mod tests;
mod threads;
mod tokens;
mod upkeep;
mod writer;

use std::fs::File;
use std::path::Path;
use std::thread::JoinHandle;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::watch;
use waypost_origin::Origin;

use crate::error::StoreError;
use crate::records::events::Hint;
use crate::rules::events::Ears;
use crate::traits::{Heard, PeerStore, RoomStore};

use directory::Beside;
use guard::Guard;
use readers::Readers;
use room::Room;
use state::Remembered;
use writer::{Work, Writer, WriterOptions};

/// What can be set for a store in SQLite.
#[derive(Clone, Debug)]
pub struct SqliteOptions {
    /// How long a message counts as the same that came before.
    pub duplicate_window: Duration,
    /// How long a repeated HTTP request is known by its key.
    pub idempotency_window: Duration,
    /// How long a caller waits for the writer or a reader before it gets [`StoreError::Unavailable`].
    pub patience: Duration,
    /// At most so many commands in one commit.
    pub batch: usize,
    /// Threads that read; at least one is started.
    pub readers: usize,
    /// The write-ahead log is folded into the database each time it has grown by about so many bytes.
    pub checkpoint_bytes: u64,
    /// Where new ids come from.
    pub origin: Origin,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            duplicate_window: Duration::from_secs(7 * 24 * 3600),
            idempotency_window: Duration::from_secs(24 * 3600),
            patience: Duration::from_secs(10),
            batch: 128,
            readers: 2,
            checkpoint_bytes: 32 * 1024 * 1024,
            origin: Origin::system(),
        }
    }
}

/// A store in the data directory. Dropping it waits until what was started is on stable storage; the database is complete then without
/// any other file.
pub struct SqliteStore {
    /// `None` only while the store is dropped.
    handles: Option<(Writer, Readers)>,
    writing: Option<JoinHandle<()>>,
    reading: Vec<JoinHandle<()>>,
    options: SqliteOptions,
    ears: Ears,
    /// Locked as long as the store lives, and longest of all: fields are dropped in order.
    _locks: Vec<File>,
}

impl SqliteStore {
    /// Opens `waypost.db` in the data directory, makes it if the directory is new, and brings it up to date.
    ///
    /// # Errors
    /// `InUse` when another process holds the directory, `TooNew` when a newer release wrote it, `Damaged` when something of what the
    /// directory held is missing or another's, or the disk's trouble.
    pub fn open(data_dir: &Path, options: SqliteOptions) -> Result<Self, StoreError> {
        let locks = directory::lock(data_dir)?;
        let room = Room::of(data_dir);
        let work = loop {
            match Self::prepare(data_dir, &options, &room) {
                // A quota that is used up is no full disk to SQLite. The reserve is there for this, too.
                Err(StoreError::Full | StoreError::Unavailable(_)) if room.is_made() => {}
                prepared => break prepared?,
            }
        };
        room.make();
        Self::start(locks, &data_dir.join(directory::DATABASE), work, options)
    }

    fn prepare(data_dir: &Path, options: &SqliteOptions, room: &Room) -> Result<Work, StoreError> {
        let path = data_dir.join(directory::DATABASE);
        let remembered = state::read(data_dir)?;
        directory::inspect(data_dir, &remembered)?;
        if matches!(remembered, Remembered::Unreadable) {
            tracing::warn!("{}", directory::unreadable_state());
        }
        directory::refuse_foreign(data_dir)?;
        let beside = Beside::missing(data_dir);
        let mut db = schema::open_writer(&path, options.checkpoint_bytes)?;
        if let Err(refused) = directory::admit(&db, data_dir, &remembered) {
            drop(db);
            beside.remove();
            return Err(refused);
        }
        if directory::has_backup(data_dir)? {
            drop(db);
            directory::adopt(&path)?;
            db = schema::open_writer(&path, options.checkpoint_bytes)?;
        }
        Guard::opening(data_dir, &remembered)?;
        schema::migrate(&mut db, &path, schema::MIGRATIONS)?;
        let guard = Guard::begin(&db, data_dir)?;
        tally::recount(&db)?;
        runs::end_leases(&db)?;
        deliveries::end_leases(&db)?;
        tables::end_rights(&db)?;
        let beside = schema::open_writer(&path, options.checkpoint_bytes)?;
        Ok(Work { db, beside, guard, room: room.clone(), ears: Ears::default() })
    }

    fn start(locks: Vec<File>, path: &Path, work: Work, options: SqliteOptions) -> Result<Self, StoreError> {
        let connections = (0..options.readers.max(1)).map(|_| schema::open_reader(path)).collect::<Result<_, _>>()?;
        let (readers, reading) = Readers::start(connections, options.patience)?;
        let ears = work.ears.clone();
        let (writer, writing) = Writer::start(
            work,
            WriterOptions {
                batch: options.batch.max(1),
                patience: options.patience,
                checkpoint_bytes: options.checkpoint_bytes,
            },
        )?;
        Ok(Self { handles: Some((writer, readers)), writing: Some(writing), reading, options, ears, _locks: locks })
    }

    /// How many transactions that changed something were committed since the store was opened.
    #[must_use]
    pub fn commits(&self) -> u64 {
        self.handles.as_ref().map_or(0, |(writer, _)| writer.commits())
    }

    fn writer(&self) -> Result<&Writer, StoreError> {
        self.handles.as_ref().map(|(writer, _)| writer).ok_or_else(closed)
    }

    fn readers(&self) -> Result<&Readers, StoreError> {
        self.handles.as_ref().map(|(_, readers)| readers).ok_or_else(closed)
    }
}

impl RoomStore for SqliteStore {
    fn takes_mail(&self) -> Result<(), StoreError> {
        self.writer()?.takes_mail()
    }
}

#[async_trait]
impl PeerStore for SqliteStore {
    fn heard(&self) -> Option<watch::Receiver<Heard>> {
        None
    }

    fn tell(&self, hint: Hint) {
        self.ears.changed(&[hint]);
    }

    async fn share_requests(&self, _: &str, _: &[(i64, u32)], _: i64) -> Result<Vec<(i64, u32)>, StoreError> {
        Ok(Vec::new())
    }
}

fn closed() -> StoreError {
    StoreError::Unavailable("the store is closed".to_owned())
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        let Some((writer, readers)) = self.handles.take() else { return };
        // The writer is the last to close the database: it alone can leave it complete.
        drop(readers);
        let reading = self.reading.drain(..);
        let ended = reading.map(JoinHandle::join).fold(Ok(()), Result::and);
        drop(writer);
        if ended.and(self.writing.take().map_or(Ok(()), JoinHandle::join)).is_err() {
            tracing::error!("a thread of the store panicked");
        }
    }
}
