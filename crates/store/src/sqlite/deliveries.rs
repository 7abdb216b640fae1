//! Deliveries and what they carry, as rows.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, named_params};
use uuid::Uuid;
use waypost_ids::{DeliveryId, DeliveryState, InteractionId, QueueId};

use super::columns::{Columns, micros};
use super::mail_columns::sound;
use super::standing::{self, COLUMNS};
use super::writer::Session;
use crate::encoding::{
    DecisionMore, decision_kind, delivery_kind, delivery_kind_code, delivery_state, delivery_state_code, json,
};
use crate::error::StoreError;
use crate::leases::Hold;
use crate::records::correspondents::Correspondent;
use crate::records::mail::State;
use crate::records::outbox::{Answers, Content, DeliveryRecord, Outgoing};
use crate::rules::deliveries::{Delivery, begun};
use crate::rules::forwards::Party;
use crate::rules::outbox::{answer_of, correspondent_has_enough, counted, domain, folded, thread_has_enough, windows};

/// Reads from a row with all columns of deliveries.
pub(super) fn delivery(row: &Row<'_>) -> Result<Delivery, StoreError> {
    let columns = Columns::sealed(row, "deliveries")?;
    let due_at = columns.maybe_time("due_at")?;
    let held: Option<String> = columns.get("held")?;
    let unknown = |column| columns.inconsistent(column, &"no such number");
    Ok(Delivery {
        record: DeliveryRecord {
            id: DeliveryId(columns.uuid("id")?),
            interaction: InteractionId(columns.uuid("interaction")?),
            run: columns.get("run")?,
            kind: delivery_kind(columns.get("kind")?).ok_or_else(|| unknown("kind"))?,
            target: columns.get("target")?,
            state: delivery_state(columns.get("state")?).ok_or_else(|| unknown("state"))?,
            attempts: columns.get("attempts")?,
            next_attempt_at: due_at,
            since: columns.time("since")?,
            last_answer: columns.get("last_answer")?,
            held: if held.is_some() { Some(columns.json("held")?) } else { None },
            sender: columns.get("sender")?,
            message_id: columns.get("message_id")?,
            place: columns.get("place")?,
            created_at: columns.time("created_at")?,
            ended_at: columns.maybe_time("ended_at")?,
        },
        hold: Hold::of(columns.maybe_uuid("lease")?, due_at),
        again: columns.get("again")?,
        bare: columns.get::<Option<i64>>("content")?.is_none(),
    })
}

/// Ends the leases of all attempts: none outlives its process, and the directory is this process's alone. When they are made again stays:
/// one that ended its process must not end the next one at its start.
pub(super) fn end_leases(db: &Connection) -> Result<(), StoreError> {
    let pending = delivery_state_code(DeliveryState::Pending);
    let sql = format!(
        "UPDATE deliveries SET lease = NULL, due_at = CASE WHEN state = {pending} THEN due_at END WHERE lease IS NOT NULL"
    );
    db.execute(&sql, ())?;
    Ok(())
}

/// One delivery.
pub(super) fn find(db: &Connection, id: DeliveryId) -> Result<Option<Delivery>, StoreError> {
    let mut select = db.prepare_cached("SELECT * FROM deliveries WHERE id = ?1")?;
    let mut rows = select.query((id.0.as_bytes(),))?;
    rows.next()?.map(delivery).transpose()
}

const OF: &str = "SELECT * FROM deliveries WHERE interaction = ?1 ORDER BY id";

/// The deliveries of an interaction, oldest first. Damaged ones are left alone: they must not keep the interaction from its next run, which
/// may send again what they sent.
pub(super) fn of(db: &Connection, interaction: InteractionId) -> Result<Vec<Delivery>, StoreError> {
    let mut select = db.prepare_cached(OF)?;
    sound(select.query((interaction.0.as_bytes(),))?, u32::MAX, delivery)
}

/// Writes what changed of a delivery.
pub(super) fn write(session: &mut Session<'_>, before: &Delivery, after: &Delivery) -> Result<(), StoreError> {
    if before == after {
        return Ok(());
    }
    let one = &after.record;
    session
        .db
        .prepare_cached(
            "UPDATE deliveries SET run = ?2, state = ?3, attempts = ?4, due_at = ?5, lease = ?6, since = ?7, last_answer = ?8,
                held = ?9, again = ?10, ended_at = ?11 WHERE id = ?1",
        )?
        .execute((
            one.id.0.as_bytes(),
            one.run,
            delivery_state_code(one.state),
            one.attempts,
            one.next_attempt_at.map(micros),
            after.hold.lease().map(Uuid::into_bytes),
            micros(one.since),
            one.last_answer.as_deref(),
            one.held.as_ref().map(json).transpose()?,
            after.again,
            one.ended_at.map(micros),
        ))?;
    if before.record.state != one.state {
        session.tally.sent(Some(before.record.state), one.state);
        session.events.sent(before.record.state, one);
    }
    Ok(())
}

/// Lets go of what was pushed of an interaction before, for something else takes its place.
pub(super) fn let_go(
    session: &mut Session<'_>,
    interaction: InteractionId,
    rule: impl FnOnce(&mut [Delivery]),
) -> Result<(), StoreError> {
    let before = of(session.db, interaction)?;
    let mut after = before.clone();
    rule(&mut after);
    for (before, after) in before.iter().zip(&after) {
        write(session, before, after)?;
    }
    Ok(())
}

/// Changes deliveries of an interaction, and where it stands by them. Damaged ones are left alone; where the interaction stands by the
/// others is not known then, and stays.
pub(super) fn alter<T>(
    session: &mut Session<'_>,
    interaction: InteractionId,
    now: Timestamp,
    change: impl FnOnce(&mut Vec<Delivery>) -> T,
) -> Result<T, StoreError> {
    let sql = "SELECT count(*) FROM deliveries WHERE interaction = ?1";
    let all: usize = session.db.prepare_cached(sql)?.query_row((interaction.0.as_bytes(),), |row| row.get(0))?;
    let before = {
        let mut select = session.db.prepare_cached(OF)?;
        sound(select.query((interaction.0.as_bytes(),))?, u32::MAX, delivery)?
    };
    let mut after = before.clone();
    let changed = change(&mut after);
    for (before, after) in before.iter().zip(&after) {
        write(session, before, after)?;
    }
    if before == after {
        return Ok(changed);
    }
    if before.len() < all {
        tracing::error!(%interaction, "its state is left as it is: one of its deliveries is damaged");
        return Ok(changed);
    }
    // What is damaged is seen before anything is written.
    match settle(session, interaction, &after, now) {
        Err(error) if error.is_damage() => {
            tracing::error!(%interaction, %error, "its state is left as it is: its record is damaged");
        }
        settled => settled?,
    }
    Ok(changed)
}

fn settle(
    session: &mut Session<'_>,
    interaction: InteractionId,
    deliveries: &[Delivery],
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = format!("SELECT {COLUMNS}, decision, runs, decision_more FROM interactions WHERE id = ?1");
    let read = |row: &Row<'_>| {
        let columns = Columns { row, table: "interactions" };
        Ok::<_, StoreError>(Party {
            standing: standing::standing(row)?,
            decision: columns.get::<Option<i64>>("decision")?.and_then(decision_kind),
            runs: columns.get("runs")?,
            more: columns.json_or_empty::<DecisionMore>("decision_more")?,
        })
    };
    let party = session.db.prepare_cached(&sql)?.query_row((interaction.0.as_bytes(),), |row| Ok(read(row)));
    let Some(party) = party.optional()?.transpose()? else { return Ok(()) };
    let Some((mut standing, more)) = party.settle(deliveries, now) else { return Ok(()) };
    if standing.state == State::Decided {
        let wanted = standing.queue.map(|queue| queue.0.into_bytes());
        let sql = "SELECT id FROM queues WHERE id = ?1 UNION ALL SELECT id FROM queues WHERE built_in LIMIT 1";
        let found = session.db.prepare_cached(sql)?.query_row((wanted,), |row| row.get(0)).optional()?;
        standing.queue = found.map(|id| QueueId(Uuid::from_bytes(id)));
    }
    standing::write(session, interaction, party.standing.position(), &standing)?;
    let sql = "UPDATE interactions SET decision_more = ?2 WHERE id = ?1";
    session.db.prepare_cached(sql)?.execute((interaction.0.as_bytes(), more.column()?))?;
    Ok(())
}

/// Keeps mails, in the transaction of what they are sent for.
pub(super) fn insert(
    session: &mut Session<'_>,
    interaction: InteractionId,
    run: Option<u32>,
    sends: &[Outgoing],
    (at, erased): (Timestamp, bool),
) -> Result<(), StoreError> {
    let (day, hour) = windows(at);
    for mail in sends {
        let in_thread = match answer_of(mail) {
            Some(answers) => thread_has_enough(answers, sent_in(session.db, answers, hour)?),
            None => None,
        };
        let content = if erased { None } else { Some(insert_content(session, &mail.content, mail.to.len())?) };
        for to in &mail.to {
            let mut to = to.clone();
            if let Some(answers) = counted(&to) {
                let sent = sent_to(session.db, answers, day)?;
                to.held = correspondent_has_enough(answers, sent).or_else(|| in_thread.clone());
            }
            let one = begun(mail, &to, interaction, run, at);
            session
                .db
                .prepare_cached(
                    "INSERT INTO deliveries (id, interaction, content, run, kind, target, target_key, domain, state, attempts,
                        due_at, since, held, sender, message_id, place, correspondent, thread, again, created_at, ended_at)
                     VALUES (:id, :interaction, :content, :run, :kind, :target, :target_key, :domain, :state, 0, :due_at, :since,
                        :held, :sender, :message_id, :place, :correspondent, :thread, 0, :created_at, :ended_at)",
                )?
                .execute(named_params! {
                    ":id": one.id.0.as_bytes(),
                    ":interaction": interaction.0.as_bytes(),
                    ":content": content,
                    ":run": one.run,
                    ":kind": delivery_kind_code(one.kind, one.way()),
                    ":target": one.target,
                    ":target_key": folded(&one.target),
                    ":domain": domain(&one.target),
                    ":state": delivery_state_code(one.state),
                    ":due_at": one.next_attempt_at.map(micros),
                    ":since": micros(one.since),
                    ":held": one.held.as_ref().map(json).transpose()?,
                    ":sender": one.sender,
                    ":message_id": one.message_id,
                    ":place": one.place,
                    ":correspondent": counted(&to).map(|answers| answers.correspondent.as_str()),
                    ":thread": counted(&to).map(|answers| answers.thread.as_str()),
                    ":created_at": micros(one.created_at),
                    ":ended_at": one.ended_at.map(micros),
                })?;
            session.tally.sent(None, one.state);
        }
    }
    Ok(())
}

/// How many automatic answers that count went to a correspondent since then; no more are counted than may go there.
fn sent_to(db: &Connection, answers: &Answers, since: Timestamp) -> Result<u64, StoreError> {
    let sql = format!("SELECT count(*) FROM (SELECT 1 FROM deliveries WHERE {SENT_TO} LIMIT ?3)");
    let values = (&answers.correspondent, micros(since), answers.most_a_day);
    Ok(db.prepare_cached(&sql)?.query_row(values, |row| row.get(0))?)
}

/// How many automatic answers that count, to however many recipients each, were sent in a thread since then; no more are counted than may
/// be.
fn sent_in(db: &Connection, answers: &Answers, since: Timestamp) -> Result<u64, StoreError> {
    let sql = format!("SELECT count(*) FROM (SELECT DISTINCT message_id FROM deliveries WHERE {SENT_IN} LIMIT ?3)");
    let values = (&answers.thread, micros(since), answers.most_an_hour);
    Ok(db.prepare_cached(&sql)?.query_row(values, |row| row.get(0))?)
}

/// What the index `deliveries_to_correspondent` finds.
pub(super) const SENT_TO: &str =
    "correspondent = ?1 AND created_at > ?2 AND correspondent IS NOT NULL AND state < 3 AND again = 0";

/// What the index `deliveries_in_thread` finds.
pub(super) const SENT_IN: &str = "thread = ?1 AND created_at > ?2 AND thread IS NOT NULL AND state < 3 AND again = 0";

fn insert_content(session: &mut Session<'_>, content: &Content, uses: usize) -> Result<i64, StoreError> {
    let Content { head, with_original, tail } = content;
    let sql = "INSERT INTO outgoing (head, with_original, tail, uses) VALUES (?1, ?2, ?3, ?4)";
    session.db.prepare_cached(sql)?.execute((head.as_ref(), with_original, tail.as_ref(), uses))?;
    *session.written = session.written.saturating_add(head.len().saturating_add(tail.len()) as u64);
    Ok(session.db.last_insert_rowid())
}

/// The bytes of a delivery's mail.
pub(super) fn content(db: &Connection, id: DeliveryId) -> Result<Option<Content>, StoreError> {
    let sql = "SELECT id, head, with_original, tail, seal FROM outgoing
        WHERE id = (SELECT content FROM deliveries WHERE id = ?1)";
    let mut select = db.prepare_cached(sql)?;
    let mut rows = select.query((id.0.as_bytes(),))?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let columns = Columns::sealed(row, "outgoing")?;
    Ok(Some(Content {
        head: columns.get::<Vec<u8>>("head")?.into(),
        with_original: columns.get("with_original")?,
        tail: columns.get::<Vec<u8>>("tail")?.into(),
    }))
}

/// Gives a delivery another content, or none.
pub(super) fn replace_content(
    session: &mut Session<'_>,
    id: DeliveryId,
    content: Option<&Content>,
) -> Result<(), StoreError> {
    let new = content.map(|content| insert_content(session, content, 1)).transpose()?;
    let sql = "SELECT content FROM deliveries WHERE id = ?1";
    let old: Option<i64> = session.db.prepare_cached(sql)?.query_row((id.0.as_bytes(),), |row| row.get(0))?;
    let sql = "UPDATE deliveries SET content = ?2 WHERE id = ?1";
    session.db.prepare_cached(sql)?.execute((id.0.as_bytes(), new))?;
    session.db.prepare_cached("DELETE FROM outgoing WHERE id = ?1 AND uses <= 1")?.execute((old,))?;
    session.db.prepare_cached("UPDATE outgoing SET uses = uses - 1 WHERE id = ?1")?.execute((old,))?;
    Ok(())
}

/// Removes deliveries with their interaction, damaged ones included.
pub(super) fn remove(session: &mut Session<'_>, interaction: InteractionId) -> Result<(), StoreError> {
    let all: Vec<([u8; 16], i64)> = {
        let mut select = session.db.prepare_cached("SELECT id, state FROM deliveries WHERE interaction = ?1")?;
        let rows = select.query_map((interaction.0.as_bytes(),), |row| Ok((row.get(0)?, row.get(1)?)))?;
        rows.collect::<Result<_, _>>()?
    };
    for (id, state) in all {
        replace_content(session, DeliveryId(Uuid::from_bytes(id)), None)?;
        session.db.prepare_cached("DELETE FROM deliveries WHERE id = ?1")?.execute((id,))?;
        if let Some(state) = delivery_state(state) {
            session.tally.forgotten(state);
        }
    }
    Ok(())
}

/// Erases what was sent to a correspondent about an interaction, and everybody's copy of it: each names all its recipients.
pub(super) fn erase_to(
    session: &mut Session<'_>,
    interaction: InteractionId,
    who: &Correspondent,
    now: Timestamp,
) -> Result<(), StoreError> {
    let ids: Vec<[u8; 16]> = {
        let sql = "SELECT id FROM deliveries WHERE interaction = ?1 AND (target_key IN (?2, ?3) OR content IN
            (SELECT content FROM deliveries WHERE interaction = ?1 AND target_key IN (?2, ?3)))";
        let mut select = session.db.prepare_cached(sql)?;
        let rows = select.query_map((interaction.0.as_bytes(), &who.ascii, &who.unicode), |row| row.get(0))?;
        rows.collect::<Result<_, _>>()?
    };
    alter(session, interaction, now, |all| {
        for one in all.iter_mut().filter(|one| ids.contains(one.record.id.0.as_bytes())) {
            one.erase(now);
            one.forget_reason();
        }
    })?;
    for id in ids {
        replace_content(session, DeliveryId(Uuid::from_bytes(id)), None)?;
    }
    forget_target(session.db, interaction, who)
}

/// Erases everything about an interaction's deliveries that may name a correspondent.
pub(super) fn erase_all(
    session: &mut Session<'_>,
    interaction: InteractionId,
    who: &Correspondent,
    now: Timestamp,
) -> Result<(), StoreError> {
    alter(session, interaction, now, |all| all.iter_mut().for_each(Delivery::forget_reason))?;
    let sql = "UPDATE deliveries SET correspondent = NULL, thread = NULL WHERE interaction = ?1";
    session.db.prepare_cached(sql)?.execute((interaction.0.as_bytes(),))?;
    forget_target(session.db, interaction, who)
}

fn forget_target(db: &Connection, interaction: InteractionId, who: &Correspondent) -> Result<(), StoreError> {
    let sql = "UPDATE deliveries SET target = '', target_key = '', domain = '', correspondent = NULL, thread = NULL
        WHERE interaction = ?1 AND target_key IN (?2, ?3)";
    db.prepare_cached(sql)?.execute((interaction.0.as_bytes(), &who.ascii, &who.unicode))?;
    Ok(())
}

/// Erases what an interaction's deliveries carry; what is not sent yet never will be.
pub(super) fn erase(session: &mut Session<'_>, interaction: InteractionId, now: Timestamp) -> Result<(), StoreError> {
    alter(session, interaction, now, |all| {
        for one in all {
            one.erase(now);
        }
    })?;
    let ids: Vec<[u8; 16]> = {
        let sql = "SELECT id FROM deliveries WHERE interaction = ?1 AND content IS NOT NULL";
        let mut select = session.db.prepare_cached(sql)?;
        select.query_map((interaction.0.as_bytes(),), |row| row.get(0))?.collect::<Result<_, _>>()?
    };
    for id in ids {
        replace_content(session, DeliveryId(Uuid::from_bytes(id)), None)?;
    }
    Ok(())
}
