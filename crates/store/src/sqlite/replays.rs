//! Replays of recorded mail.

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, ToSql};
use uuid::Uuid;
use waypost_ids::InteractionId;

use super::columns::{Columns, kept, micros};
use super::{SqliteStore, journals, seals};
use crate::error::StoreError;
use crate::leases::Lease;
use crate::records::correspondents::Correspondent;
use crate::records::facts::Facts;
use crate::records::replays::{Recorded, ReplayChange, ReplayRecord, ReplayState};
use crate::rules::replays::ReplayStanding;
use crate::sums::sound_message;
use crate::traits::ReplayStore;

#[async_trait]
impl ReplayStore for SqliteStore {
    async fn add_replay(&self, replay: ReplayRecord) -> Result<(), StoreError> {
        self.writer()?.run(move |session| add(session.db, &replay).map(Ok::<_, StoreError>)).await?
    }

    async fn begin_replay(&self, lease: Lease, now: Timestamp) -> Result<Option<ReplayRecord>, StoreError> {
        self.writer()?.run(move |session| begin(session.db, lease, now).map(Ok::<_, StoreError>)).await?
    }

    async fn continue_replay(&self, id: Uuid, lease: Lease, progress: String) -> Result<bool, StoreError> {
        let write = move |db: &Connection| -> Result<bool, StoreError> {
            let Some(renewed) = standing(db, id)?.and_then(|before| before.renew(lease)) else { return Ok(false) };
            stand(db, &id.as_bytes(), renewed)?;
            let sql = "UPDATE replays SET progress = ?2 WHERE id = ?1";
            db.prepare_cached(sql)?.execute((id.as_bytes(), &progress))?;
            Ok(true)
        };
        self.writer()?.run(move |session| write(session.db).map(Ok::<_, StoreError>)).await?
    }

    async fn end_replay(
        &self,
        id: Uuid,
        token: Uuid,
        state: ReplayState,
        report: String,
        changes: Vec<ReplayChange>,
    ) -> Result<bool, StoreError> {
        self.writer()?
            .run(move |session| end(session.db, (id, token), state, &report, &changes).map(Ok::<_, StoreError>))
            .await?
    }

    async fn replay(&self, id: Uuid) -> Result<Option<ReplayRecord>, StoreError> {
        self.readers()?.run(move |db| find(db, &id.as_bytes())).await
    }

    async fn replays(&self, offset: u64, limit: u32) -> Result<(Vec<ReplayRecord>, u64), StoreError> {
        self.readers()?
            .run(move |db| {
                let total: i64 = db.prepare_cached("SELECT count(*) FROM replays")?.query_row((), |row| row.get(0))?;
                let mut select = db.prepare_cached("SELECT * FROM replays ORDER BY id DESC LIMIT ?1 OFFSET ?2")?;
                let mut rows = select.query((limit, i64::try_from(offset).unwrap_or(i64::MAX)))?;
                let mut found = Vec::new();
                while let Some(row) = rows.next()? {
                    found.push(record(row)?);
                }
                Ok((found, u64::try_from(total).unwrap_or_default()))
            })
            .await
    }

    async fn replay_changes(&self, id: Uuid) -> Result<Vec<String>, StoreError> {
        self.readers()?
            .run(move |db| {
                let sql = "SELECT * FROM replay_changes WHERE replay = ?1 ORDER BY position";
                let mut select = db.prepare_cached(sql)?;
                let mut rows = select.query((id.as_bytes(),))?;
                let mut entries = Vec::new();
                while let Some(row) = rows.next()? {
                    entries.push(Columns::sealed(row, "replay_changes")?.get("entry")?);
                }
                Ok(entries)
            })
            .await
    }

    async fn replay_traces(&self, id: Uuid, interaction: InteractionId) -> Result<Option<String>, StoreError> {
        self.readers()?
            .run(move |db| {
                let sql = "SELECT * FROM replay_changes WHERE interaction = ?2 AND replay = ?1";
                let mut select = db.prepare_cached(sql)?;
                let mut rows = select.query((id.as_bytes(), interaction.0.as_bytes()))?;
                rows.next()?.map(|row| Columns::sealed(row, "replay_changes")?.get("traces")).transpose()
            })
            .await
    }

    async fn delete_replay(&self, id: Uuid) -> Result<bool, StoreError> {
        self.writer()?.run(move |session| delete(session.db, id).map(Ok::<_, StoreError>)).await?
    }

    async fn recorded(&self, ids: &[InteractionId], most_bytes: u32) -> Result<Vec<Recorded>, StoreError> {
        let ids = ids.to_vec();
        self.readers()?
            .run(move |db| {
                let sql = "SELECT CASE WHEN length(m.raw) <= ?2 THEN m.raw END, m.id IS NOT NULL, i.message, i.message_sum, r.*,
                        j.content AS journal, j.seal AS journal_seal
                    FROM interactions i LEFT JOIN messages m ON m.id = i.message
                    LEFT JOIN runs r ON r.interaction = i.id AND r.number = i.runs
                    LEFT JOIN journals j ON j.interaction = i.id AND j.number = i.runs WHERE i.id = ?1";
                let mut select = db.prepare_cached(sql)?;
                let mut found = Vec::with_capacity(ids.len());
                for interaction in ids {
                    let mut rows = select.query((interaction.0.as_bytes(), most_bytes))?;
                    let Some(row) = rows.next()? else { continue };
                    match recorded(interaction, row, || super::interactions::facts(db, interaction)) {
                        // A replay goes on without it, as without one that was erased meanwhile.
                        Err(error @ StoreError::Damaged { .. }) => tracing::error!(%error, "left out of a replay"),
                        read => found.push(read?),
                    }
                }
                Ok(found)
            })
            .await
    }
}

/// What was recorded of an interaction. A message that is left out for its size is there all the same.
fn recorded(
    interaction: InteractionId,
    row: &Row<'_>,
    facts: impl FnOnce() -> Result<Facts, StoreError>,
) -> Result<Recorded, StoreError> {
    let (raw, there, named): (Option<Vec<u8>>, bool, Option<i64>) = (row.get(0)?, row.get(1)?, row.get(2)?);
    let raw = match raw {
        None if named.is_none() || there => None,
        raw => Some(sound_message(interaction, raw, row.get(3)?)?),
    };
    seals::verify(row, &seals::RUN, || format!("a run of interaction `{interaction}` is damaged"))?;
    Ok(Recorded {
        interaction,
        raw,
        facts: facts()?,
        trace: row.get("trace")?,
        attributes: Columns { row, table: "runs" }.json_or_empty("attributes")?,
        journal: journals::of_run(row, interaction)?,
    })
}

fn add(db: &Connection, replay: &ReplayRecord) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO replays (id, created_at, created_by, request, state, starts, progress, report)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute((
        replay.id.as_bytes(),
        micros(replay.created_at),
        &replay.created_by,
        &replay.request,
        replay.state.code(),
        replay.starts,
        &replay.progress,
        replay.report.as_deref(),
    ))?;
    Ok(())
}

/// One after the other, until one can be read. A damaged one fails, for otherwise all that come after it would wait for ever.
fn begin(db: &Connection, lease: Lease, now: Timestamp) -> Result<Option<ReplayRecord>, StoreError> {
    let sql = format!(
        "SELECT * FROM replays WHERE state = {} AND (lease_until IS NULL OR lease_until <= ?1) ORDER BY id LIMIT 1",
        ReplayState::Open.code()
    );
    let mut next = db.prepare_cached(&sql)?;
    loop {
        // Even what it is named by may be damaged.
        let read = |row: &Row<'_>| Ok((row.get::<_, Value>("id")?, record(row), standing_of(row)));
        let Some((id, record, before)) = next.query_row((micros(now),), read).optional()? else { return Ok(None) };
        let begun = match record.and_then(|_| Ok(before?.begin(lease, now))) {
            Ok(Some(begun)) => begun,
            Ok(None) => return Ok(None),
            Err(error) => {
                tracing::error!(%error, "a replay could not be started");
                let sql = "UPDATE replays SET state = ?2, lease = NULL, lease_until = NULL WHERE id = ?1";
                if db.prepare_cached(sql)?.execute((&id, ReplayState::Failed.code()))? == 0 {
                    return Err(error);
                }
                continue;
            }
        };
        stand(db, &id, begun)?;
        // Read after the triggers: what the statement itself returned would not have the new seal.
        return find(db, &id);
    }
}

fn standing_of(row: &Row<'_>) -> Result<ReplayStanding, StoreError> {
    let columns = Columns { row, table: "replays" };
    let state: i64 = columns.get("state")?;
    Ok(ReplayStanding {
        state: ReplayState::of_code(state).ok_or_else(|| columns.inconsistent("state", &state))?,
        hold: columns.hold("lease", "lease_until")?,
        starts: columns.get("starts")?,
    })
}

/// How a replay stands; none if there is no such replay.
fn standing(db: &Connection, id: Uuid) -> Result<Option<ReplayStanding>, StoreError> {
    let sql = "SELECT state, lease, lease_until, starts FROM replays WHERE id = ?1";
    db.prepare_cached(sql)?.query_row((id.as_bytes(),), |row| Ok(standing_of(row))).optional()?.transpose()
}

/// Writes how a replay stands.
fn stand(db: &Connection, id: &dyn ToSql, to: ReplayStanding) -> Result<(), StoreError> {
    let (lease, until) = kept(to.hold);
    let sql = "UPDATE replays SET state = ?2, lease = ?3, lease_until = ?4, starts = ?5 WHERE id = ?1";
    db.prepare_cached(sql)?.execute((id, to.state.code(), lease, until, to.starts))?;
    Ok(())
}

fn find(db: &Connection, id: &dyn ToSql) -> Result<Option<ReplayRecord>, StoreError> {
    let mut select = db.prepare_cached("SELECT * FROM replays WHERE id = ?1")?;
    let mut rows = select.query([id])?;
    rows.next()?.map(record).transpose()
}

fn end(
    db: &Connection,
    (id, token): (Uuid, Uuid),
    state: ReplayState,
    report: &str,
    changes: &[ReplayChange],
) -> Result<bool, StoreError> {
    let Some(over) = standing(db, id)?.and_then(|before| before.end(token, state)) else { return Ok(false) };
    stand(db, &id.as_bytes(), over)?;
    let sql = "UPDATE replays SET report = ?2 WHERE id = ?1";
    db.prepare_cached(sql)?.execute((id.as_bytes(), report))?;
    let mut insert = db.prepare_cached(
        "INSERT INTO replay_changes (replay, position, interaction, entry, traces)
         SELECT ?1, ?2, id, ?4, ?5 FROM interactions WHERE id = ?3 AND NOT erased",
    )?;
    for (position, change) in (0_i64..).zip(changes) {
        let interaction = change.interaction.0.as_bytes();
        insert.execute((id.as_bytes(), position, interaction, &change.entry, &change.traces))?;
    }
    Ok(true)
}

fn delete(db: &Connection, id: Uuid) -> Result<bool, StoreError> {
    db.prepare_cached("DELETE FROM replay_changes WHERE replay = ?1")?.execute((id.as_bytes(),))?;
    Ok(db.prepare_cached("DELETE FROM replays WHERE id = ?1")?.execute((id.as_bytes(),))? > 0)
}

/// Removes what replays keep of an interaction.
pub(super) fn forget(db: &Connection, id: InteractionId) -> Result<(), StoreError> {
    db.prepare_cached("DELETE FROM replay_changes WHERE interaction = ?1")?.execute((id.0.as_bytes(),))?;
    Ok(())
}

/// Removes replays that are over and name a correspondent in what they were asked or found; answers whether others that do have still to end.
pub(super) fn forget_naming(db: &Connection, who: &Correspondent) -> Result<bool, StoreError> {
    let all: Vec<([u8; 16], String, Option<String>, i64)> = {
        let mut select = db.prepare_cached("SELECT id, request, report, state FROM replays")?;
        let rows = select.query_map((), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
        rows.collect::<Result<_, _>>()?
    };
    let mut left = false;
    for (id, request, report, state) in all {
        if who.is_in(&request) || report.is_some_and(|report| who.is_in(&report)) {
            if state == ReplayState::Open.code() {
                left = true;
            } else {
                delete(db, Uuid::from_bytes(id))?;
            }
        }
    }
    Ok(left)
}

/// Removes replays made before; answers how many.
pub(super) fn sweep(db: &Connection, before: Timestamp, max: u32) -> Result<u64, StoreError> {
    // Identifiers sort by time.
    let sql = "SELECT id FROM (SELECT id, created_at FROM replays ORDER BY id LIMIT ?2) WHERE created_at < ?1";
    let old: Vec<[u8; 16]> =
        db.prepare_cached(sql)?.query_map((micros(before), max), |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mut removed = 0;
    for id in old {
        removed += u64::from(delete(db, Uuid::from_bytes(id))?);
    }
    Ok(removed)
}

fn record(row: &Row<'_>) -> Result<ReplayRecord, StoreError> {
    let columns = Columns::sealed(row, "replays")?;
    let state: i64 = columns.get("state")?;
    Ok(ReplayRecord {
        id: columns.uuid("id")?,
        created_at: columns.time("created_at")?,
        created_by: columns.get("created_by")?,
        request: columns.get("request")?,
        state: ReplayState::of_code(state).ok_or_else(|| columns.inconsistent("state", &state))?,
        starts: columns.get("starts")?,
        progress: columns.get("progress")?,
        report: columns.get("report")?,
    })
}
