//! Files that only their owner may read.

use std::fs::{self, DirBuilder, DirEntry, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::Mode;
use rustix::process::umask;
use waypost_origin::Origin;

/// What others than the owner may do.
pub(crate) const OTHERS: u32 = 0o077;

/// What those may do who are neither the owner nor in the group: a service may have a key by its group.
pub(crate) const WORLD: u32 = 0o007;

/// The mode of a file that gives some of these rights away.
pub(crate) fn open_to(path: &Path, rights: u32) -> Option<u32> {
    let mode = fs::metadata(path).ok()?.permissions().mode() & 0o777;
    (mode & rights != 0).then_some(mode)
}

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
            "other users may read the data directory, because it also contains other files; give the server its own directory with mode 0700"
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
        Ok(()) => tracing::info!(path = %path.display(), "others could read it; the mode was corrected"),
        Err(error) => tracing::warn!(path = %path.display(), %error, "other users can read it"),
    }
}

/// Writes a file with mode 0600. It is complete under its name or not there: a crash leaves no half secret.
///
/// # Errors
/// The file can't be written.
pub(crate) fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let draft = draft(path, content)?;
    fs::rename(&draft, path)?;
    sync_folder(path)
}

/// Writes a file as [`write()`] does, and holds a lock on it from the moment that it has its name until what is answered is dropped: whoever
/// reads it can tell whether its writer still runs, however that ended.
///
/// # Errors
/// The file can't be written.
pub(crate) fn write_held(path: &Path, content: &[u8]) -> io::Result<File> {
    let draft = draft(path, content)?;
    let file = OpenOptions::new().write(true).open(&draft)?;
    match file.try_lock() {
        // Where there are no locks readers find none, and take the writer for running.
        Ok(()) | Err(TryLockError::Error(_)) => {}
        Err(TryLockError::WouldBlock) => return Err(io::Error::other("another process holds it")),
    }
    fs::rename(&draft, path)?;
    sync_folder(path)?;
    Ok(file)
}

/// Writes a file as [`write()`] does, unless there is one of that name: answers whether it did. What is there is complete, too.
///
/// # Errors
/// The file can't be written, or the file system has no hard links.
pub(crate) fn create(path: &Path, content: &[u8]) -> io::Result<bool> {
    let draft = draft(path, content)?;
    let linked = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    match linked {
        Ok(()) => sync_folder(path).map(|()| true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

/// A file beside another, with its content. Nodes that share the folder have drafts of their own.
fn draft(path: &Path, content: &[u8]) -> io::Result<PathBuf> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", Origin::system().id()));
    let draft = path.with_file_name(name);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    file.write_all(content)?;
    file.sync_all()?;
    Ok(draft)
}

/// Keeps a file's name through a loss of power.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn of_many_writers_at_a_time_one_creates_and_the_others_read_that() {
        let folder = std::env::temp_dir().join(format!("waypost-private-{}", Origin::system().id()));
        directory(&folder).unwrap();
        let path = folder.join("waypost.key");
        let made: Vec<(bool, String)> = thread::scope(|scope| {
            let path = &path;
            let writers: Vec<_> = (0..16)
                .map(|number| {
                    let write = move || {
                        let made = create(path, format!("key {number}").as_bytes()).unwrap();
                        (made, fs::read_to_string(path).unwrap())
                    };
                    scope.spawn(write)
                })
                .collect();
            writers.into_iter().map(|writer| writer.join().unwrap()).collect()
        });
        assert_eq!(made.iter().filter(|(made, _)| *made).count(), 1, "{made:?}");
        assert!(made.iter().all(|(_, read)| *read == made[0].1), "{made:?}");
        let left: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["waypost.key"], "no draft is left");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::remove_dir_all(&folder).unwrap();
    }
}
