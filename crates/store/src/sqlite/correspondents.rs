//! What is kept of people, and erasures of it.

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row};
use serde::de::DeserializeOwned;
use uuid::Uuid;
use waypost_ids::InteractionId;

use super::columns::{Columns, kept, micros};
use super::mail_columns::interaction;
use super::writer::Session;
use super::{SqliteStore, audit, deliveries, journals, replays, requests, retention, threads};
use crate::encoding::{attributes_column, json};
use crate::error::StoreError;
use crate::leases::Lease;
use crate::records::audit::AuditRecord;
use crate::records::correspondents::{Correspondence, Correspondent, ErasureRecord, ErasureState, Part};
use crate::records::mail::{NewMessage, State};
use crate::records::threads::ThreadRecord;
use crate::rules::contents::ERASED_TRACE;
use crate::rules::correspondents::{
    ErasureStanding, Step, is_unfinished, named_beside, nameless_decision, step, without,
};
use crate::rules::threads::{Copied, without_copies};
use crate::sums::sound_or_none;
use crate::traits::CorrespondentStore;

/// Remembers whom a mail names as senders besides its envelope.
pub(super) fn remember(db: &Connection, id: InteractionId, message: &NewMessage) -> Result<(), StoreError> {
    for address in named_beside(message) {
        db.prepare_cached("INSERT OR IGNORE INTO correspondents (address, interaction) VALUES (?1, ?2)")?
            .execute((address, id.0.as_bytes()))?;
    }
    Ok(())
}

/// Forgets the senders of an interaction.
pub(super) fn forget(db: &Connection, id: InteractionId) -> Result<(), StoreError> {
    db.prepare_cached("DELETE FROM correspondents WHERE interaction = ?1")?.execute((id.0.as_bytes(),))?;
    Ok(())
}

#[async_trait]
impl CorrespondentStore for SqliteStore {
    async fn correspondence(
        &self,
        who: &Correspondent,
        after: Option<InteractionId>,
        limit: u32,
    ) -> Result<Vec<Correspondence>, StoreError> {
        let who = who.clone();
        self.readers()?
            .run(move |db| {
                let mut select = db.prepare_cached("SELECT * FROM interactions WHERE id = ?1")?;
                let mut found = Vec::new();
                for (id, part) in concerned(db, &who, after, limit)? {
                    let mut rows = select.query((id.0.as_bytes(),))?;
                    let Some(row) = rows.next()? else { continue };
                    let interaction = interaction(row)?;
                    let pending = pending(db, id, part, &who)?;
                    let unfinished = is_unfinished(part, interaction.state, pending);
                    found.push(Correspondence { interaction, part, unfinished });
                }
                Ok(found)
            })
            .await
    }

    async fn add_erasure(&self, erasure: ErasureRecord, audit: AuditRecord) -> Result<(), StoreError> {
        self.writer()?.run(move |session| add(session.db, &erasure, &audit).map(Ok::<_, StoreError>)).await?
    }

    async fn erasure(&self, id: Uuid) -> Result<Option<ErasureRecord>, StoreError> {
        self.readers()?.run(move |db| Ok(find(db, id)?.map(|(record, _)| record))).await
    }

    async fn erasures(&self, offset: u64, limit: u32) -> Result<(Vec<ErasureRecord>, u64), StoreError> {
        self.readers()?
            .run(move |db| {
                let total = db.prepare_cached("SELECT count(*) FROM erasures")?.query_row((), |row| row.get(0))?;
                let mut select = db.prepare_cached("SELECT * FROM erasures ORDER BY id DESC LIMIT ?1 OFFSET ?2")?;
                let mut rows = select.query((limit, i64::try_from(offset).unwrap_or(i64::MAX)))?;
                let mut found = Vec::new();
                while let Some(row) = rows.next()? {
                    found.push(record(row)?);
                }
                Ok((found, total))
            })
            .await
    }

    async fn begin_erasure(&self, lease: Lease, now: Timestamp) -> Result<Option<ErasureRecord>, StoreError> {
        self.writer()?.run(move |session| begin(session.db, lease, now).map(Ok::<_, StoreError>)).await?
    }

    async fn erase_next(
        &self,
        id: Uuid,
        lease: Lease,
        max: u32,
        now: Timestamp,
    ) -> Result<Option<ErasureRecord>, StoreError> {
        self.writer()?.run(move |session| next(session, id, lease, max, now).map(Ok::<_, StoreError>)).await?
    }

    async fn renew_erasure(&self, id: Uuid, lease: Lease) -> Result<bool, StoreError> {
        let renew = move |session: &mut Session<'_>| {
            let held = find(session.db, id)?.and_then(|(_, standing)| standing.renew(lease));
            held.map(|held| stand(session.db, id, held)).transpose().map(|held| held.is_some())
        };
        self.writer()?.run(move |session| renew(session).map(Ok::<_, StoreError>)).await?
    }

    async fn scrub(&self, compact: bool) -> Result<(), StoreError> {
        self.writer()?.scrub(compact).await
    }

    async fn end_erasure(&self, id: Uuid, token: Uuid, audit: AuditRecord) -> Result<bool, StoreError> {
        let end = move |session: &mut Session<'_>| {
            let over = find(session.db, id)?.and_then(|(_, standing)| standing.end(token));
            let Some(over) = over else { return Ok(false) };
            stand(session.db, id, over)?;
            audit::add(session.db, &audit)?;
            Ok(true)
        };
        self.writer()?.run(move |session| end(session).map(Ok::<_, StoreError>)).await?
    }
}

/// Interactions that concern a correspondent, in order. Somebody who sent one is its sender, whatever was sent to them about it.
fn concerned(
    db: &Connection,
    who: &Correspondent,
    after: Option<InteractionId>,
    limit: u32,
) -> Result<Vec<(InteractionId, Part)>, StoreError> {
    let sql = "SELECT interaction, max(sender) FROM (
            SELECT id AS interaction, 1 AS sender FROM interactions WHERE lower(envelope_from) IN (?1, ?2) AND id > ?3
            UNION ALL SELECT interaction, 1 FROM correspondents WHERE address IN (?1, ?2) AND interaction > ?3
            UNION ALL SELECT interaction, 0 FROM deliveries WHERE target_key IN (?1, ?2) AND interaction > ?3
        ) GROUP BY interaction ORDER BY interaction LIMIT ?4";
    let after = after.map_or([0; 16], |after| after.0.into_bytes());
    let mut select = db.prepare_cached(sql)?;
    let rows = select.query_map((&who.ascii, &who.unicode, after, limit), |row| {
        let part = if row.get(1)? { Part::Sender } else { Part::Recipient };
        Ok((InteractionId(Uuid::from_bytes(row.get(0)?)), part))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whether something is still on its way that concerns the correspondent.
fn pending(db: &Connection, id: InteractionId, part: Part, who: &Correspondent) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM deliveries WHERE interaction = ?1 AND state = 0
        AND (?4 OR target_key IN (?2, ?3)))";
    let all = part == Part::Sender;
    Ok(db.prepare_cached(sql)?.query_row((id.0.as_bytes(), &who.ascii, &who.unicode, all), |row| row.get(0))?)
}

fn add(db: &Connection, erasure: &ErasureRecord, audit: &AuditRecord) -> Result<(), StoreError> {
    let sql = "INSERT INTO erasures (id, created_at, created_by, digest, who, force, compact, state, progress)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    db.prepare_cached(sql)?.execute((
        erasure.id.as_bytes(),
        micros(erasure.created_at),
        &erasure.created_by,
        &erasure.digest,
        erasure.who.as_ref().map(json).transpose()?,
        erasure.force,
        erasure.compact,
        erasure.state.code(),
        json(&erasure.progress)?,
    ))?;
    audit::add(db, audit)
}

fn find(db: &Connection, id: Uuid) -> Result<Option<(ErasureRecord, ErasureStanding)>, StoreError> {
    let mut select = db.prepare_cached("SELECT * FROM erasures WHERE id = ?1")?;
    let mut rows = select.query((id.as_bytes(),))?;
    rows.next()?.map(both).transpose()
}

fn both(row: &Row<'_>) -> Result<(ErasureRecord, ErasureStanding), StoreError> {
    let record = record(row)?;
    let hold = Columns { row, table: "erasures" }.hold("lease", "lease_until")?;
    let standing = ErasureStanding { state: record.state, hold };
    Ok((record, standing))
}

fn record(row: &Row<'_>) -> Result<ErasureRecord, StoreError> {
    let columns = Columns { row, table: "erasures" };
    let state: i64 = columns.get("state")?;
    Ok(ErasureRecord {
        id: columns.uuid("id")?,
        created_at: columns.time("created_at")?,
        created_by: columns.get("created_by")?,
        digest: columns.get("digest")?,
        who: columns.json_or_empty("who")?,
        force: columns.get("force")?,
        compact: columns.get("compact")?,
        state: ErasureState::of_code(state).ok_or_else(|| columns.inconsistent("state", &state))?,
        after: columns.maybe_uuid("after")?.map(InteractionId),
        progress: columns.json("progress")?,
    })
}

fn begin(db: &Connection, lease: Lease, now: Timestamp) -> Result<Option<ErasureRecord>, StoreError> {
    let sql =
        "SELECT * FROM erasures WHERE state < 2 AND (lease_until IS NULL OR lease_until <= ?1) ORDER BY id LIMIT 1";
    let found = {
        let mut select = db.prepare_cached(sql)?;
        let mut rows = select.query((micros(now),))?;
        rows.next()?.map(both).transpose()?
    };
    let Some((record, standing)) = found else { return Ok(None) };
    let Some(held) = standing.begin(lease, now) else { return Ok(None) };
    stand(db, record.id, held)?;
    Ok(Some(record))
}

fn stand(db: &Connection, id: Uuid, to: ErasureStanding) -> Result<(), StoreError> {
    let (lease, until) = kept(to.hold);
    let sql = "UPDATE erasures SET state = ?2, lease = ?3, lease_until = ?4 WHERE id = ?1";
    db.prepare_cached(sql)?.execute((id.as_bytes(), to.state.code(), lease, until))?;
    Ok(())
}

fn next(
    session: &mut Session<'_>,
    id: Uuid,
    lease: Lease,
    max: u32,
    now: Timestamp,
) -> Result<Option<ErasureRecord>, StoreError> {
    let Some((mut record, standing)) = find(session.db, id)? else { return Ok(None) };
    let Some(held) = standing.renew(lease) else { return Ok(None) };
    if let Some(who) = record.who.clone() {
        let batch = concerned(session.db, &who, record.after, max)?;
        for (interaction, part) in &batch {
            erase(session, (*interaction, *part), &who, &mut record, now)?;
            record.after = Some(*interaction);
        }
        if batch.len() < max as usize {
            record.progress.again |= replays::forget_naming(session.db, &who)?;
            record.end_pass();
        }
    }
    stand(session.db, id, ErasureStanding { state: record.state, ..held })?;
    let sql = "UPDATE erasures SET who = ?2, after = ?3, progress = ?4 WHERE id = ?1";
    session.db.prepare_cached(sql)?.execute((
        id.as_bytes(),
        record.who.as_ref().map(json).transpose()?,
        record.after.map(|after| after.0.into_bytes()),
        json(&record.progress)?,
    ))?;
    Ok(Some(record))
}

fn erase(
    session: &mut Session<'_>,
    (id, part): (InteractionId, Part),
    who: &Correspondent,
    record: &mut ErasureRecord,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "SELECT state FROM interactions WHERE id = ?1";
    let state: Option<i64> =
        session.db.prepare_cached(sql)?.query_row((id.0.as_bytes(),), |row| row.get(0)).optional()?;
    let Some(state) = state.and_then(State::of_code) else { return Ok(()) };
    let step = step(part, state, pending(session.db, id, part, who)?, record.force);
    let copies = match step {
        Step::Whole | Step::Sent => threads::copies(session.db, (id, step == Step::Whole), who)?,
        Step::Leave | Step::Later => Vec::new(),
    };
    let step = step.with_copies(copies.iter().map(|copy| copy.state));
    if step != Step::Later {
        for copy in &copies {
            erase_copy(session.db, copy, who)?;
        }
    }
    match step {
        Step::Whole => {
            erase_whole(session, id, who, now)?;
            record.progress.interactions = record.progress.interactions.saturating_add(1);
        }
        Step::Sent => {
            erase_sent(session, id, who, now)?;
            record.progress.sent = record.progress.sent.saturating_add(1);
        }
        Step::Leave => record.progress.left = record.progress.left.saturating_add(1),
        Step::Later => record.progress.again = true,
    }
    Ok(())
}

fn erase_whole(
    session: &mut Session<'_>,
    id: InteractionId,
    who: &Correspondent,
    now: Timestamp,
) -> Result<(), StoreError> {
    forget_requests(session.db, id)?;
    retention::erase_content(session, id, now)?;
    deliveries::erase_all(session, id, who, now)?;
    bare_runs(session.db, id, who)?;
    let sql = "UPDATE interactions SET envelope_from = '', remote = '', message_id = NULL WHERE id = ?1";
    session.db.prepare_cached(sql)?.execute((id.0.as_bytes(),))?;
    forget(session.db, id)
}

fn erase_sent(
    session: &mut Session<'_>,
    id: InteractionId,
    who: &Correspondent,
    now: Timestamp,
) -> Result<(), StoreError> {
    deliveries::erase_to(session, id, who, now)?;
    erase_naming(session.db, id, who)
}

/// Erases what another's interaction copied of one that is erased, with what its runs may have made of it.
fn erase_copy(db: &Connection, copy: &Copied, who: &Correspondent) -> Result<(), StoreError> {
    let sql = "UPDATE interactions SET thread = ?2 WHERE id = ?1";
    db.prepare_cached(sql)?.execute((copy.interaction.0.as_bytes(), json(&copy.left)?))?;
    erase_naming(db, copy.interaction, who)
}

/// Takes from another's interaction what names the correspondent, and what may: traces, journals, and what replays show.
fn erase_naming(db: &Connection, id: InteractionId, who: &Correspondent) -> Result<(), StoreError> {
    bare_runs(db, id, who)?;
    journals::forget(db, id)?;
    replays::forget(db, id)?;
    let sql = "SELECT attributes, attributes_set, thread FROM interactions WHERE id = ?1";
    let (shown, set, thread) = {
        let mut select = db.prepare_cached(sql)?;
        let mut rows = select.query((id.0.as_bytes(),))?;
        let Some(row) = rows.next()? else { return Ok(()) };
        let columns = Columns { row, table: "interactions" };
        (
            readable(columns, "attributes")?,
            readable(columns, "attributes_set")?,
            readable::<Option<ThreadRecord>>(columns, "thread")?,
        )
    };
    let sql = "UPDATE interactions SET attributes = ?2, attributes_set = ?3, thread = ?4 WHERE id = ?1";
    let (shown, set) = (attributes_column(&without(shown, who))?, attributes_column(&without(set, who))?);
    let thread = thread.map(|thread| without_copies(thread.clone(), (id, false), who).unwrap_or(thread));
    db.prepare_cached(sql)?.execute((id.0.as_bytes(), shown, set, thread.as_ref().map(json).transpose()?))?;
    Ok(())
}

/// What is to be erased in part. What can't be read goes whole: nobody else could read it either.
pub(super) fn readable<T: DeserializeOwned + Default>(
    columns: Columns<'_, '_>,
    column: &'static str,
) -> Result<T, StoreError> {
    Ok(sound_or_none(columns.json_or_empty::<Option<T>>(column))?.unwrap_or_default())
}

/// Takes from all decisions of an interaction what may name the correspondent, and from its runs traces and attributes that do.
fn bare_runs(db: &Connection, id: InteractionId, who: &Correspondent) -> Result<(), StoreError> {
    retention::rewrite_decisions(db, id, |more| nameless_decision(more, who))?;
    let runs = {
        let mut select = db.prepare_cached("SELECT number, attributes FROM runs WHERE interaction = ?1")?;
        let mut rows = select.query((id.0.as_bytes(),))?;
        let mut runs = Vec::new();
        while let Some(row) = rows.next()? {
            let columns = Columns { row, table: "runs" };
            runs.push((columns.get::<u32>("number")?, readable(columns, "attributes")?));
        }
        runs
    };
    for (number, attributes) in runs {
        let sql = "UPDATE runs SET attributes = ?3, trace = ?4 WHERE interaction = ?1 AND number = ?2";
        let attributes = attributes_column(&without(attributes, who))?;
        db.prepare_cached(sql)?.execute((id.0.as_bytes(), number, attributes, ERASED_TRACE))?;
    }
    Ok(())
}

/// Forgets the keys of requests that handed the mail in, or sent something about it: clients make them of what they like.
fn forget_requests(db: &Connection, id: InteractionId) -> Result<(), StoreError> {
    let (mut times, mut made) = (Vec::new(), vec![id.0.into_bytes()]);
    let sql = "SELECT received_at FROM interactions WHERE id = ?1";
    times.extend(db.prepare_cached(sql)?.query_row((id.0.as_bytes(),), |row| row.get::<_, i64>(0)).optional()?);
    let mut select = db.prepare_cached("SELECT id, created_at FROM deliveries WHERE interaction = ?1")?;
    let mut rows = select.query((id.0.as_bytes(),))?;
    while let Some(row) = rows.next()? {
        made.push(row.get(0)?);
        times.push(row.get(1)?);
    }
    times.dedup();
    requests::forget(db, &times, &made)
}
