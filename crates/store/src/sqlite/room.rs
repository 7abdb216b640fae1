//! Room on the disk. Mail is refused while there is little, and a reserve lets everything else go on: whoever claims, completes, erases
//! or removes makes room again.
//!
//! The reserve is a file whose blocks are allocated, so that it holds under a quota, too, and whatever else writes to the disk. It is given
//! up as soon as the disk refuses to take more, and made again when there is room for it.

use std::fs::File;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::{FallocateFlags, fallocate, statvfs};
use rustix::io::Errno;

/// The reserve's name.
const NAME: &str = "waypost.reserve";

/// The reserve's size in bytes; on small disks a sixteenth of the disk. The log can be folded into the database with it
/// (`SqliteOptions::checkpoint_bytes`), and used over and over afterwards.
const RESERVE: u64 = 64 << 20;

/// With less than this free, in bytes, mail is refused; on small disks with less than a thirty-second.
const MARGIN: u64 = 16 << 20;

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
    margin: u64,
    full: AtomicBool,
}

impl Room {
    /// Looks at the disk. When there is little room the reserve is given up right away: opening a store writes.
    pub(super) fn of(data_dir: &Path) -> Self {
        let total = statvfs(data_dir).map_or(u64::MAX, |disk| disk.f_frsize.saturating_mul(disk.f_blocks));
        let file = File::options().create(true).truncate(false).write(true).mode(0o600).open(data_dir.join(NAME));
        let room = Self(Arc::new(Inner {
            data_dir: data_dir.to_owned(),
            reserve: file.inspect_err(|error| tracing::warn!(%error, "the reserve can't be made")).ok(),
            reserve_bytes: RESERVE.min(total / 16),
            margin: MARGIN.min(total / 32),
            full: AtomicBool::new(false),
        }));
        if room.free() < room.0.margin {
            room.give_up();
        }
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
        let spare = self.free().checked_sub(self.0.margin);
        if spare.is_none() {
            self.refuse();
        }
        spare.filter(|_| !self.is_full())
    }

    fn refuse(&self) {
        if !self.0.full.swap(true, Ordering::Relaxed) {
            tracing::error!(free = self.free(), "the disk is full: mail is refused until there is room");
        }
    }

    /// After a write that failed: answers whether the disk is full, and gives the reserve up if it is.
    pub(super) fn is_out(&self) -> bool {
        let probe = || match &self.0.reserve {
            Some(reserve) => {
                let probed = allocate(reserve, self.0.reserve_bytes, PROBE);
                // What was probed for is given back.
                probed.is_err() || reserve.set_len(self.0.reserve_bytes).is_err()
            }
            None => false,
        };
        let out = self.free() < self.0.margin || probe();
        if out {
            self.give_up();
        }
        out
    }

    /// Gives the reserve up and refuses mail.
    pub(super) fn give_up(&self) {
        self.refuse();
        if let Some(reserve) = &self.0.reserve
            && let Err(error) = reserve.set_len(0)
        {
            tracing::warn!(%error, "the reserve can't be given up");
        }
    }

    /// Makes the reserve, if there is room for it and some more; then mail is taken.
    pub(super) fn make(&self) {
        if self.allocate(self.0.reserve_bytes) && self.free() >= self.0.margin.saturating_mul(2) {
            if self.0.full.swap(false, Ordering::Relaxed) {
                tracing::info!("there is room on the disk: mail is taken again");
            }
        } else {
            self.refuse();
        }
    }

    /// Makes as much of the reserve as there is room for: the next start needs some.
    pub(super) fn make_some(&self) {
        let mut bytes = self.0.reserve_bytes;
        while bytes > 0 && !self.allocate(bytes) {
            bytes /= 2;
        }
    }

    /// Makes a reserve of so many bytes, or none.
    fn allocate(&self, bytes: u64) -> bool {
        let Some(reserve) = &self.0.reserve else { return true };
        let made = bytes == 0 || allocate(reserve, 0, bytes).is_ok();
        if !made {
            // A part of it may have been made: that is room which others need.
            let _ = reserve.set_len(0);
        }
        made
    }
}

fn allocate(file: &File, from: u64, bytes: u64) -> Result<(), Errno> {
    match fallocate(file, FallocateFlags::empty(), from, bytes) {
        // Where nothing can be reserved, free space alone counts.
        Err(Errno::OPNOTSUPP | Errno::NOSYS) => Ok(()),
        allocated => allocated,
    }
}
