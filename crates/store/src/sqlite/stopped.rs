//! What the next start would find in a data directory that no server has open.

use std::path::Path;

use super::{check, directory, state};
use crate::error::StoreError;

/// What is known of the files as they are.
#[derive(Debug)]
pub struct Stopped {
    /// Why a server would refuse to start, if it would.
    pub refused: Vec<StoreError>,
    /// If the database is one that `waypost backup` wrote and no server has opened yet: how many deliveries it holds as pending. What of these
    /// was sent since the copy is not known, and they are sent again.
    pub backup: Option<u64>,
}

/// Looks at the files, and changes nothing. A plain copy of a database is known by nothing: only one that does not fit what lies beside it is
/// told.
///
/// # Errors
/// A file can't be read.
pub fn stopped(data_dir: &Path) -> Result<Stopped, StoreError> {
    let refused = directory::findings(data_dir, &state::read(data_dir)?)?;
    let backup = if refused.is_empty() && directory::has_backup(data_dir)? {
        let db = check::open(&data_dir.join(directory::DATABASE), false)?;
        Some(db.query_row("SELECT count(*) FROM deliveries WHERE state = 0", (), |row| row.get(0))?)
    } else {
        None
    };
    Ok(Stopped { refused, backup })
}
