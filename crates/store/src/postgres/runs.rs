//! Interactions that wait for a run: claimed, recorded, asked for again.

use std::time::Duration;

use deadpool_postgres::{Client, GenericClient};
use jiff::Timestamp;
use tokio::try_join;
use tokio_postgres::{Row, Statement};
use uuid::Uuid;
use waypost_ids::InteractionId;
use waypost_origin::Origin;

use super::columns::{Columns, text};
use super::commits::Ending;
use super::deliveries::{self, Sent};
use super::journals::PARKED;
use super::mail_columns::{RunColumns, interaction, read_kind, small};
use super::pool::{Lent, ended, row, rows, transfer_time};
use super::standing::{COLUMNS, Moves, begin, standing};
use super::tally::Adding;
use super::{audit, events, journals, locks};
use crate::conditions::{self, in_state};
use crate::encoding::{attributes_column, ended_at};
use crate::error::{LeaseError, StoreError};
use crate::leases::Lease;
use crate::records::audit::AuditRecord;
use crate::records::catalogue::Epoch;
use crate::records::mail::{ClaimedRun, InteractionRecord, RunClaim, RunRecord, State};
use crate::rules::deliveries::Delivery;
use crate::rules::outbox;
use crate::rules::parking::{self, Parked};
use crate::rules::recording::{self, Before, Kept, Recorded};
use crate::rules::standing::Position;
use crate::sums::sum;

/// All work, of workers and of queues, whose lease ran out, as it is to be given back. What another node is giving back is left to it.
pub(super) async fn ran_out(db: &Client, ending: &Ending, now: Timestamp) -> Result<Moves, StoreError> {
    let ended = async |expiring: &str| {
        let sql = format!(
            "SELECT id, {COLUMNS} FROM interactions
            WHERE {expiring} AND lease_until <= $1 ORDER BY lease_until LIMIT 1000 FOR UPDATE SKIP LOCKED"
        );
        rows(db, &sql, &[&now]).await
    };
    let [held, parked] = conditions::expiring();
    let (held, parked) = try_join!(biased; ended(&held), ended(&parked))?;
    let mut moves = Moves::heard(ending);
    for row in held.iter().chain(&parked) {
        let before = standing(row)?;
        let from = before.position();
        if let Some(free) = before.expire(now) {
            moves.add(InteractionId(row.try_get("id")?), from, &free);
        }
    }
    Ok(moves)
}

/// Claims what waits for a run, oldest first, without the messages: those may be large, and nobody should wait for them here.
pub(super) async fn claim(db: &mut Lent, claim: RunClaim, now: Timestamp) -> Result<Vec<ClaimedRun>, StoreError> {
    let origin = db.origin();
    let (db, ending) = db.parts();
    ended(db, ending, attempt_claim(db, ending, &origin, claim, now).await).await
}

async fn attempt_claim(
    db: &Client,
    ending: &Ending,
    origin: &Origin,
    claim: RunClaim,
    now: Timestamp,
) -> Result<Vec<ClaimedRun>, StoreError> {
    // What ran out is given back first, which is seldom anything: both are looked for in one round trip.
    let (free, found) = begin(db, async { try_join!(biased; ran_out(db, ending, now), waiting(db, claim)) }).await?;
    let given_back = !free.is_empty();
    let (fresh, retried, epoch) = if given_back {
        free.write(db).await?;
        waiting(db, claim).await?
    } else {
        found
    };
    let lasts = Duration::from_secs(claim.lease_seconds.into());
    let mut moves = Moves::heard(ending);
    let mut claimed = Vec::with_capacity(fresh.len().saturating_add(retried.len()));
    for row in fresh.iter().chain(&retried) {
        let before = standing(row)?;
        let (from, attempts, lease) = (before.position(), before.attempts, Lease::new(origin.id(), now, lasts));
        let Some(held) = before.claim_run(lease) else { continue };
        let interaction = InteractionRecord { state: held.state, ..interaction(row)? };
        moves.add(interaction.id, from, &held);
        let parked: bool = row.try_get("parked")?;
        claimed.push((interaction, attempts, parked, lease));
    }
    if given_back || !moves.is_empty() {
        moves.commit(db, ending).await?;
    }
    claimed.sort_by_key(|(interaction, ..)| (interaction.received_at, interaction.id.0));
    let work = |(interaction, attempts, parked, lease)| ClaimedRun { interaction, attempts, parked, epoch, lease };
    Ok(claimed.into_iter().map(work).collect())
}

/// What waits for a run, untried and tried, and the epoch. That is read last: a catalogue that was published before the claim is in it.
async fn waiting(db: &Client, claim: RunClaim) -> Result<(Vec<Row>, Vec<Row>, Epoch), StoreError> {
    let received = in_state(State::Received);
    let waiting = async |attempts: &str| {
        let sql = format!(
            "SELECT *, {PARKED} FROM interactions WHERE {received} AND attempts {attempts} ORDER BY received_at, id LIMIT $1
            FOR UPDATE SKIP LOCKED"
        );
        db.prepare_cached(&sql).await
    };
    // Prepared ahead: what is sent together arrives in this order.
    let (fresh, retried) = (waiting("= 0").await?, waiting("> 0").await?);
    let ask =
        async |waiting: &Statement, max: u32| db.query(waiting, &[&i64::from(max)]).await.map_err(StoreError::from);
    try_join!(biased; ask(&fresh, claim.fresh), ask(&retried, claim.retried), locks::epoch(db))
}

/// What a run that ends or is parked must know of an interaction, which nobody else changes until the transaction ends.
async fn before(db: &impl GenericClient, id: InteractionId) -> Result<Option<Before>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS}, received_at, runs, decision, erased, attributes_set FROM interactions WHERE id = $1 FOR UPDATE"
    );
    let Some(held) = row(db, &sql, &[&id.0]).await? else { return Ok(None) };
    let columns = Columns { row: &held, table: "interactions" };
    Ok(Some(Before {
        standing: standing(&held)?,
        received_at: columns.get("received_at")?,
        runs: columns.count("runs")?,
        decision: read_kind(columns)?,
        erased: columns.get("erased")?,
        set: columns.json_or_empty("attributes_set")?,
    }))
}

/// Parks a run that waits for an answer; answers whether it was held.
pub(super) async fn park(db: &mut Lent, id: InteractionId, lease: Lease, journal: String) -> Result<bool, StoreError> {
    keep_parked(db, id, |before| parking::park(before, lease, journal)).await
}

/// Lets a run go on that was parked under a lease; answers whether it was.
pub(super) async fn resume(db: &mut Lent, id: InteractionId, lease: Uuid, journal: String) -> Result<bool, StoreError> {
    keep_parked(db, id, |before| parking::resume(before, lease, journal)).await
}

async fn keep_parked(
    db: &mut Lent,
    id: InteractionId,
    rule: impl FnOnce(Before) -> Option<Parked>,
) -> Result<bool, StoreError> {
    let (transaction, ending) = db.begin().await?;
    let Some(before) = before(&transaction, id).await? else { return Ok(false) };
    let from = before.standing.position();
    let Some(Parked { standing, number, journal }) = rule(before) else { return Ok(false) };
    let mut moves = Moves::heard(&ending);
    moves.add(id, from, &standing);
    moves.write(&transaction).await?;
    if let Some(journal) = journal {
        journals::keep(&transaction, id, number, &journal).await?;
    }
    ending.commit(transaction).await?;
    Ok(true)
}

/// Records a run under its lease; answers whether its decision was kept.
pub(super) async fn record(db: &mut Lent, id: InteractionId, lease: Uuid, run: RunRecord) -> Result<bool, LeaseError> {
    let (db, ending) = db.parts();
    ended(db, ending, attempt_record(db, ending, (id, lease), run).await).await
}

async fn attempt_record(
    db: &Client,
    ending: &Ending,
    (id, lease): (InteractionId, Uuid),
    run: RunRecord,
) -> Result<bool, LeaseError> {
    // Prepared ahead: the catalogue is asked once it does not change any more.
    let share = db.prepare_cached(locks::SHARE).await.map_err(StoreError::from)?;
    let known = async {
        let shared = async { db.execute(&share, &[]).await.map_err(StoreError::from) };
        try_join!(biased; shared, before(db, id), leads_somewhere(db, &run))
    };
    let (_, before, leads_somewhere) = begin(db, known).await?;
    let before = before.ok_or(LeaseError::Lost)?;
    let from = before.standing.position();
    let earlier = if before.runs > 0 { deliveries::of(db, &[id.0]).await? } else { Vec::new() };
    let (sent, erased) = (earlier.clone(), before.erased);
    match recording::record(before, lease, run, leads_somewhere, earlier).ok_or(LeaseError::Lost)? {
        Recorded::Kept(kept) => {
            keep(db, ending, (id, from), *kept, (sent, erased)).await?;
            Ok(true)
        }
        Recorded::Void(standing) => {
            let mut moves = Moves::heard(ending);
            moves.add(id, from, &standing);
            journals::forget_parked(db, id).await?;
            moves.commit(db, ending).await?;
            Ok(false)
        }
    }
}

/// Writes a run that has ended and what it leaves in its interaction, and commits: in one round trip, unless it sends something.
async fn keep(
    db: &Client,
    ending: &Ending,
    (id, from): (InteractionId, Position),
    kept: Kept,
    (sent, erased): (Vec<Delivery>, bool),
) -> Result<(), StoreError> {
    let Kept { standing, replaces, accepted_at, number, run, shown, forwards, earlier } = kept;
    let columns = RunColumns::of(&run, forwards)?;
    let trace = text(&run.trace);
    let shown = attributes_column(&shown)?;
    let mut moves = Moves::heard(ending);
    moves.tally().decided(replaces, run.decision.kind);
    moves.tally().activity().ran(&run, accepted_at);
    deliveries::write(db, &sent, &earlier, &mut moves).await?;
    let at = ended_at(&run);
    let sends = run.sends.iter().map(|mail| Sent { interaction: id, run: Some(number), mail, at, erased });
    deliveries::insert(db, &sends.collect::<Vec<_>>(), moves.tally()).await?;
    let (mut events, mut tally) = moves.into_parts();
    events.moved(id, from, standing.position());
    events.hints().ran(id, &run);
    tally.moved(Some(from), standing.position());
    let forget_parked = db.prepare_cached(journals::FORGET_PARKED).await?;
    let keep_journal = db.prepare_cached(journals::KEEP).await?;
    let end_run = db.prepare_cached(END_RUN).await?;
    let add_run = db.prepare_cached(ADD_RUN).await?;
    let add_counts = Adding::prepare(db).await?;
    let writes = async {
        let _: (u64, u64, u64) = try_join!(
            biased;
            async {
                match &run.journal {
                    Some(journal) => {
                        let sum = sum(journal.as_bytes());
                        db.execute(&keep_journal, &[&id.0, &i64::from(number), journal, &sum]).await
                    }
                    // What was answered before it was parked led to another run. The interaction does not count this one yet.
                    None => db.execute(&forget_parked, &[&id.0]).await,
                }
            },
            async {
                db.execute(
                    &end_run,
                    &[
                        &id.0,
                        &small(standing.state.code()),
                        &i64::from(number),
                        &columns.flow,
                        &columns.flow_version,
                        &columns.decision,
                        &columns.queue,
                        &columns.priority,
                        &columns.skills,
                        &shown,
                        &columns.more,
                        &standing.completed_at,
                        &standing.hold.lease(),
                        &standing.hold.until(),
                        &i64::from(standing.attempts),
                        &standing.rerun_by,
                        &standing.queued_at,
                    ],
                )
                .await
            },
            async {
                db.execute(
                    &add_run,
                    &[
                        &id.0,
                        &i64::from(number),
                        &columns.flow,
                        &columns.flow_version,
                        &run.started_at,
                        &i64::try_from(run.duration_us).unwrap_or(i64::MAX),
                        &run.rerun_by.as_deref().map(text),
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
                .await
            },
        )?;
        Ok(())
    };
    let longer = transfer_time(run.bytes());
    if events.is_empty() {
        let counts = tally.changes();
        let count = async { add_counts.send(db, &counts).await.map_err(StoreError::from) };
        return ending.commit_after(db, longer, async { try_join!(biased; writes, count).map(drop) }).await;
    }
    // What is told is what is written by then.
    writes.await?;
    events::write(db, events, &mut tally).await?;
    let counts = tally.changes();
    ending.commit_after(db, longer, async { add_counts.send(db, &counts).await.map_err(StoreError::from) }).await
}

const END_RUN: &str =
    "UPDATE interactions SET state = $2, runs = $3, flow_id = $4, flow_version = $5, decision = $6, queue = $7, priority = $8,
        skills = $9, attributes = $10, decision_more = $11, completed_at = $12, lease = $13, lease_until = $14,
        attempts = $15, rerun_by = $16, queued_at = $17 WHERE id = $1";

const ADD_RUN: &str =
    "INSERT INTO runs (interaction, number, flow_id, flow_version, started_at, duration_us, rerun_by, decision, queue,
        priority, skills, decision_more, attributes, trace, trace_sum)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";

/// Whether the queue that a decision names, if it names one, is still there. It stays until the transaction ends, for the lock of the
/// catalogue is shared.
async fn leads_somewhere(db: &impl GenericClient, run: &RunRecord) -> Result<bool, StoreError> {
    let Some(queue) = run.decision.queue else { return Ok(true) };
    Ok(row(db, "SELECT 1 FROM queues WHERE id = $1", &[&queue.0]).await?.is_some())
}

/// Makes a decided or completed interaction wait for another run.
pub(super) async fn rerun(
    db: &mut Lent,
    id: InteractionId,
    resend: bool,
    entry: AuditRecord,
) -> Result<(), LeaseError> {
    let (transaction, ending) = db.begin().await?;
    let Some(Before { standing: before, erased, .. }) = before(&transaction, id).await? else {
        return Err(LeaseError::Lost);
    };
    let from = before.position();
    let waiting = before.rerun(&entry.actor, erased).ok_or(LeaseError::Lost)?;
    let mut moves = Moves::heard(&ending);
    moves.add(id, from, &waiting);
    if resend {
        let sent = deliveries::of(&transaction, &[id.0]).await?;
        let mut again = sent.clone();
        outbox::resend(&mut again, entry.at);
        deliveries::write(&transaction, &sent, &again, &mut moves).await?;
    }
    moves.write(&transaction).await?;
    audit::add(&transaction, &entry).await?;
    Ok(ending.commit(transaction).await?)
}
