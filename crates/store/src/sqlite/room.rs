//! Room on the disk. Mail is refused while there is little, and a reserve lets everything else go on: whoever claims, completes, erases
//! or removes makes room again.
//!
//! The reserve is a file whose blocks are allocated, so that it holds under a quota, too, and whatever else writes to the disk. It is given
//! up part by part when little is left, and made again when there is room for it.

use std::fs::File;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use rustix::fs::{FallocateFlags, fallocate, statvfs};
use rustix::io::Errno;

/// The reserve's name.
pub(super) const NAME: &str = "waypost.reserve";

/// The reserve's size in bytes; on small disks a sixteenth of the disk. The log can be folded into the database with it
/// (`SqliteOptions::checkpoint_bytes`), and used over and over afterwards.
const RESERVE: u64 = 64 << 20;

/// With less than this free, in bytes, mail is refused; on small disks with less than a thirty-second.
const MARGIN: u64 = 16 << 20;

/// The reserve is given up in so many parts.
const PARTS: u64 = 8;

/// A disk that takes no more than this at once is full, whatever it says of its free space.
const PROBE: u64 = 1 << 20;

/// The room on a data directory's disk.
#[derive(Clone)]
pub(super) struct Room(Arc<Inner>);

struct Inner {
    data_dir: PathBuf,
    /// None where it can't be made.
    reserve: Option<File>,
    reserve_bytes: u64,
    /// How much of the reserve is there.
    held: AtomicU64,
    margin: u64,
    full: AtomicBool,
}

impl Room {
    /// Looks at the disk. When there is little room some of the reserve is given up right away: opening a store writes.
    pub(super) fn of(data_dir: &Path) -> Self {
        let total = statvfs(data_dir).map_or(u64::MAX, |disk| disk.f_frsize.saturating_mul(disk.f_blocks));
        let file = File::options().create(true).truncate(false).write(true).mode(0o600).open(data_dir.join(NAME));
        let reserve = file.inspect_err(|error| tracing::warn!(%error, "could not reserve disk space")).ok();
        let held = reserve.as_ref().and_then(|file| file.metadata().ok()).map_or(0, |found| found.len());
        let room = Self(Arc::new(Inner {
            data_dir: data_dir.to_owned(),
            reserve,
            reserve_bytes: RESERVE.min(total / 16),
            held: AtomicU64::new(held),
            margin: MARGIN.min(total / 32),
            full: AtomicBool::new(false),
        }));
        room.keep_clear();
        room
    }

    /// Free bytes on the disk; what a quota leaves is not always in it.
    fn free(&self) -> u64 {
        statvfs(&self.0.data_dir).map_or(u64::MAX, |disk| disk.f_frsize.saturating_mul(disk.f_bavail))
    }

    /// Whether mail is refused.
    pub(super) fn is_full(&self) -> bool {
        self.0.full.load(Ordering::Relaxed)
    }

    /// How many bytes may be written now besides what must always be possible; none if mail is refused.
    pub(super) fn to_spare(&self) -> Option<u64> {
        self.spare_of(self.free())
    }

    fn spare_of(&self, free: u64) -> Option<u64> {
        let spare = free.checked_sub(self.0.margin);
        if spare.is_none() {
            self.refuse();
        }
        spare.filter(|_| !self.is_full())
    }

    fn refuse(&self) {
        if !self.0.full.swap(true, Ordering::Relaxed) {
            tracing::error!(free = self.free(), "the disk is full; refusing mail until there is space");
        }
    }

    /// Keeps a little free for what is written next, by what is left of the reserve. Answers as [`Room::to_spare`] does: a disk is asked
    /// once for each commit.
    pub(super) fn keep_clear(&self) -> Option<u64> {
        let mut free = self.free();
        while free < self.0.margin / 2 && self.give_up() {
            free = self.free();
        }
        self.spare_of(free)
    }

    /// After a write that failed: answers whether that was for want of room, and there is some more now.
    pub(super) fn is_made(&self) -> bool {
        self.is_out() && self.give_up()
    }

    /// Whether the disk takes no more.
    pub(super) fn is_out(&self) -> bool {
        let probe = || match &self.0.reserve {
            Some(reserve) => {
                let held = self.0.held.load(Ordering::Relaxed);
                let probed = allocate(reserve, held, PROBE);
                // What was probed for is given back.
                probed.is_err() | reserve.set_len(held).is_err()
            }
            None => false,
        };
        let out = self.free() < self.0.margin || probe();
        if out {
            self.refuse();
        }
        out
    }

    /// Gives a part of the reserve up; answers whether there was any. Not all of it: others write to the disk, too.
    fn give_up(&self) -> bool {
        self.refuse();
        let held = self.0.held.load(Ordering::Relaxed);
        let Some(reserve) = self.0.reserve.as_ref().filter(|_| held > 0) else { return false };
        let less = held.saturating_sub((self.0.reserve_bytes / PARTS).max(1));
        self.0.held.store(less, Ordering::Relaxed);
        reserve.set_len(less).inspect_err(|error| tracing::warn!(%error, "could not release the disk reserve")).is_ok()
    }

    /// Makes the reserve, if there is room for it and some more; then mail is taken.
    pub(super) fn make(&self) {
        if self.hold(self.0.reserve_bytes) && self.free() >= self.0.margin.saturating_mul(2) {
            if self.0.full.swap(false, Ordering::Relaxed) {
                tracing::info!("there is space on the disk again; accepting mail");
            }
        } else {
            self.refuse();
        }
    }

    /// Makes as much of the reserve as there is room for: the next start needs some.
    pub(super) fn make_some(&self) {
        let mut bytes = self.0.reserve_bytes;
        while bytes > self.0.held.load(Ordering::Relaxed) && !self.hold(bytes) {
            bytes /= 2;
        }
    }

    /// Makes the reserve as large as this, or leaves it.
    fn hold(&self, bytes: u64) -> bool {
        let Some(reserve) = &self.0.reserve else { return true };
        if bytes == 0 || allocate(reserve, 0, bytes).is_ok() {
            self.0.held.store(bytes, Ordering::Relaxed);
            return true;
        }
        // A part of it may have been made: that is room which others need.
        let _ = reserve.set_len(self.0.held.load(Ordering::Relaxed));
        false
    }
}

fn allocate(file: &File, from: u64, bytes: u64) -> Result<(), Errno> {
    match fallocate(file, FallocateFlags::empty(), from, bytes) {
        // Where nothing can be reserved, free space alone counts.
        Err(Errno::OPNOTSUPP | Errno::NOSYS) => Ok(()),
        allocated => allocated,
    }
}
