//! Which thread mail belongs to.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use rusqlite::{Connection, Row};
use uuid::Uuid;
use waypost_ids::InteractionId;

use super::SqliteStore;
use super::columns::Columns;
use super::mail_columns::{interaction, sound};
use crate::encoding::json;
use crate::error::StoreError;
use crate::records::correspondents::Correspondent;
use crate::records::mail::{InteractionRecord, NewInteraction, State};
use crate::records::threads::{Joined, ThreadClues};
use crate::rules::threads::{
    Copied, Known, MOST_COPIES, MOST_LOOKED_AT, MOST_NOTES, join, people_column, people_of, without_copies,
    without_copy,
};
use crate::sums::sound_or_none;
use crate::traits::ThreadStore;

/// The condition of what belongs to a thread: the interaction that began it, and those that joined it.
pub(super) const OF_THREAD: &str = "id IN (WITH wanted (thread) AS (SELECT ?)
    SELECT thread FROM wanted WHERE NOT EXISTS
        (SELECT 1 FROM threads WHERE threads.interaction = wanted.thread AND threads.thread IS NOT NULL)
    UNION ALL SELECT threads.interaction FROM wanted CROSS JOIN threads ON threads.thread = wanted.thread)";

/// The columns of a note, with its seal behind them.
const NOTE: &str = "threads.interaction, threads.thread, threads.subject, threads.people, threads.seal";

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

/// Takes from later interactions of its thread what they copied of one whose content goes.
pub(super) fn erase_copies(db: &Connection, erased: InteractionId) -> Result<(), StoreError> {
    let sql = format!(
        "SELECT interactions.id, interactions.thread AS place
         FROM (SELECT interaction FROM threads WHERE thread = coalesce((SELECT thread FROM threads WHERE interaction = ?1), ?1)
                AND interaction > ?1 ORDER BY interaction LIMIT {MOST_COPIES}) AS later
            CROSS JOIN interactions ON interactions.id = later.interaction
         WHERE instr(interactions.thread, '\"attributes\":') > 0"
    );
    let read = |row: &Row<'_>| {
        let columns = Columns { row, table: "interactions" };
        let left = without_copy(columns.json("place")?, |earlier| earlier == erased);
        Ok(left.map(|left| (columns.uuid("id"), left)))
    };
    let found = sound(db.prepare_cached(&sql)?.query((erased.0.as_bytes(),))?, u32::MAX, read)?;
    for (id, left) in found.into_iter().flatten() {
        db.prepare_cached("UPDATE interactions SET thread = ?2 WHERE id = ?1")?
            .execute((id?.as_bytes(), json(&left)?))?;
    }
    Ok(())
}

/// The attributes that an interaction has now; none if its content or itself is gone, or can't be read.
pub(super) fn attributes(db: &Connection, id: InteractionId) -> Result<BTreeMap<String, String>, StoreError> {
    let mut select = db.prepare_cached("SELECT attributes FROM interactions WHERE id = ?1")?;
    let mut rows = select.query((id.0.as_bytes(),))?;
    let Some(row) = rows.next()? else { return Ok(BTreeMap::new()) };
    Ok(sound_or_none(Columns { row, table: "interactions" }.json_or_empty("attributes"))?.unwrap_or_default())
}

/// Removes the note of an interaction that goes.
pub(super) fn remove(db: &Connection, id: InteractionId) -> Result<(), StoreError> {
    db.prepare_cached("DELETE FROM threads WHERE interaction = ?1")?.execute((id.0.as_bytes(),))?;
    Ok(())
}

/// What others' interactions in the thread of one copied of it, or of what names the correspondent, as it is once that is erased.
pub(super) fn copies(
    db: &Connection,
    (erased, whole): (InteractionId, bool),
    who: &Correspondent,
) -> Result<Vec<Copied>, StoreError> {
    let mut select = db.prepare_cached(
        "SELECT interactions.id, interactions.state, interactions.thread AS place
         FROM threads CROSS JOIN interactions ON interactions.id = threads.interaction
         WHERE threads.thread = coalesce((SELECT thread FROM threads WHERE interaction = ?1), ?1)
            AND instr(interactions.thread, '\"attributes\":') > 0
            AND lower(interactions.envelope_from) NOT IN (?2, ?3)
            AND NOT EXISTS (SELECT 1 FROM correspondents AS named
                WHERE named.interaction = interactions.id AND named.address IN (?2, ?3))",
    )?;
    let read = |row: &Row<'_>| {
        let columns = Columns { row, table: "interactions" };
        let state: i64 = columns.get("state")?;
        let state = State::of_code(state).ok_or_else(|| columns.inconsistent("state", &"no such state"))?;
        let interaction = InteractionId(columns.uuid("id")?);
        let left = without_copies(columns.json("place")?, (erased, whole), who);
        Ok(left.map(|left| Copied { interaction, state, left }))
    };
    let found = sound(select.query((erased.0.as_bytes(), &who.ascii, &who.unicode))?, u32::MAX, read)?;
    Ok(found.into_iter().flatten().collect())
}

fn known(db: &Connection, clues: &ThreadClues) -> Result<Known, StoreError> {
    let mut known = Known::default();
    if clues.marked.is_some() {
        return Ok(known);
    }
    // If the note of the earliest is damaged, a later mail may be a copy: the Message-ID leads nowhere.
    let sql = format!(
        "SELECT {NOTE} FROM interactions CROSS JOIN threads ON threads.interaction = interactions.id
         WHERE interactions.message_id = ?1 AND interactions.route = ?2 ORDER BY interactions.id LIMIT 1"
    );
    let mut earliest = db.prepare_cached(&sql)?;
    for (_, id) in &clues.named {
        let found = sound(earliest.query((id, clues.route.as_bytes()))?, 1, thread_noted)?;
        known.named.extend(found.first().map(|thread| (id.clone(), *thread)));
    }
    let sql = format!(
        "SELECT {NOTE} FROM threads WHERE interaction = ?1
         UNION ALL SELECT * FROM (SELECT {NOTE} FROM threads WHERE thread = ?1 ORDER BY interaction DESC LIMIT {MOST_NOTES})"
    );
    let mut notes = db.prepare_cached(&sql)?;
    for thread in known.named.values().copied().collect::<BTreeSet<_>>() {
        let people = |row: &Row<'_>| Columns::sealed(row, "threads")?.get::<Vec<u8>>("people");
        let found = sound(notes.query((thread.as_bytes(),))?, u32::MAX, people)?;
        known.people.entry(thread).or_default().extend(found.iter().flat_map(|column| people_of(column)));
    }
    if let Some(subject) = clues.subject {
        let sql = format!(
            "SELECT {NOTE}, interactions.received_at
             FROM threads CROSS JOIN interactions ON interactions.id = threads.interaction
             WHERE threads.subject = ?1 ORDER BY threads.interaction DESC LIMIT {MOST_LOOKED_AT}"
        );
        let mut alike = db.prepare_cached(&sql)?;
        let read =
            |row: &Row<'_>| Ok((thread_noted(row)?, Columns { row, table: "interactions" }.time("received_at")?));
        known.subject = sound(alike.query((subject,))?, 1, read)?.into_iter().next();
    }
    Ok(known)
}

/// The thread that a note says its interaction belongs to, from a row that begins with [`NOTE`].
fn thread_noted(row: &Row<'_>) -> Result<Uuid, StoreError> {
    let columns = Columns::sealed(row, "threads")?;
    columns.maybe_uuid("thread")?.map_or_else(|| columns.uuid("interaction"), Ok)
}

/// The newest interaction of a thread.
fn newest(db: &Connection, thread: Uuid) -> Result<Option<InteractionRecord>, StoreError> {
    let sql = format!(
        "SELECT * FROM interactions WHERE id IN (
            SELECT ?1 UNION ALL
            SELECT * FROM (SELECT interaction FROM threads WHERE thread = ?1 ORDER BY interaction DESC LIMIT {MOST_LOOKED_AT}))
         ORDER BY id DESC"
    );
    let mut select = db.prepare_cached(&sql)?;
    Ok(sound(select.query((thread.as_bytes(),))?, 1, interaction)?.pop())
}
