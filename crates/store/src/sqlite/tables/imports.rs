//! The next version, written bit by bit while everybody reads the newest: its rows begin, and those it does without end, at a version that
//! nobody looks at yet. Ending it is one number, however many rows there are.

use rusqlite::Connection;

use super::{Session, State, advance, begin as begin_row, end, run, state};
use crate::error::{StoreError, TableError};
use crate::records::audit::AuditRecord;
use crate::records::tables::{ContentVersion, Import, RowCounts, TableRow, content_entry};
use crate::sqlite::columns::micros;

/// What a row takes beside its texts: identifier, numbers, its place in the pages.
const ROW_BYTES: usize = 48;

pub(super) fn begin(
    session: &mut Session<'_>,
    import: Import,
    expected: Option<ContentVersion>,
) -> Result<ContentVersion, TableError> {
    let state = state(session.db, import.table)?;
    let newest = state.content.version;
    if expected.is_some_and(|expected| expected != newest) {
        return Err(TableError::Conflict { newest });
    }
    if state.import.is_some() {
        return Err(TableError::Importing);
    }
    let sql = "UPDATE table_contents SET import = ?2, import_until = ?3 WHERE table_id = ?1";
    run(session.db, sql, (import.table.0.as_bytes(), import.id.as_bytes(), micros(import.until)))?;
    Ok(newest)
}

/// What stands, if the import still has its right: one that ran out lasts until others have begun to take back what was written.
fn held(db: &Connection, import: Import) -> Result<State, TableError> {
    let state = state(db, import.table)?;
    if state.import == Some(import.id) && !state.undoing { Ok(state) } else { Err(TableError::Lost) }
}

pub(super) fn write(
    session: &mut Session<'_>,
    import: Import,
    puts: &[TableRow],
    removes: &[String],
) -> Result<(), TableError> {
    let next = held(session.db, import)?.content.version.saturating_add(1);
    for row in puts {
        end(session.db, import.table, &row.folded, next)?;
        begin_row(session.db, import.table, row, next)?;
        let bytes = row.folded.len() + row.key.len() + row.values.len() + ROW_BYTES;
        *session.written = session.written.saturating_add(bytes as u64);
    }
    for folded in removes {
        end(session.db, import.table, folded, next)?;
        *session.written = session.written.saturating_add((folded.len() + ROW_BYTES) as u64);
    }
    let sql = "UPDATE table_contents SET import_until = ?2 WHERE table_id = ?1";
    Ok(run(session.db, sql, (import.table.0.as_bytes(), micros(import.until)))?)
}

pub(super) fn finish(
    session: &mut Session<'_>,
    import: Import,
    counts: RowCounts,
    audit: &AuditRecord,
) -> Result<ContentVersion, TableError> {
    let content = held(session.db, import)?.content;
    let sql = "UPDATE table_contents SET import = NULL, import_until = NULL WHERE table_id = ?1";
    run(session.db, sql, (import.table.0.as_bytes(),))?;
    if counts.is_nothing() {
        return Ok(content.version);
    }
    let entry = content_entry(audit, content.version.saturating_add(1), counts);
    Ok(advance(session.db, import.table, content, counts, &entry)?)
}

pub(super) fn abandon(session: &mut Session<'_>, import: Import) -> Result<(), TableError> {
    held(session.db, import)?;
    Ok(run(session.db, "UPDATE table_contents SET undoing = 1 WHERE table_id = ?1", (import.table.0.as_bytes(),))?)
}

/// Nobody else has the database open: whoever was writing is gone.
pub(in crate::sqlite) fn end_rights(db: &Connection) -> Result<(), StoreError> {
    run(db, "UPDATE table_contents SET undoing = 1 WHERE import IS NOT NULL", ())
}
