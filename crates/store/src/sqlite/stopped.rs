//! What the next start would find in a data directory that no server has open.

use std::fs::{self, File, TryLockError};
use std::path::Path;

use rusqlite::Connection;

use super::check::With;
use super::directory::{self, Beside, LogHead};
use super::state::{self, Remembered};
use super::{catalogue, check, outbox, schema, tokens};
use crate::conditions::waiting_mail;
use crate::error::StoreError;
use crate::held::Held;

/// What is known of the files as they are.
#[derive(Debug, Default)]
pub struct Stopped {
    /// Why a server would refuse to start, if it would.
    pub refused: Vec<StoreError>,
    /// If the database is one that `waypost backup` wrote and no server has opened yet: how many deliveries it holds as pending. What of these
    /// was sent since the copy is not known, and they are sent again.
    pub backup: Option<u64>,
    /// What the server would read; none if there is no database yet, it is refused, or it is of an earlier release and is upgraded first.
    pub held: Option<Held>,
}

/// Looks at the files, and changes nothing. A plain copy of a database is known by nothing: only one that does not fit what lies beside it is
/// told. Of what all nodes share, that of this name is read.
///
/// # Errors
/// `InUse` when a process holds the directory, or a file can't be read.
pub fn stopped(data_dir: &Path, shared_key: &str) -> Result<Stopped, StoreError> {
    let unreadable = |error| StoreError::Failed(format!("`{}` can't be read: {error}", data_dir.display()));
    // Held until all is read and tidied: a server that starts would lose what is removed here.
    let directory = File::open(data_dir).map_err(unreadable)?;
    if matches!(directory.try_lock(), Err(TryLockError::WouldBlock)) {
        return Err(StoreError::InUse(data_dir.display().to_string()));
    }
    let remembered = state::read(data_dir)?;
    let mut stopped = Stopped { refused: directory::findings(data_dir, &remembered)?, ..Stopped::default() };
    let is_there = fs::metadata(data_dir.join(directory::DATABASE)).is_ok_and(|found| found.len() > 0);
    if is_there && stopped.refused.is_empty() {
        // A file that is read alone gets none beside it.
        let log = LogHead::holds(data_dir)?;
        let beside = log.then(|| Beside::missing(data_dir));
        if let Err(refused) = look(data_dir, log, &remembered, shared_key, &mut stopped) {
            stopped.refused.push(refused);
        }
        if let Some(beside) = beside {
            beside.remove();
        }
    }
    Ok(stopped)
}

fn look(
    data_dir: &Path,
    log: bool,
    remembered: &Remembered,
    shared_key: &str,
    stopped: &mut Stopped,
) -> Result<(), StoreError> {
    let db = check::open(&data_dir.join(directory::DATABASE), With::of(false, log))?;
    directory::admit(&db, data_dir, remembered)?;
    if directory::has_backup(data_dir)? {
        stopped.backup = Some(count(&db, "state = 0")?);
    }
    let (found, known) = schema::refuse_newer(&db, schema::MIGRATIONS)?;
    if found == known {
        stopped.held = Some(held(&db, shared_key)?);
    }
    Ok(())
}

fn held(db: &Connection, shared_key: &str) -> Result<Held, StoreError> {
    Ok(Held {
        catalogue: catalogue::load(db)?,
        tokens: tokens::all(db)?,
        shared_key: outbox::known_shared_key(db, shared_key)?,
        waiting: count(db, &waiting_mail())?,
    })
}

fn count(db: &Connection, condition: &str) -> Result<u64, StoreError> {
    Ok(db.query_row(&format!("SELECT count(*) FROM deliveries WHERE {condition}"), (), |row| row.get(0))?)
}
