//! The database file: settings of a connection, and migrations that run forward.

use std::fs::File;
use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, OpenFlags};

use super::directory::DATABASE;
use super::seals;
use crate::error::StoreError;

/// The schema's steps. The database's `user_version` counts those that were taken; a released step never changes.
pub(super) const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001-start.sql"),
    include_str!("migrations/0002-change.sql"),
    include_str!("migrations/0003-access.sql"),
    include_str!("migrations/0004-mend.sql"),
    include_str!("migrations/0005-retention.sql"),
    include_str!("migrations/0006-lists.sql"),
    include_str!("migrations/0007-tables.sql"),
    include_str!("migrations/0008-replays.sql"),
    include_str!("migrations/0009-attempts.sql"),
    include_str!("migrations/0010-sums.sql"),
    include_str!("migrations/0011-journals.sql"),
    include_str!("migrations/0012-terms.sql"),
    include_str!("migrations/0013-outbox.sql"),
    include_str!("migrations/0014-outbox-indexes.sql"),
    include_str!("migrations/0015-queued.sql"),
    include_str!("migrations/0016-unrouted.sql"),
    include_str!("migrations/0017-outside.sql"),
    include_str!("migrations/0018-data-actions.sql"),
    include_str!("migrations/0019-events-and-pushes.sql"),
    include_str!("migrations/0020-mailboxes.sql"),
    include_str!("migrations/0021-sessions.sql"),
    include_str!("migrations/0022-applied.sql"),
    include_str!("migrations/0023-activity.sql"),
    include_str!("migrations/0024-mailbox-tokens.sql"),
    include_str!("migrations/0025-mail-facts.sql"),
    include_str!("migrations/0026-threads.sql"),
    include_str!("migrations/0027-erasures.sql"),
    include_str!("migrations/0028-annotations.sql"),
];

/// The size of the database's pages in bytes; only new databases take it.
const PAGE_BYTES: u32 = 4096;

/// What each connection may keep of the database in memory, in KiB.
const CACHE_KIB: i32 = 4096;

/// Opens the connection that writes. The log is synced at each commit.
pub(super) fn open_writer(path: &Path, checkpoint_bytes: u64) -> Result<Connection, StoreError> {
    let db = Connection::open(path)?;
    // Only an orderly end folds the log and removes it: a log that does not belong to its database must stay as it is.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    db.pragma_update(None, "page_size", PAGE_BYTES)?;
    db.pragma_update_and_check(None, "journal_mode", "WAL", |row| {
        let mode: String = row.get(0)?;
        if mode == "wal" { Ok(()) } else { Err(rusqlite::Error::InvalidQuery) }
    })?;
    db.pragma_update(None, "synchronous", "FULL")?;
    // What is erased must not be found in the file.
    db.pragma_update_and_check(None, "secure_delete", true, |_| Ok(()))?;
    // The writer folds the log itself, after answering. SQLite does it at four times that size should the writer's estimate fail.
    let pages = checkpoint_bytes.saturating_mul(4) / u64::from(PAGE_BYTES);
    db.pragma_update(None, "wal_autocheckpoint", i64::try_from(pages.max(1)).unwrap_or(i64::MAX))?;
    seals::register(&db)?;
    settle(&db)?;
    Ok(db)
}

/// Opens a connection that only reads.
pub(super) fn open_reader(path: &Path) -> Result<Connection, StoreError> {
    let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    settle(&db)?;
    // SQLite's own folding knows ASCII alone.
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    db.create_scalar_function("fold", 1, flags, |context| Ok(context.get::<String>(0)?.to_lowercase()))?;
    Ok(db)
}

fn settle(db: &Connection) -> Result<(), StoreError> {
    db.pragma_update(None, "cache_size", -CACHE_KIB)?;
    db.pragma_update(None, "temp_store", "MEMORY")?;
    // A page is looked at when it is read, not only when what is wrong in it is met.
    db.pragma_update(None, "cell_size_check", true)?;
    // Plans never depend on bound values: otherwise every statement with `LIMIT ?` is prepared anew each time that it runs.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    db.set_prepared_statement_cache_capacity(64);
    Ok(())
}

/// Brings the database up to the last of `migrations`, one transaction a step. A database that holds something is copied first to
/// `NAME.before-N` beside it, N being the format that is left.
pub(super) fn migrate(db: &mut Connection, path: &Path, migrations: &[&str]) -> Result<(), StoreError> {
    let (found, known) = refuse_newer(db, migrations)?;
    if found > 0 && found < known {
        back_up(db, path, found)?;
    }
    for (number, step) in (1_u32..).zip(migrations).skip_while(|(number, _)| *number <= found) {
        let transaction = db.transaction()?;
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "user_version", number)?;
        transaction.commit()?;
    }
    sync_directory(path)
}

/// Refuses a database of another program: ours has these tables since its first format, and none before.
pub(super) fn refuse_foreign(db: &Connection) -> Result<(), StoreError> {
    let format: u32 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let count = |those: &str| -> Result<u32, StoreError> {
        let sql = format!("SELECT count(*) FROM sqlite_schema WHERE {those}");
        Ok(db.query_row(&sql, (), |row| row.get(0))?)
    };
    // Names that begin with `sqlite_` are SQLite's own.
    let is_ours = if format == 0 {
        count("name NOT LIKE 'sqlite^_%' ESCAPE '^'")? == 0
    } else {
        count("type = 'table' AND name IN ('epoch', 'interactions')")? == 2
    };
    if is_ours { Ok(()) } else { Err(StoreError::Foreign(DATABASE)) }
}

/// The format found and the newest that is known, if that is as new.
pub(super) fn refuse_newer(db: &Connection, migrations: &[&str]) -> Result<(u32, u32), StoreError> {
    let known = u32::try_from(migrations.len()).unwrap_or(u32::MAX);
    let found: u32 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found > known { Err(StoreError::TooNew { found, known }) } else { Ok((found, known)) }
}

fn back_up(db: &Connection, path: &Path, format: u32) -> Result<(), StoreError> {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".before-{format}"));
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::StorageFull => StoreError::Full,
        _ => StoreError::Failed(format!("the copy before a migration failed: {error}")),
    };
    db.backup("main", &name, None::<fn(rusqlite::backup::Progress)>)?;
    File::open(&name).and_then(|copy| copy.sync_all()).map_err(failed)?;
    sync_directory(path)
}

/// Makes the names of files that were just created survive a loss of power.
fn sync_directory(path: &Path) -> Result<(), StoreError> {
    let directory = path.parent().unwrap_or(Path::new("."));
    File::open(directory)
        .and_then(|directory| directory.sync_all())
        .map_err(|error| StoreError::Failed(format!("the data directory could not be synced: {error}")))
}
