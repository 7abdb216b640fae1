//! Work in queues: claimed, acknowledged, given back.

use async_trait::async_trait;
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use uuid::Uuid;
use waypost_ids::{InteractionId, QueueId};

use super::columns::{Columns, after, text};
use super::mail_columns::{interaction, read_state, small};
use super::pool::{Lent, execute, row, rows};
use super::runs::give_back;
use super::tally::Tally;
use super::{PostgresStore, audit};
use crate::encoding::state_code;
use crate::error::{LeaseError, StoreError};
use crate::records::audit::AuditRecord;
use crate::records::mail::{QueueClaim, QueueLease, State};
use crate::traits::QueueStore;

#[async_trait]
impl QueueStore for PostgresStore {
    async fn claim(&self, claim: &QueueClaim, now: Timestamp) -> Result<Vec<QueueLease>, StoreError> {
        let mut claim = claim.clone();
        for skill in claim.skills.iter_mut().flatten() {
            *skill = text(skill).into_owned();
        }
        self.db.write(move |db| Box::pin(lease(db, claim, now))).await
    }

    async fn acknowledge(&self, queue: QueueId, token: Uuid, now: Timestamp) -> Result<(), LeaseError> {
        self.db
            .write(move |db| {
                Box::pin(async move {
                    let (transaction, ending) = db.begin().await?;
                    match held(&transaction, queue, token, now).await? {
                        Held::Live(id) => end(&transaction, id, State::Completed, now).await?,
                        Held::Completed => return Ok(()),
                        Held::Lost => return Err(LeaseError::Lost),
                    }
                    Ok(ending.commit(transaction).await?)
                })
            })
            .await
    }

    async fn release(&self, queue: QueueId, token: Uuid, now: Timestamp) -> Result<(), LeaseError> {
        let released = self
            .db
            .write(move |db| {
                Box::pin(async move {
                    let (transaction, ending) = db.begin().await?;
                    let Held::Live(id) = held(&transaction, queue, token, now).await? else {
                        return Err(LeaseError::Lost);
                    };
                    end(&transaction, id, State::Decided, now).await?;
                    Ok(ending.commit(transaction).await?)
                })
            })
            .await;
        if released.is_ok() {
            self.signals.work();
        }
        released
    }

    async fn extend(
        &self,
        queue: QueueId,
        token: Uuid,
        lease_seconds: u32,
        now: Timestamp,
    ) -> Result<Timestamp, LeaseError> {
        self.db
            .write(move |db| {
                Box::pin(async move {
                    let until = after(now, u64::from(lease_seconds));
                    let sql = "UPDATE interactions SET lease_until = $3
                        WHERE lease = $1 AND queue = $2 AND state = 3 AND lease_until > $4 RETURNING lease_until";
                    let (transaction, ending) = db.begin().await?;
                    let extended = row(&transaction, sql, &[&token, &queue.0, &until, &now]).await?;
                    let until = extended.ok_or(LeaseError::Lost)?.try_get(0).map_err(StoreError::from)?;
                    ending.commit(transaction).await?;
                    Ok(until)
                })
            })
            .await
    }
}

async fn lease(db: &mut Lent, claim: QueueClaim, now: Timestamp) -> Result<Vec<QueueLease>, StoreError> {
    let (transaction, ending) = db.begin().await?;
    let mut tally = Tally::default();
    give_back(&transaction, &mut tally, now).await?;
    let until = after(now, u64::from(claim.lease_seconds));
    let sql = "WITH work AS (
            SELECT id FROM interactions WHERE state = 2 AND queue = $1 AND ($2::text[] IS NULL OR skills IS NULL
                OR NOT EXISTS (SELECT 1 FROM json_array_elements_text(skills::json) AS needed (skill)
                    WHERE needed.skill <> ALL ($2::text[])))
            ORDER BY priority DESC, received_at, id LIMIT $3 FOR UPDATE SKIP LOCKED)
        UPDATE interactions SET state = 3, lease = gen_random_uuid(), lease_until = $4
        FROM work WHERE interactions.id = work.id RETURNING interactions.*";
    let rows = rows(&transaction, sql, &[&claim.queue.0, &claim.skills, &i64::from(claim.max), &until]).await?;
    let mut leases = Vec::with_capacity(rows.len());
    for row in &rows {
        tally.moved(Some(State::Decided), State::Claimed);
        let columns = Columns { row, table: "interactions" };
        let order = (std::cmp::Reverse(columns.get::<i64>("priority")?), columns.get::<Timestamp>("received_at")?);
        let lease = QueueLease {
            token: columns.get("lease")?,
            expires_at: columns.get("lease_until")?,
            interaction: interaction(row)?,
        };
        leases.push((order, lease));
    }
    tally.write(&transaction).await?;
    ending.commit(transaction).await?;
    leases.sort_by_key(|(order, lease)| (*order, lease.interaction.id.0));
    Ok(leases.into_iter().map(|(_, lease)| lease).collect())
}

/// What a token stands for.
enum Held {
    Live(InteractionId),
    /// It was acknowledged under this very token.
    Completed,
    Lost,
}

async fn held(db: &impl GenericClient, queue: QueueId, token: Uuid, now: Timestamp) -> Result<Held, StoreError> {
    let sql = "SELECT id, state, lease_until FROM interactions WHERE lease = $1 AND queue = $2 AND state IN (3, 4)
        FOR UPDATE";
    let Some(found) = row(db, sql, &[&token, &queue.0]).await? else { return Ok(Held::Lost) };
    let columns = Columns { row: &found, table: "interactions" };
    if read_state(columns)? == State::Completed {
        return Ok(Held::Completed);
    }
    Ok(match columns.get::<Option<Timestamp>>("lease_until")? {
        Some(until) if until > now => Held::Live(InteractionId(columns.get("id")?)),
        _ => Held::Lost,
    })
}

/// Ends a live lease. A completed interaction keeps the token, so that acknowledging again is well.
async fn end(db: &impl GenericClient, id: InteractionId, to: State, now: Timestamp) -> Result<(), StoreError> {
    let sql = "UPDATE interactions SET state = $2::smallint, lease_until = NULL, lease = CASE WHEN $2::smallint = 4 THEN lease END,
        completed_at = CASE WHEN $2::smallint = 4 THEN $3::timestamptz END WHERE id = $1";
    execute(db, sql, &[&id.0, &small(state_code(to)), &now]).await?;
    let mut tally = Tally::default();
    tally.moved(Some(State::Claimed), to);
    tally.write(db).await
}

/// Completes an interaction whoever holds it.
pub(super) async fn complete(db: &mut Lent, id: InteractionId, entry: AuditRecord) -> Result<(), LeaseError> {
    let (transaction, ending) = db.begin().await?;
    let sql = "SELECT state FROM interactions WHERE id = $1 FOR UPDATE";
    let Some(found) = row(&transaction, sql, &[&id.0]).await? else { return Err(LeaseError::Lost) };
    let from = match read_state(Columns { row: &found, table: "interactions" })? {
        from @ (State::Decided | State::Claimed) => from,
        State::Completed => return Ok(()),
        State::Received | State::Running => return Err(LeaseError::Lost),
    };
    let sql = "UPDATE interactions SET state = $2, lease = NULL, lease_until = NULL, completed_at = $3 WHERE id = $1";
    execute(&transaction, sql, &[&id.0, &small(state_code(State::Completed)), &entry.at]).await?;
    let mut tally = Tally::default();
    tally.moved(Some(from), State::Completed);
    audit::add(&transaction, &entry).await?;
    tally.write(&transaction).await?;
    Ok(ending.commit(transaction).await?)
}
