//! Rows one by one, and what there is of versions.

use deadpool_postgres::{Client, GenericClient};
use tokio_postgres::Row;
use waypost_ids::TableId;

use super::imports::write_rows;
use super::{Columns, LOCKED, STATE, advance, content, number, plan_anew, state, text};
use crate::error::{StoreError, TableError};
use crate::postgres::pool::{Lent, row, rows};
use crate::records::tables::{
    Content, ContentChange, ContentVersion, ContentVersionRecord, RowAt, RowChanged, RowCounts, RowsAt, TableRow,
    row_entry,
};

/// The row that began last before or with the version: if it ended by then, there is none. In one statement, and so at one moment.
pub(in crate::postgres) const FIND: &str = "SELECT c.*, r.folded, r.key, r.content FROM table_contents c
    JOIN data_tables t ON t.id = c.table_id
    LEFT JOIN LATERAL (SELECT * FROM table_rows WHERE table_id = c.table_id AND folded = $2
        AND since <= coalesce($3, c.version) ORDER BY since DESC LIMIT 1) AS r
        ON r.until IS NULL OR r.until > coalesce($3, c.version)
    WHERE c.table_id = $1 AND NOT t.deleted";

pub(in crate::postgres) const LIST: &str = "SELECT folded, key, content FROM table_rows
    WHERE table_id = $1 AND folded > $2 AND since <= $3 AND (until IS NULL OR until > $3) ORDER BY folded
    LIMIT $4 OFFSET $5";

pub(super) async fn find(
    db: &impl GenericClient,
    table: TableId,
    folded: String,
    at: Option<ContentVersion>,
) -> Result<RowAt, TableError> {
    let found = row(db, FIND, &[&table.0, &text(&folded), &at.map(number)]).await?.ok_or(TableError::Unknown)?;
    let version = content(&found)?.at(at)?;
    let columns = Columns { row: &found, table: "table_rows" };
    let there = columns.get::<Option<&str>>("key")?.is_some();
    Ok(RowAt { version, row: if there { Some(read(&found)?) } else { None } })
}

fn read(row: &Row) -> Result<TableRow, StoreError> {
    let columns = Columns { row, table: "table_rows" };
    Ok(TableRow { folded: columns.get("folded")?, key: columns.get("key")?, values: columns.get("content")? })
}

pub(super) async fn list(
    db: &mut Client,
    table: TableId,
    after: String,
    (skipped, limit): (u64, u32),
    at: Option<ContentVersion>,
) -> Result<RowsAt, TableError> {
    let transaction = db.transaction().await?;
    plan_anew(&transaction).await?;
    let version = state(&transaction, STATE, table).await?.content.at(at)?;
    // What a version holds never changes: the list may be read a moment later.
    let found =
        rows(&transaction, LIST, &[&table.0, &text(&after), &number(version), &i64::from(limit), &number(skipped)])
            .await?;
    Ok(RowsAt { version, rows: found.iter().map(read).collect::<Result<_, _>>()? })
}

/// What stands of a table's rows, if they may be changed. Nobody else changes them until the transaction ends.
async fn changeable(db: &impl GenericClient, table: TableId, change: &ContentChange) -> Result<Content, TableError> {
    state(db, LOCKED, table).await?.changeable(change.expected)
}

pub(super) async fn put(
    db: &mut Lent,
    table: TableId,
    row: TableRow,
    new: bool,
    change: ContentChange,
) -> Result<RowChanged, TableError> {
    let (transaction, ending) = db.begin().await?;
    let content = changeable(&transaction, table, &change).await?;
    let before = find(&transaction, table, row.folded.clone(), None).await?.row;
    if new && before.is_some() {
        return Err(TableError::Exists);
    }
    if before.as_ref() == Some(&row) {
        return Ok(RowChanged { version: content.version, before });
    }
    let counts = RowCounts::of_one(content, before.is_some(), true);
    let audit = row_entry(&change.audit, before.as_ref(), Some(&row));
    write_rows(&transaction, table, content.version.saturating_add(1), &[row], &[]).await?;
    let version = advance(&transaction, table, content, counts, &audit).await?;
    ending.commit(transaction).await?;
    Ok(RowChanged { version, before })
}

pub(super) async fn delete(
    db: &mut Lent,
    table: TableId,
    folded: String,
    change: ContentChange,
) -> Result<RowChanged, TableError> {
    let (transaction, ending) = db.begin().await?;
    let content = changeable(&transaction, table, &change).await?;
    let Some(before) = find(&transaction, table, folded.clone(), None).await?.row else {
        return Ok(RowChanged { version: content.version, before: None });
    };
    let counts = RowCounts::of_one(content, true, false);
    write_rows(&transaction, table, content.version.saturating_add(1), &[], &[folded]).await?;
    let audit = row_entry(&change.audit, Some(&before), None);
    let version = advance(&transaction, table, content, counts, &audit).await?;
    ending.commit(transaction).await?;
    Ok(RowChanged { version, before: Some(before) })
}

pub(super) async fn versions(
    db: &mut Client,
    table: TableId,
    offset: u64,
    limit: u32,
) -> Result<(Vec<ContentVersionRecord>, u64), TableError> {
    state(db, STATE, table).await?;
    let sql = "SELECT * FROM table_versions WHERE table_id = $1 ORDER BY version DESC LIMIT $2 OFFSET $3";
    let mut versions = Vec::new();
    for row in rows(db, sql, &[&table.0, &i64::from(limit), &number(offset)]).await? {
        let columns = Columns { row: &row, table: "table_versions" };
        versions.push(ContentVersionRecord {
            version: columns.count("version")?,
            at: columns.get("at")?,
            by: columns.get("by")?,
            note: columns.get("note")?,
            counts: RowCounts {
                added: columns.count("added")?,
                changed: columns.count("changed")?,
                removed: columns.count("removed")?,
                same: columns.count("same")?,
            },
        });
    }
    let total: i64 = match row(db, "SELECT count(*) FROM table_versions WHERE table_id = $1", &[&table.0]).await? {
        Some(row) => row.try_get(0)?,
        None => 0,
    };
    Ok((versions, u64::try_from(total).unwrap_or(0)))
}
