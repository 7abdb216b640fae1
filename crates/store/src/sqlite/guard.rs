//! What is looked at while the store is open: whether its files are still there, and how far it is.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rusqlite::Connection;
use uuid::Uuid;

use super::directory::{self, DATABASE, Facts, FileId, Found, INDEX, LOG, LogHead};
use super::state::{self, Phase, Record, Remembered, StateFile};
use super::tally;
use crate::error::StoreError;

/// The store's files, as they were opened. A file that was removed still takes what is written, and nobody would ever find it.
#[derive(Clone)]
pub(super) struct Files {
    known: Arc<[(PathBuf, Option<FileId>)]>,
    lost: Arc<OnceLock<StoreError>>,
}

impl Files {
    fn opened(data_dir: &Path) -> Self {
        let known = [DATABASE, LOG, INDEX].map(|name| data_dir.join(name)).map(|path| {
            let identity = Found::at(&path).map(|found| found.id);
            (path, identity)
        });
        Self { known: known.into(), lost: Arc::default() }
    }

    /// Why nothing is written any more.
    pub(super) fn lost(&self) -> Option<&StoreError> {
        self.lost.get()
    }

    /// Looks whether all files are still there.
    pub(super) fn look(&self) -> Result<(), StoreError> {
        if let Some(lost) = self.lost() {
            return Err(lost.clone());
        }
        let Some(name) = self.missing() else { return Ok(()) };
        let error = StoreError::Damaged {
            what: format!("`{name}` was removed, replaced or emptied while the server runs"),
            detail: "nothing more is accepted: stop the server and run `waypost check`".to_owned(),
        };
        tracing::error!(%error, "the store is lost");
        Err(self.lost.get_or_init(|| error).clone())
    }

    fn missing(&self) -> Option<String> {
        let gone = self.known.iter().find(|(path, known)| {
            let found = Found::at(path);
            // Nobody empties a log but SQLite; a database always holds something.
            let emptied = path.ends_with(DATABASE) && found.as_ref().is_some_and(|found| found.bytes == 0);
            emptied || found.map(|found| found.id) != *known
        });
        Some(gone?.0.file_name().unwrap_or_default().to_string_lossy().into_owned())
    }

    /// Whether the database itself is still there.
    pub(super) fn has_database(&self) -> bool {
        self.known.first().is_some_and(|(path, known)| Found::at(path).map(|found| found.id) == *known)
    }
}

/// Notes how far the store is.
pub(super) struct Guard {
    data_dir: PathBuf,
    files: Files,
    log: File,
    state: StateFile,
    record: Record,
}

impl Guard {
    /// Notes that the store is being opened; to be called before anything is written.
    pub(super) fn opening(data_dir: &Path, remembered: &Remembered) -> Result<(), StoreError> {
        let Some(record) = remembered.record() else { return Ok(()) };
        StateFile::open(data_dir, remembered)?.keep(&Record { phase: Phase::Opening, ..*record })
    }

    /// Begins with a commit, so that there is a log to know again.
    pub(super) fn begin(db: &Connection, data_dir: &Path) -> Result<Self, StoreError> {
        let failed = |error: std::io::Error| StoreError::Unavailable(format!("`{LOG}` can't be read: {error}"));
        let facts = Facts::read(db)?;
        let commits = facts.commits.saturating_add(1);
        tally::count_commit(db, commits)?;
        let log = File::open(LogHead::path(data_dir)).map_err(failed)?;
        let remembered = state::read(data_dir)?;
        let salts = salts(&log).map_err(failed)?;
        let record = Record {
            store: facts.store.unwrap_or(Uuid::nil()),
            commits,
            folded: remembered.record().map_or(0, |record| record.folded_before(salts)),
            phase: Phase::Open,
            salts,
            bytes: bytes(data_dir),
            format: facts.format,
            schema: facts.schema,
        };
        let mut state = StateFile::open(data_dir, &remembered)?;
        state.keep(&record)?;
        directory::sync(data_dir)?;
        Ok(Self { data_dir: data_dir.to_owned(), files: Files::opened(data_dir), log, state, record })
    }

    /// The store's files.
    pub(super) fn files(&self) -> Files {
        self.files.clone()
    }

    /// Something that syncs what is noted.
    pub(super) fn syncer(&self) -> Result<File, StoreError> {
        self.state.syncer()
    }

    /// The number of the next commit.
    pub(super) fn next_commit(&self) -> u64 {
        self.record.commits.saturating_add(1)
    }

    /// Notes a commit that was made. An error means that nobody may be told of it: what was written is nowhere.
    pub(super) fn committed(&mut self) -> Result<(), StoreError> {
        self.record.commits = self.next_commit();
        self.files.look()?;
        let found = salts(&self.log).unwrap_or(self.record.salts);
        let noted = if found == self.record.salts {
            self.state.write(&self.record)
        } else {
            // The log began anew, which it does once all of it is in the database and synced.
            self.record.salts = found;
            self.record.folded = self.record.commits.saturating_sub(1);
            self.record.bytes = bytes(&self.data_dir);
            self.state.keep(&self.record)
        };
        if let Err(error) = noted {
            tracing::warn!(%error, "could not record the state of the store: lost commits may go unnoticed at the next start");
        }
        Ok(())
    }

    /// Notes that the database may become smaller and its log another, until the next commit.
    pub(super) fn rewriting(&mut self) -> Result<(), StoreError> {
        self.record.bytes = 0;
        self.state.keep(&Record { phase: Phase::Opening, ..self.record })
    }

    /// Notes that the store was stopped in order, and its database is complete.
    pub(super) fn stopped(mut self) -> Result<(), StoreError> {
        directory::sync(&self.data_dir)?;
        self.record.phase = Phase::Stopped;
        self.record.bytes = bytes(&self.data_dir);
        self.state.keep(&self.record)
    }
}

fn bytes(data_dir: &Path) -> u64 {
    fs::metadata(data_dir.join(DATABASE)).map_or(0, |found| found.len())
}

/// What the log is known by ("The SQLite Database File Format", section 4.1).
fn salts(log: &File) -> std::io::Result<[u32; 2]> {
    let mut salts = [[0; 4]; 2];
    log.read_exact_at(salts.as_flattened_mut(), 16)?;
    Ok(salts.map(u32::from_be_bytes))
}
