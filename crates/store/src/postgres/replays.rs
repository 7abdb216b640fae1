//! Replays of recorded mail.

use async_trait::async_trait;
use deadpool_postgres::{Client, GenericClient};
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;
use waypost_ids::InteractionId;

use super::columns::{Columns, text};
use super::pool::{Lent, execute, row, rows};
use super::{PostgresStore, journals};
use crate::error::StoreError;
use crate::leases::Lease;
use crate::records::correspondents::Correspondent;
use crate::records::replays::{Recorded, ReplayChange, ReplayRecord, ReplayState};
use crate::rules::replays::ReplayStanding;
use crate::sums::{sound_message, sound_trace};
use crate::traits::ReplayStore;

#[async_trait]
impl ReplayStore for PostgresStore {
    async fn add_replay(&self, replay: ReplayRecord) -> Result<(), StoreError> {
        self.db.write(move |db| Box::pin(add(db, replay))).await
    }

    async fn begin_replay(&self, lease: Lease, now: Timestamp) -> Result<Option<ReplayRecord>, StoreError> {
        self.db.write(move |db| Box::pin(begin(db, lease, now))).await
    }

    async fn continue_replay(&self, id: Uuid, lease: Lease, progress: String) -> Result<bool, StoreError> {
        self.db
            .write(move |db| {
                Box::pin(async move {
                    let (transaction, ending) = db.begin().await?;
                    let before = standing(&transaction, id).await?;
                    let Some(renewed) = before.and_then(|before| before.renew(lease)) else { return Ok(false) };
                    stand(&transaction, id, renewed).await?;
                    let sql = "UPDATE replays SET progress = $2 WHERE id = $1";
                    execute(&transaction, sql, &[&id, &text(&progress)]).await?;
                    ending.commit(transaction).await?;
                    Ok(true)
                })
            })
            .await
    }

    async fn end_replay(
        &self,
        id: Uuid,
        token: Uuid,
        state: ReplayState,
        report: String,
        changes: Vec<ReplayChange>,
    ) -> Result<bool, StoreError> {
        self.db.write(move |db| Box::pin(end(db, (id, token), state, report, changes))).await
    }

    async fn replay(&self, id: Uuid) -> Result<Option<ReplayRecord>, StoreError> {
        let sql = "SELECT * FROM replays WHERE id = $1";
        let found = self.db.run(move |db| Box::pin(async move { row(db, sql, &[&id]).await })).await?;
        found.as_ref().map(record).transpose()
    }

    async fn replays(&self, offset: u64, limit: u32) -> Result<(Vec<ReplayRecord>, u64), StoreError> {
        let (offset, limit) = (i64::try_from(offset).unwrap_or(i64::MAX), i64::from(limit));
        self.db
            .run(move |db| {
                Box::pin(async move {
                    let total: i64 = match row(db, "SELECT count(*) FROM replays", &[]).await? {
                        Some(row) => row.try_get(0)?,
                        None => 0,
                    };
                    let sql = "SELECT * FROM replays ORDER BY id DESC LIMIT $1 OFFSET $2";
                    let found = rows(db, sql, &[&limit, &offset]).await?;
                    let found: Result<_, StoreError> = found.iter().map(record).collect();
                    Ok((found?, u64::try_from(total).unwrap_or_default()))
                })
            })
            .await
    }

    async fn replay_changes(&self, id: Uuid) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT entry FROM replay_changes WHERE replay = $1 ORDER BY position";
        let found = self.db.run(move |db| Box::pin(async move { rows(db, sql, &[&id]).await })).await?;
        found.iter().map(|row| row.try_get(0).map_err(StoreError::from)).collect()
    }

    async fn replay_traces(&self, id: Uuid, interaction: InteractionId) -> Result<Option<String>, StoreError> {
        let sql = "SELECT traces FROM replay_changes WHERE interaction = $2 AND replay = $1";
        let found = self.db.run(move |db| Box::pin(async move { row(db, sql, &[&id, &interaction.0]).await })).await?;
        Ok(found.map(|row| row.try_get(0)).transpose()?)
    }

    async fn delete_replay(&self, id: Uuid) -> Result<bool, StoreError> {
        self.db
            .write(move |db| {
                Box::pin(async move {
                    let (transaction, ending) = db.begin().await?;
                    let removed = delete(&transaction, &[id]).await?;
                    ending.commit(transaction).await?;
                    Ok(removed > 0)
                })
            })
            .await
    }

    async fn recorded(&self, ids: &[InteractionId], most_bytes: u32) -> Result<Vec<Recorded>, StoreError> {
        let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
        let most = i32::try_from(most_bytes).unwrap_or(i32::MAX);
        let sql = "SELECT i.id, i.message IS NOT NULL AND coalesce(octet_length(m.raw) <= $2, true) AS read,
                CASE WHEN octet_length(m.raw) <= $2 THEN m.raw END AS raw, i.message_sum, m.facts, m.facts_sum, r.trace, r.trace_sum, r.attributes,
                j.content AS journal, j.content_sum AS journal_sum
            FROM interactions i LEFT JOIN messages m ON m.id = i.message
            LEFT JOIN runs r ON r.interaction = i.id AND r.number = i.runs
            LEFT JOIN journals j ON j.interaction = i.id AND j.number = i.runs WHERE i.id = ANY ($1)";
        let found = self.db.run(move |db| Box::pin(async move { rows(db, sql, &[&ids, &most]).await })).await?;
        let mut sound = Vec::with_capacity(found.len());
        for row in &found {
            match recorded(row) {
                // A replay goes on without it, as without one that was erased meanwhile.
                Err(error @ StoreError::Damaged { .. }) => tracing::error!(%error, "left out of a replay"),
                read => sound.push(read?),
            }
        }
        Ok(sound)
    }
}

/// What was recorded of an interaction. A message that is left out for its size is there all the same.
fn recorded(row: &Row) -> Result<Recorded, StoreError> {
    let columns = Columns { row, table: "interactions" };
    let interaction = InteractionId(columns.get("id")?);
    let raw = match columns.get("read")? {
        true => Some(sound_message(interaction, columns.get("raw")?, columns.get("message_sum")?)?),
        false => None,
    };
    let trace: Option<String> = columns.get("trace")?;
    if let Some(trace) = &trace {
        sound_trace(interaction, trace, columns.get("trace_sum")?)?;
    }
    Ok(Recorded {
        interaction,
        raw,
        facts: super::interactions::facts(columns, interaction)?,
        trace,
        attributes: columns.json_or_empty("attributes")?,
        journal: journals::of_run(columns, interaction)?,
    })
}

async fn add(db: &mut Lent, replay: ReplayRecord) -> Result<(), StoreError> {
    let (transaction, ending) = db.begin().await?;
    execute(
        &transaction,
        "INSERT INTO replays (id, created_at, created_by, request, state, starts, progress, report)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &[
            &replay.id,
            &replay.created_at,
            &text(&replay.created_by),
            &text(&replay.request),
            &replay.state.code(),
            &i64::from(replay.starts),
            &text(&replay.progress),
            &replay.report.as_deref().map(text),
        ],
    )
    .await?;
    ending.commit(transaction).await
}

/// Begins the oldest that nobody runs. One that can't be read fails, for otherwise all that come after it would wait for ever.
async fn begin(db: &mut Lent, lease: Lease, now: Timestamp) -> Result<Option<ReplayRecord>, StoreError> {
    let sql = format!(
        "SELECT * FROM replays WHERE state = {} AND (lease_until IS NULL OR lease_until <= $1) ORDER BY id LIMIT 1
        FOR UPDATE SKIP LOCKED",
        ReplayState::Open.code()
    );
    let (transaction, ending) = db.begin().await?;
    let mut begun = None;
    while let Some(found) = row(&transaction, &sql, &[&now]).await? {
        let id: Uuid = found.try_get("id")?;
        match record(&found).and_then(|replay| Ok((replay, standing_of(&found)?))) {
            Ok((replay, before)) => {
                let Some(held) = before.begin(lease, now) else { return Ok(None) };
                stand(&transaction, id, held).await?;
                begun = Some(ReplayRecord { starts: held.starts, ..replay });
                break;
            }
            Err(error @ StoreError::Inconsistent { .. }) => {
                tracing::error!(%error, replay = %id, "a replay could not be started");
                let sql = "UPDATE replays SET state = $2, lease = NULL, lease_until = NULL WHERE id = $1";
                execute(&transaction, sql, &[&id, &ReplayState::Failed.code()]).await?;
            }
            Err(error) => return Err(error),
        }
    }
    ending.commit(transaction).await?;
    Ok(begun)
}

fn standing_of(row: &Row) -> Result<ReplayStanding, StoreError> {
    let columns = Columns { row, table: "replays" };
    let state: i64 = columns.get("state")?;
    Ok(ReplayStanding {
        state: ReplayState::of_code(state).ok_or_else(|| columns.inconsistent("state", &state))?,
        hold: columns.hold("lease", "lease_until")?,
        starts: columns.count("starts")?,
    })
}

/// How a replay stands, which nobody else changes until the transaction ends; none if there is no such replay.
async fn standing(db: &impl GenericClient, id: Uuid) -> Result<Option<ReplayStanding>, StoreError> {
    let sql = "SELECT state, lease, lease_until, starts FROM replays WHERE id = $1 FOR UPDATE";
    row(db, sql, &[&id]).await?.as_ref().map(standing_of).transpose()
}

/// Writes how a replay stands.
async fn stand(db: &impl GenericClient, id: Uuid, to: ReplayStanding) -> Result<(), StoreError> {
    let sql = "UPDATE replays SET state = $2, lease = $3, lease_until = $4, starts = $5 WHERE id = $1";
    let (state, starts) = (to.state.code(), i64::from(to.starts));
    execute(db, sql, &[&id, &state, &to.hold.lease(), &to.hold.until(), &starts]).await.map(drop)
}

async fn end(
    db: &mut Lent,
    (id, token): (Uuid, Uuid),
    state: ReplayState,
    report: String,
    changes: Vec<ReplayChange>,
) -> Result<bool, StoreError> {
    let (transaction, ending) = db.begin().await?;
    let before = standing(&transaction, id).await?;
    let Some(over) = before.and_then(|before| before.end(token, state)) else { return Ok(false) };
    stand(&transaction, id, over).await?;
    execute(&transaction, "UPDATE replays SET report = $2 WHERE id = $1", &[&id, &text(&report)]).await?;
    // An erasure waits for this, or is seen.
    let sql = "INSERT INTO replay_changes (replay, position, interaction, entry, traces)
        SELECT $1, $2, i.id, $4, $5 FROM (SELECT id FROM interactions WHERE id = $3 AND NOT erased FOR SHARE) AS i";
    for (position, change) in (0_i64..).zip(&changes) {
        let (entry, traces) = (text(&change.entry), text(&change.traces));
        execute(&transaction, sql, &[&id, &position, &change.interaction.0, &entry, &traces]).await?;
    }
    ending.commit(transaction).await?;
    Ok(true)
}

async fn delete(db: &impl GenericClient, ids: &[Uuid]) -> Result<u64, StoreError> {
    execute(db, "DELETE FROM replay_changes WHERE replay = ANY ($1)", &[&ids]).await?;
    execute(db, "DELETE FROM replays WHERE id = ANY ($1)", &[&ids]).await
}

/// Removes what replays keep of interactions.
pub(super) async fn forget(db: &impl GenericClient, ids: &[Uuid]) -> Result<(), StoreError> {
    execute(db, "DELETE FROM replay_changes WHERE interaction = ANY ($1)", &[&ids]).await.map(drop)
}

/// Removes replays that are over and name a correspondent in what they were asked or found; answers whether others that do have still to end.
pub(super) async fn forget_naming(db: &impl GenericClient, who: &Correspondent) -> Result<bool, StoreError> {
    let sql = "SELECT id, request, report, state = $1 AS open FROM replays";
    let (mut naming, mut left): (Vec<Uuid>, _) = (Vec::new(), false);
    for row in rows(db, sql, &[&ReplayState::Open.code()]).await? {
        let (request, report): (&str, Option<&str>) = (row.try_get("request")?, row.try_get("report")?);
        if who.is_in(request) || report.is_some_and(|report| who.is_in(report)) {
            if row.try_get("open")? {
                left = true;
            } else {
                naming.push(row.try_get("id")?);
            }
        }
    }
    delete(db, &naming).await?;
    Ok(left)
}

/// Removes replays made before; answers how many.
pub(super) async fn sweep(db: &mut Client, before: Timestamp, max: i64) -> Result<u64, StoreError> {
    let transaction = db.transaction().await?;
    // Identifiers sort by time.
    let sql = "SELECT id FROM replays WHERE created_at < $1 ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED";
    let old = rows(&transaction, sql, &[&before, &max]).await?;
    let ids = old.iter().map(|row| row.try_get(0)).collect::<Result<Vec<Uuid>, _>>()?;
    let removed = delete(&transaction, &ids).await?;
    transaction.commit().await?;
    Ok(removed)
}

fn record(row: &Row) -> Result<ReplayRecord, StoreError> {
    let columns = Columns { row, table: "replays" };
    let state: i64 = columns.get("state")?;
    Ok(ReplayRecord {
        id: columns.get("id")?,
        created_at: columns.get("created_at")?,
        created_by: columns.get("created_by")?,
        request: columns.get("request")?,
        state: ReplayState::of_code(state).ok_or_else(|| columns.inconsistent("state", &state))?,
        starts: columns.count("starts")?,
        progress: columns.get("progress")?,
        report: columns.get("report")?,
    })
}
