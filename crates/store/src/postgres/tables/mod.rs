//! Data tables: rows in versions, and whole new contents written beside the one that is read. Who changes a table's rows holds the lock of
//! the table's row in `table_contents`.

mod imports;
mod rows;
mod sweep;

use async_trait::async_trait;
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use tokio_postgres::Row;
use waypost_ids::TableId;

use super::PostgresStore;
use super::columns::{Columns, text};
use super::pool::{execute, row};
use crate::encoding::json;
use crate::error::{StoreError, TableError};
use crate::records::audit::AuditRecord;
use crate::records::tables::{
    Content, ContentChange, ContentVersion, ContentVersionRecord, Import, RowAt, RowChanged, RowCounts, RowsAt,
    TableRecord, TableRow,
};
use crate::rules::tables::{ImportStanding, TableState};
use crate::traits::TableStore;

pub(super) use sweep::sweep;
#[cfg(test)]
pub(super) use {imports::END, rows::FIND, rows::LIST, sweep::OLD_ROWS};

#[async_trait]
impl TableStore for PostgresStore {
    async fn content(&self, table: TableId) -> Result<Content, TableError> {
        self.db.run(move |db| Box::pin(async move { Ok(state(db, STATE, table).await?.content) })).await
    }

    async fn row(&self, table: TableId, folded: &str, at: Option<ContentVersion>) -> Result<RowAt, TableError> {
        let folded = folded.to_owned();
        self.db.run(move |db| Box::pin(rows::find(db, table, folded, at))).await
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
        self.db.run(move |db| Box::pin(rows::list(db, table, after, (skipped, limit), at))).await
    }

    async fn put_row(
        &self,
        table: TableId,
        row: TableRow,
        new: bool,
        change: ContentChange,
    ) -> Result<RowChanged, TableError> {
        self.db.write(move |db| Box::pin(rows::put(db, table, row, new, change))).await
    }

    async fn delete_row(&self, table: TableId, folded: &str, change: ContentChange) -> Result<RowChanged, TableError> {
        let folded = folded.to_owned();
        self.db.write(move |db| Box::pin(rows::delete(db, table, folded, change))).await
    }

    async fn content_versions(
        &self,
        table: TableId,
        offset: u64,
        limit: u32,
    ) -> Result<(Vec<ContentVersionRecord>, u64), TableError> {
        self.db.run(move |db| Box::pin(rows::versions(db, table, offset, limit))).await
    }

    async fn begin_import(
        &self,
        import: Import,
        expected: Option<ContentVersion>,
    ) -> Result<ContentVersion, TableError> {
        self.db.write(move |db| Box::pin(imports::begin(db, import, expected))).await
    }

    async fn write_import(&self, import: Import, puts: Vec<TableRow>, removes: Vec<String>) -> Result<(), TableError> {
        self.db.write(move |db| Box::pin(imports::write(db, import, puts, removes))).await
    }

    async fn finish_import(
        &self,
        import: Import,
        counts: RowCounts,
        audit: AuditRecord,
    ) -> Result<ContentVersion, TableError> {
        self.db.write(move |db| Box::pin(imports::finish(db, import, counts, audit))).await
    }

    async fn abandon_import(&self, import: Import) -> Result<(), TableError> {
        self.db.write(move |db| Box::pin(imports::abandon(db, import))).await
    }

    async fn take_back(&self, max: u32, now: Timestamp) -> Result<u64, StoreError> {
        self.db.run(move |db| Box::pin(sweep::undo(db, i64::from(max), now))).await
    }
}

/// Inserts or replaces a table; its rows stay as they are.
pub(super) async fn put(db: &impl GenericClient, table: &TableRecord) -> Result<(), StoreError> {
    execute(
        db,
        "INSERT INTO data_tables (id, name, folded_name, description, schema, revision, created_at, created_by, modified_at,
            deleted)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, false)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, folded_name = excluded.folded_name,
            description = excluded.description, schema = excluded.schema, revision = excluded.revision,
            created_at = excluded.created_at, created_by = excluded.created_by, modified_at = excluded.modified_at",
        &[
            &table.id.0,
            &text(&table.name),
            &text(&table.folded_name),
            &text(&table.description),
            &json(&table.schema)?,
            &i64::try_from(table.revision).unwrap_or(i64::MAX),
            &table.created_at,
            &text(&table.created_by),
            &table.modified_at,
        ],
    )
    .await?;
    let sql = "INSERT INTO table_contents (table_id, version, oldest, row_count, undoing) VALUES ($1, 0, 0, 0, false)
        ON CONFLICT (table_id) DO NOTHING";
    execute(db, sql, &[&table.id.0]).await.map(drop)
}

const STATE: &str = "SELECT c.* FROM table_contents c JOIN data_tables t ON t.id = c.table_id
    WHERE c.table_id = $1 AND NOT t.deleted";

/// The same, and nobody else changes it until the transaction ends.
const LOCKED: &str = "SELECT c.* FROM table_contents c JOIN data_tables t ON t.id = c.table_id
    WHERE c.table_id = $1 AND NOT t.deleted FOR UPDATE OF c";

async fn state(db: &impl GenericClient, sql: &str, table: TableId) -> Result<TableState, TableError> {
    let found = row(db, sql, &[&table.0]).await?.ok_or(TableError::Unknown)?;
    let columns = Columns { row: &found, table: "table_contents" };
    Ok(TableState { content: content(&found)?, import: import_of(columns)? })
}

fn import_of(columns: Columns<'_>) -> Result<ImportStanding, StoreError> {
    Ok(ImportStanding { hold: columns.hold("import", "import_until")?, undoing: columns.get("undoing")? })
}

/// Writes who writes a new content.
async fn stand(db: &impl GenericClient, table: TableId, to: ImportStanding) -> Result<(), StoreError> {
    let sql = "UPDATE table_contents SET import = $2, import_until = $3, undoing = $4 WHERE table_id = $1";
    execute(db, sql, &[&table.0, &to.hold.lease(), &to.hold.until(), &to.undoing]).await.map(drop)
}

fn content(row: &Row) -> Result<Content, StoreError> {
    let columns = Columns { row, table: "table_contents" };
    Ok(Content {
        version: columns.count("version")?,
        oldest: columns.count("oldest")?,
        rows: columns.count("row_count")?,
    })
}

/// Has the statements of this transaction planned for the table as it is. Plans that were kept are of a time when it may have been empty, and
/// would read a million rows for each of a few.
async fn plan_anew(db: &impl GenericClient) -> Result<(), StoreError> {
    execute(db, "SET LOCAL plan_cache_mode = force_custom_plan", &[]).await.map(drop)
}

/// A version as it is kept.
fn number(version: ContentVersion) -> i64 {
    i64::try_from(version).unwrap_or(i64::MAX)
}

/// Makes the next version the newest.
async fn advance(
    db: &impl GenericClient,
    table: TableId,
    content: Content,
    counts: RowCounts,
    audit: &AuditRecord,
) -> Result<ContentVersion, StoreError> {
    let next = content.version.saturating_add(1);
    let sql = "UPDATE table_contents SET version = $2, row_count = $3 WHERE table_id = $1";
    execute(db, sql, &[&table.0, &number(next), &number(content.rows_after(counts))]).await?;
    let sql = "INSERT INTO table_versions (table_id, version, at, by, note, added, changed, removed, same)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let [added, changed, removed, same] = [counts.added, counts.changed, counts.removed, counts.same].map(number);
    let note = audit.note.as_deref().map(text);
    let version = number(next);
    execute(db, sql, &[&table.0, &version, &audit.at, &text(&audit.actor), &note, &added, &changed, &removed, &same])
        .await?;
    super::audit::add(db, audit).await?;
    Ok(next)
}
