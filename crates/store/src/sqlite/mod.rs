//! The store in one SQLite file: one thread writes and groups commits, a few read beside it.

mod accept;
mod access;
mod audit;
mod catalogue;
mod catalogue_columns;
mod columns;
mod error;
mod interactions;
mod mail_columns;
mod queues;
mod readers;
mod replays;
mod retention;
mod runs;
mod schema;
mod seen;
mod tables;
mod tally;
#[cfg(test)]
mod tests;
mod writer;

use std::fs::{File, TryLockError};
use std::path::Path;
use std::thread::JoinHandle;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::watch;

use crate::error::StoreError;
use crate::traits::{Heard, PeerStore};

use readers::Readers;
use writer::{Writer, WriterOptions};

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
        }
    }
}

/// A store in the data directory. Dropping it waits until what was started is on stable storage.
pub struct SqliteStore {
    /// `None` only while the store is dropped.
    handles: Option<(Writer, Readers)>,
    threads: Vec<JoinHandle<()>>,
    options: SqliteOptions,
    /// Locked as long as the store lives, and longest of all: fields are dropped in order.
    _lock: File,
}

impl SqliteStore {
    /// Opens `waypost.db` in the data directory, makes it if it is missing, and brings it up to date.
    ///
    /// # Errors
    /// `InUse` when another process holds the directory, `TooNew` when a newer release wrote it, or the disk's trouble.
    pub fn open(data_dir: &Path, options: SqliteOptions) -> Result<Self, StoreError> {
        let lock = lock(data_dir)?;
        let path = data_dir.join("waypost.db");
        let mut db = schema::open_writer(&path, options.checkpoint_bytes)?;
        schema::migrate(&mut db, &path, schema::MIGRATIONS)?;
        runs::end_leases(&db)?;
        tables::end_rights(&db)?;
        Self::start(lock, &path, db, options)
    }

    fn start(lock: File, path: &Path, db: rusqlite::Connection, options: SqliteOptions) -> Result<Self, StoreError> {
        let connections = (0..options.readers.max(1)).map(|_| schema::open_reader(path)).collect::<Result<_, _>>()?;
        let (readers, mut threads) = Readers::start(connections, options.patience)?;
        let beside = schema::open_writer(path, options.checkpoint_bytes)?;
        let (writer, thread) = Writer::start(
            db,
            beside,
            WriterOptions {
                batch: options.batch.max(1),
                patience: options.patience,
                checkpoint_bytes: options.checkpoint_bytes,
            },
        )?;
        threads.push(thread);
        Ok(Self { handles: Some((writer, readers)), threads, options, _lock: lock })
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

#[async_trait]
impl PeerStore for SqliteStore {
    fn heard(&self) -> Option<watch::Receiver<Heard>> {
        None
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
        self.handles = None;
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread of the store had panicked");
            }
        }
    }
}

/// Locks the data directory for this process; the lock goes with the process, however it ends.
fn lock(data_dir: &Path) -> Result<File, StoreError> {
    let failed = |error: std::io::Error| {
        StoreError::Failed(format!("the data directory `{}` can't be locked: {error}", data_dir.display()))
    };
    let file =
        File::options().create(true).truncate(false).write(true).open(data_dir.join("waypost.lock")).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse(data_dir.display().to_string())),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}
