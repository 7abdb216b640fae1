//! Interactions that wait for a run: claimed, recorded, asked for again.

use deadpool_postgres::{Client, GenericClient};
use jiff::Timestamp;
use uuid::Uuid;
use waypost_ids::InteractionId;

use super::columns::{Columns, after, text};
use super::mail_columns::{RunColumns, interaction, read_kind, read_state, small};
use super::pool::{Lent, execute, row, rows};
use super::tally::Tally;
use super::{audit, journals, locks};
use crate::encoding::{attributes, attributes_column, ended_at, state_after, state_code};
use crate::error::{LeaseError, StoreError};
use crate::records::audit::AuditRecord;
use crate::records::mail::{ClaimedRun, RunClaim, RunRecord, State};
use crate::sums::sum;

/// Gives back all work, of workers and of queues, whose lease ran out. What another node is giving back is left to it.
pub(super) async fn give_back(db: &impl GenericClient, tally: &mut Tally, now: Timestamp) -> Result<(), StoreError> {
    let sql = "WITH ended AS (SELECT id, state FROM interactions WHERE state IN (1, 3) AND lease_until <= $1
            ORDER BY lease_until LIMIT 1000 FOR UPDATE SKIP LOCKED)
        UPDATE interactions SET state = CASE ended.state WHEN 1 THEN 0 ELSE 2 END, lease = NULL, lease_until = NULL
        FROM ended WHERE interactions.id = ended.id RETURNING ended.state";
    for row in rows(db, sql, &[&now]).await? {
        match read_state(Columns { row: &row, table: "interactions" })? {
            State::Running => tally.moved(Some(State::Running), State::Received),
            from => tally.moved(Some(from), State::Decided),
        }
    }
    Ok(())
}

/// Claims what waits for a run, oldest first, without the messages: those may be large, and nobody should wait for them here.
pub(super) async fn claim(db: &mut Lent, claim: RunClaim, now: Timestamp) -> Result<Vec<ClaimedRun>, StoreError> {
    let (transaction, ending) = db.begin().await?;
    let mut tally = Tally::default();
    give_back(&transaction, &mut tally, now).await?;
    let until = after(now, u64::from(claim.lease_seconds));
    let fresh =
        "WITH work AS (SELECT id FROM interactions WHERE state = 0 AND attempts = 0 ORDER BY received_at, id LIMIT $1
            FOR UPDATE SKIP LOCKED)
        UPDATE interactions SET state = 1, lease = gen_random_uuid(), lease_until = $2, attempts = 1
        FROM work WHERE interactions.id = work.id RETURNING interactions.*";
    let mut claimed = rows(&transaction, fresh, &[&i64::from(claim.fresh), &until]).await?;
    if claim.retried > 0 {
        let retried = "WITH work AS (SELECT id FROM interactions WHERE state = 0 AND attempts > 0
                ORDER BY received_at, id LIMIT $1 FOR UPDATE SKIP LOCKED)
            UPDATE interactions SET state = 1, lease = gen_random_uuid(), lease_until = $2, attempts = attempts + 1
            FROM work WHERE interactions.id = work.id RETURNING interactions.*";
        claimed.extend(rows(&transaction, retried, &[&i64::from(claim.retried), &until]).await?);
    }
    // Read after the claim: a catalogue that was published before is in it.
    let epoch = locks::epoch(&transaction).await?;
    let mut work = Vec::with_capacity(claimed.len());
    for row in &claimed {
        tally.moved(Some(State::Received), State::Running);
        let interaction = interaction(row)?;
        let columns = Columns { row, table: "interactions" };
        let attempts = columns.count::<u32>("attempts")?.saturating_sub(1);
        work.push(ClaimedRun { interaction, attempts, epoch, lease: columns.get("lease")? });
    }
    tally.write(&transaction).await?;
    ending.commit(transaction).await?;
    work.sort_by_key(|one| (one.interaction.received_at, one.interaction.id.0));
    Ok(work)
}

/// Makes a lease last longer; answers whether it was still held.
pub(super) async fn renew(
    db: &mut Client,
    id: InteractionId,
    lease: Uuid,
    lease_seconds: u32,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "UPDATE interactions SET lease_until = $3 WHERE id = $1 AND lease = $2 AND state = 1";
    let until = after(now, u64::from(lease_seconds));
    Ok(execute(db, sql, &[&id.0, &lease, &until]).await? > 0)
}

/// Gives a claimed run back, if it is still held.
pub(super) async fn release(db: &mut Lent, id: InteractionId, lease: Uuid, attempted: bool) -> Result<(), StoreError> {
    let (transaction, ending) = db.begin().await?;
    let sql =
        "UPDATE interactions SET state = 0, lease = NULL, lease_until = NULL, attempts = greatest(attempts - $3, 0)
        WHERE id = $1 AND lease = $2 AND state = 1";
    if execute(&transaction, sql, &[&id.0, &lease, &i64::from(!attempted)]).await? > 0 {
        let mut tally = Tally::default();
        tally.moved(Some(State::Running), State::Received);
        tally.write(&transaction).await?;
    }
    ending.commit(transaction).await
}

/// Records a run under its lease; answers whether its decision was kept.
pub(super) async fn record(
    db: &mut Lent,
    id: InteractionId,
    lease: Uuid,
    mut run: RunRecord,
) -> Result<bool, LeaseError> {
    let (transaction, ending) = db.begin().await?;
    locks::share(&transaction).await?;
    let sql = "SELECT runs, decision, rerun_by, erased, attributes_set FROM interactions WHERE id = $1 AND lease = $2 AND state = 1
        FOR UPDATE";
    let Some(held) = row(&transaction, sql, &[&id.0, &lease]).await? else { return Err(LeaseError::Lost) };
    let held = Columns { row: &held, table: "interactions" };
    if !leads_somewhere(&transaction, &run).await? {
        let sql = "UPDATE interactions SET state = 0, lease = NULL, lease_until = NULL, attempts = 0 WHERE id = $1";
        execute(&transaction, sql, &[&id.0]).await?;
        let mut tally = Tally::default();
        tally.moved(Some(State::Running), State::Received);
        tally.write(&transaction).await?;
        ending.commit(transaction).await?;
        return Ok(false);
    }
    let number = held.count::<u32>("runs")?.saturating_add(1);
    let before = read_kind(held)?;
    let asked_by: Option<String> = held.get("rerun_by")?;
    if held.get("erased")? {
        // Content that was erased while the run was under way must not come back with it.
        run.erase();
    }
    let kind = run.decision.kind;
    let columns = RunColumns::of(&run)?;
    let mut shown = run.attributes.clone();
    shown.extend(attributes(held.get("attributes_set")?)?);
    let state = small(state_code(state_after(kind)));
    let trace = text(&run.trace);
    execute(
        &transaction,
        "UPDATE interactions SET state = $2, lease = NULL, lease_until = NULL, rerun_by = NULL, attempts = 0, runs = $3, flow_id = $4,
            flow_version = $5, decision = $6, queue = $7, priority = $8, skills = $9, attributes = $10,
            decision_more = $11, completed_at = $12 WHERE id = $1",
        &[
            &id.0,
            &state,
            &i64::from(number),
            &columns.flow,
            &columns.flow_version,
            &columns.decision,
            &columns.queue,
            &columns.priority,
            &columns.skills,
            &attributes_column(&shown)?,
            &columns.more,
            &(state_after(kind) == State::Completed).then(|| ended_at(&run)),
        ],
    )
    .await?;
    execute(
        &transaction,
        "INSERT INTO runs (interaction, number, flow_id, flow_version, started_at, duration_us, rerun_by, decision, queue,
            priority, skills, decision_more, attributes, trace, trace_sum)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        &[
            &id.0,
            &i64::from(number),
            &columns.flow,
            &columns.flow_version,
            &run.started_at,
            &i64::try_from(run.duration_us).unwrap_or(i64::MAX),
            &run.rerun_by.as_deref().or(asked_by.as_deref()).map(text),
            &columns.decision,
            &columns.queue,
            &columns.priority,
            &columns.skills,
            &columns.more,
            &columns.attributes,
            &trace,
            &sum(trace.as_bytes()),
        ],
    )
    .await?;
    if let Some(journal) = &run.journal {
        journals::keep(&transaction, id, number, journal).await?;
    }
    let mut tally = Tally::default();
    tally.moved(Some(State::Running), state_after(kind));
    tally.decided(before, kind);
    tally.write(&transaction).await?;
    ending.commit(transaction).await?;
    Ok(true)
}

/// Whether the queue that a decision names, if it names one, is still there. It stays until the transaction ends, for the lock of the
/// catalogue is shared.
async fn leads_somewhere(db: &impl GenericClient, run: &RunRecord) -> Result<bool, StoreError> {
    let Some(queue) = run.decision.queue else { return Ok(true) };
    Ok(row(db, "SELECT 1 FROM queues WHERE id = $1", &[&queue.0]).await?.is_some())
}

/// Makes a decided or completed interaction wait for another run.
pub(super) async fn rerun(db: &mut Lent, id: InteractionId, entry: AuditRecord) -> Result<(), LeaseError> {
    let (transaction, ending) = db.begin().await?;
    let sql = "SELECT state FROM interactions WHERE id = $1 AND state IN (2, 4) AND NOT erased FOR UPDATE";
    let Some(found) = row(&transaction, sql, &[&id.0]).await? else { return Err(LeaseError::Lost) };
    let from = read_state(Columns { row: &found, table: "interactions" })?;
    let sql = "UPDATE interactions SET state = 0, lease = NULL, lease_until = NULL, rerun_by = $2,
        completed_at = NULL WHERE id = $1";
    execute(&transaction, sql, &[&id.0, &text(&entry.actor)]).await?;
    audit::add(&transaction, &entry).await?;
    let mut tally = Tally::default();
    tally.moved(Some(from), State::Received);
    tally.write(&transaction).await?;
    Ok(ending.commit(transaction).await?)
}
