//! Interactions that wait for a run: claimed, recorded, asked for again.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, named_params};
use uuid::Uuid;
use waypost_ids::InteractionId;

use super::columns::{Columns, micros, micros_after};
use super::mail_columns::{RunColumns, interaction, sound};
use super::writer::Session;
use crate::encoding::{attributes, attributes_column, decision_kind, ended_at, state, state_after, state_code};
use crate::error::{LeaseError, StoreError};
use crate::records::audit::AuditRecord;
use crate::records::mail::{ClaimedRun, InteractionRecord, RunClaim, RunRecord, State};

/// Gives back all work, of workers and of queues, whose lease ran out.
pub(super) fn give_back(session: &mut Session<'_>, now: Timestamp) -> Result<(), StoreError> {
    let ended: Vec<([u8; 16], i64)> = session
        .db
        .prepare_cached("SELECT id, state FROM interactions WHERE state IN (1, 3) AND lease_until <= ?1")?
        .query_map((micros(now),), |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    for (id, code) in ended {
        let (from, to) = match state(code) {
            Some(State::Running) => (State::Running, State::Received),
            _ => (State::Claimed, State::Decided),
        };
        session
            .db
            .prepare_cached("UPDATE interactions SET state = ?2, lease = NULL, lease_until = NULL WHERE id = ?1")?
            .execute((id, state_code(to)))?;
        session.tally.moved(Some(from), to);
    }
    Ok(())
}

/// Ends the leases of all runs. No run outlives its process, and the directory is this process's alone: what a crash
/// interrupted need not wait for the end of its time. Leases of queues stay: their holders are outside.
pub(super) fn end_leases(db: &Connection) -> Result<(), StoreError> {
    db.execute("UPDATE interactions SET lease_until = 0 WHERE state IN (1, 3) AND lease_until > 0 AND state = 1", ())?;
    Ok(())
}

/// Claims what waits for a run, oldest first, without the messages: those may be large, and are read beside the writer.
pub(super) fn claim(session: &mut Session<'_>, claim: RunClaim, now: Timestamp) -> Result<Vec<ClaimedRun>, StoreError> {
    give_back(session, now)?;
    let epoch = super::catalogue::epoch(session.db)?;
    let fresh = "SELECT * FROM interactions WHERE state < 2 AND state = 0 AND attempts = 0
        ORDER BY received_at, id";
    let retried = "SELECT * FROM interactions INDEXED BY interactions_retried
        WHERE state < 2 AND state = 0 AND attempts > 0 ORDER BY received_at, id";
    let mut claimed = Vec::new();
    for (sql, max) in [(fresh, claim.fresh), (retried, claim.retried)] {
        let mut select = session.db.prepare_cached(sql)?;
        let read = |row: &Row<'_>| {
            let attempts = Columns { row, table: "interactions" }.get("attempts")?;
            let interaction = InteractionRecord { state: State::Running, ..interaction(row)? };
            Ok(ClaimedRun { interaction, attempts, epoch, lease: Uuid::new_v4() })
        };
        claimed.extend(sound(select.query(())?, max, read)?);
    }
    let until = micros_after(now, u64::from(claim.lease_seconds));
    for one in &claimed {
        let sql =
            "UPDATE interactions SET state = 1, lease = ?2, lease_until = ?3, attempts = attempts + 1 WHERE id = ?1";
        let values = (one.interaction.id.0.as_bytes(), one.lease.as_bytes(), until);
        session.db.prepare_cached(sql)?.execute(values)?;
        session.tally.moved(Some(State::Received), State::Running);
    }
    Ok(claimed)
}

/// Makes a lease last longer; answers whether it was still held.
pub(super) fn renew(
    db: &Connection,
    id: InteractionId,
    lease: Uuid,
    lease_seconds: u32,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "UPDATE interactions SET lease_until = ?3 WHERE id = ?1 AND lease = ?2 AND state = 1";
    let values = (id.0.as_bytes(), lease.as_bytes(), micros_after(now, u64::from(lease_seconds)));
    Ok(db.prepare_cached(sql)?.execute(values)? > 0)
}

/// Gives a claimed run back, if it is still held.
pub(super) fn release(
    session: &mut Session<'_>,
    id: InteractionId,
    lease: Uuid,
    attempted: bool,
) -> Result<(), StoreError> {
    let sql = "UPDATE interactions SET state = 0, lease = NULL, lease_until = NULL, attempts = max(attempts - ?3, 0)
        WHERE id = ?1 AND lease = ?2 AND state = 1";
    if session.db.prepare_cached(sql)?.execute((id.0.as_bytes(), lease.as_bytes(), !attempted))? > 0 {
        session.tally.moved(Some(State::Running), State::Received);
    }
    Ok(())
}

/// What is known of an interaction whose run ends.
struct Held {
    runs: u32,
    decision: Option<i64>,
    asked_by: Option<String>,
    erased: bool,
    /// Attributes that were set apart from runs.
    set: Option<String>,
}

fn held(db: &Connection, id: InteractionId, lease: Uuid) -> Result<Option<Held>, StoreError> {
    let held = db
        .prepare_cached(
            "SELECT runs, decision, rerun_by, erased, attributes_set FROM interactions
             WHERE id = ?1 AND lease = ?2 AND state = 1",
        )?
        .query_row((id.0.as_bytes(), lease.as_bytes()), |row| {
            Ok(Held {
                runs: row.get(0)?,
                decision: row.get(1)?,
                asked_by: row.get(2)?,
                erased: row.get(3)?,
                set: row.get(4)?,
            })
        })
        .optional()?;
    Ok(held)
}

/// Whether the queue that a decision names, if it names one, is still there.
pub(super) fn leads_somewhere(db: &Connection, run: &RunRecord) -> Result<bool, StoreError> {
    run.decision.queue.map_or(Ok(true), |queue| super::catalogue::has_queue(db, queue))
}

/// Records a run under its lease; answers whether its decision was kept.
pub(super) fn record(
    session: &mut Session<'_>,
    id: InteractionId,
    lease: Uuid,
    run: &RunRecord,
) -> Result<Result<bool, LeaseError>, StoreError> {
    let Some(Held { runs, decision: before, asked_by, erased, set }) = held(session.db, id, lease)? else {
        return Ok(Err(LeaseError::Lost));
    };
    if !leads_somewhere(session.db, run)? {
        session
            .db
            .prepare_cached(
                "UPDATE interactions SET state = 0, lease = NULL, lease_until = NULL, attempts = 0 WHERE id = ?1",
            )?
            .execute((id.0.as_bytes(),))?;
        session.tally.moved(Some(State::Running), State::Received);
        return Ok(Ok(false));
    }
    // Content that was erased while the run was under way must not come back with it.
    let bare = erased.then(|| {
        let mut bare = run.clone();
        bare.erase();
        bare
    });
    let run = bare.as_ref().unwrap_or(run);
    let number = runs.saturating_add(1);
    let kind = run.decision.kind;
    let columns = RunColumns::of(run)?;
    let mut shown = run.attributes.clone();
    shown.extend(attributes(set.as_deref())?);
    session
        .db
        .prepare_cached(
            "UPDATE interactions SET state = :state, lease = NULL, lease_until = NULL, rerun_by = NULL, attempts = 0, runs = :runs,
                flow_id = :flow_id, flow_version = :flow_version, decision = :decision, queue = :queue,
                priority = :priority, skills = :skills, attributes = :attributes, decision_more = :more,
                completed_at = :completed_at
             WHERE id = :id",
        )?
        .execute(named_params! {
            ":id": id.0.as_bytes(),
            ":state": state_code(state_after(kind)),
            ":runs": number,
            ":flow_id": columns.flow,
            ":flow_version": columns.flow_version,
            ":decision": columns.decision,
            ":queue": columns.queue,
            ":priority": run.decision.priority,
            ":skills": columns.skills,
            ":attributes": attributes_column(&shown)?,
            ":more": columns.more,
            ":completed_at": (state_after(kind) == State::Completed).then(|| micros(ended_at(run))),
        })?;
    session.tally.moved(Some(State::Running), state_after(kind));
    session.tally.decided(before.and_then(decision_kind), kind);
    insert(session, id, number, run, &columns, run.rerun_by.as_deref().or(asked_by.as_deref()))?;
    Ok(Ok(true))
}

/// Writes a run's row.
pub(super) fn insert(
    session: &mut Session<'_>,
    id: InteractionId,
    number: u32,
    run: &RunRecord,
    columns: &RunColumns,
    rerun_by: Option<&str>,
) -> Result<(), StoreError> {
    session
        .db
        .prepare_cached(
            "INSERT INTO runs (
                interaction, number, flow_id, flow_version, started_at, duration_us, rerun_by, decision, queue, priority,
                skills, decision_more, attributes, trace, seal
            ) VALUES (
                :interaction, :number, :flow_id, :flow_version, :started_at, :duration_us, :rerun_by, :decision, :queue,
                :priority, :skills, :more, :attributes, :trace,
                seal(:interaction, :number, :flow_id, :flow_version, :started_at, :duration_us, :rerun_by, :decision, :queue,
                    :priority, :skills, :more, :attributes, :trace)
            )",
        )?
        .execute(named_params! {
            ":interaction": id.0.as_bytes(),
            ":number": number,
            ":flow_id": columns.flow,
            ":flow_version": columns.flow_version,
            ":started_at": micros(run.started_at),
            ":duration_us": i64::try_from(run.duration_us).unwrap_or(i64::MAX),
            ":rerun_by": rerun_by,
            ":decision": columns.decision,
            ":queue": columns.queue,
            ":priority": run.decision.priority,
            ":skills": columns.skills,
            ":more": columns.more,
            ":attributes": columns.attributes,
            ":trace": run.trace,
        })?;
    *session.written = session.written.saturating_add(run.trace.len() as u64);
    match &run.journal {
        Some(journal) => super::journals::keep(session, id, number, journal),
        None => Ok(()),
    }
}

/// Makes a decided or completed interaction wait for another run.
pub(super) fn rerun(
    session: &mut Session<'_>,
    id: InteractionId,
    audit: &AuditRecord,
) -> Result<Result<(), LeaseError>, StoreError> {
    let from: Option<i64> = session
        .db
        .prepare_cached("SELECT state FROM interactions WHERE id = ?1 AND state IN (2, 4) AND NOT erased")?
        .query_row((id.0.as_bytes(),), |row| row.get(0))
        .optional()?;
    let Some(from) = from.and_then(state) else { return Ok(Err(LeaseError::Lost)) };
    session
        .db
        .prepare_cached(
            "UPDATE interactions SET state = 0, lease = NULL, lease_until = NULL, rerun_by = ?2, completed_at = NULL
             WHERE id = ?1",
        )?
        .execute((id.0.as_bytes(), &audit.actor))?;
    super::audit::add(session.db, audit)?;
    session.tally.moved(Some(from), State::Received);
    Ok(Ok(()))
}
