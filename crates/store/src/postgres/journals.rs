//! What runs asked and were answered.

use deadpool_postgres::GenericClient;
use uuid::Uuid;
use waypost_ids::InteractionId;

use super::columns::Columns;
use super::pool::{execute, row};
use crate::error::StoreError;
use crate::sums::{sound_journal, sum};

/// Runs with all their columns, and the journal of each.
pub(super) const RUNS: &str = "SELECT runs.*, journals.content AS journal, journals.content_sum AS journal_sum
    FROM runs LEFT JOIN journals USING (interaction, number)";

/// Keeps a journal.
pub(super) const KEEP: &str = "INSERT INTO journals (interaction, number, content, content_sum) VALUES ($1, $2, $3, $4)
    ON CONFLICT (interaction, number) DO UPDATE SET content = excluded.content, content_sum = excluded.content_sum";

/// Removes the journal of the run that an interaction waits for.
pub(super) const FORGET_PARKED: &str =
    "DELETE FROM journals WHERE interaction = $1 AND number > (SELECT runs FROM interactions WHERE id = $1)";

/// Keeps the journal of a run, in the place of what it had before.
pub(super) async fn keep(
    db: &impl GenericClient,
    id: InteractionId,
    number: u32,
    journal: &str,
) -> Result<(), StoreError> {
    execute(db, KEEP, &[&id.0, &i64::from(number), &journal, &sum(journal.as_bytes())]).await.map(drop)
}

/// The column that says whether an interaction's next run was parked.
pub(super) const PARKED: &str = "EXISTS (SELECT 1 FROM journals WHERE journals.interaction = interactions.id
    AND journals.number = interactions.runs + 1) AS parked";

/// What the run that an interaction waits for was answered before it was parked.
pub(super) async fn parked(db: &impl GenericClient, id: InteractionId) -> Result<Option<String>, StoreError> {
    let sql = "SELECT journals.content AS journal, journals.content_sum AS journal_sum
        FROM journals JOIN interactions ON interactions.id = journals.interaction AND journals.number = interactions.runs + 1
        WHERE journals.interaction = $1";
    let found = row(db, sql, &[&id.0]).await?;
    found.map_or(Ok(None), |row| of_run(Columns { row: &row, table: "journals" }, id))
}

/// Removes the journal of the run that an interaction waits for.
pub(super) async fn forget_parked(db: &impl GenericClient, id: InteractionId) -> Result<(), StoreError> {
    execute(db, FORGET_PARKED, &[&id.0]).await.map(drop)
}

/// Removes the journals of all runs of interactions.
pub(super) async fn forget(db: &impl GenericClient, ids: &[Uuid]) -> Result<(), StoreError> {
    execute(db, "DELETE FROM journals WHERE interaction = ANY ($1)", &[&ids]).await.map(drop)
}

/// The journal of a run, from a row of [`RUNS`].
pub(super) fn of_run(columns: Columns<'_>, id: InteractionId) -> Result<Option<String>, StoreError> {
    let journal: Option<String> = columns.get("journal")?;
    if let Some(journal) = &journal {
        sound_journal(id, journal, columns.get("journal_sum")?)?;
    }
    Ok(journal)
}
