//! `waypost.state`: what the data directory remembers of its store, so that a store that lost something is never taken for one that had
//! nothing.
//!
//! The file has two lines of fixed length, written in turn and in place; the younger one that is whole counts. It is written after each
//! commit and before anybody is answered, and synced less often: see [`SYNC`]. After a crash of the process it tells of every commit that
//! was answered; after a loss of power it may lag behind, and never runs ahead.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::time::Duration;

use uuid::Uuid;

use crate::error::StoreError;
use crate::sums::sum;

/// The file's name.
pub(super) const NAME: &str = "waypost.state";

/// While commits come in, the file is synced this often.
pub(super) const SYNC: Duration = Duration::from_secs(1);

/// A line's length in bytes.
const LINE: usize = 256;

/// What the first words of a line are.
const HEAD: &str = "waypost-state 1";

/// Where the store is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// It is being opened: the write-ahead log may have begun anew.
    Opening,
    /// Commits go to the write-ahead log that is named by its salts.
    Open,
    /// It was stopped in order: there is no write-ahead log.
    Stopped,
}

impl Phase {
    const ALL: [(Self, &str); 3] = [(Self::Opening, "opening"), (Self::Open, "open"), (Self::Stopped, "stopped")];
}

/// What is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Record {
    /// The store's name, which the database has, too.
    pub(super) store: Uuid,
    /// How often it was committed.
    pub(super) commits: u64,
    /// How many of them the database file has at least, without the write-ahead log: 0 in states of earlier releases.
    pub(super) folded: u64,
    pub(super) phase: Phase,
    /// What the write-ahead log is known by ("The SQLite Database File Format", section 4.1).
    pub(super) salts: [u32; 2],
    /// The database file's least size in bytes.
    pub(super) bytes: u64,
    /// The number of migrations.
    pub(super) format: u32,
    /// A checksum of the schema.
    pub(super) schema: u32,
}

impl Record {
    fn line(&self, turn: u64) -> String {
        let phase = Phase::ALL.iter().find(|(phase, _)| *phase == self.phase).map_or("", |(_, word)| word);
        let [first, second] = self.salts;
        let text = format!(
            "{HEAD} turn={turn} store={} commits={} folded={} phase={phase} salts={first:08x}-{second:08x} bytes={} format={} schema={:08x}",
            self.store, self.commits, self.folded, self.bytes, self.format, self.schema
        );
        let sum = sum(text.as_bytes());
        format!("{:<width$}\n", format!("{text} sum={sum:08x}"), width = LINE - 1)
    }

    fn read(line: &str) -> Option<(u64, Self)> {
        let (text, kept) = line.trim_end().rsplit_once(" sum=")?;
        if i64::from_str_radix(kept, 16).ok()? != sum(text.as_bytes()) {
            return None;
        }
        let words = text.strip_prefix(HEAD)?;
        let value = |name: &str| words.split(' ').find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
        let (first, second) = value("salts")?.split_once('-')?;
        let salt = |hex: &str| u32::from_str_radix(hex, 16).ok();
        let record = Self {
            store: value("store")?.parse().ok()?,
            commits: value("commits")?.parse().ok()?,
            folded: value("folded").map_or(Some(0), |number| number.parse().ok())?,
            phase: Phase::ALL.iter().find(|(_, word)| value("phase") == Some(word))?.0,
            salts: [salt(first)?, salt(second)?],
            bytes: value("bytes")?.parse().ok()?,
            format: value("format")?.parse().ok()?,
            schema: u32::from_str_radix(value("schema")?, 16).ok()?,
        };
        Some((value("turn")?.parse().ok()?, record))
    }
}

/// What a data directory remembers.
#[derive(Clone, Copy, Debug)]
pub(super) enum Remembered {
    /// There is no file: the directory is new, or of an earlier release, or somebody wants it to forget.
    Nothing,
    /// There is a file, and no line of it is whole.
    Unreadable,
    /// The younger line, and its turn.
    Known(u64, Record),
}

impl Remembered {
    pub(super) fn record(&self) -> Option<&Record> {
        match self {
            Self::Known(_, record) => Some(record),
            Self::Nothing | Self::Unreadable => None,
        }
    }
}

/// Reads what is remembered.
pub(super) fn read(data_dir: &Path) -> Result<Remembered, StoreError> {
    let bytes = match fs::read(data_dir.join(NAME)) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Remembered::Nothing),
        Err(error) => return Err(failed(&error)),
    };
    let lines = bytes.chunks(LINE).filter_map(|line| Record::read(std::str::from_utf8(line).ok()?));
    let youngest = lines.max_by_key(|(turn, _)| *turn);
    Ok(youngest.map_or(Remembered::Unreadable, |(turn, record)| Remembered::Known(turn, record)))
}

fn failed(error: &io::Error) -> StoreError {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => StoreError::Full,
        _ => StoreError::Failed(format!("`{NAME}` can't be read or written: {error}")),
    }
}

/// The file, to write to.
pub(super) struct StateFile {
    file: File,
    turn: u64,
}

impl StateFile {
    /// Opens the file, or makes it.
    pub(super) fn open(data_dir: &Path, remembered: &Remembered) -> Result<Self, StoreError> {
        let path = data_dir.join(NAME);
        let file = File::options().create(true).truncate(false).write(true).mode(0o600).open(path);
        let turn = if let Remembered::Known(turn, _) = remembered { *turn } else { 0 };
        Ok(Self { file: file.map_err(|error| failed(&error))?, turn })
    }

    /// Writes a line in place of the older one.
    pub(super) fn write(&mut self, record: &Record) -> Result<(), StoreError> {
        self.turn += 1;
        let place = (self.turn % 2) * LINE as u64;
        self.file.write_all_at(record.line(self.turn).as_bytes(), place).map_err(|error| failed(&error))
    }

    /// Writes both lines and syncs them.
    pub(super) fn keep(&mut self, record: &Record) -> Result<(), StoreError> {
        self.write(record)?;
        self.write(record)?;
        self.file.sync_all().map_err(|error| failed(&error))
    }

    /// Something that syncs the file beside whoever writes it.
    pub(super) fn syncer(&self) -> Result<File, StoreError> {
        self.file.try_clone().map_err(|error| failed(&error))
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn record(commits: u64) -> Record {
        Record {
            store: Uuid::from_u128(7),
            commits,
            folded: commits,
            phase: Phase::Open,
            salts: [1, u32::MAX],
            bytes: u64::MAX,
            format: 9,
            schema: 12,
        }
    }

    #[test]
    fn the_younger_whole_line_counts() {
        let directory = TempDir::new().unwrap();
        assert!(matches!(read(directory.path()), Ok(Remembered::Nothing)));
        let mut file = StateFile::open(directory.path(), &Remembered::Nothing).unwrap();
        for commits in [1, 2, u64::MAX] {
            file.write(&record(commits)).unwrap();
            assert_eq!(read(directory.path()).unwrap().record(), Some(&record(commits)));
        }
        let path = directory.path().join(NAME);
        let whole = fs::read(&path).unwrap();
        assert_eq!(whole.len(), 2 * LINE);
        // Whatever byte of either line is another: the other line counts, or there is none.
        for place in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[place] ^= 1;
            fs::write(&path, &damaged).unwrap();
            let known = read(directory.path()).unwrap().record().map(|record| record.commits);
            assert!(matches!(known, Some(2 | u64::MAX)), "byte {place}");
        }
        fs::write(&path, &whole[..LINE / 2]).unwrap();
        assert!(matches!(read(directory.path()), Ok(Remembered::Unreadable)));
    }
}
