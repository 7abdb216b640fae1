//! Rows one by one, and what there is of versions.

use rusqlite::{Connection, OptionalExtension, Row};
use waypost_ids::TableId;

use super::{Columns, Session, advance, begin, end, state};
use crate::error::{StoreError, TableError};
use crate::records::tables::{
    Content, ContentChange, ContentVersion, ContentVersionRecord, RowAt, RowChanged, RowCounts, RowsAt, TableRow,
    row_entry,
};

/// What a row's seal covers, and the seal.
pub(in crate::sqlite) const SEALED: &str = "folded, key, content, seal";

/// The row that began last before or with the version: if it ended by then, there is none.
pub(in crate::sqlite) const FIND: &str = "SELECT folded, key, content, seal, until FROM table_rows
    WHERE table_id = ?1 AND folded = ?2 AND since <= ?3 ORDER BY since DESC LIMIT 1";

pub(in crate::sqlite) const LIST: &str = "SELECT folded, key, content, seal FROM table_rows
    WHERE table_id = ?1 AND folded > ?2 AND since <= ?3 AND (until IS NULL OR until > ?3) ORDER BY folded
    LIMIT ?4 OFFSET ?5";

pub(super) fn find(
    db: &Connection,
    table: TableId,
    folded: &str,
    at: Option<ContentVersion>,
) -> Result<RowAt, TableError> {
    let version = state(db, table)?.content.at(at)?;
    Ok(RowAt { version, row: at_version(db, table, folded, version)? })
}

fn at_version(
    db: &Connection,
    table: TableId,
    folded: &str,
    version: ContentVersion,
) -> Result<Option<TableRow>, StoreError> {
    let read = |found: &Row<'_>| Ok((row(found), found.get::<_, Option<ContentVersion>>("until")?));
    let found = db.prepare_cached(FIND)?.query_row((table.0.as_bytes(), folded, version), read).optional()?;
    match found {
        Some((row, until)) if until.is_none_or(|until| until > version) => row.map(Some),
        _ => Ok(None),
    }
}

pub(super) fn list(
    db: &Connection,
    table: TableId,
    after: &str,
    (skipped, limit): (u64, u32),
    at: Option<ContentVersion>,
) -> Result<RowsAt, TableError> {
    let version = state(db, table)?.content.at(at)?;
    let mut select = db.prepare_cached(LIST)?;
    let mut found =
        select.query((table.0.as_bytes(), after, version, limit, i64::try_from(skipped).unwrap_or(i64::MAX)))?;
    let mut rows = Vec::new();
    while let Some(next) = found.next()? {
        rows.push(row(next)?);
    }
    Ok(RowsAt { version, rows })
}

fn row(row: &Row<'_>) -> Result<TableRow, StoreError> {
    let columns = Columns::sealed(row, "table_rows")?;
    Ok(TableRow { folded: columns.get("folded")?, key: columns.get("key")?, values: columns.get("content")? })
}

/// What stands of a table's rows, if they may be changed.
fn changeable(db: &Connection, table: TableId, change: &ContentChange) -> Result<Content, TableError> {
    state(db, table)?.changeable(change.expected)
}

pub(super) fn put(
    session: &mut Session<'_>,
    table: TableId,
    row: &TableRow,
    new: bool,
    change: &ContentChange,
) -> Result<RowChanged, TableError> {
    let content = changeable(session.db, table, change)?;
    let before = at_version(session.db, table, &row.folded, content.version)?;
    if new && before.is_some() {
        return Err(TableError::Exists);
    }
    if before.as_ref() == Some(row) {
        return Ok(RowChanged { version: content.version, before });
    }
    let next = content.version.saturating_add(1);
    end(session.db, table, &row.folded, next)?;
    begin(session.db, table, row, next)?;
    let counts = RowCounts::of_one(content, before.is_some(), true);
    let audit = row_entry(&change.audit, before.as_ref(), Some(row));
    let version = advance(session.db, table, content, counts, &audit)?;
    *session.written = session.written.saturating_add(row.values.len() as u64);
    Ok(RowChanged { version, before })
}

pub(super) fn delete(
    session: &mut Session<'_>,
    table: TableId,
    folded: &str,
    change: &ContentChange,
) -> Result<RowChanged, TableError> {
    let content = changeable(session.db, table, change)?;
    let Some(before) = at_version(session.db, table, folded, content.version)? else {
        return Ok(RowChanged { version: content.version, before: None });
    };
    end(session.db, table, folded, content.version.saturating_add(1))?;
    let counts = RowCounts::of_one(content, true, false);
    let version = advance(session.db, table, content, counts, &row_entry(&change.audit, Some(&before), None))?;
    Ok(RowChanged { version, before: Some(before) })
}

pub(super) fn versions(
    db: &Connection,
    table: TableId,
    offset: u64,
    limit: u32,
) -> Result<(Vec<ContentVersionRecord>, u64), TableError> {
    state(db, table)?;
    let offset = i64::try_from(offset).unwrap_or(i64::MAX);
    let mut select =
        db.prepare_cached("SELECT * FROM table_versions WHERE table_id = ?1 ORDER BY version DESC LIMIT ?2 OFFSET ?3")?;
    let mut found = select.query((table.0.as_bytes(), limit, offset))?;
    let mut versions = Vec::new();
    while let Some(row) = found.next()? {
        let columns = Columns::sealed(row, "table_versions")?;
        versions.push(ContentVersionRecord {
            version: columns.get("version")?,
            at: columns.time("at")?,
            by: columns.get("by")?,
            note: columns.get("note")?,
            counts: RowCounts {
                added: columns.get("added")?,
                changed: columns.get("changed")?,
                removed: columns.get("removed")?,
                same: columns.get("same")?,
            },
        });
    }
    let total = db
        .prepare_cached("SELECT count(*) FROM table_versions WHERE table_id = ?1")?
        .query_row((table.0.as_bytes(),), |row| row.get(0))?;
    Ok((versions, total))
}
