//! A small disk that a test fills.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A small file system of its own, gone when this is dropped.
pub struct Disk(PathBuf);

impl Disk {
    /// None, with a word, where nothing may be mounted.
    pub fn of(path: PathBuf, megabytes: u32) -> Option<Self> {
        fs::create_dir_all(&path).unwrap();
        let size = format!("size={megabytes}m");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(&path).output();
        let mounted = waypost_test_needs::tool(mounted.map_err(|error| format!("mount is not installed: {error}")))?;
        let refused = "a small file system can't be mounted here: it takes root and, in a container, SYS_ADMIN";
        waypost_test_needs::allowed(mounted.status.success().then_some(Self(path)).ok_or(refused))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file until nothing more fits.
    pub fn fill(&self) {
        let mut ballast = OpenOptions::new().create(true).append(true).open(self.0.join("ballast")).unwrap();
        for bytes in [1 << 20, 1 << 14, 1 << 12, 1] {
            let block = vec![7; bytes];
            while ballast.write_all(&block).is_ok() {}
        }
    }

    /// Makes room again.
    pub fn empty(&self) {
        fs::remove_file(self.0.join("ballast")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}
