//! Interactions that wait for a run: claimed, recorded, asked for again.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, named_params};
use uuid::Uuid;
use waypost_ids::InteractionId;
use waypost_origin::Origin;

use super::columns::{Columns, kept, micros};
use super::deliveries;
use super::journals::{self, PARKED};
use super::mail_columns::{RunColumns, interaction, sound};
use super::standing::{self, COLUMNS, standing};
use super::writer::Session;
use crate::conditions::{self, in_state};
use crate::encoding::{attributes_column, decision_kind, ended_at};
use crate::error::{LeaseError, StoreError};
use crate::leases::Lease;
use crate::records::audit::AuditRecord;
use crate::records::mail::{ClaimedRun, InteractionRecord, RunClaim, RunRecord, State};
use crate::rules::outbox;
use crate::rules::parking::{self, Parked};
use crate::rules::recording::{self, Before, Kept, Recorded};
use crate::rules::standing::Standing;

/// The condition of the indexes of what waits for a run or is being run. SQLite finds an index by the words of its condition.
pub(super) const WAITING: &str = "state < 2";

/// Gives back all work, of workers and of queues, whose lease ran out.
pub(super) fn give_back(session: &mut Session<'_>, now: Timestamp) -> Result<(), StoreError> {
    let read = |row: &Row<'_>| {
        let id = InteractionId(Columns { row, table: "interactions" }.uuid("id")?);
        Ok((id, standing(row)?))
    };
    for expiring in conditions::expiring() {
        let sql = format!("SELECT id, {COLUMNS} FROM interactions WHERE {expiring} AND lease_until <= ?1");
        let ended = sound(session.db.prepare_cached(&sql)?.query((micros(now),))?, u32::MAX, read)?;
        for (id, held) in ended {
            let from = held.position();
            if let Some(free) = held.expire(now) {
                standing::write(session, id, from, &free)?;
            }
        }
    }
    Ok(())
}

/// Ends the leases of all runs, parked ones included. No run outlives its process, no request that a parked one waits for does, and the
/// directory is this process's alone: what a crash interrupted need not wait for the end of its time. Leases of queues stay: their holders
/// are outside.
pub(super) fn end_leases(db: &Connection) -> Result<(), StoreError> {
    let (held, running, waiting) = (conditions::held(), in_state(State::Running), in_state(State::Waiting));
    for runs in [format!("{held} AND lease_until > 0 AND {running}"), format!("{waiting} AND lease_until > 0")] {
        db.execute(&format!("UPDATE interactions SET lease_until = 0 WHERE {runs}"), ())?;
    }
    Ok(())
}

/// Claims what waits for a run, oldest first, without the messages: those may be large, and are read beside the writer.
pub(super) fn claim(
    session: &mut Session<'_>,
    claim: RunClaim,
    now: Timestamp,
    origin: &Origin,
) -> Result<Vec<ClaimedRun>, StoreError> {
    give_back(session, now)?;
    let epoch = super::catalogue::epoch(session.db)?;
    let received = in_state(State::Received);
    let fresh = format!(
        "SELECT *, {PARKED} FROM interactions WHERE {WAITING} AND {received} AND attempts = 0 ORDER BY received_at, id"
    );
    let retried = format!(
        "SELECT *, {PARKED} FROM interactions INDEXED BY interactions_retried
        WHERE {WAITING} AND {received} AND attempts > 0 ORDER BY received_at, id"
    );
    let mut found = Vec::new();
    for (sql, max) in [(fresh, claim.fresh), (retried, claim.retried)] {
        let mut select = session.db.prepare_cached(&sql)?;
        let read = |row: &Row<'_>| Ok((interaction(row)?, standing(row)?, row.get("parked")?));
        found.extend(sound(select.query(())?, max, read)?);
    }
    let lasts = Duration::from_secs(claim.lease_seconds.into());
    let mut claimed = Vec::with_capacity(found.len());
    for (interaction, before, parked) in found {
        let (from, attempts, lease) = (before.position(), before.attempts, Lease::new(origin.id(), now, lasts));
        let Some(held) = before.claim_run(lease) else { continue };
        standing::write(session, interaction.id, from, &held)?;
        let interaction = InteractionRecord { state: held.state, ..interaction };
        claimed.push(ClaimedRun { interaction, attempts, parked, epoch, lease });
    }
    Ok(claimed)
}

/// Makes a lease last longer; answers whether it was still held.
pub(super) fn renew(session: &mut Session<'_>, id: InteractionId, lease: Lease) -> Result<bool, StoreError> {
    change(session, id, |before| before.renew_run(lease))
}

/// Makes a parked run wait longer; answers whether it still waits for this answer.
pub(super) fn renew_parked(session: &mut Session<'_>, id: InteractionId, lease: Lease) -> Result<bool, StoreError> {
    change(session, id, |before| before.renew_parked(lease))
}

/// Gives a claimed run back, if it is still held.
pub(super) fn release(
    session: &mut Session<'_>,
    id: InteractionId,
    lease: Uuid,
    attempted: bool,
) -> Result<(), StoreError> {
    change(session, id, |before| before.release_run(lease, attempted)).map(drop)
}

/// Parks a run that waits for an answer.
pub(super) fn park(
    session: &mut Session<'_>,
    id: InteractionId,
    lease: Lease,
    journal: String,
) -> Result<Result<(), LeaseError>, StoreError> {
    let parked = keep_parked(session, id, |before| parking::park(before, lease, journal))?;
    Ok(if parked { Ok(()) } else { Err(LeaseError::Lost) })
}

/// Lets a run go on that was parked under a lease; answers whether it was.
pub(super) fn resume(
    session: &mut Session<'_>,
    id: InteractionId,
    lease: Uuid,
    journal: String,
) -> Result<bool, StoreError> {
    keep_parked(session, id, |before| parking::resume(before, lease, journal))
}

fn keep_parked(
    session: &mut Session<'_>,
    id: InteractionId,
    rule: impl FnOnce(Before) -> Option<Parked>,
) -> Result<bool, StoreError> {
    let Some(before) = before(session.db, id)? else { return Ok(false) };
    let from = before.standing.position();
    let Some(Parked { standing, number, journal }) = rule(before) else { return Ok(false) };
    standing::write(session, id, from, &standing)?;
    if let Some(journal) = journal {
        journals::keep(session, id, number, &journal)?;
    }
    Ok(true)
}

/// Changes how an interaction stands, if the rules let it, and answers whether they did.
fn change(
    session: &mut Session<'_>,
    id: InteractionId,
    rule: impl FnOnce(Standing) -> Option<Standing>,
) -> Result<bool, StoreError> {
    let Some(before) = standing::find(session.db, id)? else { return Ok(false) };
    let from = before.position();
    let Some(after) = rule(before) else { return Ok(false) };
    standing::write(session, id, from, &after)?;
    Ok(true)
}

/// What a run that ends, or another that is asked for, must know of an interaction.
fn before(db: &Connection, id: InteractionId) -> Result<Option<Before>, StoreError> {
    let read = |row: &Row<'_>| {
        let columns = Columns { row, table: "interactions" };
        Ok::<_, StoreError>(Before {
            standing: standing(row)?,
            received_at: columns.time("received_at")?,
            runs: columns.get("runs")?,
            decision: columns.get::<Option<i64>>("decision")?.and_then(decision_kind),
            erased: columns.get("erased")?,
            set: columns.json_or_empty("attributes_set")?,
        })
    };
    let sql = format!(
        "SELECT {COLUMNS}, received_at, runs, decision, erased, attributes_set FROM interactions WHERE id = ?1"
    );
    db.prepare_cached(&sql)?.query_row((id.0.as_bytes(),), |row| Ok(read(row))).optional()?.transpose()
}

/// Records a run under its lease; answers whether its decision was kept.
pub(super) fn record(
    session: &mut Session<'_>,
    id: InteractionId,
    lease: Uuid,
    run: RunRecord,
) -> Result<Result<bool, LeaseError>, StoreError> {
    let Some(before) = before(session.db, id)? else { return Ok(Err(LeaseError::Lost)) };
    let from = before.standing.position();
    let leads_somewhere = match run.decision.queue {
        Some(queue) => super::catalogue::has_queue(session.db, queue)?,
        None => true,
    };
    let earlier = if before.runs > 0 { deliveries::of(session.db, id)? } else { Vec::new() };
    let (sent, erased) = (earlier.clone(), before.erased);
    let recorded = recording::record(before, lease, run, leads_somewhere, earlier);
    let Kept { standing, replaces, accepted_at, number, run, shown, forwards, earlier } = match recorded {
        Some(Recorded::Kept(kept)) => *kept,
        Some(Recorded::Void(standing)) => {
            standing::write(session, id, from, &standing)?;
            journals::forget_parked(session.db, id)?;
            return Ok(Ok(false));
        }
        None => return Ok(Err(LeaseError::Lost)),
    };
    if run.journal.is_none() {
        // What was answered before it was parked led to another run.
        journals::forget_parked(session.db, id)?;
    }
    let columns = RunColumns::of(&run, forwards)?;
    let (lease, until) = kept(standing.hold);
    session
        .db
        .prepare_cached(
            "UPDATE interactions SET state = :state, lease = :lease, lease_until = :until, rerun_by = :rerun_by,
                attempts = :attempts, completed_at = :completed_at, queued_at = :queued_at, runs = :runs, flow_id = :flow_id,
                flow_version = :flow_version, decision = :decision, queue = :queue, priority = :priority, skills = :skills,
                attributes = :attributes, decision_more = :more
             WHERE id = :id",
        )?
        .execute(named_params! {
            ":id": id.0.as_bytes(),
            ":state": standing.state.code(),
            ":lease": lease,
            ":until": until,
            ":rerun_by": standing.rerun_by,
            ":attempts": standing.attempts,
            ":completed_at": standing.completed_at.map(micros),
            ":queued_at": standing.queued_at.map(micros),
            ":runs": number,
            ":flow_id": columns.flow,
            ":flow_version": columns.flow_version,
            ":decision": columns.decision,
            ":queue": columns.queue,
            ":priority": run.decision.priority,
            ":skills": columns.skills,
            ":attributes": attributes_column(&shown)?,
            ":more": columns.more,
        })?;
    session.tally.moved(Some(from), standing.position());
    session.events.moved(id, from, standing.position());
    session.events.hints().ran(id, &run);
    session.tally.activity().ran(&run, accepted_at);
    session.tally.decided(replaces, run.decision.kind);
    insert(session, id, number, &run, &columns)?;
    for (before, after) in sent.iter().zip(&earlier) {
        deliveries::write(session, before, after)?;
    }
    deliveries::insert(session, id, Some(number), &run.sends, (ended_at(&run), erased))?;
    Ok(Ok(true))
}

/// Writes a run's row.
pub(super) fn insert(
    session: &mut Session<'_>,
    id: InteractionId,
    number: u32,
    run: &RunRecord,
    columns: &RunColumns,
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
            ":rerun_by": run.rerun_by,
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
        Some(journal) => journals::keep(session, id, number, journal),
        None => Ok(()),
    }
}

/// Makes a decided or completed interaction wait for another run.
pub(super) fn rerun(
    session: &mut Session<'_>,
    id: InteractionId,
    resend: bool,
    audit: &AuditRecord,
) -> Result<Result<(), LeaseError>, StoreError> {
    let Some(Before { standing: before, erased, .. }) = before(session.db, id)? else {
        return Ok(Err(LeaseError::Lost));
    };
    let from = before.position();
    let Some(waiting) = before.rerun(&audit.actor, erased) else { return Ok(Err(LeaseError::Lost)) };
    standing::write(session, id, from, &waiting)?;
    if resend {
        deliveries::alter(session, id, audit.at, |earlier| outbox::resend(earlier, audit.at))?;
    }
    super::audit::add(session.db, audit)?;
    Ok(Ok(()))
}
