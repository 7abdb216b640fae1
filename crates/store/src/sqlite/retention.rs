//! What goes: contents that somebody wants erased, and what has outlived its time.

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::Connection;
use uuid::Uuid;
use waypost_ids::InteractionId;

use super::columns::{Columns, micros};
use super::correspondents::readable;
use super::mail_columns::{interaction, sound};
use super::writer::Session;
use super::{SqliteStore, deliveries, tally};
use crate::encoding::{DecisionMore, json};
use crate::error::StoreError;
use crate::records::mail::{InteractionRecord, Opening, State};
use crate::records::retention::{RetentionLimits, Swept};
use crate::records::threads::ThreadRecord;
use crate::rules::contents::{ERASED_TRACE, bare_decision, bare_opening};
use crate::rules::threads::bare_thread;
use crate::sums::sound_or_none;
use crate::traits::RetentionStore;

/// What still goes out keeps its interaction and its content.
const PENDING: &str =
    "EXISTS (SELECT 1 FROM deliveries WHERE deliveries.interaction = interactions.id AND deliveries.state = 0)";

#[async_trait]
impl RetentionStore for SqliteStore {
    async fn sweep(&self, limits: RetentionLimits, max: u32, now: Timestamp) -> Result<Swept, StoreError> {
        self.writer()?.run(move |session| sweep(session, limits, max, now).map(Ok::<_, StoreError>)).await?
    }
}

fn sweep(session: &mut Session<'_>, limits: RetentionLimits, max: u32, now: Timestamp) -> Result<Swept, StoreError> {
    let mut swept = Swept::default();
    if limits.sweep_mail() {
        swept.interactions = remove_old(session, &limits, max, now)?;
        swept.contents = erase_old(session, &limits, max, now)?;
    }
    if let Some(limit) = limits.contents {
        swept.replays = super::replays::sweep(session.db, limit, max)?;
    }
    if let Some(limit) = limits.audit {
        // Identifiers sort by time.
        let sql = "DELETE FROM audit WHERE at < ?1 AND id IN (SELECT id FROM audit ORDER BY id LIMIT ?2)";
        let removed = session.db.prepare_cached(sql)?.execute((micros(limit), max))?;
        swept.audit = removed as u64;
    }
    // Rows are small.
    swept.rows = super::tables::sweep(session.db, limits.versions, max.saturating_mul(10), now)?;
    tally::forget_empty(session.db)?;
    super::activity::sweep(session.db, now)?;
    Ok(swept)
}

/// What has not lost its content yet, and all: as the indexes `interactions_contents` and `interactions_completed` have it.
const WITH_CONTENT: &str = "completed_at IS NOT NULL AND NOT erased";
const COMPLETED: &str = "completed_at IS NOT NULL";

/// Routes by which completed interactions came, and none for those that came by no route: one step in the index for each.
fn routes(db: &Connection, (index, which): (&str, &str)) -> Result<Vec<Option<[u8; 16]>>, StoreError> {
    let next = format!("SELECT route FROM interactions INDEXED BY {index} WHERE {which} AND route");
    let sql = format!(
        "WITH RECURSIVE found (route) AS (
            SELECT ({next} IS NOT NULL ORDER BY route LIMIT 1)
            UNION ALL SELECT ({next} > found.route ORDER BY route LIMIT 1) FROM found WHERE found.route IS NOT NULL
        ) SELECT route FROM found WHERE route IS NOT NULL"
    );
    let mut routes = vec![None];
    let mut select = db.prepare_cached(&sql)?;
    for route in select.query_map((), |row| row.get(0))? {
        routes.push(Some(route?));
    }
    Ok(routes)
}

fn remove_old(
    session: &mut Session<'_>,
    limits: &RetentionLimits,
    max: u32,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let index = "interactions_completed";
    let sql = format!(
        "SELECT * FROM interactions INDEXED BY {index} WHERE {COMPLETED} AND route IS ?1 AND completed_at < ?2 AND NOT {PENDING}
            ORDER BY completed_at"
    );
    let mut removed = 0;
    for route in routes(session.db, (index, COMPLETED))? {
        let Some(limit) = limits.of(route.map(Uuid::from_bytes)).interactions else { continue };
        let old = {
            let mut select = session.db.prepare_cached(&sql)?;
            sound(select.query((route, micros(limit)))?, max.saturating_sub(removed), interaction)?
        };
        for one in old {
            remove(session, &one, now)?;
            removed = removed.saturating_add(1);
        }
        if removed >= max {
            break;
        }
    }
    Ok(removed.into())
}

fn erase_old(session: &mut Session<'_>, limits: &RetentionLimits, max: u32, now: Timestamp) -> Result<u64, StoreError> {
    let index = "interactions_contents";
    let sql = format!(
        "SELECT id FROM interactions INDEXED BY {index} WHERE {WITH_CONTENT} AND route IS ?1 AND completed_at < ?2 AND NOT {PENDING}
            ORDER BY completed_at LIMIT ?3"
    );
    let mut erased = 0;
    for route in routes(session.db, (index, WITH_CONTENT))? {
        let Some(limit) = limits.of(route.map(Uuid::from_bytes)).contents else { continue };
        let old: Vec<[u8; 16]> = {
            let mut select = session.db.prepare_cached(&sql)?;
            let rows = select.query_map((route, micros(limit), max.saturating_sub(erased)), |row| row.get(0))?;
            rows.collect::<Result<_, _>>()?
        };
        for id in old {
            erase_content(session, InteractionId(Uuid::from_bytes(id)), now)?;
            erased = erased.saturating_add(1);
        }
        if erased >= max {
            break;
        }
    }
    Ok(erased.into())
}

fn remove(session: &mut Session<'_>, one: &InteractionRecord, now: Timestamp) -> Result<(), StoreError> {
    erase_content(session, one.id, now)?;
    deliveries::remove(session, one.id)?;
    super::threads::remove(session.db, one.id)?;
    super::correspondents::forget(session.db, one.id)?;
    session.db.prepare_cached("DELETE FROM runs WHERE interaction = ?1")?.execute((one.id.0.as_bytes(),))?;
    session.db.prepare_cached("DELETE FROM interactions WHERE id = ?1")?.execute((one.id.0.as_bytes(),))?;
    let duplicates = i64::try_from(one.duplicates).unwrap_or(i64::MAX);
    session.tally.removed(one.state, one.decision.as_ref().map(|decision| decision.kind), duplicates);
    Ok(())
}

/// Rewrites what the decisions of an interaction and of its runs have in words.
pub(super) fn rewrite_decisions(
    db: &Connection,
    id: InteractionId,
    rewrite: impl Fn(DecisionMore) -> DecisionMore,
) -> Result<(), StoreError> {
    // An interaction's own row has the number of none of its runs.
    let sql = "SELECT 0 AS number, decision_more FROM interactions WHERE id = ?1 AND decision_more IS NOT NULL
        UNION ALL SELECT number, decision_more FROM runs WHERE interaction = ?1 AND decision_more IS NOT NULL";
    let found = {
        let mut select = db.prepare_cached(sql)?;
        let mut rows = select.query((id.0.as_bytes(),))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let columns = Columns { row, table: "interactions and runs" };
            found.push((columns.get::<u32>("number")?, readable(columns, "decision_more")?));
        }
        found
    };
    for (number, more) in found {
        let more = rewrite(more).column()?;
        if number == 0 {
            let sql = "UPDATE interactions SET decision_more = ?2 WHERE id = ?1";
            db.prepare_cached(sql)?.execute((id.0.as_bytes(), more))?;
        } else {
            let sql = "UPDATE runs SET decision_more = ?3 WHERE interaction = ?1 AND number = ?2";
            db.prepare_cached(sql)?.execute((id.0.as_bytes(), number, more))?;
        }
    }
    Ok(())
}

/// Removes message, subject, traces, journals, attributes, and words of decisions, with the copies that later interactions have of them, and the opening except where a run that is still to come needs it; answers whether the interaction exists. A message that came for several routes goes with the
/// last of its interactions. What is freed is overwritten with zeros (`schema::open_writer`).
pub(super) fn erase_content(session: &mut Session<'_>, id: InteractionId, now: Timestamp) -> Result<bool, StoreError> {
    let db = &*session.db;
    let mut select = db.prepare_cached("SELECT message, state, opening, thread FROM interactions WHERE id = ?1")?;
    let mut rows = select.query((id.0.as_bytes(),))?;
    let Some(row) = rows.next()? else { return Ok(false) };
    let columns = Columns { row, table: "interactions" };
    let message: Option<i64> = columns.get("message")?;
    let state = State::of_code(columns.get("state")?).ok_or_else(|| columns.inconsistent("state", &"no such state"))?;
    let opening = bare_opening(state, || columns.json_or_empty::<Option<Opening>>("opening"))?;
    let thread = sound_or_none(columns.json_or_empty::<Option<ThreadRecord>>("thread"))?.map(bare_thread);
    drop(rows);
    drop(select);
    rewrite_decisions(db, id, bare_decision)?;
    db.prepare_cached(
        "UPDATE interactions SET erased = 1, subject = '', message = NULL, attributes = NULL, attributes_set = NULL,
            opening = ?2, thread = ?3
         WHERE id = ?1",
    )?
    .execute((
        id.0.as_bytes(),
        opening.as_ref().map(json).transpose()?,
        thread.as_ref().map(json).transpose()?,
    ))?;
    super::threads::erase(db, id)?;
    super::threads::erase_copies(db, id)?;
    db.prepare_cached("UPDATE runs SET trace = ?2, attributes = NULL WHERE interaction = ?1")?
        .execute((id.0.as_bytes(), ERASED_TRACE))?;
    super::journals::forget(db, id)?;
    super::replays::forget(db, id)?;
    if let Some(message) = message {
        db.prepare_cached("DELETE FROM messages WHERE id = ?1 AND uses <= 1")?.execute((message,))?;
        db.prepare_cached("UPDATE messages SET uses = uses - 1 WHERE id = ?1")?.execute((message,))?;
    }
    deliveries::erase(session, id, now)?;
    Ok(true)
}
