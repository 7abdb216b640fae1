//! What goes: contents that somebody wants erased, and what has outlived its time.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;
use waypost_ids::InteractionId;

use super::SqliteStore;
use super::columns::micros;
use super::mail_columns::{interaction, sound};
use super::writer::Session;
use crate::error::StoreError;
use crate::records::mail::InteractionRecord;
use crate::records::retention::{RetentionLimits, Swept};
use crate::traits::RetentionStore;

#[async_trait]
impl RetentionStore for SqliteStore {
    async fn sweep(&self, limits: RetentionLimits, max: u32) -> Result<Swept, StoreError> {
        self.writer()?.run(move |session| sweep(session, limits, max).map(Ok::<_, StoreError>)).await?
    }
}

fn sweep(session: &mut Session<'_>, limits: RetentionLimits, max: u32) -> Result<Swept, StoreError> {
    let mut swept = Swept::default();
    if let Some(limit) = limits.interactions {
        for one in interactions(session.db, micros(limit), max)? {
            remove(session, &one)?;
            swept.interactions += 1;
        }
    }
    if let Some(limit) = limits.contents {
        let old: Vec<[u8; 16]> = session
            .db
            .prepare_cached(
                "SELECT id FROM interactions WHERE completed_at IS NOT NULL AND NOT erased AND completed_at < ?1
                 ORDER BY completed_at LIMIT ?2",
            )?
            .query_map((micros(limit), max), |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for id in old {
            erase_content(session.db, InteractionId(Uuid::from_bytes(id)))?;
            swept.contents += 1;
        }
        swept.replays = super::replays::sweep(session.db, limit, max)?;
    }
    if let Some(limit) = limits.audit {
        // Identifiers sort by time.
        let sql = "DELETE FROM audit WHERE at < ?1 AND id IN (SELECT id FROM audit ORDER BY id LIMIT ?2)";
        let removed = session.db.prepare_cached(sql)?.execute((micros(limit), max))?;
        swept.audit = removed as u64;
    }
    // Rows are small.
    swept.rows = super::tables::sweep(session.db, limits.versions, max.saturating_mul(10))?;
    Ok(swept)
}

fn interactions(db: &Connection, before: i64, max: u32) -> Result<Vec<InteractionRecord>, StoreError> {
    let mut select = db.prepare_cached(
        "SELECT * FROM interactions WHERE completed_at IS NOT NULL AND completed_at < ?1 ORDER BY completed_at",
    )?;
    sound(select.query((before,))?, max, interaction)
}

fn remove(session: &mut Session<'_>, one: &InteractionRecord) -> Result<(), StoreError> {
    erase_content(session.db, one.id)?;
    session.db.prepare_cached("DELETE FROM runs WHERE interaction = ?1")?.execute((one.id.0.as_bytes(),))?;
    session.db.prepare_cached("DELETE FROM interactions WHERE id = ?1")?.execute((one.id.0.as_bytes(),))?;
    let duplicates = i64::try_from(one.duplicates).unwrap_or(i64::MAX);
    session.tally.removed(one.state, one.decision.as_ref().map(|decision| decision.kind), duplicates);
    Ok(())
}

/// Removes message, subject, traces, journals and attributes, and the opening except where a run that is still to come needs it; answers whether the interaction exists. A message that came for several routes goes with the
/// last of its interactions. Freed pages are used again by the database; they are not overwritten at once.
pub(super) fn erase_content(db: &Connection, id: InteractionId) -> Result<bool, StoreError> {
    let message: Option<Option<i64>> = db
        .prepare_cached("SELECT message FROM interactions WHERE id = ?1")?
        .query_row((id.0.as_bytes(),), |row| row.get(0))
        .optional()?;
    let Some(message) = message else { return Ok(false) };
    db.prepare_cached(
        "UPDATE interactions SET erased = 1, subject = '', message = NULL, attributes = NULL, attributes_set = NULL,
            opening = CASE WHEN state < 2 THEN json_remove(opening, '$.attributes') END
         WHERE id = ?1",
    )?
    .execute((id.0.as_bytes(),))?;
    db.prepare_cached("UPDATE runs SET trace = '{}', attributes = NULL WHERE interaction = ?1")?
        .execute((id.0.as_bytes(),))?;
    super::journals::forget(db, id)?;
    super::replays::forget(db, id)?;
    if let Some(message) = message {
        db.prepare_cached("DELETE FROM messages WHERE id = ?1 AND uses <= 1")?.execute((message,))?;
        db.prepare_cached("UPDATE messages SET uses = uses - 1 WHERE id = ?1")?.execute((message,))?;
    }
    Ok(true)
}
