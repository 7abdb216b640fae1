//! What runs asked and were answered.

use rusqlite::{Connection, Row};
use waypost_ids::InteractionId;

use super::columns::Columns;
use super::seals;
use super::writer::Session;
use crate::error::StoreError;

/// Runs with all their columns, the journal of each, and its place among them.
pub(super) const RUNS: &str =
    "SELECT runs.*, journals.content AS journal, journals.seal AS journal_seal, runs.rowid AS stands_at
    FROM runs LEFT JOIN journals USING (interaction, number)";

/// Keeps the journal of a run, in the place of what it had before.
pub(super) fn keep(session: &mut Session<'_>, id: InteractionId, number: u32, journal: &str) -> Result<(), StoreError> {
    let sql =
        "INSERT OR REPLACE INTO journals (interaction, number, content, seal) VALUES (?1, ?2, ?3, seal(?1, ?2, ?3))";
    session.db.prepare_cached(sql)?.execute((id.0.as_bytes(), number, journal))?;
    *session.written = session.written.saturating_add(journal.len() as u64);
    Ok(())
}

/// The column that says whether an interaction's next run was parked.
pub(super) const PARKED: &str = "EXISTS (SELECT 1 FROM journals WHERE journals.interaction = interactions.id
    AND journals.number = interactions.runs + 1) AS parked";

/// What the run that an interaction waits for was answered before it was parked.
pub(super) fn parked(db: &Connection, id: InteractionId) -> Result<Option<String>, StoreError> {
    let sql = "SELECT journals.interaction, journals.number, journals.content AS journal, journals.seal AS journal_seal
        FROM journals JOIN interactions ON interactions.id = journals.interaction AND journals.number = interactions.runs + 1
        WHERE journals.interaction = ?1";
    let mut select = db.prepare_cached(sql)?;
    let mut rows = select.query((id.0.as_bytes(),))?;
    rows.next()?.map_or(Ok(None), |row| of_run(row, id))
}

/// Removes the journal of the run that an interaction waits for.
pub(super) fn forget_parked(db: &Connection, id: InteractionId) -> Result<(), StoreError> {
    let sql = "DELETE FROM journals WHERE interaction = ?1 AND number > (SELECT runs FROM interactions WHERE id = ?1)";
    db.prepare_cached(sql)?.execute((id.0.as_bytes(),))?;
    Ok(())
}

/// Removes the journals of all runs of an interaction.
pub(super) fn forget(db: &Connection, id: InteractionId) -> Result<(), StoreError> {
    db.prepare_cached("DELETE FROM journals WHERE interaction = ?1")?.execute((id.0.as_bytes(),))?;
    Ok(())
}

/// The journal of a run, from a row of [`RUNS`].
pub(super) fn of_run(row: &Row<'_>, id: InteractionId) -> Result<Option<String>, StoreError> {
    let columns = Columns { row, table: "journals" };
    let journal: Option<String> = columns.get("journal")?;
    if journal.is_some() {
        let sealed = ["interaction", "number", "journal"];
        let damaged = || format!("the journal of a run of interaction `{id}` is damaged");
        seals::verify_by(row, &sealed, "journal_seal", damaged)?;
    }
    Ok(journal)
}
