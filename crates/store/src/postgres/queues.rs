//! Work in queues: claimed, acknowledged, given back.

use std::time::Duration;

use async_trait::async_trait;
use deadpool_postgres::{Client, GenericClient};
use jiff::Timestamp;
use tokio::try_join;
use tokio_postgres::Row;
use uuid::Uuid;
use waypost_ids::{InteractionId, QueueId};
use waypost_origin::Origin;

use super::columns::{Columns, text};
use super::commits::Ending;
use super::mail_columns::interaction;
use super::pool::{Lent, ended, row, rows};
use super::runs::ran_out;
use super::standing::{COLUMNS, Moves, begin, lock, standing};
use super::{PostgresStore, audit};
use crate::conditions::in_state;
use crate::error::{LeaseError, StoreError};
use crate::leases::Lease;
use crate::records::audit::AuditRecord;
use crate::records::mail::{InteractionRecord, State};
use crate::records::queues::{DepthOf, MOST_LATE, QueueClaim, QueueDepth, QueueLease, counted_waiting};
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
                Box::pin(change(db, queue, token, move |before| match before.acknowledge(token, now) {
                    Ends::Now(completed) => Ok(Some(completed)),
                    Ends::Before => Ok(None),
                    Ends::Refused => Err(LeaseError::Lost),
                }))
            })
            .await
    }

    async fn release(&self, queue: QueueId, token: Uuid, now: Timestamp) -> Result<(), LeaseError> {
        let rule = move |before: Standing| before.release_work(token, now).map(Some).ok_or(LeaseError::Lost);
        self.db.write(move |db| Box::pin(change(db, queue, token, rule))).await?;
        self.signals.work();
        Ok(())
    }

    async fn extend(&self, queue: QueueId, lease: Lease, now: Timestamp) -> Result<(), LeaseError> {
        let rule = move |before: Standing| before.extend_work(lease, now).map(Some).ok_or(LeaseError::Lost);
        self.db.write(move |db| Box::pin(change(db, queue, lease.id, rule))).await
    }

    async fn depths(&self, queues: &[DepthOf]) -> Result<Vec<QueueDepth>, StoreError> {
        let ids: Vec<Uuid> = queues.iter().map(|one| one.queue.0).collect();
        let late_before: Vec<Option<Timestamp>> = queues.iter().map(|one| one.late_before).collect();
        let most = i64::try_from(MOST_LATE).unwrap_or(i64::MAX);
        let found = self
            .db
            .run(move |db| Box::pin(async move { rows(db, DEPTHS, &[&ids, &late_before, &most]).await }))
            .await?;
        let depth = |row: &Row| {
            let columns = Columns { row, table: "queue_counters" };
            Ok(QueueDepth {
                waiting: counted_waiting(QueueId(columns.get("queue")?), columns.get("waiting")?),
                oldest_at: columns.get("oldest_at")?,
                late: columns.maybe_count("late")?,
            })
        };
        found.iter().map(depth).collect()
    }
}

/// How much waits in queues, in their order. Each part reads one end of the index of what waits, and no more than it counts.
pub(super) const DEPTHS: &str = "SELECT
        asked.queue AS queue,
        coalesce((SELECT sum(waiting) FROM queue_counters WHERE queue = asked.queue), 0)::bigint AS waiting,
        (SELECT queued_at FROM interactions WHERE state = 2 AND queue = asked.queue ORDER BY queued_at LIMIT 1) AS oldest_at,
        CASE WHEN late_before IS NOT NULL THEN (SELECT count(*) FROM (
            SELECT FROM interactions WHERE state = 2 AND queue = asked.queue AND queued_at < late_before
            ORDER BY queued_at LIMIT $3) AS late) END AS late
    FROM unnest($1::uuid[], $2::timestamptz[]) WITH ORDINALITY AS asked (queue, late_before, place) ORDER BY place";

/// Changes how what was claimed under this token stands, as the rules say; none of them may change nothing.
async fn change(
    db: &mut Lent,
    queue: QueueId,
    token: Uuid,
    rule: impl FnOnce(Standing) -> Result<Option<Standing>, LeaseError>,
) -> Result<(), LeaseError> {
    let (db, ending) = db.parts();
    let attempt = async {
        let (id, before) = begin(db, held(db, queue, token)).await?;
        let from = before.position();
        let Some(after) = rule(before)? else { return Ok(()) };
        let mut moves = Moves::heard(ending);
        moves.add(id, from, &after);
        Ok(moves.commit(db, ending).await?)
    };
    ended(db, ending, attempt.await).await
}

async fn lease(db: &mut Lent, claim: QueueClaim, now: Timestamp) -> Result<Vec<QueueLease>, StoreError> {
    let origin = db.origin();
    let (db, ending) = db.parts();
    ended(db, ending, attempt_lease(db, ending, &origin, &claim, now).await).await
}

async fn attempt_lease(
    db: &Client,
    ending: &Ending,
    origin: &Origin,
    claim: &QueueClaim,
    now: Timestamp,
) -> Result<Vec<QueueLease>, StoreError> {
    // What ran out is given back first, which is seldom anything: both are looked for in one round trip.
    let (free, found) = begin(db, async { try_join!(biased; ran_out(db, ending, now), queued(db, claim)) }).await?;
    let given_back = !free.is_empty();
    let found = if given_back {
        free.write(db).await?;
        queued(db, claim).await?
    } else {
        found
    };
    let lasts = Duration::from_secs(claim.lease_seconds.into());
    let mut moves = Moves::heard(ending);
    let mut leases = Vec::with_capacity(found.len());
    for row in &found {
        let before = standing(row)?;
        let (from, lease) = (before.position(), Lease::new(origin.id(), now, lasts));
        let Some(claimed) = before.claim_work(lease) else { continue };
        let interaction = InteractionRecord { state: claimed.state, ..interaction(row)? };
        moves.add(interaction.id, from, &claimed);
        leases.push(QueueLease { lease, interaction });
    }
    if given_back || !moves.is_empty() {
        moves.commit(db, ending).await?;
    }
    Ok(leases)
}

/// What waits in a queue, in the order in which it is claimed. Nobody else claims it until the transaction ends.
async fn queued(db: &Client, claim: &QueueClaim) -> Result<Vec<Row>, StoreError> {
    let sql = format!(
        "SELECT * FROM interactions WHERE {} AND queue = $1 AND ($2::text[] IS NULL OR skills IS NULL
            OR NOT EXISTS (SELECT 1 FROM json_array_elements_text(skills::json) AS needed (skill)
                WHERE needed.skill <> ALL ($2::text[])))
        ORDER BY priority DESC, received_at, id LIMIT $3 FOR UPDATE SKIP LOCKED",
        in_state(State::Decided)
    );
    rows(db, &sql, &[&claim.queue.0, &claim.skills, &i64::from(claim.max)]).await
}

/// What a token was given for: nothing else has it. Nobody else changes it until the transaction ends.
async fn held(db: &impl GenericClient, queue: QueueId, token: Uuid) -> Result<(InteractionId, Standing), LeaseError> {
    let sql = format!("SELECT id, {COLUMNS} FROM interactions WHERE lease = $1 AND queue = $2 FOR UPDATE");
    let found = row(db, &sql, &[&token, &queue.0]).await?.ok_or(LeaseError::Lost)?;
    let id = Columns { row: &found, table: "interactions" }.get("id")?;
    Ok((InteractionId(id), standing(&found)?))
}

/// Completes an interaction whoever holds it.
pub(super) async fn complete(db: &mut Lent, id: InteractionId, entry: AuditRecord) -> Result<(), LeaseError> {
    let (transaction, ending) = db.begin().await?;
    let before = lock(&transaction, id).await?.ok_or(LeaseError::Lost)?;
    let from = before.position();
    let completed = match before.complete(entry.at) {
        Ends::Now(completed) => completed,
        Ends::Before => return Ok(()),
        Ends::Refused => return Err(LeaseError::Lost),
    };
    let mut moves = Moves::heard(&ending);
    moves.add(id, from, &completed);
    moves.write(&transaction).await?;
    audit::add(&transaction, &entry).await?;
    Ok(ending.commit(transaction).await?)
}
