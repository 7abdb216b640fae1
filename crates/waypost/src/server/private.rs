//! Files that only their owner may read.

use std::fs::{self, DirBuilder, DirEntry, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use rustix::fs::Mode;
use rustix::process::umask;

/// What others than the owner may do.
const OTHERS: u32 = 0o077;

/// From here on nobody else may read what this process makes, whatever makes it: database, logs of the database, copies.
/// To be called before there are other threads.
pub(crate) fn ours_alone() {
    umask(Mode::from_raw_mode(OTHERS));
}

/// Makes the data directory or, if it is there, takes the right to read it away from others: from the directory and from
/// what this program keeps in it. A directory that others keep things in as well is left alone with a warning.
///
/// # Errors
/// It can't be made or read.
pub(crate) fn directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    let entries: Vec<DirEntry> = fs::read_dir(path)?.collect::<Result<_, _>>()?;
    let shared = entries.iter().find(|entry| !is_ours(entry));
    match shared {
        None => tighten(path),
        Some(other) if fs::metadata(path)?.permissions().mode() & OTHERS != 0 => tracing::warn!(
            directory = %path.display(),
            other = %other.path().display(),
            "others may look into the data directory, which holds files of theirs, too: better give it one of its own, of mode 0700"
        ),
        Some(_) => {}
    }
    for entry in entries.iter().filter(|entry| is_ours(entry)) {
        if entry.file_type()?.is_dir() {
            for inner in fs::read_dir(entry.path())? {
                tighten_entry(&inner?);
            }
        }
        tighten_entry(entry);
    }
    Ok(())
}

/// Whether an entry of the data directory was made by this program: `waypost.db` and what belongs to it, and the rest.
fn is_ours(entry: &DirEntry) -> bool {
    let name = entry.file_name();
    let name = name.to_string_lossy();
    name.starts_with("waypost.")
        || ["admin-client.", "listeners."].iter().any(|ours| name.starts_with(ours))
        || ["tls", "underway", "underway-suspects.json"].contains(&name.as_ref())
}

fn tighten_entry(entry: &DirEntry) {
    // What a link leads to is somebody else's.
    if entry.file_type().is_ok_and(|kind| kind.is_file() || kind.is_dir()) {
        tighten(&entry.path());
    }
}

fn tighten(path: &Path) {
    let mode = match fs::metadata(path) {
        Ok(metadata) => metadata.permissions().mode(),
        Err(error) => return tracing::warn!(path = %path.display(), %error, "can't see who may read it"),
    };
    if mode & OTHERS == 0 {
        return;
    }
    match fs::set_permissions(path, Permissions::from_mode(mode & 0o700)) {
        Ok(()) => tracing::info!(path = %path.display(), "others could read it, and can't any more"),
        Err(error) => tracing::warn!(path = %path.display(), %error, "others may read it"),
    }
}

/// Writes a file with mode 0600. It is complete under its name or not there: a crash leaves no half secret.
///
/// # Errors
/// The file can't be written.
pub(crate) fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let draft = path.with_extension("new");
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&draft, path)
}
