//! What `scripts/setup-peers` fetches to `.peers`: others' clients, readers and verifiers.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder with them, if they were fetched.
pub struct Peers(PathBuf);

impl Peers {
    /// None, with a word, where they were not fetched.
    pub fn find() -> Option<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap().join(".peers");
        let fetched = folder.join("done").exists();
        waypost_test_needs::tool(
            fetched
                .then_some(Self(folder))
                .ok_or("the official SDKs and readers are not in `.peers`: `make test` fetches them"),
        )
    }

    /// A program of the Python environment.
    pub fn python(&self, program: &str) -> PathBuf {
        self.0.join("python/bin").join(program)
    }

    /// The JavaScript packages.
    pub fn javascript(&self) -> PathBuf {
        self.0.join("javascript/node_modules")
    }

    /// `python3` with the packages.
    pub fn run_python(&self, script: &Path) -> Command {
        let mut command = Command::new(self.python("python"));
        command.args(["-X", "utf8"]).arg(script).env("PYTHONDONTWRITEBYTECODE", "1");
        command
    }

    /// `node` with the packages.
    pub fn run_javascript(&self, script: &Path) -> Command {
        let mut command = Command::new("node");
        command.arg(script).env("NODE_PATH", self.javascript());
        command
    }
}
