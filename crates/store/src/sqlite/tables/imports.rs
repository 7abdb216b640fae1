//! The next version, written bit by bit while everybody reads the newest: its rows begin, and those it does without end, at a version that
//! nobody looks at yet. Ending it is one number, however many rows there are.

use rusqlite::Connection;

use super::{Session, advance, begin as begin_row, end, run, stand, state};
use crate::error::{StoreError, TableError};
use crate::records::audit::AuditRecord;
use crate::records::tables::{ContentVersion, Import, RowCounts, TableRow, content_entry};
use crate::rules::tables::TableState;

/// What a row takes beside its texts: identifier, numbers, its place in the pages.
const ROW_BYTES: usize = 48;

pub(super) fn begin(
    session: &mut Session<'_>,
    import: Import,
    expected: Option<ContentVersion>,
) -> Result<ContentVersion, TableError> {
    let state = state(session.db, import.table)?;
    let newest = state.changeable(expected)?.version;
    stand(session.db, import.table, state.import.begin(import.lease)?)?;
    Ok(newest)
}

pub(super) fn write(
    session: &mut Session<'_>,
    import: Import,
    puts: &[TableRow],
    removes: &[String],
) -> Result<(), TableError> {
    let state = state(session.db, import.table)?;
    let renewed = state.import.renew(import.lease)?;
    let next = state.content.version.saturating_add(1);
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
    Ok(stand(session.db, import.table, renewed)?)
}

pub(super) fn finish(
    session: &mut Session<'_>,
    import: Import,
    counts: RowCounts,
    audit: &AuditRecord,
) -> Result<ContentVersion, TableError> {
    let TableState { content, import: before } = state(session.db, import.table)?;
    stand(session.db, import.table, before.finish(import.lease.id)?)?;
    if counts.is_nothing() {
        return Ok(content.version);
    }
    let entry = content_entry(audit, content.version.saturating_add(1), counts);
    Ok(advance(session.db, import.table, content, counts, &entry)?)
}

pub(super) fn abandon(session: &mut Session<'_>, import: Import) -> Result<(), TableError> {
    let gone = state(session.db, import.table)?.import.abandon(import.lease.id)?;
    Ok(stand(session.db, import.table, gone)?)
}

/// Nobody else has the database open: whoever was writing is gone.
pub(in crate::sqlite) fn end_rights(db: &Connection) -> Result<(), StoreError> {
    run(db, "UPDATE table_contents SET undoing = 1 WHERE import IS NOT NULL", ())
}
