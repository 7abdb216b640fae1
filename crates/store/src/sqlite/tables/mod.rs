//! Data tables: rows in versions, and whole new contents written beside the one that is read.

mod imports;
mod rows;
mod sweep;

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};
use waypost_ids::TableId;

use super::SqliteStore;
use super::catalogue::run;
use super::columns::{Columns, kept, micros};
use super::writer::Session;
use crate::encoding::json;
use crate::error::{StoreError, TableError};
use crate::records::audit::AuditRecord;
use crate::records::tables::{
    Content, ContentChange, ContentVersion, ContentVersionRecord, Import, RowAt, RowChanged, RowCounts, RowsAt,
    TableRecord, TableRow,
};
use crate::rules::tables::{ImportStanding, TableState};
use crate::traits::TableStore;

pub(super) use imports::end_rights;
pub(super) use rows::SEALED;
pub(super) use sweep::sweep;
#[cfg(test)]
pub(super) use {rows::FIND, rows::LIST, sweep::OLD_ROWS};

impl SqliteStore {
    async fn ask<T, F>(&self, read: F) -> Result<T, TableError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, TableError> + Send + 'static,
    {
        self.readers()?.run(|db| split(read(db))).await?
    }

    async fn tell<T, F>(&self, work: F) -> Result<T, TableError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Session<'_>) -> Result<T, TableError> + Send + 'static,
    {
        self.writer()?.run(|session| split(work(session))).await?
    }
}

/// What the database did wrong apart from what was refused.
fn split<T>(outcome: Result<T, TableError>) -> Result<Result<T, TableError>, StoreError> {
    match outcome {
        Err(TableError::Store(error)) => Err(error),
        other => Ok(other),
    }
}

#[async_trait]
impl TableStore for SqliteStore {
    async fn content(&self, table: TableId) -> Result<Content, TableError> {
        self.ask(move |db| Ok(state(db, table)?.content)).await
    }

    async fn row(&self, table: TableId, folded: &str, at: Option<ContentVersion>) -> Result<RowAt, TableError> {
        let folded = folded.to_owned();
        self.ask(move |db| rows::find(db, table, &folded, at)).await
    }

    async fn rows(
        &self,
        table: TableId,
        after: Option<&str>,
        (skipped, limit): (u64, u32),
        at: Option<ContentVersion>,
    ) -> Result<RowsAt, TableError> {
        // No key is empty: all come after that.
        let after = after.unwrap_or_default().to_owned();
        self.ask(move |db| rows::list(db, table, &after, (skipped, limit), at)).await
    }

    async fn put_row(
        &self,
        table: TableId,
        row: TableRow,
        new: bool,
        change: ContentChange,
    ) -> Result<RowChanged, TableError> {
        self.tell(move |session| rows::put(session, table, &row, new, &change)).await
    }

    async fn delete_row(&self, table: TableId, folded: &str, change: ContentChange) -> Result<RowChanged, TableError> {
        let folded = folded.to_owned();
        self.tell(move |session| rows::delete(session, table, &folded, &change)).await
    }

    async fn content_versions(
        &self,
        table: TableId,
        offset: u64,
        limit: u32,
    ) -> Result<(Vec<ContentVersionRecord>, u64), TableError> {
        self.ask(move |db| rows::versions(db, table, offset, limit)).await
    }

    async fn begin_import(
        &self,
        import: Import,
        expected: Option<ContentVersion>,
    ) -> Result<ContentVersion, TableError> {
        self.tell(move |session| imports::begin(session, import, expected)).await
    }

    async fn write_import(&self, import: Import, puts: Vec<TableRow>, removes: Vec<String>) -> Result<(), TableError> {
        let bytes = puts.iter().map(|row| row.key.len().saturating_add(row.values.len())).sum();
        self.writer()?
            .run_if_room(bytes, move |session| split(imports::write(session, import, &puts, &removes)))
            .await?
    }

    async fn finish_import(
        &self,
        import: Import,
        counts: RowCounts,
        audit: AuditRecord,
    ) -> Result<ContentVersion, TableError> {
        self.tell(move |session| imports::finish(session, import, counts, &audit)).await
    }

    async fn abandon_import(&self, import: Import) -> Result<(), TableError> {
        self.tell(move |session| imports::abandon(session, import)).await
    }

    async fn take_back(&self, max: u32, now: Timestamp) -> Result<u64, StoreError> {
        self.writer()?.run(move |session| sweep::undo(session.db, max, now).map(Ok::<_, StoreError>)).await?
    }
}

/// Inserts or replaces a table; its rows stay as they are.
pub(super) fn put(db: &Connection, table: &TableRecord) -> Result<(), StoreError> {
    run(
        db,
        "INSERT OR REPLACE INTO data_tables (id, name, folded_name, description, schema, revision, created_at, created_by,
            modified_at, deleted)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0)",
        (
            table.id.0.as_bytes(),
            &table.name,
            &table.folded_name,
            &table.description,
            json(&table.schema)?,
            table.revision,
            micros(table.created_at),
            &table.created_by,
            micros(table.modified_at),
        ),
    )?;
    run(
        db,
        "INSERT OR IGNORE INTO table_contents (table_id, version, oldest, row_count, undoing) VALUES (?1, 0, 0, 0, 0)",
        (table.id.0.as_bytes(),),
    )
}

fn state(db: &Connection, table: TableId) -> Result<TableState, TableError> {
    let sql = "SELECT c.* FROM table_contents c JOIN data_tables t ON t.id = c.table_id
        WHERE c.table_id = ?1 AND NOT t.deleted";
    let read = |row: &rusqlite::Row<'_>| Ok(Columns::sealed(row, "table_contents").and_then(state_of));
    let found = db.prepare_cached(sql)?.query_row((table.0.as_bytes(),), read).optional()?;
    Ok(found.ok_or(TableError::Unknown)??)
}

fn state_of(columns: Columns<'_, '_>) -> Result<TableState, StoreError> {
    Ok(TableState {
        content: Content {
            version: columns.get("version")?,
            oldest: columns.get("oldest")?,
            rows: columns.get("row_count")?,
        },
        import: import_of(columns)?,
    })
}

fn import_of(columns: Columns<'_, '_>) -> Result<ImportStanding, StoreError> {
    Ok(ImportStanding { hold: columns.hold("import", "import_until")?, undoing: columns.get("undoing")? })
}

/// Writes who writes a new content.
fn stand(db: &Connection, table: TableId, to: ImportStanding) -> Result<(), StoreError> {
    let (lease, until) = kept(to.hold);
    let sql = "UPDATE table_contents SET import = ?2, import_until = ?3, undoing = ?4 WHERE table_id = ?1";
    run(db, sql, (table.0.as_bytes(), lease, until, to.undoing))
}

/// Ends the row of the newest version, from the next on.
fn end(db: &Connection, table: TableId, folded: &str, next: ContentVersion) -> Result<(), StoreError> {
    let sql = "UPDATE table_rows SET until = ?3 WHERE table_id = ?1 AND folded = ?2 AND until IS NULL AND since < ?3";
    run(db, sql, (table.0.as_bytes(), folded, next))
}

/// Begins a row with the next version.
fn begin(db: &Connection, table: TableId, row: &TableRow, next: ContentVersion) -> Result<(), StoreError> {
    let sql = "INSERT INTO table_rows (table_id, folded, since, key, content, seal)
        VALUES (?1, ?2, ?3, ?4, ?5, seal(?2, ?4, ?5))";
    run(db, sql, (table.0.as_bytes(), &row.folded, next, &row.key, &row.values))
}

/// Makes the next version the newest.
fn advance(
    db: &Connection,
    table: TableId,
    content: Content,
    counts: RowCounts,
    audit: &AuditRecord,
) -> Result<ContentVersion, StoreError> {
    let next = content.version.saturating_add(1);
    run(
        db,
        "UPDATE table_contents SET version = ?2, row_count = ?3 WHERE table_id = ?1",
        (table.0.as_bytes(), next, content.rows_after(counts)),
    )?;
    run(
        db,
        "INSERT INTO table_versions (table_id, version, at, by, note, added, changed, removed, same)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        (
            table.0.as_bytes(),
            next,
            micros(audit.at),
            &audit.actor,
            audit.note.as_deref(),
            counts.added,
            counts.changed,
            counts.removed,
            counts.same,
        ),
    )?;
    super::audit::add(db, audit)?;
    Ok(next)
}
