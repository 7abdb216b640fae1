//! What is done beside the writer: the write-ahead log is folded into the database, what is noted of the store is synced, files and room
//! on the disk are looked at.

use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Instant;

use rusqlite::Connection;

use super::guard::{Files, Guard};
use super::room::Room;
use super::state::SYNC;
use crate::error::StoreError;

/// A thread with a connection of its own: folding waits for the disk longer than any commit.
pub(super) struct Upkeep {
    requests: Option<SyncSender<()>>,
    /// Set when a request was carried out.
    folded: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Upkeep {
    /// Starts the thread.
    pub(super) fn start(db: Connection, guard: &Guard, room: Room) -> Result<Self, StoreError> {
        let (requests, receiver) = sync_channel(1);
        let folded = Arc::new(AtomicBool::new(false));
        let thread = Thread { db, room, files: guard.files(), noted: guard.syncer()?, folded: Arc::clone(&folded) };
        let thread = std::thread::Builder::new()
            .name("store-upkeep".to_owned())
            .spawn(move || thread.work(&receiver))
            .map_err(|error| StoreError::Failed(error.to_string()))?;
        Ok(Self { requests: Some(requests), folded, thread: Some(thread) })
    }

    /// Asks for the log to be folded; one request waits at most.
    pub(super) fn fold(&self) {
        if let Some(requests) = &self.requests {
            let _ = requests.try_send(());
        }
    }

    /// Whether it was folded since this was last asked.
    pub(super) fn has_folded(&self) -> bool {
        self.folded.swap(false, Ordering::Acquire)
    }
}

impl Drop for Upkeep {
    fn drop(&mut self) {
        self.requests = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Thread {
    db: Connection,
    room: Room,
    files: Files,
    noted: File,
    folded: Arc<AtomicBool>,
}

impl Thread {
    fn work(self, requests: &Receiver<()>) {
        let mut next = Instant::now() + SYNC;
        loop {
            match requests.recv_timeout(next.saturating_duration_since(Instant::now())) {
                Ok(()) => {
                    fold(&self.db, &self.room);
                    self.folded.store(true, Ordering::Release);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if Instant::now() >= next {
                self.look();
                next = Instant::now() + SYNC;
            }
        }
    }

    /// Costs nothing while nothing was written.
    fn look(&self) {
        // Told by whoever looked first.
        let _ = self.files.look();
        if let Err(error) = self.noted.sync_data() {
            tracing::warn!(%error, "could not sync the state of the store");
        }
        if self.room.to_spare().is_none() {
            self.room.make();
        }
    }
}

/// Folds what nobody reads or writes just now.
pub(super) fn fold(db: &Connection, room: &Room) {
    let fold = || db.query_row("PRAGMA wal_checkpoint(PASSIVE)", (), |_| Ok(())).map_err(StoreError::from);
    let folded = loop {
        match fold() {
            // The database grows by what is in the log: the reserve is for that.
            Err(StoreError::Full | StoreError::Unavailable(_)) if room.is_made() => {}
            folded => break folded,
        }
    };
    if let Err(error) = folded {
        tracing::warn!(%error, "could not checkpoint the write-ahead log; retrying");
    }
}
