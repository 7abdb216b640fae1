//! Work in queues: claimed, acknowledged, given back.

use std::time::Duration;

use async_trait::async_trait;
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use uuid::Uuid;
use waypost_ids::{InteractionId, QueueId};

use super::columns::{Columns, text};
use super::mail_columns::interaction;
use super::pool::{Lent, row, rows};
use super::runs::give_back;
use super::standing::{COLUMNS, Moves, lock, standing};
use super::{PostgresStore, audit};
use crate::conditions::in_state;
use crate::error::{LeaseError, StoreError};
use crate::leases::Lease;
use crate::records::audit::AuditRecord;
use crate::records::mail::{InteractionRecord, QueueClaim, QueueLease, State};
use crate::rules::standing::{Ends, Standing};
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
                    let (id, before) = held(&transaction, queue, token).await?;
                    let from = before.state;
                    if end(&transaction, id, from, before.acknowledge(token, now)).await? {
                        ending.commit(transaction).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    async fn release(&self, queue: QueueId, token: Uuid, now: Timestamp) -> Result<(), LeaseError> {
        let rule = move |before: Standing| before.release_work(token, now);
        self.db.write(move |db| Box::pin(change(db, queue, token, rule))).await?;
        self.signals.work();
        Ok(())
    }

    async fn extend(&self, queue: QueueId, lease: Lease, now: Timestamp) -> Result<(), LeaseError> {
        let rule = move |before: Standing| before.extend_work(lease, now);
        self.db.write(move |db| Box::pin(change(db, queue, lease.id, rule))).await
    }
}

/// Changes how what was claimed under this token stands, if the rules let it.
async fn change(
    db: &mut Lent,
    queue: QueueId,
    token: Uuid,
    rule: impl FnOnce(Standing) -> Option<Standing>,
) -> Result<(), LeaseError> {
    let (transaction, ending) = db.begin().await?;
    let (id, before) = held(&transaction, queue, token).await?;
    let from = before.state;
    let mut moves = Moves::default();
    moves.add(id, from, &rule(before).ok_or(LeaseError::Lost)?);
    moves.write(&transaction).await?;
    Ok(ending.commit(transaction).await?)
}

async fn lease(db: &mut Lent, claim: QueueClaim, now: Timestamp) -> Result<Vec<QueueLease>, StoreError> {
    let origin = db.origin();
    let (transaction, ending) = db.begin().await?;
    give_back(&transaction, now).await?;
    let sql = format!(
        "SELECT * FROM interactions WHERE {} AND queue = $1 AND ($2::text[] IS NULL OR skills IS NULL
            OR NOT EXISTS (SELECT 1 FROM json_array_elements_text(skills::json) AS needed (skill)
                WHERE needed.skill <> ALL ($2::text[])))
        ORDER BY priority DESC, received_at, id LIMIT $3 FOR UPDATE SKIP LOCKED",
        in_state(State::Decided)
    );
    let found = rows(&transaction, &sql, &[&claim.queue.0, &claim.skills, &i64::from(claim.max)]).await?;
    let lasts = Duration::from_secs(claim.lease_seconds.into());
    let mut moves = Moves::default();
    let mut leases = Vec::with_capacity(found.len());
    for row in &found {
        let before = standing(row)?;
        let (from, lease) = (before.state, Lease::new(origin.id(), now, lasts));
        let Some(claimed) = before.claim_work(lease) else { continue };
        let interaction = InteractionRecord { state: claimed.state, ..interaction(row)? };
        moves.add(interaction.id, from, &claimed);
        leases.push(QueueLease { lease, interaction });
    }
    moves.write(&transaction).await?;
    ending.commit(transaction).await?;
    Ok(leases)
}

/// What a token was given for: nothing else has it. Nobody else changes it until the transaction ends.
async fn held(db: &impl GenericClient, queue: QueueId, token: Uuid) -> Result<(InteractionId, Standing), LeaseError> {
    let sql = format!("SELECT id, {COLUMNS} FROM interactions WHERE lease = $1 AND queue = $2 FOR UPDATE");
    let found = row(db, &sql, &[&token, &queue.0]).await?.ok_or(LeaseError::Lost)?;
    let id = Columns { row: &found, table: "interactions" }.get("id")?;
    Ok((InteractionId(id), standing(&found)?))
}

/// Ends work; answers whether that changed anything.
async fn end(db: &impl GenericClient, id: InteractionId, from: State, ends: Ends) -> Result<bool, LeaseError> {
    match ends {
        Ends::Now(completed) => {
            let mut moves = Moves::default();
            moves.add(id, from, &completed);
            moves.write(db).await?;
            Ok(true)
        }
        Ends::Before => Ok(false),
        Ends::Refused => Err(LeaseError::Lost),
    }
}

/// Completes an interaction whoever holds it.
pub(super) async fn complete(db: &mut Lent, id: InteractionId, entry: AuditRecord) -> Result<(), LeaseError> {
    let (transaction, ending) = db.begin().await?;
    let before = lock(&transaction, id).await?.ok_or(LeaseError::Lost)?;
    let from = before.state;
    if end(&transaction, id, from, before.complete(entry.at)).await? {
        audit::add(&transaction, &entry).await?;
        ending.commit(transaction).await?;
    }
    Ok(())
}
