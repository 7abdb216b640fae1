//! Tests run again whenever a file changes.

use std::io::Write;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use crate::failure::Failure;
use crate::{files, screen};

/// How often files are looked at.
const EVERY: Duration = Duration::from_millis(250);

/// Does something at once and after each change below the paths, until the process is ended.
pub(super) fn watch(paths: &[PathBuf], each: impl Fn() -> Result<(), Failure>) -> Result<(), Failure> {
    loop {
        // Looked at first: what changes meanwhile is a change.
        let before = files::stamps(paths)?;
        match each() {
            Err(Failure::ClosedPipe) => return Err(Failure::ClosedPipe),
            Err(failure) => drop(failure.report()),
            Ok(()) => {}
        }
        writeln!(screen::stderr(), "\nwaiting for changes; Ctrl-C ends")?;
        while files::stamps(paths)? == before {
            thread::sleep(EVERY);
        }
    }
}
