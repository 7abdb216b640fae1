//! Mail as it is asked for from above: acceptance and runs through the writer, everything that only reads through the readers.

use std::collections::BTreeMap;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};
use uuid::Uuid;
use waypost_ids::InteractionId;

use super::columns::{Columns, micros};
use super::mail_columns::{interaction, run, run_in_short, sound};
use super::runs::WAITING;
use super::writer::Session;
use super::{SqliteStore, accept, journals, queues, retention, runs, tally, threads};
use crate::conditions::{self, in_state};
use crate::encoding::attributes_column;
use crate::error::{LeaseError, StoreError};
use crate::leases::Lease;
use crate::records::audit::AuditRecord;
use crate::records::correspondents::Correspondent;
use crate::records::facts::Facts;
use crate::records::mail::{
    AcceptOutcome, Acceptance, AttributesSet, ClaimedRun, InteractionFilter, InteractionRecord, RunClaim, RunRecord,
    RunSummary, State, Summary,
};
use crate::rules::contents::Attributes;
use crate::sums::sound_message;
use crate::traits::MailStore;

#[async_trait]
impl MailStore for SqliteStore {
    async fn accept(&self, acceptance: Acceptance) -> Result<AcceptOutcome, StoreError> {
        let options = self.options.clone();
        let runs = acceptance.interactions.iter().filter_map(|one| Some(one.run.as_ref()?.bytes()));
        let bytes = acceptance.message.raw.len().saturating_add(runs.sum());
        self.writer()?
            .run_if_room(bytes, move |session| accept::accept(session, &options, &acceptance).map(Ok::<_, StoreError>))
            .await?
    }

    async fn claim_runs(&self, claim: RunClaim, now: Timestamp) -> Result<Vec<ClaimedRun>, StoreError> {
        let origin = self.options.origin.clone();
        self.writer()?.run(move |session| runs::claim(session, claim, now, &origin).map(Ok::<_, StoreError>)).await?
    }

    async fn renew_run(&self, id: InteractionId, lease: Lease) -> Result<bool, StoreError> {
        self.writer()?.run(move |session| runs::renew(session, id, lease).map(Ok::<_, StoreError>)).await?
    }

    async fn renew_parked(&self, id: InteractionId, lease: Lease) -> Result<bool, StoreError> {
        self.writer()?.run(move |session| runs::renew_parked(session, id, lease).map(Ok::<_, StoreError>)).await?
    }

    async fn release_run(&self, id: InteractionId, lease: Uuid, attempted: bool) -> Result<(), StoreError> {
        self.writer()?.run(move |session| runs::release(session, id, lease, attempted).map(Ok::<_, StoreError>)).await?
    }

    async fn park_run(&self, id: InteractionId, lease: Lease, journal: String) -> Result<(), LeaseError> {
        self.writer()?.run_if_room(journal.len(), move |session| runs::park(session, id, lease, journal)).await?
    }

    async fn parked_journal(&self, id: InteractionId) -> Result<Option<String>, StoreError> {
        self.readers()?.run(move |db| journals::parked(db, id)).await
    }

    async fn resume_run(&self, id: InteractionId, lease: Uuid, journal: String) -> Result<bool, StoreError> {
        let bytes = journal.len();
        let resume =
            move |session: &mut Session<'_>| runs::resume(session, id, lease, journal).map(Ok::<_, StoreError>);
        self.writer()?.run_if_room(bytes, resume).await?
    }

    async fn record_run(&self, id: InteractionId, lease: Uuid, run: RunRecord) -> Result<bool, LeaseError> {
        self.writer()?.run(move |session| runs::record(session, id, lease, run)).await?
    }

    async fn rerun(&self, id: InteractionId, resend: bool, audit: AuditRecord) -> Result<(), LeaseError> {
        self.writer()?.run(move |session| runs::rerun(session, id, resend, &audit)).await?
    }

    async fn complete(&self, id: InteractionId, audit: AuditRecord) -> Result<(), LeaseError> {
        self.writer()?.run(move |session| queues::complete(session, id, &audit)).await?
    }

    async fn set_attributes(
        &self,
        id: InteractionId,
        attributes: BTreeMap<String, String>,
        most: usize,
        audit: AuditRecord,
    ) -> Result<AttributesSet, StoreError> {
        self.writer()?
            .run(move |session| set_attributes(session, id, &attributes, most, &audit).map(Ok::<_, StoreError>))
            .await?
    }

    async fn interaction(&self, id: InteractionId) -> Result<Option<InteractionRecord>, StoreError> {
        self.readers()?
            .run(move |db| {
                let mut select = db.prepare_cached("SELECT * FROM interactions WHERE id = ?1")?;
                let mut rows = select.query((id.0.as_bytes(),))?;
                rows.next()?.map(interaction).transpose()
            })
            .await
    }

    async fn interactions(
        &self,
        filter: &InteractionFilter,
        after: Option<InteractionId>,
        limit: u32,
    ) -> Result<Vec<InteractionRecord>, StoreError> {
        let filter = filter.clone();
        self.readers()?.run(move |db| list(db, &filter, after, limit)).await
    }

    async fn runs(&self, id: InteractionId) -> Result<Vec<RunSummary>, StoreError> {
        self.readers()?
            .run(move |db| {
                let sql = format!("{} WHERE interaction = ?1 ORDER BY number", journals::RUNS);
                let mut select = db.prepare_cached(&sql)?;
                let mut rows = select.query((id.0.as_bytes(),))?;
                let mut ended = Vec::new();
                while let Some(row) = rows.next()? {
                    ended.push(run(row)?);
                }
                Ok(ended)
            })
            .await
    }

    async fn runs_of(&self, ids: Vec<InteractionId>) -> Result<Vec<Vec<RunSummary>>, StoreError> {
        self.readers()?
            .run(move |db| {
                let mut select = db.prepare_cached("SELECT * FROM runs WHERE interaction = ?1 ORDER BY number")?;
                ids.iter().map(|id| sound(select.query((id.0.as_bytes(),))?, u32::MAX, run_in_short)).collect()
            })
            .await
    }

    async fn raw_message(&self, id: InteractionId) -> Result<Option<Bytes>, StoreError> {
        self.readers()?
            .run(move |db| {
                let mut select = db.prepare_cached(
                    "SELECT m.raw, i.message_sum FROM interactions i LEFT JOIN messages m ON m.id = i.message
                     WHERE i.id = ?1 AND i.message IS NOT NULL",
                )?;
                let found: Option<(Option<Vec<u8>>, Option<i64>)> =
                    select.query_row((id.0.as_bytes(),), |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
                found.map(|(raw, kept)| sound_message(id, raw, kept)).transpose()
            })
            .await
    }

    async fn facts(&self, id: InteractionId) -> Result<Facts, StoreError> {
        self.readers()?.run(move |db| facts(db, id)).await
    }

    async fn erase(&self, id: InteractionId, audit: AuditRecord) -> Result<bool, StoreError> {
        self.writer()?.run(move |session| erase(session, id, &audit).map(Ok::<_, StoreError>)).await?
    }

    async fn summary(&self) -> Result<Summary, StoreError> {
        self.readers()?
            .run(|db| {
                let mut summary = tally::read(db)?;
                let sql = format!(
                    "SELECT received_at FROM interactions WHERE {WAITING} AND decision IS NULL
                     ORDER BY received_at LIMIT 1"
                );
                let oldest: Option<i64> = db.prepare_cached(&sql)?.query_row((), |row| row.get(0)).optional()?;
                summary.oldest_undecided_at = oldest.map(Timestamp::from_microsecond).transpose().map_err(|error| {
                    StoreError::Inconsistent { table: "interactions", detail: format!("column `received_at`: {error}") }
                })?;
                Ok(summary)
            })
            .await
    }
}

/// The index that has the interactions of a state, and its condition in the index's words: few are not completed, and those may be
/// far apart.
pub(super) fn states(state: State) -> (&'static str, String) {
    let (held, plain) = (conditions::held(), in_state(state));
    match state {
        State::Received => ("INDEXED BY interactions_waiting", format!("{WAITING} AND {plain}")),
        State::Running | State::Claimed => ("INDEXED BY interactions_leased", format!("{held} AND {plain}")),
        State::Decided => ("INDEXED BY interactions_work", format!("{plain} AND queue IS NOT NULL")),
        State::GoingOut => ("INDEXED BY interactions_going_out", plain),
        State::Waiting => ("INDEXED BY interactions_parked", plain),
        State::Completed => ("", plain),
    }
}

/// Conditions are joined as text, values are always bound.
fn list(
    db: &Connection,
    filter: &InteractionFilter,
    after: Option<InteractionId>,
    limit: u32,
) -> Result<Vec<InteractionRecord>, StoreError> {
    let text = |text: &String| Value::Text(text.clone());
    let folded = |text: &String| Value::Text(text.to_lowercase());
    let id = |id: Uuid| Value::Blob(id.into_bytes().to_vec());
    let time = |time: Timestamp| Value::Integer(micros(time));
    let conditions = [
        ("id < ?", after.map(|after| id(after.0))),
        ("queue = ?", filter.queue.map(|queue| id(queue.0))),
        ("flow_id = ?", filter.flow.map(|flow| id(flow.0))),
        ("message_id = ?", filter.message_id.as_ref().map(text)),
        (threads::OF_THREAD, filter.thread.map(id)),
        ("received_at >= ?", filter.since.map(time)),
        ("received_at < ?", filter.until.map(time)),
        ("instr(fold(subject), ?) > 0", filter.subject.as_ref().map(folded)),
    ];
    let (index, state) = filter.state.map_or(("", "TRUE".to_owned()), states);
    let decision = filter.decision.map_or_else(|| "TRUE".to_owned(), conditions::decided_as);
    let mut sql = format!("SELECT * FROM interactions {index} WHERE {state} AND {decision}");
    let mut values = Vec::new();
    for (condition, value) in conditions {
        if let Some(value) = value {
            sql.push_str(" AND ");
            sql.push_str(condition);
            values.push(value);
        }
    }
    // The index on the sender folds ASCII alone.
    let plain = filter.from.as_ref().filter(|from| from.unicode.is_ascii());
    for (column, who) in [
        ("lower(envelope_from)", plain),
        ("fold(envelope_from)", filter.from.as_ref()),
        ("fold(envelope_to)", filter.to.as_ref()),
    ] {
        let spellings = who.map(Correspondent::spellings).unwrap_or_default();
        // In order of the index only if there is one.
        match spellings.len() {
            0 => {}
            1 => sql.push_str(&format!(" AND {column} = ?")),
            _ => sql.push_str(&format!(" AND {column} IN (?, ?)")),
        }
        values.extend(spellings.into_iter().map(|spelling| Value::Text(spelling.to_owned())));
    }
    if let Some(late) = &filter.late {
        let each = vec!["(queue = ? AND queued_at < ?)"; late.len()].join(" OR ");
        let any = if each.is_empty() { "FALSE" } else { &each };
        sql.push_str(&format!(" AND {} AND queue IS NOT NULL AND ({any})", in_state(State::Decided)));
        values.extend(late.iter().flat_map(|(queue, before)| [id(queue.0), time(*before)]));
    }
    // Identifiers sort by time: the newest are at the end of the table, and a page is read from there.
    sql.push_str(" ORDER BY id DESC LIMIT ?");
    values.push(Value::Integer(i64::from(limit)));
    let mut select = db.prepare_cached(&sql)?;
    let mut rows = select.query(params_from_iter(values))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(interaction(row)?);
    }
    Ok(found)
}

/// What was found out about an interaction's mail.
pub(super) fn facts(db: &Connection, id: InteractionId) -> Result<Facts, StoreError> {
    let mut select =
        db.prepare_cached("SELECT f.* FROM interactions i JOIN mail_facts f ON f.message = i.message WHERE i.id = ?1")?;
    let mut rows = select.query((id.0.as_bytes(),))?;
    let Some(row) = rows.next()? else { return Ok(Facts::default()) };
    let text: String = Columns::sealed(row, "mail_facts")?.get("facts")?;
    Facts::read(&text)
}

fn erase(session: &mut Session<'_>, id: InteractionId, audit: &AuditRecord) -> Result<bool, StoreError> {
    let found = retention::erase_content(session, id, audit.at)?;
    if found {
        super::audit::add(session.db, audit)?;
    }
    Ok(found)
}

fn set_attributes(
    session: &mut Session<'_>,
    id: InteractionId,
    changed: &BTreeMap<String, String>,
    most: usize,
    audit: &AuditRecord,
) -> Result<AttributesSet, StoreError> {
    let db = &session.db;
    let sql = "SELECT erased, attributes, attributes_set FROM interactions WHERE id = ?1";
    let read = |row: &Row<'_>| {
        let columns = Columns { row, table: "interactions" };
        let shown = columns.json_or_empty("attributes")?;
        Ok::<_, StoreError>((
            Attributes { shown, set: columns.json_or_empty("attributes_set")? },
            columns.get("erased")?,
        ))
    };
    let before = db.prepare_cached(sql)?.query_row((id.0.as_bytes(),), |row| Ok(read(row))).optional()?.transpose()?;
    let Some((before, erased)) = before else { return Ok(AttributesSet::Gone) };
    let after = match before.set(changed, erased, most) {
        Ok(after) => after,
        Err(refused) => return Ok(refused),
    };
    db.prepare_cached("UPDATE interactions SET attributes = ?2, attributes_set = ?3 WHERE id = ?1")?.execute((
        id.0.as_bytes(),
        attributes_column(&after.shown)?,
        attributes_column(&after.set)?,
    ))?;
    super::audit::add(db, audit)?;
    Ok(AttributesSet::Done)
}
