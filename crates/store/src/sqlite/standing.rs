//! Where interactions stand, as rows.

use rusqlite::{Connection, OptionalExtension, Row};
use waypost_ids::{InteractionId, QueueId};

use super::columns::{Columns, kept, micros};
use super::writer::Session;
use crate::error::StoreError;
use crate::records::mail::State;
use crate::rules::standing::{Position, Standing};

/// The columns of interactions that say where one stands.
pub(super) const COLUMNS: &str = "state, queue, queued_at, lease, lease_until, attempts, rerun_by, completed_at";

/// Reads from a row with at least these columns.
pub(super) fn standing(row: &Row<'_>) -> Result<Standing, StoreError> {
    let columns = Columns { row, table: "interactions" };
    Ok(Standing {
        state: State::of_code(columns.get("state")?).ok_or_else(|| columns.inconsistent("state", &"no such state"))?,
        queue: columns.maybe_uuid("queue")?.map(QueueId),
        queued_at: columns.maybe_time("queued_at")?,
        hold: columns.hold("lease", "lease_until")?,
        attempts: columns.get("attempts")?,
        rerun_by: columns.get("rerun_by")?,
        completed_at: columns.maybe_time("completed_at")?,
    })
}

/// How an interaction stands; none if there is no such interaction.
pub(super) fn find(db: &Connection, id: InteractionId) -> Result<Option<Standing>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM interactions WHERE id = ?1");
    db.prepare_cached(&sql)?.query_row((id.0.as_bytes(),), |row| Ok(standing(row))).optional()?.transpose()
}

/// Writes how an interaction stands that was counted in `from` before.
pub(super) fn write(
    session: &mut Session<'_>,
    id: InteractionId,
    from: Position,
    to: &Standing,
) -> Result<(), StoreError> {
    let sql = "UPDATE interactions SET state = ?2, lease = ?3, lease_until = ?4, attempts = ?5, rerun_by = ?6,
        completed_at = ?7, queued_at = ?8 WHERE id = ?1";
    let (lease, until) = kept(to.hold);
    session.db.prepare_cached(sql)?.execute((
        id.0.as_bytes(),
        to.state.code(),
        lease,
        until,
        to.attempts,
        to.rerun_by.as_deref(),
        to.completed_at.map(micros),
        to.queued_at.map(micros),
    ))?;
    if to.queue != from.queue {
        // Apart: naming the column rewrites its index, and most changes leave it.
        let sql = "UPDATE interactions SET queue = ?2 WHERE id = ?1";
        session.db.prepare_cached(sql)?.execute((id.0.as_bytes(), to.queue.map(|queue| queue.0.into_bytes())))?;
    }
    session.tally.moved(Some(from), to.position());
    session.events.moved(id, from, to.position());
    Ok(())
}
