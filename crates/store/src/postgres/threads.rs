//! Which thread mail belongs to.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use async_trait::async_trait;
use deadpool_postgres::{Client, GenericClient};
use tokio_postgres::{Row, Statement};
use uuid::Uuid;
use waypost_ids::InteractionId;

use super::PostgresStore;
use super::columns::{Columns, text};
use super::mail_columns::{interaction, read_state};
use super::pool::{execute, row, rows};
use crate::encoding::json;
use crate::error::StoreError;
use crate::records::correspondents::Correspondent;
use crate::records::mail::{InteractionRecord, NewInteraction};
use crate::records::threads::{Joined, ThreadClues, ThreadRecord};
use crate::rules::threads::{
    Copied, Known, MOST_COPIES, MOST_LOOKED_AT, MOST_NOTES, join, people_column, people_of, without_copies,
    without_copy,
};
use crate::sums::sound_or_none;
use crate::traits::ThreadStore;

#[async_trait]
impl ThreadStore for PostgresStore {
    async fn thread_of(&self, clues: ThreadClues) -> Result<Option<Joined>, StoreError> {
        self.db
            .run(move |db| {
                Box::pin(async move {
                    let known = known(db, &clues).await?;
                    let Some((thread, reason)) = join(&clues, &known) else { return Ok(None) };
                    Ok(Some(Joined { thread, reason, newest: newest(db, thread).await? }))
                })
            })
            .await
    }
}

/// Notes what later mail finds the threads of interactions by.
pub(super) const ADD: &str = "INSERT INTO threads (interaction, thread, subject, people)
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bytea[])";

/// What [`ADD`] is given: a list for each column.
#[derive(Default)]
pub(super) struct Notes {
    interactions: Vec<Uuid>,
    threads: Vec<Option<Uuid>>,
    subjects: Vec<Option<i64>>,
    people: Vec<Vec<u8>>,
}

impl Notes {
    /// The notes of interactions that are made.
    pub(super) fn of<'b>(made: impl Iterator<Item = &'b NewInteraction>) -> Self {
        let mut notes = Self::default();
        for one in made {
            let Some(note) = &one.note else { continue };
            notes.interactions.push(one.id.0);
            notes.threads.push(one.thread.as_ref().map(|thread| thread.id));
            notes.subjects.push(note.subject);
            notes.people.push(people_column(note));
        }
        notes
    }

    /// Writes them.
    pub(super) async fn send(self, db: &Client, add: &Statement) -> Result<(), tokio_postgres::Error> {
        if self.interactions.is_empty() {
            return Ok(());
        }
        let Self { interactions, threads, subjects, people } = &self;
        db.execute(add, &[interactions, threads, subjects, people]).await.map(drop)
    }
}

/// What is left of the notes when contents are erased: that the interactions belong to their threads.
pub(super) async fn erase(db: &impl GenericClient, ids: &[Uuid]) -> Result<(), StoreError> {
    let sql = "UPDATE threads SET subject = NULL, people = '' WHERE interaction = ANY ($1)";
    execute(db, sql, &[&ids]).await.map(drop)
}

/// Later interactions that may have a copy of what some of their thread hold.
pub(super) async fn later(db: &impl GenericClient, ids: &[Uuid]) -> Result<Vec<Uuid>, StoreError> {
    let sql = format!(
        r#"SELECT interactions.id FROM unnest($1::uuid[]) AS erased (id), LATERAL (
                SELECT interaction FROM threads
                WHERE thread = coalesce((SELECT thread FROM threads WHERE interaction = erased.id), erased.id)
                    AND interaction > erased.id ORDER BY interaction LIMIT {MOST_COPIES}) AS later
            JOIN interactions ON interactions.id = later.interaction
        WHERE position('"attributes":' IN interactions.thread) > 0
            AND position(erased.id::text IN interactions.thread) > 0"#
    );
    rows(db, &sql, &[&ids]).await?.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// Takes from later interactions, which are locked, what they copied of those whose content goes.
pub(super) async fn erase_copies(db: &impl GenericClient, erased: &[Uuid], later: &[Row]) -> Result<(), StoreError> {
    for row in later {
        let columns = Columns { row, table: "interactions" };
        let thread = sound_or_none(columns.json_or_empty::<Option<ThreadRecord>>("thread"))?;
        let left = thread.and_then(|thread| without_copy(thread, |earlier| erased.contains(&earlier.0)));
        let Some(left) = left else { continue };
        let id: Uuid = columns.get("id")?;
        execute(db, "UPDATE interactions SET thread = $2 WHERE id = $1", &[&id, &json(&left)?]).await?;
    }
    Ok(())
}

/// The attributes that interactions have now.
pub(super) const ATTRIBUTES: &str = "SELECT id, attributes FROM interactions WHERE id = ANY ($1)";

/// What [`ATTRIBUTES`] answered, by interaction. What can't be read is not there.
pub(super) fn attributes_of(found: &[Row]) -> Result<HashMap<Uuid, BTreeMap<String, String>>, StoreError> {
    let read = |row: &Row| {
        let columns = Columns { row, table: "interactions" };
        Ok((columns.get("id")?, sound_or_none(columns.json_or_empty("attributes"))?.unwrap_or_default()))
    };
    found.iter().map(read).collect()
}

/// Removes the notes of interactions that go.
pub(super) async fn remove(db: &impl GenericClient, ids: &[Uuid]) -> Result<(), StoreError> {
    execute(db, "DELETE FROM threads WHERE interaction = ANY ($1)", &[&ids]).await.map(drop)
}

/// What others' interactions in the thread of one copied of it, or of what names the correspondent, as it is once that is erased. They are
/// locked.
pub(super) async fn copies(
    db: &impl GenericClient,
    (erased, whole): (InteractionId, bool),
    who: &Correspondent,
) -> Result<Vec<Copied>, StoreError> {
    let sql = r#"SELECT id, state, thread FROM interactions
        WHERE id = ANY (ARRAY(SELECT interaction FROM threads
                WHERE threads.thread = coalesce((SELECT thread FROM threads WHERE interaction = $1), $1)))
            AND position('"attributes":' IN thread) > 0
            AND lower(envelope_from COLLATE "und-x-icu") NOT IN ($2, $3)
            AND NOT EXISTS (SELECT FROM correspondents AS named
                WHERE named.interaction = interactions.id AND named.address IN ($2, $3))
        ORDER BY id FOR UPDATE"#;
    let mut copies = Vec::new();
    for row in rows(db, sql, &[&erased.0, &who.ascii, &who.unicode]).await? {
        let columns = Columns { row: &row, table: "interactions" };
        let thread = match columns.json("thread") {
            Err(error) if error.is_damage() => {
                tracing::error!(%error, "left alone");
                continue;
            }
            thread => thread?,
        };
        let Some(left) = without_copies(thread, (erased, whole), who) else { continue };
        copies.push(Copied { interaction: InteractionId(columns.get("id")?), state: read_state(columns)?, left });
    }
    Ok(copies)
}

async fn known(db: &Client, clues: &ThreadClues) -> Result<Known, StoreError> {
    let mut known = Known::default();
    if clues.marked.is_some() {
        return Ok(known);
    }
    if !clues.named.is_empty() {
        let named: Vec<String> = clues.named.iter().map(|(_, id)| text(id).into_owned()).collect();
        let sql = "SELECT named.id, found.thread FROM unnest($1::text[]) AS named (id), LATERAL (
                SELECT coalesce(threads.thread, threads.interaction) AS thread
                FROM interactions JOIN threads ON threads.interaction = interactions.id
                WHERE left(interactions.message_id, 200) = left(named.id, 200) AND interactions.message_id = named.id
                    AND interactions.route = $2
                ORDER BY interactions.id LIMIT 1) AS found";
        for found in rows(db, sql, &[&named, &clues.route]).await? {
            known.named.insert(found.try_get(0)?, found.try_get(1)?);
        }
        let threads: Vec<Uuid> = known.named.values().copied().collect::<BTreeSet<_>>().into_iter().collect();
        let sql = format!(
            "SELECT wanted.thread, notes.people FROM unnest($1::uuid[]) AS wanted (thread), LATERAL (
                SELECT people FROM threads WHERE threads.interaction = wanted.thread
                UNION ALL (SELECT people FROM threads WHERE threads.thread = wanted.thread
                    ORDER BY threads.interaction DESC LIMIT {MOST_NOTES})) AS notes"
        );
        if !threads.is_empty() {
            for found in rows(db, &sql, &[&threads]).await? {
                let people: Vec<u8> = found.try_get(1)?;
                known.people.entry(found.try_get(0)?).or_default().extend(people_of(&people));
            }
        }
    }
    if let Some(subject) = clues.subject {
        let sql = "SELECT coalesce(threads.thread, threads.interaction), interactions.received_at
            FROM threads JOIN interactions ON interactions.id = threads.interaction
            WHERE threads.subject = $1 ORDER BY threads.interaction DESC LIMIT 1";
        if let Some(found) = row(db, sql, &[&subject]).await? {
            known.subject = Some((found.try_get(0)?, found.try_get(1)?));
        }
    }
    Ok(known)
}

/// The newest interaction of a thread that can be read.
async fn newest(db: &Client, thread: Uuid) -> Result<Option<InteractionRecord>, StoreError> {
    let sql = "SELECT * FROM interactions WHERE id = ANY (ARRAY(
            SELECT $1::uuid UNION ALL
            (SELECT interaction FROM threads WHERE thread = $1 ORDER BY interaction DESC LIMIT $2)))
        ORDER BY id DESC LIMIT $2";
    // Most often the newest is sound.
    for most in [1, i64::from(MOST_LOOKED_AT)] {
        for found in rows(db, sql, &[&thread, &most]).await? {
            match interaction(&found) {
                Ok(newest) => return Ok(Some(newest)),
                Err(error) if error.is_damage() => tracing::error!(%error, "left alone"),
                Err(error) => return Err(error),
            }
        }
    }
    Ok(None)
}
