//! A copy of the database, as it is at one moment.

use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::path::Path;

use super::check::{self, With};
use super::directory::{self, Beside, DATABASE, LogHead};
use super::state;
use crate::error::StoreError;

/// Writes the database of a data directory into a new file, and answers its size in bytes. A server may run on the directory meanwhile: the
/// copy is what was committed at one moment. It has no free pages: nothing that was deleted is in it. It is marked as a backup until a
/// server opens it: see `directory::findings`.
///
/// # Errors
/// `Full` when there is no room, `Failed` when there is no database, the file exists, or it can't be written.
pub fn back_up(data_dir: &Path, to: &Path) -> Result<u64, StoreError> {
    let failed = |error: std::io::Error| match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => StoreError::Full,
        ErrorKind::AlreadyExists => StoreError::Failed(format!("`{}` exists", to.display())),
        _ => StoreError::Failed(format!("`{}` can't be written: {error}", to.display())),
    };
    let from = data_dir.join(DATABASE);
    if !from.is_file() {
        return Err(StoreError::Failed(format!("there is no database `{}`", from.display())));
    }
    let target = to.to_str().ok_or_else(|| StoreError::Failed("the file's name is not UTF-8".to_owned()))?;
    // VACUUM INTO takes an empty file, too: whoever makes it first has it.
    let file = create(to).map_err(failed)?;
    let copied = copy(data_dir, &from, target)
        .and_then(|()| directory::mark(&file, true).map_err(failed))
        .and_then(|()| sync(to).map_err(failed));
    if let Err(error) = copied {
        // What was begun is no backup.
        let _ = fs::remove_file(to);
        return Err(error);
    }
    Ok(fs::metadata(to).map_err(failed)?.len())
}

fn create(path: &Path) -> std::io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    File::options().write(true).create_new(true).mode(0o600).open(path)
}

fn copy(data_dir: &Path, from: &Path, to: &str) -> Result<(), StoreError> {
    let directory = File::open(data_dir).map_err(|error| StoreError::Failed(error.to_string()))?;
    let running = matches!(directory.try_lock(), Err(TryLockError::WouldBlock));
    if !running {
        // Nothing is copied that the server would refuse to start with.
        directory::inspect(data_dir, &state::read(data_dir)?)?;
    }
    let with = With::of(running, LogHead::holds(data_dir)?);
    let beside = Beside::missing(data_dir);
    let copied = check::open(from, with).and_then(|db| Ok(db.execute("VACUUM INTO ?1", (to,)).map(drop)?));
    if !running {
        beside.remove();
    }
    copied
}

fn sync(path: &Path) -> std::io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(parent)?.sync_all()
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::conformance::samples::{accept, id, mail, queues};
    use crate::sqlite::{SqliteOptions, SqliteStore};
    use crate::traits::MailStore;

    #[tokio::test]
    async fn a_copy_of_a_running_store_is_whole_and_opens_elsewhere() {
        let directory = TempDir::new().unwrap();
        let store = SqliteStore::open(directory.path(), SqliteOptions::default()).unwrap();
        queues(&store).await;
        accept(&store, mail(1)).await;
        let elsewhere = TempDir::new().unwrap();
        let file = elsewhere.path().join(DATABASE);
        let bytes = back_up(directory.path(), &file).unwrap();
        assert_eq!(bytes, fs::metadata(&file).unwrap().len());
        assert!(matches!(back_up(directory.path(), &file), Err(StoreError::Failed(_))), "nothing is overwritten");
        accept(&store, mail(2)).await;
        let copy = SqliteStore::open(elsewhere.path(), SqliteOptions::default()).unwrap();
        assert!(copy.raw_message(id(1)).await.unwrap().is_some());
        assert_eq!(copy.interaction(id(2)).await.unwrap(), None, "it came later");
        assert!(back_up(&elsewhere.path().join("none"), &elsewhere.path().join("new.db")).is_err());
        assert!(!elsewhere.path().join("new.db").exists());
    }
}
