//! What nobody can read any more goes, a little at a time.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Params, Row};
use waypost_ids::TableId;

use super::{import_of, run, stand};
use crate::error::StoreError;
use crate::records::retention::VersionLimits;
use crate::records::tables::ContentVersion;
use crate::rules::tables::ImportStanding;
use crate::sqlite::columns::{Columns, micros};

/// Removes up to about `max` rows, and answers how many it saw to; 0 when there is nothing to do.
pub(in crate::sqlite) fn sweep(
    db: &Connection,
    limits: Option<VersionLimits>,
    max: u32,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let undone = undo(db, max, now)?;
    if undone > 0 {
        return Ok(undone);
    }
    let gone = gone(db, max)?;
    if gone > 0 {
        return Ok(gone);
    }
    if let Some(limits) = limits {
        age(db, limits)?;
    }
    forget(db, max)
}

/// Takes back what an import wrote that came to nothing: from the last key down, so much at a time. Rows that began go, rows that were
/// ended go on.
pub(super) fn undo(db: &Connection, max: u32, now: Timestamp) -> Result<u64, StoreError> {
    let read = |row: &Row<'_>| {
        let columns = Columns { row, table: "table_contents" };
        let version: ContentVersion = columns.get("version")?;
        let below: Option<String> = columns.get("undo_below")?;
        Ok::<_, StoreError>((columns.uuid("table_id")?, version, below, import_of(columns)?))
    };
    let found = db
        .prepare_cached("SELECT * FROM table_contents WHERE undoing OR import_until <= ?1 LIMIT 1")?
        .query_row((micros(now),), |row| Ok(read(row)))
        .optional()?
        .transpose()?;
    let Some((table, version, below, import)) = found else { return Ok(0) };
    let Some(gone) = import.expire(now) else { return Ok(0) };
    let id = TableId(table);
    let table = table.as_bytes();
    // A blob comes after all texts.
    let sql = "SELECT folded FROM table_rows WHERE table_id = ?1 AND folded < coalesce(?2, x'') ORDER BY folded DESC
        LIMIT 1 OFFSET ?3";
    let from: Option<String> = db.prepare_cached(sql)?.query_row((&table, &below, max), |row| row.get(0)).optional()?;
    let first = from.as_deref().unwrap_or_default();
    let sql = "DELETE FROM table_rows
        WHERE table_id = ?1 AND folded >= ?2 AND folded < coalesce(?3, x'') AND since > ?4";
    let began = count(db, sql, (&table, first, &below, version))?;
    let sql = "UPDATE table_rows SET until = NULL
        WHERE table_id = ?1 AND folded >= ?2 AND folded < coalesce(?3, x'') AND until > ?4";
    let ended = count(db, sql, (&table, first, &below, version))?;
    run(db, "UPDATE table_contents SET undo_below = ?2 WHERE table_id = ?1", (table, &from))?;
    stand(db, id, if from.is_some() { gone } else { ImportStanding::taken_back() })?;
    Ok(began.saturating_add(ended).max(1))
}

/// Removes what is left of a table that was deleted, and last the table itself.
fn gone(db: &Connection, max: u32) -> Result<u64, StoreError> {
    let table: Option<[u8; 16]> = db
        .prepare_cached("SELECT id FROM data_tables WHERE deleted LIMIT 1")?
        .query_row((), |row| row.get(0))
        .optional()?;
    let Some(table) = table else { return Ok(0) };
    let rows =
        remove_rows(db, "SELECT table_id, folded, since FROM table_rows WHERE table_id = ?1 LIMIT ?2", (&table, max))?;
    if rows > 0 {
        return Ok(rows);
    }
    let sql = "SELECT table_id, version FROM table_versions WHERE table_id = ?1 LIMIT ?2";
    let versions = remove_versions(db, sql, (&table, max))?;
    if versions > 0 {
        return Ok(versions);
    }
    run(db, "DELETE FROM table_contents WHERE table_id = ?1", (&table,))?;
    run(db, "DELETE FROM data_tables WHERE id = ?1", (&table,))?;
    Ok(1)
}

/// Says which versions are the oldest that can be read from now on.
fn age(db: &Connection, limits: VersionLimits) -> Result<(), StoreError> {
    // What was the newest at the limit, or older than that and of the many, is the oldest now.
    let sql = "UPDATE table_contents AS c SET oldest = aged.version FROM (
            SELECT v.table_id, max(v.version) AS version FROM table_versions v JOIN table_contents n USING (table_id)
            WHERE v.version <= n.version - (?1 - 1) AND (v.at < ?2 OR v.version <= n.version - (?3 - 1))
            GROUP BY v.table_id) AS aged
        WHERE c.table_id = aged.table_id AND c.oldest < aged.version";
    run(db, sql, (limits.least.max(1), micros(limits.before), limits.most.max(1)))
}

/// Rows that ended before the oldest version that can be read: table by table, which SQLite does as it is told with CROSS JOIN.
pub(in crate::sqlite) const OLD_ROWS: &str = "SELECT r.table_id, r.folded, r.since FROM table_contents c
    CROSS JOIN table_rows r ON r.table_id = c.table_id AND r.until IS NOT NULL AND r.until <= c.oldest LIMIT ?1";

/// Removes what no version that can be read has.
fn forget(db: &Connection, max: u32) -> Result<u64, StoreError> {
    let rows = remove_rows(db, OLD_ROWS, (max,))?;
    let sql = "SELECT v.table_id, v.version FROM table_contents c
        CROSS JOIN table_versions v ON v.table_id = c.table_id AND v.version < c.oldest LIMIT ?1";
    Ok(rows.saturating_add(remove_versions(db, sql, (max,))?))
}

fn remove_rows(db: &Connection, which: &str, parameters: impl Params) -> Result<u64, StoreError> {
    let keys: Vec<([u8; 16], String, ContentVersion)> = db
        .prepare_cached(which)?
        .query_map(parameters, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<_, _>>()?;
    for (table, folded, since) in &keys {
        let sql = "DELETE FROM table_rows WHERE table_id = ?1 AND folded = ?2 AND since = ?3";
        run(db, sql, (table, folded, since))?;
    }
    Ok(keys.len() as u64)
}

fn remove_versions(db: &Connection, which: &str, parameters: impl Params) -> Result<u64, StoreError> {
    let keys: Vec<([u8; 16], ContentVersion)> = db
        .prepare_cached(which)?
        .query_map(parameters, |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    for (table, version) in &keys {
        run(db, "DELETE FROM table_versions WHERE table_id = ?1 AND version = ?2", (table, version))?;
    }
    Ok(keys.len() as u64)
}

fn count(db: &Connection, sql: &str, parameters: impl Params) -> Result<u64, StoreError> {
    Ok(db.prepare_cached(sql)?.execute(parameters)? as u64)
}
