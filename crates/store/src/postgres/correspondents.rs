//! What is kept of people, and erasures of it.

use async_trait::async_trait;
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use tokio_postgres::Row;
use uuid::Uuid;
use waypost_ids::InteractionId;

use super::columns::{Columns, text};
use super::mail_columns::{interaction, read_state};
use super::pool::{Lent, execute, row, rows};
use super::standing::Moves;
use super::{PostgresStore, audit, deliveries, journals, locks, replays, requests, retention, threads};
use crate::encoding::{attributes_column, json};
use crate::error::StoreError;
use crate::leases::Lease;
use crate::records::audit::AuditRecord;
use crate::records::correspondents::{Correspondence, Correspondent, ErasureRecord, ErasureState, Part};
use crate::records::mail::NewMessage;
use crate::records::threads::ThreadRecord;
use crate::rules::contents::ERASED_TRACE;
use crate::rules::correspondents::{
    ErasureStanding, Step, is_unfinished, named_beside, nameless_decision, step, without,
};
use crate::rules::threads::{Copied, without_copies};
use crate::sums::sound_or_none;
use crate::traits::CorrespondentStore;

/// Tables that hold something of correspondents.
const TABLES: &str =
    "interactions, threads, runs, journals, messages, deliveries, outgoing, correspondents, replays, replay_changes,
    idempotency, erasures";

/// Remembers whom mails name as senders besides their envelopes.
pub(super) async fn remember<'m>(
    db: &impl GenericClient,
    made: impl Iterator<Item = (InteractionId, &'m NewMessage)>,
) -> Result<(), StoreError> {
    let (mut addresses, mut ids) = (Vec::<String>::new(), Vec::<Uuid>::new());
    for (id, message) in made {
        for address in named_beside(message) {
            addresses.push(text(&address).into_owned());
            ids.push(id.0);
        }
    }
    if ids.is_empty() {
        return Ok(());
    }
    let sql = "INSERT INTO correspondents (address, interaction) SELECT * FROM unnest($1::text[], $2::uuid[])
        ON CONFLICT DO NOTHING";
    execute(db, sql, &[&addresses, &ids]).await.map(drop)
}

/// Forgets the senders of interactions.
pub(super) async fn forget(db: &impl GenericClient, ids: &[Uuid]) -> Result<(), StoreError> {
    execute(db, "DELETE FROM correspondents WHERE interaction = ANY ($1)", &[&ids]).await.map(drop)
}

#[async_trait]
impl CorrespondentStore for PostgresStore {
    async fn correspondence(
        &self,
        who: &Correspondent,
        after: Option<InteractionId>,
        limit: u32,
    ) -> Result<Vec<Correspondence>, StoreError> {
        let who = who.clone();
        self.db
            .run(move |db| {
                Box::pin(async move {
                    let mut found = Vec::new();
                    for (id, part) in concerned(db, &who, after, limit).await? {
                        let sql = "SELECT * FROM interactions WHERE id = $1";
                        let Some(row) = row(db, sql, &[&id.0]).await? else { continue };
                        let interaction = interaction(&row)?;
                        let pending = pending(db, id, part, &who).await?;
                        let unfinished = is_unfinished(part, interaction.state, pending);
                        found.push(Correspondence { interaction, part, unfinished });
                    }
                    Ok(found)
                })
            })
            .await
    }

    async fn add_erasure(&self, erasure: ErasureRecord, audit: AuditRecord) -> Result<(), StoreError> {
        self.db.write(move |db| Box::pin(add(db, erasure, audit))).await
    }

    async fn erasure(&self, id: Uuid) -> Result<Option<ErasureRecord>, StoreError> {
        let sql = "SELECT * FROM erasures WHERE id = $1";
        let found = self.db.run(move |db| Box::pin(async move { row(db, sql, &[&id]).await })).await?;
        found.as_ref().map(record).transpose()
    }

    async fn erasures(&self, offset: u64, limit: u32) -> Result<(Vec<ErasureRecord>, u64), StoreError> {
        let (offset, limit) = (i64::try_from(offset).unwrap_or(i64::MAX), i64::from(limit));
        self.db
            .run(move |db| {
                Box::pin(async move {
                    let total: i64 = match row(db, "SELECT count(*) FROM erasures", &[]).await? {
                        Some(row) => row.try_get(0)?,
                        None => 0,
                    };
                    let sql = "SELECT * FROM erasures ORDER BY id DESC LIMIT $1 OFFSET $2";
                    let found = rows(db, sql, &[&limit, &offset]).await?;
                    let found: Result<_, StoreError> = found.iter().map(record).collect();
                    Ok((found?, u64::try_from(total).unwrap_or_default()))
                })
            })
            .await
    }

    async fn begin_erasure(&self, lease: Lease, now: Timestamp) -> Result<Option<ErasureRecord>, StoreError> {
        self.db.write(move |db| Box::pin(begin(db, lease, now))).await
    }

    async fn erase_next(
        &self,
        id: Uuid,
        lease: Lease,
        max: u32,
        now: Timestamp,
    ) -> Result<Option<ErasureRecord>, StoreError> {
        self.db.write(move |db| Box::pin(next(db, id, lease, max, now))).await
    }

    async fn renew_erasure(&self, id: Uuid, lease: Lease) -> Result<bool, StoreError> {
        self.db
            .write(move |db| {
                Box::pin(async move {
                    let (transaction, ending) = db.begin().await?;
                    let held = find(&transaction, id).await?.and_then(|(_, standing)| standing.renew(lease));
                    let Some(held) = held else { return Ok(false) };
                    stand(&transaction, id, held).await?;
                    ending.commit(transaction).await?;
                    Ok(true)
                })
            })
            .await
    }

    async fn scrub(&self, compact: bool) -> Result<(), StoreError> {
        let full = if compact { "FULL, " } else { "" };
        // The planner's statistics hold samples of columns. Who may not vacuum them gets a warning alone.
        let all = [TABLES, "pg_catalog.pg_statistic"].map(|tables| format!("VACUUM ({full}ANALYZE) {tables}"));
        self.db
            .unhurried(move |db| {
                Box::pin(async move {
                    for sql in all {
                        // A statement each: VACUUM runs in no transaction.
                        db.batch_execute(&sql).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    async fn end_erasure(&self, id: Uuid, token: Uuid, audit: AuditRecord) -> Result<bool, StoreError> {
        self.db
            .write(move |db| {
                Box::pin(async move {
                    let (transaction, ending) = db.begin().await?;
                    let over = find(&transaction, id).await?.and_then(|(_, standing)| standing.end(token));
                    let Some(over) = over else { return Ok(false) };
                    stand(&transaction, id, over).await?;
                    audit::add(&transaction, &audit).await?;
                    ending.commit(transaction).await?;
                    Ok(true)
                })
            })
            .await
    }
}

/// Interactions that concern a correspondent, in order. Somebody who sent one is its sender, whatever was sent to them about it.
async fn concerned(
    db: &impl GenericClient,
    who: &Correspondent,
    after: Option<InteractionId>,
    limit: u32,
) -> Result<Vec<(InteractionId, Part)>, StoreError> {
    let sql = r#"SELECT interaction, bool_or(sender) FROM (
            SELECT id AS interaction, true AS sender FROM interactions
                WHERE left(lower(envelope_from COLLATE "und-x-icu"), 200) IN (left($1, 200), left($2, 200))
                    AND lower(envelope_from COLLATE "und-x-icu") IN ($1, $2) AND id > $3
            UNION ALL SELECT interaction, true FROM correspondents WHERE address IN ($1, $2) AND interaction > $3
            UNION ALL SELECT interaction, false FROM deliveries WHERE target_key IN ($1, $2) AND interaction > $3
        ) AS concerned GROUP BY interaction ORDER BY interaction LIMIT $4"#;
    let after = after.map_or(Uuid::nil(), |after| after.0);
    let found = rows(db, sql, &[&who.ascii, &who.unicode, &after, &i64::from(limit)]).await?;
    let read = |row: &Row| {
        let part = if row.try_get(1)? { Part::Sender } else { Part::Recipient };
        Ok((InteractionId(row.try_get(0)?), part))
    };
    found.iter().map(read).collect()
}

/// Whether something is still on its way that concerns the correspondent.
async fn pending(
    db: &impl GenericClient,
    id: InteractionId,
    part: Part,
    who: &Correspondent,
) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM deliveries WHERE interaction = $1 AND state = 0
        AND ($4 OR target_key IN ($2, $3)))";
    let all = part == Part::Sender;
    let found = row(db, sql, &[&id.0, &who.ascii, &who.unicode, &all]).await?;
    Ok(found.map(|row| row.try_get(0)).transpose()?.unwrap_or(false))
}

async fn add(db: &mut Lent, erasure: ErasureRecord, entry: AuditRecord) -> Result<(), StoreError> {
    let (transaction, ending) = db.begin().await?;
    let sql = "INSERT INTO erasures (id, created_at, created_by, digest, who, force, compact, state, progress)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let who = erasure.who.as_ref().map(json).transpose()?;
    let values: super::pool::Parameters<'_> = &[
        &erasure.id,
        &erasure.created_at,
        &text(&erasure.created_by),
        &erasure.digest,
        &who,
        &erasure.force,
        &erasure.compact,
        &erasure.state.code(),
        &json(&erasure.progress)?,
    ];
    execute(&transaction, sql, values).await?;
    audit::add(&transaction, &entry).await?;
    ending.commit(transaction).await
}

/// An erasure that nobody else changes until the transaction ends.
async fn find(db: &impl GenericClient, id: Uuid) -> Result<Option<(ErasureRecord, ErasureStanding)>, StoreError> {
    let sql = "SELECT * FROM erasures WHERE id = $1 FOR UPDATE";
    row(db, sql, &[&id]).await?.as_ref().map(both).transpose()
}

fn both(row: &Row) -> Result<(ErasureRecord, ErasureStanding), StoreError> {
    let record = record(row)?;
    let hold = Columns { row, table: "erasures" }.hold("lease", "lease_until")?;
    let standing = ErasureStanding { state: record.state, hold };
    Ok((record, standing))
}

fn record(row: &Row) -> Result<ErasureRecord, StoreError> {
    let columns = Columns { row, table: "erasures" };
    let state: i64 = columns.get("state")?;
    Ok(ErasureRecord {
        id: columns.get("id")?,
        created_at: columns.get("created_at")?,
        created_by: columns.get("created_by")?,
        digest: columns.get("digest")?,
        who: columns.json_or_empty("who")?,
        force: columns.get("force")?,
        compact: columns.get("compact")?,
        state: ErasureState::of_code(state).ok_or_else(|| columns.inconsistent("state", &state))?,
        after: columns.get::<Option<Uuid>>("after")?.map(InteractionId),
        progress: columns.json("progress")?,
    })
}

async fn begin(db: &mut Lent, lease: Lease, now: Timestamp) -> Result<Option<ErasureRecord>, StoreError> {
    let (transaction, ending) = db.begin().await?;
    let sql =
        "SELECT * FROM erasures WHERE state < 2 AND (lease_until IS NULL OR lease_until <= $1) ORDER BY id LIMIT 1
        FOR UPDATE SKIP LOCKED";
    let Some(found) = row(&transaction, sql, &[&now]).await? else { return Ok(None) };
    let (record, standing) = both(&found)?;
    let Some(held) = standing.begin(lease, now) else { return Ok(None) };
    stand(&transaction, record.id, held).await?;
    ending.commit(transaction).await?;
    Ok(Some(record))
}

async fn stand(db: &impl GenericClient, id: Uuid, to: ErasureStanding) -> Result<(), StoreError> {
    let sql = "UPDATE erasures SET state = $2, lease = $3, lease_until = $4 WHERE id = $1";
    execute(db, sql, &[&id, &to.state.code(), &to.hold.lease(), &to.hold.until()]).await.map(drop)
}

async fn next(
    db: &mut Lent,
    id: Uuid,
    lease: Lease,
    max: u32,
    now: Timestamp,
) -> Result<Option<ErasureRecord>, StoreError> {
    let (transaction, ending) = db.begin().await?;
    locks::share(&transaction).await?;
    let Some((mut record, standing)) = find(&transaction, id).await? else { return Ok(None) };
    let Some(held) = standing.renew(lease) else { return Ok(None) };
    let mut moves = Moves::heard(&ending);
    if let Some(who) = record.who.clone() {
        let batch = concerned(&transaction, &who, record.after, max).await?;
        let ids: Vec<Uuid> = batch.iter().map(|(id, _)| id.0).collect();
        locks::threads_alone(&transaction, &ids).await?;
        execute(&transaction, "SELECT 1 FROM interactions WHERE id = ANY ($1) ORDER BY id FOR UPDATE", &[&ids]).await?;
        for (interaction, part) in &batch {
            erase(&transaction, (*interaction, *part), &who, &mut record, (now, &mut moves)).await?;
            record.after = Some(*interaction);
        }
        if batch.len() < max as usize {
            record.progress.again |= replays::forget_naming(&transaction, &who).await?;
            record.end_pass();
        }
    }
    stand(&transaction, id, ErasureStanding { state: record.state, ..held }).await?;
    let sql = "UPDATE erasures SET who = $2, after = $3, progress = $4 WHERE id = $1";
    let (who, after) = (record.who.as_ref().map(json).transpose()?, record.after.map(|after| after.0));
    execute(&transaction, sql, &[&id, &who, &after, &json(&record.progress)?]).await?;
    moves.write(&transaction).await?;
    ending.commit(transaction).await?;
    Ok(Some(record))
}

async fn erase(
    db: &impl GenericClient,
    (id, part): (InteractionId, Part),
    who: &Correspondent,
    record: &mut ErasureRecord,
    (now, moves): (Timestamp, &mut Moves),
) -> Result<(), StoreError> {
    let Some(found) = row(db, "SELECT state FROM interactions WHERE id = $1", &[&id.0]).await? else { return Ok(()) };
    let state = read_state(Columns { row: &found, table: "interactions" })?;
    let step = step(part, state, pending(db, id, part, who).await?, record.force);
    let copies = match step {
        Step::Whole | Step::Sent => threads::copies(db, (id, step == Step::Whole), who).await?,
        Step::Leave | Step::Later => Vec::new(),
    };
    let step = step.with_copies(copies.iter().map(|copy| copy.state));
    if step != Step::Later {
        for copy in &copies {
            erase_copy(db, copy, who).await?;
        }
    }
    match step {
        Step::Whole => {
            erase_whole(db, id, who, (now, moves)).await?;
            record.progress.interactions = record.progress.interactions.saturating_add(1);
        }
        Step::Sent => {
            erase_sent(db, id, who, (now, moves)).await?;
            record.progress.sent = record.progress.sent.saturating_add(1);
        }
        Step::Leave => record.progress.left = record.progress.left.saturating_add(1),
        Step::Later => record.progress.again = true,
    }
    Ok(())
}

async fn erase_whole(
    db: &impl GenericClient,
    id: InteractionId,
    who: &Correspondent,
    (now, moves): (Timestamp, &mut Moves),
) -> Result<(), StoreError> {
    forget_requests(db, id).await?;
    retention::erase_contents(db, &[id.0], now, moves).await?;
    deliveries::erase_all(db, id, who, moves).await?;
    bare_runs(db, id, who).await?;
    let sql = "UPDATE interactions SET envelope_from = '', remote = '', message_id = NULL WHERE id = $1";
    execute(db, sql, &[&id.0]).await?;
    forget(db, &[id.0]).await
}

async fn erase_sent(
    db: &impl GenericClient,
    id: InteractionId,
    who: &Correspondent,
    (now, moves): (Timestamp, &mut Moves),
) -> Result<(), StoreError> {
    deliveries::erase_to(db, id, who, now, moves).await?;
    erase_naming(db, id, who).await
}

/// Erases what another's interaction copied of one that is erased, with what its runs may have made of it.
async fn erase_copy(db: &impl GenericClient, copy: &Copied, who: &Correspondent) -> Result<(), StoreError> {
    let sql = "UPDATE interactions SET thread = $2 WHERE id = $1";
    execute(db, sql, &[&copy.interaction.0, &json(&copy.left)?]).await?;
    erase_naming(db, copy.interaction, who).await
}

/// Takes from another's interaction what names the correspondent, and what may: traces, journals, and what replays show.
async fn erase_naming(db: &impl GenericClient, id: InteractionId, who: &Correspondent) -> Result<(), StoreError> {
    bare_runs(db, id, who).await?;
    journals::forget(db, &[id.0]).await?;
    replays::forget(db, &[id.0]).await?;
    let sql = "SELECT attributes, attributes_set, thread FROM interactions WHERE id = $1";
    let Some(found) = row(db, sql, &[&id.0]).await? else { return Ok(()) };
    let columns = Columns { row: &found, table: "interactions" };
    let shown = attributes_column(&without(readable(columns, "attributes")?, who))?;
    let set = attributes_column(&without(readable(columns, "attributes_set")?, who))?;
    let thread: Option<ThreadRecord> = readable(columns, "thread")?;
    let thread = thread.map(|thread| without_copies(thread.clone(), (id, false), who).unwrap_or(thread));
    let thread = thread.as_ref().map(json).transpose()?;
    let sql = "UPDATE interactions SET attributes = $2, attributes_set = $3, thread = $4 WHERE id = $1";
    execute(db, sql, &[&id.0, &shown, &set, &thread]).await.map(drop)
}

/// What is to be erased in part. What can't be read goes whole: nobody else could read it either.
pub(super) fn readable<T: DeserializeOwned + Default>(
    columns: Columns<'_>,
    column: &'static str,
) -> Result<T, StoreError> {
    Ok(sound_or_none(columns.json_or_empty::<Option<T>>(column))?.unwrap_or_default())
}

/// Takes from all decisions of an interaction what may name the correspondent, and from its runs traces and attributes that do.
async fn bare_runs(db: &impl GenericClient, id: InteractionId, who: &Correspondent) -> Result<(), StoreError> {
    retention::rewrite_decisions(db, &[id.0], |more| nameless_decision(more, who)).await?;
    for found in rows(db, "SELECT number, attributes FROM runs WHERE interaction = $1", &[&id.0]).await? {
        let columns = Columns { row: &found, table: "runs" };
        let number: i64 = columns.get("number")?;
        let attributes = attributes_column(&without(readable(columns, "attributes")?, who))?;
        let sql =
            "UPDATE runs SET attributes = $3, trace = $4, trace_sum = NULL WHERE interaction = $1 AND number = $2";
        execute(db, sql, &[&id.0, &number, &attributes, &ERASED_TRACE]).await?;
    }
    Ok(())
}

/// Forgets the keys of requests that handed the mail in, or sent something about it: clients make them of what they like.
async fn forget_requests(db: &impl GenericClient, id: InteractionId) -> Result<(), StoreError> {
    let sql = "SELECT id, received_at AS at FROM interactions WHERE id = $1
        UNION ALL SELECT id, created_at FROM deliveries WHERE interaction = $1";
    let (mut made, mut times) = (Vec::<Uuid>::new(), Vec::<Timestamp>::new());
    for row in rows(db, sql, &[&id.0]).await? {
        made.push(row.try_get(0)?);
        times.push(row.try_get(1)?);
    }
    requests::forget(db, &times, &made).await
}
