//! Which thread mail belongs to.

use std::collections::BTreeSet;

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;
use waypost_ids::InteractionId;

use super::SqliteStore;
use super::columns::Columns;
use super::mail_columns::interaction;
use crate::error::StoreError;
use crate::records::mail::{InteractionRecord, NewInteraction};
use crate::records::threads::{Joined, ThreadClues};
use crate::rules::threads::{Known, MOST_NOTES, join, people_column, people_of};
use crate::traits::ThreadStore;

/// The condition of what belongs to a thread: the interaction that began it, and those that joined it.
pub(super) const OF_THREAD: &str = "id IN (WITH wanted (thread) AS (SELECT ?)
    SELECT thread FROM wanted WHERE NOT EXISTS
        (SELECT 1 FROM threads WHERE threads.interaction = wanted.thread AND threads.thread IS NOT NULL)
    UNION ALL SELECT threads.interaction FROM wanted CROSS JOIN threads ON threads.thread = wanted.thread)";

#[async_trait]
impl ThreadStore for SqliteStore {
    async fn thread_of(&self, clues: ThreadClues) -> Result<Option<Joined>, StoreError> {
        self.readers()?
            .run(move |db| {
                let known = known(db, &clues)?;
                let Some((thread, reason)) = join(&clues, &known) else { return Ok(None) };
                Ok(Some(Joined { thread, reason, newest: newest(db, thread)? }))
            })
            .await
    }
}

/// Notes what later mail finds the thread of an interaction by.
pub(super) fn note(db: &Connection, made: &NewInteraction) -> Result<(), StoreError> {
    let Some(note) = &made.note else { return Ok(()) };
    let thread = made.thread.as_ref().map(|thread| thread.id.into_bytes());
    db.prepare_cached(
        "INSERT INTO threads (interaction, thread, subject, people, seal) VALUES (?1, ?2, ?3, ?4, seal(?1, ?2, ?3, ?4))",
    )?
    .execute((made.id.0.as_bytes(), thread, note.subject, people_column(note)))?;
    Ok(())
}

/// What is left of the note when the content is erased: that the interaction belongs to its thread.
pub(super) fn erase(db: &Connection, id: InteractionId) -> Result<(), StoreError> {
    db.prepare_cached(
        "UPDATE threads SET subject = NULL, people = x'', seal = seal(interaction, thread, NULL, x'') WHERE interaction = ?1",
    )?
    .execute((id.0.as_bytes(),))?;
    Ok(())
}

/// Removes the note of an interaction that goes.
pub(super) fn remove(db: &Connection, id: InteractionId) -> Result<(), StoreError> {
    db.prepare_cached("DELETE FROM threads WHERE interaction = ?1")?.execute((id.0.as_bytes(),))?;
    Ok(())
}

fn known(db: &Connection, clues: &ThreadClues) -> Result<Known, StoreError> {
    let mut known = Known::default();
    if clues.marked.is_some() {
        return Ok(known);
    }
    let mut earliest = db.prepare_cached(
        "SELECT coalesce(threads.thread, threads.interaction) FROM interactions JOIN threads ON threads.interaction = interactions.id
         WHERE interactions.message_id = ?1 AND interactions.route = ?2 ORDER BY interactions.id LIMIT 1",
    )?;
    for (_, id) in &clues.named {
        let found: Option<[u8; 16]> = earliest.query_row((id, clues.route.as_bytes()), |row| row.get(0)).optional()?;
        known.named.extend(found.map(|thread| (id.clone(), Uuid::from_bytes(thread))));
    }
    let sql = format!(
        "SELECT interaction, thread, subject, people, seal FROM threads WHERE interaction = ?1
         UNION ALL SELECT * FROM (SELECT interaction, thread, subject, people, seal FROM threads WHERE thread = ?1
            ORDER BY interaction DESC LIMIT {MOST_NOTES})"
    );
    let mut notes = db.prepare_cached(&sql)?;
    for thread in known.named.values().copied().collect::<BTreeSet<_>>() {
        let people = known.people.entry(thread).or_default();
        let mut rows = notes.query((thread.as_bytes(),))?;
        while let Some(row) = rows.next()? {
            let columns = Columns::sealed(row, "threads")?;
            people.extend(people_of(&columns.get::<Vec<u8>>("people")?));
        }
    }
    if let Some(subject) = clues.subject {
        let mut alike = db.prepare_cached(
            "SELECT coalesce(threads.thread, threads.interaction) AS thread, interactions.received_at
             FROM threads JOIN interactions ON interactions.id = threads.interaction
             WHERE threads.subject = ?1 ORDER BY threads.interaction DESC LIMIT 1",
        )?;
        let mut rows = alike.query((subject,))?;
        if let Some(row) = rows.next()? {
            let columns = Columns { row, table: "threads" };
            known.subject = Some((columns.uuid("thread")?, columns.time("received_at")?));
        }
    }
    Ok(known)
}

/// The newest interaction of a thread.
fn newest(db: &Connection, thread: Uuid) -> Result<Option<InteractionRecord>, StoreError> {
    let mut select = db.prepare_cached(
        "SELECT * FROM interactions WHERE id IN (
            SELECT ?1 UNION ALL
            SELECT * FROM (SELECT interaction FROM threads WHERE thread = ?1 ORDER BY interaction DESC LIMIT 1))
         ORDER BY id DESC LIMIT 1",
    )?;
    let mut rows = select.query((thread.as_bytes(),))?;
    rows.next()?.map(interaction).transpose()
}
