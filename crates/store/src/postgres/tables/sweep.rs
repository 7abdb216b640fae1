//! What nobody can read any more goes, a little at a time. What another node is at is left to it.

use deadpool_postgres::{Client, GenericClient};
use jiff::Timestamp;
use uuid::Uuid;
use waypost_ids::TableId;

use super::{import_of, number, stand};
use crate::error::StoreError;
use crate::postgres::columns::Columns;
use crate::postgres::pool::{execute, row};
use crate::records::retention::VersionLimits;
use crate::rules::tables::ImportStanding;

/// Removes up to about `max` rows, and answers how many it saw to; 0 when there is nothing to do.
pub(in crate::postgres) async fn sweep(
    db: &mut Client,
    limits: Option<VersionLimits>,
    max: i64,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let undone = undo(db, max, now).await?;
    if undone > 0 {
        return Ok(undone);
    }
    let gone = gone(db, max).await?;
    if gone > 0 {
        return Ok(gone);
    }
    if let Some(limits) = limits {
        age(db, limits).await?;
    }
    forget(db, max).await
}

/// Takes back what an import wrote that came to nothing: from the last key down, so much at a time. Rows that began go, rows that were
/// ended go on.
pub(super) async fn undo(db: &mut Client, max: i64, now: Timestamp) -> Result<u64, StoreError> {
    let transaction = db.transaction().await?;
    let sql = "SELECT table_id, version, undo_below, import, import_until, undoing FROM table_contents
        WHERE undoing OR import_until <= $1 LIMIT 1 FOR UPDATE SKIP LOCKED";
    let Some(found) = row(&transaction, sql, &[&now]).await? else { return Ok(0) };
    let import = import_of(Columns { row: &found, table: "table_contents" })?;
    let Some(gone) = import.expire(now) else { return Ok(0) };
    let (table, version, below): (Uuid, i64, Option<String>) =
        (found.try_get(0)?, found.try_get(1)?, found.try_get(2)?);
    // Two statements each, for an index serves only what is compared.
    let sql = match &below {
        Some(_) => {
            "SELECT folded FROM table_rows WHERE table_id = $1 AND folded < $2 ORDER BY folded DESC LIMIT 1 OFFSET $3"
        }
        None => {
            "SELECT folded FROM table_rows WHERE table_id = $1 AND $2::text IS NULL ORDER BY folded DESC LIMIT 1 OFFSET $3"
        }
    };
    let from: Option<String> =
        row(&transaction, sql, &[&table, &below, &max]).await?.map(|row| row.try_get(0)).transpose()?;
    let first = from.as_deref().unwrap_or_default();
    let mut seen: u64 = 0;
    for [bounded, unbounded] in [
        [
            "DELETE FROM table_rows WHERE table_id = $1 AND folded >= $2 AND folded < $3 AND since > $4",
            "DELETE FROM table_rows WHERE table_id = $1 AND folded >= $2 AND $3::text IS NULL AND since > $4",
        ],
        [
            "UPDATE table_rows SET until = NULL WHERE table_id = $1 AND folded >= $2 AND folded < $3 AND until > $4",
            "UPDATE table_rows SET until = NULL WHERE table_id = $1 AND folded >= $2 AND $3::text IS NULL AND until > $4",
        ],
    ] {
        let sql = if below.is_some() { bounded } else { unbounded };
        seen = seen.saturating_add(execute(&transaction, sql, &[&table, &first, &below, &version]).await?);
    }
    execute(&transaction, "UPDATE table_contents SET undo_below = $2 WHERE table_id = $1", &[&table, &from]).await?;
    let to = if from.is_some() { gone } else { ImportStanding::taken_back() };
    stand(&transaction, TableId(table), to).await?;
    transaction.commit().await?;
    Ok(seen.max(1))
}

/// Removes what is left of a table that was deleted, and last the table itself.
async fn gone(db: &mut Client, max: i64) -> Result<u64, StoreError> {
    let transaction = db.transaction().await?;
    let sql = "SELECT id FROM data_tables WHERE deleted LIMIT 1 FOR UPDATE SKIP LOCKED";
    let Some(found) = row(&transaction, sql, &[]).await? else { return Ok(0) };
    let table: Uuid = found.try_get(0)?;
    let rows = "DELETE FROM table_rows WHERE (table_id, folded, since) IN
        (SELECT table_id, folded, since FROM table_rows WHERE table_id = $1 LIMIT $2)";
    let versions = "DELETE FROM table_versions WHERE (table_id, version) IN
        (SELECT table_id, version FROM table_versions WHERE table_id = $1 LIMIT $2)";
    let mut removed = execute(&transaction, rows, &[&table, &max]).await?;
    if removed == 0 {
        removed = execute(&transaction, versions, &[&table, &max]).await?;
    }
    if removed == 0 {
        execute(&transaction, "DELETE FROM table_contents WHERE table_id = $1", &[&table]).await?;
        removed = execute(&transaction, "DELETE FROM data_tables WHERE id = $1", &[&table]).await?;
    }
    transaction.commit().await?;
    Ok(removed)
}

/// Says which versions are the oldest that can be read from now on.
async fn age(db: &impl GenericClient, limits: VersionLimits) -> Result<(), StoreError> {
    // What was the newest at the limit, or older than that and of the many, is the oldest now.
    let sql = "UPDATE table_contents AS c SET oldest = aged.version FROM (
            SELECT v.table_id, max(v.version) AS version FROM table_versions v JOIN table_contents n USING (table_id)
            WHERE v.version <= n.version - ($1::bigint - 1) AND (v.at < $2 OR v.version <= n.version - ($3::bigint - 1))
            GROUP BY v.table_id) AS aged
        WHERE c.table_id = aged.table_id AND c.oldest < aged.version";
    let (least, most) = (number(limits.least.max(1)), number(limits.most.max(1)));
    execute(db, sql, &[&least, &limits.before, &most]).await.map(drop)
}

/// Removes rows that ended before the oldest version that can be read.
pub(in crate::postgres) const OLD_ROWS: &str = "DELETE FROM table_rows WHERE (table_id, folded, since) IN (
    SELECT r.table_id, r.folded, r.since FROM table_contents c
    JOIN table_rows r ON r.table_id = c.table_id AND r.until IS NOT NULL AND r.until <= c.oldest
    LIMIT $1 FOR UPDATE OF r SKIP LOCKED)";

/// Removes what no version that can be read has.
async fn forget(db: &impl GenericClient, max: i64) -> Result<u64, StoreError> {
    let versions = "DELETE FROM table_versions WHERE (table_id, version) IN (
        SELECT v.table_id, v.version FROM table_contents c
        JOIN table_versions v ON v.table_id = c.table_id AND v.version < c.oldest
        LIMIT $1 FOR UPDATE OF v SKIP LOCKED)";
    Ok(execute(db, OLD_ROWS, &[&max]).await?.saturating_add(execute(db, versions, &[&max]).await?))
}
