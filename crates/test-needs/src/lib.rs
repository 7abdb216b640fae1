//! What tests need that may be missing on a machine. A test asks here, and nowhere else; without an answer it returns, and counts as
//! passed: so what is skipped is written to stderr, past what `cargo test` captures, and to the file that `WAYPOST_TEST_SKIPPED` names,
//! a line each, from which `make test` makes its summary.
//!
//! With `WAYPOST_TEST_STRICT` set, as CI does, a test fails whose tools are missing. What the machine's owner must allow, and what
//! stands beside the repository, is nothing that a test can ask for: see [`allowed`] and [`shared`].

use std::ffi::OsStr;
use std::fmt::Display;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Makes missing tools a failure.
pub const STRICT: &str = "WAYPOST_TEST_STRICT";

/// Names the file to which skipped tests are written.
pub const SKIPPED: &str = "WAYPOST_TEST_SKIPPED";

/// A tool that is installed, or why it is not there: then the test is skipped, or fails where tests are strict.
///
/// # Panics
/// The tool is missing and tests are strict.
#[track_caller]
pub fn tool<T, E: Display>(found: Result<T, E>) -> Option<T> {
    match found {
        Ok(tool) => Some(tool),
        Err(why) => {
            refuse_where_strict(&why);
            skip(&why);
            None
        }
    }
}

/// What only the machine's owner can allow, such as mounting or tracing in a container. Where it is refused the test is skipped, strict
/// or not: installing something would not help.
pub fn allowed<T, E: Display>(granted: Result<T, E>) -> Option<T> {
    granted.map_err(|why| skip(&why)).ok()
}

/// A path in the folder `shared` beside the repository, which has material that is not ours to publish. Where there is no such folder
/// the test is skipped, strict or not; in one that is there, what is missing fails where tests are strict.
///
/// # Panics
/// The folder is there without the path, and tests are strict.
#[track_caller]
pub fn shared(path: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    if !folder.is_dir() {
        skip(&"there is no folder `shared` beside the repository");
        return None;
    }
    let wanted = folder.join(path);
    tool(if wanted.exists() { Ok(wanted) } else { Err(format!("`shared` beside the repository has no `{path}`")) })
}

#[track_caller]
#[allow(clippy::panic, reason = "a test fails by panicking, and this is only called by tests")]
fn refuse_where_strict(why: &impl Display) {
    let strict = std::env::var_os(STRICT).is_some_and(|value| value != OsStr::new("") && value != OsStr::new("0"));
    assert!(!strict, "{why}; tests are strict ({STRICT}): a tool that is missing fails them");
}

fn skip(why: &impl Display) {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    // Not `eprintln!`, which is captured: a test that is skipped passes, and what those say is not shown.
    let _ = writeln!(std::io::stderr(), "skipped {test}: {why}");
    if let Some(file) = std::env::var_os(SKIPPED).filter(|file| !file.is_empty()) {
        let written = OpenOptions::new().create(true).append(true).open(file).and_then(|mut file| {
            // In one write: many tests do so at the same time.
            file.write_all(format!("{why}\t{test}\n").as_bytes())
        });
        if let Err(error) = written {
            let _ = writeln!(std::io::stderr(), "{SKIPPED}: {error}");
        }
    }
}
