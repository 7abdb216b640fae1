//! The next version, written bit by bit while everybody reads the newest: its rows begin, and those it does without end, at a version that
//! nobody looks at yet. Ending it is one number, however many rows there are.

use std::borrow::Cow;

use deadpool_postgres::GenericClient;
use waypost_ids::TableId;

use super::{LOCKED, advance, number, plan_anew, stand, state, text};
use crate::error::{StoreError, TableError};
use crate::postgres::pool::{Lent, execute};
use crate::records::audit::AuditRecord;
use crate::records::tables::{ContentVersion, Import, RowCounts, TableRow, content_entry};
use crate::rules::tables::TableState;

/// So many new rows may make what PostgreSQL knows of them wrong.
const WORTH_A_LOOK: u64 = 1000;

pub(super) async fn begin(
    db: &mut Lent,
    import: Import,
    expected: Option<ContentVersion>,
) -> Result<ContentVersion, TableError> {
    let (transaction, ending) = db.begin().await?;
    let state = state(&transaction, LOCKED, import.table).await?;
    let newest = state.changeable(expected)?.version;
    stand(&transaction, import.table, state.import.begin(import.lease)?).await?;
    ending.commit(transaction).await?;
    Ok(newest)
}

pub(super) async fn write(
    db: &mut Lent,
    import: Import,
    puts: Vec<TableRow>,
    removes: Vec<String>,
) -> Result<(), TableError> {
    let (transaction, ending) = db.begin().await?;
    let state = state(&transaction, LOCKED, import.table).await?;
    let renewed = state.import.renew(import.lease)?;
    let next = state.content.version.saturating_add(1);
    write_rows(&transaction, import.table, next, &puts, &removes).await?;
    stand(&transaction, import.table, renewed).await?;
    Ok(ending.commit(transaction).await?)
}

/// Ends rows, each looked for by itself: how many of the keys are there makes no difference to the plan.
pub(in crate::postgres) const END: &str = "UPDATE table_rows SET until = $3 WHERE ctid = ANY (ARRAY(
    SELECT newest.ctid FROM unnest($2::text[]) AS gone (folded) CROSS JOIN LATERAL (
        SELECT ctid, until FROM table_rows WHERE table_id = $1 AND table_rows.folded = gone.folded AND since < $3
        ORDER BY since DESC LIMIT 1) AS newest
    WHERE newest.until IS NULL))";

/// Ends rows and begins others at a version.
pub(super) async fn write_rows(
    db: &impl GenericClient,
    table: TableId,
    next: ContentVersion,
    puts: &[TableRow],
    removes: &[String],
) -> Result<(), StoreError> {
    if puts.is_empty() && removes.is_empty() {
        return Ok(());
    }
    plan_anew(db).await?;
    let next = number(next);
    let ended: Vec<Cow<'_, str>> =
        puts.iter().map(|row| &row.folded).chain(removes).map(|folded| text(folded)).collect();
    execute(db, END, &[&table.0, &ended, &next]).await?;
    if puts.is_empty() {
        return Ok(());
    }
    let column = |of: fn(&TableRow) -> &str| puts.iter().map(|row| text(of(row))).collect::<Vec<_>>();
    let (folded, keys, contents) = (column(|row| &row.folded), column(|row| &row.key), column(|row| &row.values));
    let sql = "INSERT INTO table_rows (table_id, folded, since, key, content)
        SELECT $1, folded, $2, key, content FROM unnest($3::text[], $4::text[], $5::text[]) AS new (folded, key, content)";
    execute(db, sql, &[&table.0, &next, &folded, &keys, &contents]).await.map(drop)
}

pub(super) async fn finish(
    db: &mut Lent,
    import: Import,
    counts: RowCounts,
    audit: AuditRecord,
) -> Result<ContentVersion, TableError> {
    let (transaction, ending) = db.begin().await?;
    let TableState { content, import: before } = state(&transaction, LOCKED, import.table).await?;
    stand(&transaction, import.table, before.finish(import.lease.id)?).await?;
    let mut version = content.version;
    if !counts.is_nothing() {
        let entry = content_entry(&audit, content.version.saturating_add(1), counts);
        version = advance(&transaction, import.table, content, counts, &entry).await?;
    }
    ending.commit(transaction).await?;
    if counts.added >= WORTH_A_LOOK {
        // Looking keys up should not wait for PostgreSQL to notice by itself. If this fails, it will.
        if let Err(error) = execute(db.parts().0, "ANALYZE table_rows", &[]).await {
            tracing::debug!(%error, "the rows of tables could not be analyzed");
        }
    }
    Ok(version)
}

pub(super) async fn abandon(db: &mut Lent, import: Import) -> Result<(), TableError> {
    let (transaction, ending) = db.begin().await?;
    let gone = state(&transaction, LOCKED, import.table).await?.import.abandon(import.lease.id)?;
    stand(&transaction, import.table, gone).await?;
    Ok(ending.commit(transaction).await?)
}
