//! `waypost test --fetch`: recorded interactions that cases name, fetched once and kept beside their test files.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::process;

use serde_json::Value as Json;
use waypost_client::Error;
use waypost_flow_tests::recorded::{Calls, Recording, kept};
use waypost_format::format;
use waypost_ids::InteractionId;
use waypost_project::SourceFile;

use crate::failure::Failure;
use crate::remote::{Remote, Server};
use crate::{files, screen};

/// Why there is nothing to fetch any more.
const ERASED: &str = "its content was erased on the server";

/// Fetches what is not there. The server is asked for the first such recording, and no more once it can't be.
#[derive(Default)]
pub(super) struct Fetching<'s> {
    server: Option<&'s Server>,
    remote: OnceCell<Remote>,
    failed: OnceCell<Failure>,
}

impl<'s> Fetching<'s> {
    /// From this server; none if nothing is to be fetched.
    pub(super) fn from(server: Option<&'s Server>) -> Self {
        Self { server, ..Self::default() }
    }

    /// Opens a file that a test file names. With a server, a recording that is not there is fetched first.
    pub(super) fn open(&self, tests: &[SourceFile], file: usize, name: &str) -> io::Result<Vec<u8>> {
        let found = files::bytes_beside(tests, file, name);
        let is_missing = found.as_ref().is_err_and(|error| error.kind() == ErrorKind::NotFound);
        let wanted = self.server.zip(Recording::with_file(name)).filter(|_| is_missing && self.failed.get().is_none());
        let Some((server, recording)) = wanted else { return found };
        let folder = tests.get(file).and_then(|test| Path::new(&test.path).parent()).unwrap_or(Path::new("."));
        match self.remote(server).and_then(|remote| fetch(remote, folder, &recording)) {
            Ok(()) => files::bytes_beside(tests, file, name),
            Err(Unfetched::This(why)) => Err(io::Error::other(why)),
            Err(Unfetched::All(failure)) => {
                // It is told once, for all of them.
                let _ = self.failed.set(failure);
                found
            }
        }
    }

    fn remote(&self, server: &Server) -> Result<&Remote, Unfetched> {
        if let Some(remote) = self.remote.get() {
            return Ok(remote);
        }
        let remote = server.connect().map_err(Unfetched::All)?;
        Ok(self.remote.get_or_init(|| remote))
    }

    /// Why the server can't be asked.
    pub(super) fn ended(self) -> Result<(), Failure> {
        self.failed.into_inner().map_or(Ok(()), Err)
    }
}

/// Why a recording was not fetched.
enum Unfetched {
    /// What is wrong with this one.
    This(String),
    /// None can be: there is no server, or it does not let the client in.
    All(Failure),
}

fn fetch(remote: &Remote, folder: &Path, recording: &Recording) -> Result<(), Unfetched> {
    let interaction = remote.wait(remote.interactions().get(recording.id)).map_err(told)?;
    if interaction.erased {
        return Err(Unfetched::This(ERASED.to_owned()));
    }
    let mail = remote.wait(remote.interactions().message(recording.id)).map_err(told)?;
    let facts = kept(&interaction, answers(remote, recording.id)?);
    // As `fmt` writes it; what it can't format stays as it is.
    let facts = format(&facts, &|_| None).unwrap_or(facts);
    let path = folder.join(&recording.mail);
    write(&folder.join(&recording.facts), facts.as_bytes())
        .and_then(|()| write(&path, &mail))
        .map_err(Unfetched::This)?;
    // Whoever closed our stderr does not want to know.
    let _ = writeln!(screen::stderr(), "fetched interaction {} into {}", recording.id, path.display());
    Ok(())
}

/// What data actions answered the run that decided.
fn answers(remote: &Remote, id: InteractionId) -> Result<Vec<Json>, Unfetched> {
    let trace = remote.wait(remote.interactions().trace(id)).map_err(told)?;
    let Some(run) = trace.runs.last().and_then(|run| run.trace.as_ref()) else { return Ok(Vec::new()) };
    let calls = Calls::of(run);
    if calls.withheld {
        let _ = writeln!(
            screen::stderr(),
            "interaction {id}: what data actions answered is left out: the client needs routing:read"
        );
    }
    let mut names = HashMap::new();
    for action in calls.actions() {
        match remote.wait(remote.data_actions().get(action)) {
            Ok(found) => drop(names.insert(action, found.name)),
            // It was deleted since, and a folder can't have it either.
            Err(error) if error.status() == Some(404) => {}
            Err(error) => return Err(told(error)),
        }
    }
    Ok(calls.answers(&names))
}

fn told(error: Error) -> Unfetched {
    match error.status() {
        Some(404) => Unfetched::This("the server has no such interaction".to_owned()),
        Some(410) => Unfetched::This(ERASED.to_owned()),
        None | Some(401 | 403) => Unfetched::All(error.into()),
        Some(_) => Unfetched::This(error.to_string()),
    }
}

/// Writes a file that is not there, in one step: half a mail would be taken for the mail. What is there may have been edited.
fn write(path: &Path, content: &[u8]) -> Result<(), String> {
    let fail = |error: io::Error| format!("can't write {}: {error}", path.display());
    if fs::symlink_metadata(path).is_ok() {
        return Ok(());
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    if fs::symlink_metadata(folder).is_ok_and(|found| found.is_symlink()) {
        let folder = folder.display();
        return Err(format!("{folder} is a symbolic link: expected a folder of the project, which mails are kept in"));
    }
    fs::create_dir_all(folder).map_err(fail)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.fetched-{}", process::id()));
    let mut file = OpenOptions::new().write(true).create_new(true).open(&beside).map_err(fail)?;
    let written = file.write_all(content).and_then(|()| fs::rename(&beside, path));
    written.map_err(|error| {
        // What is left of it is of no use; the other error says why.
        let _ = fs::remove_file(&beside);
        fail(error)
    })
}
