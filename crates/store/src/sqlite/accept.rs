//! Acceptance: message, interactions, runs and duplicates in one go.

use jiff::Timestamp;
use rusqlite::{Connection, named_params};
use uuid::Uuid;
use waypost_ids::InteractionId;

use super::columns::micros;
use super::mail_columns::RunColumns;
use super::seen::{self, window_start};
use super::writer::Session;
use super::{SqliteOptions, mailboxes, requests};
use crate::encoding::{ended_at, json};
use crate::error::StoreError;
use crate::records::mail::{AcceptOutcome, Acceptance, Accepted, NewInteraction, NewMessage};
use crate::rules::acceptance::{self, Made, Offer};
use crate::rules::duplicates::{Key, Seen};
use crate::sums::sum;

/// About how much an acceptance adds to the log besides message and trace: pages of tables and indexes.
const OVERHEAD_BYTES: usize = 32 * 1024;

/// Keeps an acceptance.
pub(super) fn accept(
    session: &mut Session<'_>,
    options: &SqliteOptions,
    acceptance: &Acceptance,
) -> Result<AcceptOutcome, StoreError> {
    let message = &acceptance.message;
    if let Some(key) = &acceptance.idempotency {
        let window = options.idempotency_window.as_secs();
        if let Some(repeated) = requests::known(session.db, key, message.received_at, window)? {
            return Ok(repeated.into());
        }
    }
    if let Some(place) = &acceptance.taken_from
        && !mailboxes::take(session.db, place, message)?
    {
        return Ok(AcceptOutcome::Taken);
    }
    let oldest = window_start(message.received_at, options.duplicate_window.as_secs());
    let epoch = super::catalogue::epoch(session.db)?;
    let mut kept = None;
    let mut outcome = Vec::with_capacity(acceptance.interactions.len());
    for offered in &acceptance.interactions {
        let key = Key::of(message, offered);
        let seen = match &key {
            Some(key) => seen::compare(session.db, key, oldest)?,
            None => Seen::No,
        };
        let is_there = |queue| super::catalogue::has_queue(session.db, queue);
        let attributes = |earlier| super::threads::attributes(session.db, earlier);
        let made = match acceptance::offer(offered, message.received_at, seen, epoch, is_there, attributes)? {
            Offer::Duplicate(of) => {
                count_duplicate(session, of, message.received_at)?;
                outcome.push(Accepted::Duplicate { of });
                continue;
            }
            Offer::Made(made) => made,
        };
        let message_kept = match kept {
            Some(kept) => kept,
            None => *kept.insert(keep_message(session, message)?),
        };
        insert(session, message, message_kept, offered, &made)?;
        super::correspondents::remember(session.db, offered.id, message)?;
        if let Some(key) = &key {
            seen::remember(session.db, key, offered.id, message.received_at, oldest)?;
        }
        outcome.push(made.accepted(offered.id));
    }
    if let Some(kept) = kept {
        settle_uses(session.db, kept.number, &outcome)?;
    }
    if let Some(key) = &acceptance.idempotency {
        let (window, made) = (options.idempotency_window.as_secs(), acceptance::about(&outcome));
        requests::remember(session.db, key, made, message.received_at, window)?;
    }
    Ok(AcceptOutcome::Committed(outcome))
}

/// A message that was written.
#[derive(Clone, Copy)]
struct Kept {
    number: i64,
    sum: i64,
}

fn keep_message(session: &mut Session<'_>, message: &NewMessage) -> Result<Kept, StoreError> {
    session.db.prepare_cached("INSERT INTO messages (uses, raw) VALUES (1, ?1)")?.execute((message.raw.as_ref(),))?;
    let number = session.db.last_insert_rowid();
    if let Some(facts) = message.facts.stored()? {
        session
            .db
            .prepare_cached("INSERT INTO mail_facts (message, facts, seal) VALUES (?1, ?2, seal(?1, ?2))")?
            .execute((number, facts))?;
    }
    let bytes = message.raw.len().saturating_add(OVERHEAD_BYTES);
    *session.written = session.written.saturating_add(bytes as u64);
    Ok(Kept { number, sum: sum(&message.raw) })
}

/// One use was written with the message; mail for several routes has more.
fn settle_uses(db: &Connection, message: i64, outcome: &[Accepted]) -> Result<(), StoreError> {
    let uses = outcome.iter().filter(|one| matches!(one, Accepted::Created { .. })).count();
    if uses > 1 {
        db.prepare_cached("UPDATE messages SET uses = ?2 WHERE id = ?1")?.execute((message, uses))?;
    }
    Ok(())
}

/// Counts a duplicate on its interaction. One that retention has removed has none: nobody would ever take it from the counters again.
fn count_duplicate(session: &mut Session<'_>, of: InteractionId, at: Timestamp) -> Result<(), StoreError> {
    let counted = session
        .db
        .prepare_cached("UPDATE interactions SET duplicates = duplicates + 1 WHERE id = ?1")?
        .execute((of.0.as_bytes(),))?;
    if counted > 0 {
        session.tally.duplicate();
        session.tally.activity().duplicate(at);
    }
    Ok(())
}

fn insert(
    session: &mut Session<'_>,
    message: &NewMessage,
    kept: Kept,
    offered: &NewInteraction,
    made: &Made<'_>,
) -> Result<(), StoreError> {
    let Made { standing, run, forwards, runs, priority, like, thread } = made;
    let columns = run.map(|run| RunColumns::of(run, *forwards)).transpose()?;
    let columns = columns.as_ref();
    session
        .db
        .prepare_cached(
            "INSERT INTO interactions (
                id, state, received_at, message, route, flow_id, flow_version, decision, queue, priority, initial_priority,
                runs, duplicates, erased, possible_duplicate_of, message_id, envelope_from, envelope_to, remote, subject,
                skills, attributes, decision_more, opening, completed_at, queued_at, thread, message_sum, seal
            ) VALUES (
                :id, :state, :received_at, :message, :route, :flow_id, :flow_version, :decision, :queue, :priority,
                :initial_priority, :runs, 0, 0, :like, :message_id, :envelope_from, :envelope_to, :remote, :subject,
                :skills, :attributes, :more, :opening, :completed_at, :queued_at, :thread, :message_sum,
                seal_with(seal_with(seal(:id, :state, :received_at, :message, :message_sum, :route, :flow_id, :flow_version, :decision, :queue,
                    :priority, :initial_priority, :runs, 0, 0, :like, NULL, NULL, NULL, :message_id, :envelope_from,
                    :envelope_to, :remote, :subject, :skills, :attributes, NULL, :more, :opening, :completed_at), :queued_at), :thread)
            )",
        )?
        .execute(named_params! {
            ":id": offered.id.0.as_bytes(),
            ":state": standing.state.code(),
            ":received_at": micros(message.received_at),
            ":message": kept.number,
            ":message_sum": kept.sum,
            ":route": offered.route.as_ref().map(Uuid::as_bytes),
            ":flow_id": columns.and_then(|columns| columns.flow),
            ":flow_version": columns.and_then(|columns| columns.flow_version),
            ":decision": columns.map(|columns| columns.decision),
            ":queue": columns.and_then(|columns| columns.queue),
            ":priority": priority,
            ":initial_priority": offered.priority,
            ":runs": runs,
            ":like": like.map(|like| like.0.into_bytes()),
            ":message_id": message.message_id.as_deref(),
            ":envelope_from": message.envelope_from.as_str(),
            ":envelope_to": offered.envelope_to.as_str(),
            ":remote": message.remote.as_str(),
            ":subject": message.subject.as_str(),
            ":skills": columns.and_then(|columns| columns.skills.as_deref()),
            ":attributes": columns.and_then(|columns| columns.attributes.as_deref()),
            ":more": columns.and_then(|columns| columns.more.as_deref()),
            ":completed_at": standing.completed_at.map(micros),
            ":queued_at": standing.queued_at.map(micros),
            ":opening": offered.opening.as_ref().map(json).transpose()?,
            ":thread": thread.as_deref().map(json).transpose()?,
        })?;
    super::threads::note(session.db, offered)?;
    session.tally.moved(None, standing.position());
    session.tally.activity().made(message.received_at);
    if let (Some(run), Some(columns)) = (run, columns) {
        session.tally.decided(None, run.decision.kind);
        session.tally.activity().ran(run, Some(message.received_at));
        super::runs::insert(session, offered.id, *runs, run, columns)?;
        super::deliveries::insert(session, offered.id, Some(*runs), &run.sends, (ended_at(run), false))?;
    }
    super::events::write_made(session, offered.id, made, || made.record(message, offered))
}
