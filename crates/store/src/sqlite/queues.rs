//! Work in queues: claimed, acknowledged, given back.

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::OptionalExtension;
use uuid::Uuid;
use waypost_ids::{InteractionId, QueueId};

use super::SqliteStore;
use super::columns::{micros, micros_after};
use super::mail_columns::{interaction, sound};
use super::runs::give_back;
use super::writer::Session;
use crate::encoding::json;
use crate::encoding::{state, state_code};
use crate::error::{LeaseError, StoreError};
use crate::records::audit::AuditRecord;
use crate::records::mail::{QueueClaim, QueueLease, State};
use crate::traits::QueueStore;

#[async_trait]
impl QueueStore for SqliteStore {
    async fn claim(&self, claim: &QueueClaim, now: Timestamp) -> Result<Vec<QueueLease>, StoreError> {
        let request = claim.clone();
        self.writer()?.run(move |session| lease(session, &request, now).map(Ok::<_, StoreError>)).await?
    }

    async fn acknowledge(&self, queue: QueueId, token: Uuid, now: Timestamp) -> Result<(), LeaseError> {
        self.writer()?
            .run(move |session| match held(session, queue, token, now)? {
                Held::Live(id) => end(session, id, State::Completed, now).map(Ok),
                Held::Completed => Ok(Ok(())),
                Held::Lost => Ok(Err(LeaseError::Lost)),
            })
            .await?
    }

    async fn release(&self, queue: QueueId, token: Uuid, now: Timestamp) -> Result<(), LeaseError> {
        self.writer()?
            .run(move |session| match held(session, queue, token, now)? {
                Held::Live(id) => end(session, id, State::Decided, now).map(Ok),
                Held::Completed | Held::Lost => Ok(Err(LeaseError::Lost)),
            })
            .await?
    }

    async fn extend(
        &self,
        queue: QueueId,
        token: Uuid,
        lease_seconds: u32,
        now: Timestamp,
    ) -> Result<Timestamp, LeaseError> {
        self.writer()?
            .run(move |session| {
                let Held::Live(id) = held(session, queue, token, now)? else { return Ok(Err(LeaseError::Lost)) };
                let until = micros_after(now, u64::from(lease_seconds));
                session
                    .db
                    .prepare_cached("UPDATE interactions SET lease_until = ?2 WHERE id = ?1")?
                    .execute((id.0.as_bytes(), until))?;
                time(until).map(Ok)
            })
            .await?
    }
}

fn time(micros: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_microsecond(micros).map_err(|error| StoreError::Failed(format!("a lease's end: {error}")))
}

fn lease(session: &mut Session<'_>, claim: &QueueClaim, now: Timestamp) -> Result<Vec<QueueLease>, StoreError> {
    give_back(session, now)?;
    let skills = claim.skills.as_ref().map(json).transpose()?;
    let work = {
        let mut select = session.db.prepare_cached(
            "SELECT * FROM interactions WHERE state = 2 AND queue = ?1 AND (?2 IS NULL OR skills IS NULL OR NOT EXISTS (
                SELECT 1 FROM json_each(skills) AS needed
                WHERE needed.value NOT IN (SELECT had.value FROM json_each(?2) AS had)))
             ORDER BY priority DESC, received_at, id",
        )?;
        sound(select.query((claim.queue.0.as_bytes(), skills))?, claim.max, interaction)?
    };
    let until = micros_after(now, u64::from(claim.lease_seconds));
    let expires_at = time(until)?;
    let mut leases = Vec::with_capacity(work.len());
    for mut interaction in work {
        let token = Uuid::new_v4();
        session
            .db
            .prepare_cached("UPDATE interactions SET state = 3, lease = ?2, lease_until = ?3 WHERE id = ?1")?
            .execute((interaction.id.0.as_bytes(), token.as_bytes(), until))?;
        session.tally.moved(Some(State::Decided), State::Claimed);
        interaction.state = State::Claimed;
        leases.push(QueueLease { token, expires_at, interaction });
    }
    Ok(leases)
}

/// What a token stands for.
enum Held {
    Live(InteractionId),
    /// It was acknowledged under this very token.
    Completed,
    Lost,
}

fn held(session: &Session<'_>, queue: QueueId, token: Uuid, now: Timestamp) -> Result<Held, StoreError> {
    let row: Option<([u8; 16], i64, Option<i64>)> = session
        .db
        .prepare_cached(
            "SELECT id, state, lease_until FROM interactions WHERE lease = ?1 AND queue = ?2 AND state IN (3, 4)",
        )?
        .query_row((token.as_bytes(), queue.0.as_bytes()), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    Ok(match row {
        Some((_, state, _)) if state == state_code(State::Completed) => Held::Completed,
        Some((id, _, Some(until))) if until > micros(now) => Held::Live(InteractionId(Uuid::from_bytes(id))),
        _ => Held::Lost,
    })
}

/// Ends a live lease. A completed interaction keeps the token, so that acknowledging again is well.
fn end(session: &mut Session<'_>, id: InteractionId, to: State, now: Timestamp) -> Result<(), StoreError> {
    session
        .db
        .prepare_cached(
            "UPDATE interactions SET state = ?2, lease_until = NULL, lease = CASE WHEN ?2 = 4 THEN lease END,
                completed_at = CASE WHEN ?2 = 4 THEN ?3 END WHERE id = ?1",
        )?
        .execute((id.0.as_bytes(), state_code(to), micros(now)))?;
    session.tally.moved(Some(State::Claimed), to);
    Ok(())
}

/// Completes an interaction whoever holds it.
pub(super) fn complete(
    session: &mut Session<'_>,
    id: InteractionId,
    audit: &AuditRecord,
) -> Result<Result<(), LeaseError>, StoreError> {
    let found: Option<i64> = session
        .db
        .prepare_cached("SELECT state FROM interactions WHERE id = ?1")?
        .query_row((id.0.as_bytes(),), |row| row.get(0))
        .optional()?;
    let from = match found.and_then(state) {
        Some(from @ (State::Decided | State::Claimed)) => from,
        Some(State::Completed) => return Ok(Ok(())),
        _ => return Ok(Err(LeaseError::Lost)),
    };
    session
        .db
        .prepare_cached(
            "UPDATE interactions SET state = ?2, lease = NULL, lease_until = NULL, completed_at = ?3 WHERE id = ?1",
        )?
        .execute((id.0.as_bytes(), state_code(State::Completed), micros(audit.at)))?;
    session.tally.moved(Some(from), State::Completed);
    super::audit::add(session.db, audit)?;
    Ok(Ok(()))
}
