//! Directories of a test's own.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A directory on a real disk, removed when dropped unless the test failed.
pub struct Scratch {
    directory: TempDir,
    path: PathBuf,
}

impl Scratch {
    /// An empty directory; `name` is the test's.
    pub fn new(name: &str) -> Self {
        let parent = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let directory = tempfile::Builder::new().prefix(name).tempdir_in(parent).unwrap();
        let path = directory.path().canonicalize().unwrap();
        Self { directory, path }
    }

    /// A path in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        self.directory.disable_cleanup(std::thread::panicking());
    }
}
