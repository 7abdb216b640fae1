//! What is preloaded into servers: a disk that forgets, a clock that jumps, a kill in the middle of a commit.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::scratch::Scratch;

/// Compiles `shim/NAME.c`; answers the library.
pub fn compile(scratch: &Scratch, name: &str) -> PathBuf {
    let library = scratch.path(&format!("{name}.so"));
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/shim").join(name).with_extension("c");
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    let output = Command::new(compiler)
        .args(["-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-o"])
        .arg(&library)
        .arg(source)
        .args(["-ldl", "-lpthread"])
        .output()
        .expect("a C compiler, which the build needs, too");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    library
}

/// The clock of all servers that are started with it.
pub struct Clock {
    library: PathBuf,
    file: PathBuf,
}

impl Clock {
    /// A clock that shows the right time.
    pub fn new(scratch: &Scratch) -> Self {
        let file = scratch.path("ahead");
        fs::write(&file, 0_i64.to_ne_bytes()).unwrap();
        Self { library: compile(scratch, "clock"), file }
    }

    /// Sets it so many seconds ahead of the right time; behind it, if there are fewer than none.
    pub fn set_ahead(&self, seconds: i64) {
        let file = fs::File::options().write(true).open(&self.file).unwrap();
        file.write_all_at(&seconds.to_ne_bytes(), 0).unwrap();
    }

    /// Moves it on.
    pub fn pass(&self, seconds: i64) {
        let ahead = i64::from_ne_bytes(fs::read(&self.file).unwrap().try_into().unwrap());
        self.set_ahead(ahead + seconds);
    }

    /// What a server's environment needs; with another library's, if there is one.
    pub fn environment(&self, beside: Option<&Strike>) -> Vec<(&'static str, OsString)> {
        let mut libraries = self.library.clone().into_os_string();
        let mut environment = vec![("CLOCK_AHEAD", self.file.clone().into_os_string())];
        if let Some(strike) = beside {
            libraries.push(":");
            libraries.push(&strike.library);
            environment.push(("STRIKE_AT", strike.file.clone().into_os_string()));
        }
        environment.push(("LD_PRELOAD", libraries));
        environment
    }
}

/// Where in a commit a server on SQLite is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum In {
    /// When the first part of it has been written.
    Torn = 1,
    /// When all of it has been written and is not synced.
    Unsynced = 2,
    /// When it is synced, and nobody knows.
    Synced = 3,
}

/// A kill in the middle of a commit.
pub struct Strike {
    library: PathBuf,
    file: PathBuf,
}

impl Strike {
    /// One that is not armed.
    pub fn new(scratch: &Scratch) -> Self {
        let file = scratch.path("strike");
        fs::write(&file, [0, 0]).unwrap();
        Self { library: compile(scratch, "strike"), file }
    }

    /// Has the server killed in this commit from now on, counted from 1.
    pub fn arm(&self, commit: u8, place: In) {
        let file = fs::File::options().write(true).open(&self.file).unwrap();
        file.write_all_at(&[commit, place as u8], 0).unwrap();
    }
}
