//! Mails whose acceptance is under way, noted where the end of this process leaves them.
//!
//! A mail that ends the process before it is accepted comes again, for its sender heard nothing, and would end the process each time.
//! So what was under way at such an end is accepted without a run when it comes again: a worker makes the run, whose attempts the store
//! counts. What ends the process even so is accepted unread.
//!
//! A note is written to the system's cache alone: that outlives the process, and a loss of power ends no process by a mail.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// The file of what is under way: so many places, each for a hash; zeros are none.
const NOTES: &str = "underway";

/// What was under way when a process ended.
const SUSPECTS: &str = "underway-suspects.json";

const HASH_BYTES: usize = 32;

/// Mails beyond so many at a time are not noted.
const PLACES: usize = 1024;

/// A mail that has not come again after so long will not: senders give up sooner.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(7 * 24);

/// So many are remembered, the newest.
const MOST_SUSPECTS: usize = 10_000;

/// How a mail is to be taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Care {
    /// As any other.
    Usual,
    /// Without a run.
    NoRun,
    /// Without even being parsed.
    Unread,
}

/// A mail that was under way when a process ended.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Suspect {
    ends: u32,
    last: Timestamp,
}

/// Mails whose acceptance is under way.
#[derive(Debug, Default)]
pub(crate) struct Underway {
    notes: Option<File>,
    free: Mutex<Vec<u64>>,
    suspects: HashMap<String, Suspect>,
}

/// A mail whose acceptance is under way, until this is dropped.
pub(crate) struct Noted<'u> {
    underway: &'u Underway,
    place: Option<u64>,
    care: Care,
    /// The hash of its content.
    pub(crate) hash: [u8; HASH_BYTES],
}

impl Underway {
    /// Reads what the last process left behind, and begins anew, at the time that it is `now`.
    ///
    /// # Errors
    /// The files can't be written.
    pub(crate) fn open(directory: &Path, now: Timestamp) -> io::Result<Self> {
        let (notes, suspects) = (directory.join(NOTES), directory.join(SUSPECTS));
        let mut known = remembered(&suspects);
        let left = fs::read(&notes).unwrap_or_default();
        let (left, _) = left.as_chunks::<HASH_BYTES>();
        for hash in left.iter().filter(|hash| **hash != [0; HASH_BYTES]) {
            let suspect = known.entry(hex::encode(hash)).or_insert(Suspect { ends: 0, last: now });
            *suspect = Suspect { ends: suspect.ends.saturating_add(1), last: now };
        }
        let mut newest: Vec<(String, Suspect)> = known.into_iter().collect();
        newest.retain(|(_, suspect)| now.duration_since(suspect.last) < REMEMBERED);
        newest.sort_unstable_by_key(|(_, suspect)| std::cmp::Reverse(suspect.last));
        newest.truncate(MOST_SUSPECTS);
        let known: HashMap<String, Suspect> = newest.into_iter().collect();
        // First what is remembered, then the notes that it was made from.
        if !known.is_empty() || suspects.exists() {
            let beside = suspects.with_extension("json.new");
            private(&beside)?.write_all_at(&serde_json::to_vec(&known)?, 0)?;
            fs::rename(&beside, &suspects)?;
        }
        let file = private(&notes)?;
        file.write_all_at(&[0; PLACES * HASH_BYTES], 0)?;
        let places = (0..PLACES as u64).collect();
        Ok(Self { notes: Some(file), free: Mutex::new(places), suspects: known })
    }

    /// Notes a mail by the hash of its content.
    pub(crate) fn begin(&self, hash: [u8; HASH_BYTES]) -> Noted<'_> {
        let ends = if self.suspects.is_empty() {
            0
        } else {
            self.suspects.get(&hex::encode(hash)).map_or(0, |suspect| suspect.ends)
        };
        let care = match ends {
            0 => Care::Usual,
            1 => Care::NoRun,
            _ => Care::Unread,
        };
        let place = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        self.write(place, &hash);
        Noted { underway: self, place, care, hash }
    }

    /// What can't be noted is taken in all the same.
    fn write(&self, place: Option<u64>, hash: &[u8; HASH_BYTES]) {
        if let (Some(notes), Some(place)) = (&self.notes, place)
            && let Err(error) = notes.write_all_at(hash, place * HASH_BYTES as u64)
        {
            tracing::debug!(%error, "a mail in progress could not be recorded");
        }
    }
}

impl Noted<'_> {
    /// How it is to be taken in.
    pub(crate) fn care(&self) -> Care {
        self.care
    }
}

impl Drop for Noted<'_> {
    fn drop(&mut self) {
        self.underway.write(self.place, &[0; HASH_BYTES]);
        self.underway.free.lock().unwrap_or_else(PoisonError::into_inner).extend(self.place);
    }
}

/// What was remembered; nothing, where that can't be read: it only helps.
fn remembered(path: &Path) -> HashMap<String, Suspect> {
    let Ok(text) = fs::read(path) else { return HashMap::new() };
    serde_json::from_slice(&text).unwrap_or_else(|error| {
        tracing::warn!(path = %path.display(), %error, "the record of work in progress at a crash can't be read; it is ignored");
        HashMap::new()
    })
}

/// A new file that nobody else reads.
fn private(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: i64) -> Timestamp {
        Timestamp::from_second(1_750_000_000 + day * 24 * 3600).unwrap()
    }

    #[test]
    fn a_mail_that_has_not_come_again_for_a_week_is_forgotten() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        let care = |day| Underway::open(path, at(day)).unwrap().begin([1; HASH_BYTES]).care();
        std::mem::forget(Underway::open(path, at(0)).unwrap().begin([1; HASH_BYTES]));
        assert_eq!([care(0), care(6), care(7), care(8)], [Care::NoRun, Care::NoRun, Care::Usual, Care::Usual]);
    }

    fn cares(directory: &Path, hashes: &[u8]) -> Vec<Care> {
        let underway = Underway::open(directory, at(0)).unwrap();
        hashes.iter().map(|hash| underway.begin([*hash; HASH_BYTES]).care()).collect()
    }

    #[test]
    fn what_was_under_way_when_a_process_ended_is_taken_in_with_care() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        let first = Underway::open(path, at(0)).unwrap();
        drop(first.begin([1; HASH_BYTES]));
        // As a process that ends does: nothing is dropped.
        std::mem::forget(first.begin([2; HASH_BYTES]));
        assert_eq!(cares(path, &[1, 2, 3]), [Care::Usual, Care::NoRun, Care::Usual]);
        assert_eq!(cares(path, &[2]), [Care::NoRun], "it is remembered");
        std::mem::forget(Underway::open(path, at(0)).unwrap().begin([2; HASH_BYTES]));
        assert_eq!(cares(path, &[1, 2]), [Care::Usual, Care::Unread]);
    }

    #[test]
    fn places_are_used_again_and_mails_beyond_them_are_taken_in() {
        let directory = tempfile::tempdir().unwrap();
        let underway = Underway::open(directory.path(), at(0)).unwrap();
        let many: Vec<Noted<'_>> = (0..PLACES + 5).map(|_| underway.begin([7; HASH_BYTES])).collect();
        drop(many);
        std::mem::forget(underway.begin([8; HASH_BYTES]));
        assert_eq!(cares(directory.path(), &[7, 8]), [Care::Usual, Care::NoRun]);
    }

    #[test]
    fn files_that_are_damaged_do_no_harm() {
        let directory = tempfile::tempdir().unwrap();
        for name in [NOTES, SUSPECTS] {
            fs::write(directory.path().join(name), b"\xff{not what it was").unwrap();
        }
        assert_eq!(cares(directory.path(), &[1]), [Care::Usual]);
    }
}
