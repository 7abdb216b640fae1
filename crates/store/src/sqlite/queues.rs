//! Work in queues: claimed, acknowledged, given back.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row};
use uuid::Uuid;
use waypost_ids::{InteractionId, QueueId};
use waypost_origin::Origin;

use super::columns::{Columns, micros};
use super::mail_columns::{interaction, sound};
use super::runs::give_back;
use super::standing::{self, COLUMNS, standing};
use super::writer::Session;
use super::{SqliteStore, tally};
use crate::conditions::in_state;
use crate::encoding::json;
use crate::error::{LeaseError, StoreError};
use crate::leases::Lease;
use crate::records::audit::AuditRecord;
use crate::records::mail::{InteractionRecord, State};
use crate::records::queues::{DepthOf, MOST_LATE, QueueClaim, QueueDepth, QueueLease};
use crate::rules::standing::{Ends, Position, Standing};
use crate::traits::QueueStore;

#[async_trait]
impl QueueStore for SqliteStore {
    async fn claim(&self, claim: &QueueClaim, now: Timestamp) -> Result<Vec<QueueLease>, StoreError> {
        let (request, origin) = (claim.clone(), self.options.origin.clone());
        self.writer()?.run(move |session| lease(session, &request, now, &origin).map(Ok::<_, StoreError>)).await?
    }

    async fn acknowledge(&self, queue: QueueId, token: Uuid, now: Timestamp) -> Result<(), LeaseError> {
        self.writer()?
            .run(move |session| {
                let Some((id, before)) = held(session.db, queue, token)? else { return Ok(Err(LeaseError::Lost)) };
                let from = before.position();
                end(session, id, from, before.acknowledge(token, now))
            })
            .await?
            .map(drop)
    }

    async fn release(&self, queue: QueueId, token: Uuid, now: Timestamp) -> Result<(), LeaseError> {
        self.writer()?
            .run(move |session| change(session, queue, token, |before| before.release_work(token, now)))
            .await?
            .map(drop)
    }

    async fn extend(&self, queue: QueueId, lease: Lease, now: Timestamp) -> Result<(), LeaseError> {
        self.writer()?
            .run(move |session| change(session, queue, lease.id, |before| before.extend_work(lease, now)))
            .await?
    }

    async fn depths(&self, queues: &[DepthOf]) -> Result<Vec<QueueDepth>, StoreError> {
        let queues = queues.to_vec();
        self.readers()?.run(move |db| queues.iter().map(|one| depth(db, one)).collect()).await
    }
}

/// When the one that has waited longest came into a queue.
pub(super) const OLDEST: &str = "SELECT queued_at FROM interactions INDEXED BY interactions_queued
    WHERE state = 2 AND queue = ?1 ORDER BY queued_at LIMIT 1";

/// How many came into a queue before a time, up to so many.
pub(super) const LATE: &str = "SELECT count(*) FROM (SELECT 1 FROM interactions INDEXED BY interactions_queued
    WHERE state = 2 AND queue = ?1 AND queued_at < ?2 LIMIT ?3)";

fn depth(db: &Connection, of: &DepthOf) -> Result<QueueDepth, StoreError> {
    let queue = of.queue.0.as_bytes();
    let oldest: Option<i64> = db.prepare_cached(OLDEST)?.query_row((queue,), |row| row.get(0)).optional()?.flatten();
    let inconsistent = |error: jiff::Error| StoreError::Inconsistent {
        table: "interactions",
        detail: format!("column `queued_at`: {error}"),
    };
    let late = match of.late_before {
        Some(before) => Some(db.prepare_cached(LATE)?.query_row((queue, micros(before), MOST_LATE), |row| row.get(0))?),
        None => None,
    };
    Ok(QueueDepth {
        waiting: tally::waiting(db, of.queue)?,
        oldest_at: oldest.map(Timestamp::from_microsecond).transpose().map_err(inconsistent)?,
        late,
    })
}

/// Changes how what was claimed under this token stands, if the rules let it.
fn change(
    session: &mut Session<'_>,
    queue: QueueId,
    token: Uuid,
    rule: impl FnOnce(Standing) -> Option<Standing>,
) -> Result<Result<(), LeaseError>, StoreError> {
    let Some((id, before)) = held(session.db, queue, token)? else { return Ok(Err(LeaseError::Lost)) };
    let from = before.position();
    let Some(after) = rule(before) else { return Ok(Err(LeaseError::Lost)) };
    standing::write(session, id, from, &after)?;
    Ok(Ok(()))
}

fn lease(
    session: &mut Session<'_>,
    claim: &QueueClaim,
    now: Timestamp,
    origin: &Origin,
) -> Result<Vec<QueueLease>, StoreError> {
    give_back(session, now)?;
    let skills = claim.skills.as_ref().map(json).transpose()?;
    let sql = format!(
        "SELECT * FROM interactions WHERE {} AND queue = ?1 AND (?2 IS NULL OR skills IS NULL OR NOT EXISTS (
            SELECT 1 FROM json_each(skills) AS needed
            WHERE needed.value NOT IN (SELECT had.value FROM json_each(?2) AS had)))
         ORDER BY priority DESC, received_at, id",
        in_state(State::Decided)
    );
    let work = {
        let mut select = session.db.prepare_cached(&sql)?;
        let read = |row: &Row<'_>| Ok((interaction(row)?, standing(row)?));
        sound(select.query((claim.queue.0.as_bytes(), skills))?, claim.max, read)?
    };
    let lasts = Duration::from_secs(claim.lease_seconds.into());
    let mut leases = Vec::with_capacity(work.len());
    for (interaction, before) in work {
        let (from, lease) = (before.position(), Lease::new(origin.id(), now, lasts));
        let Some(claimed) = before.claim_work(lease) else { continue };
        standing::write(session, interaction.id, from, &claimed)?;
        let interaction = InteractionRecord { state: claimed.state, ..interaction };
        leases.push(QueueLease { lease, interaction });
    }
    Ok(leases)
}

/// What a token was given for: nothing else has it.
fn held(db: &Connection, queue: QueueId, token: Uuid) -> Result<Option<(InteractionId, Standing)>, StoreError> {
    let sql = format!("SELECT id, {COLUMNS} FROM interactions WHERE lease = ?1 AND queue = ?2");
    let read = |row: &Row<'_>| {
        let id = InteractionId(Columns { row, table: "interactions" }.uuid("id")?);
        Ok::<_, StoreError>((id, standing(row)?))
    };
    db.prepare_cached(&sql)?
        .query_row((token.as_bytes(), queue.0.as_bytes()), |row| Ok(read(row)))
        .optional()?
        .transpose()
}

/// Ends work; answers whether that changed anything.
fn end(
    session: &mut Session<'_>,
    id: InteractionId,
    from: Position,
    ends: Ends,
) -> Result<Result<bool, LeaseError>, StoreError> {
    match ends {
        Ends::Now(completed) => standing::write(session, id, from, &completed).map(|()| Ok(true)),
        Ends::Before => Ok(Ok(false)),
        Ends::Refused => Ok(Err(LeaseError::Lost)),
    }
}

/// Completes an interaction whoever holds it.
pub(super) fn complete(
    session: &mut Session<'_>,
    id: InteractionId,
    audit: &AuditRecord,
) -> Result<Result<(), LeaseError>, StoreError> {
    let Some(before) = standing::find(session.db, id)? else { return Ok(Err(LeaseError::Lost)) };
    let from = before.position();
    let ended = end(session, id, from, before.complete(audit.at))?;
    if ended.as_ref().is_ok_and(|changed| *changed) {
        super::audit::add(session.db, audit)?;
    }
    Ok(ended.map(drop))
}
