//! Mail as it is asked for from above.

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;
use bytes::Bytes;
use deadpool_postgres::Client;
use jiff::Timestamp;
use tokio_postgres::{IsolationLevel, Row};
use uuid::Uuid;
use waypost_ids::InteractionId;

use super::columns::{Columns, text};
use super::mail_columns::{Conditions, interaction, run, run_in_short};
use super::pool::{Lent, execute, row, rows};
use super::standing::{Moves, change};
use super::{PostgresStore, audit, journals, locks, queues, retention, runs, tally};
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
use crate::sums::{sound_facts, sound_message};
use crate::traits::MailStore;

/// Messages of up to so many bytes are read in the usual time.
const AT_ONCE: i32 = 1 << 20;

#[async_trait]
impl MailStore for PostgresStore {
    async fn accept(&self, acceptance: Acceptance) -> Result<AcceptOutcome, StoreError> {
        self.lanes.accept(acceptance).await
    }

    async fn claim_runs(&self, claim: RunClaim, now: Timestamp) -> Result<Vec<ClaimedRun>, StoreError> {
        self.db.write(move |db| Box::pin(runs::claim(db, claim, now))).await
    }

    async fn renew_run(&self, id: InteractionId, lease: Lease) -> Result<bool, StoreError> {
        self.db.write(move |db| Box::pin(change(db, id, move |before| before.renew_run(lease)))).await
    }

    async fn renew_parked(&self, id: InteractionId, lease: Lease) -> Result<bool, StoreError> {
        self.db.write(move |db| Box::pin(change(db, id, move |before| before.renew_parked(lease)))).await
    }

    async fn release_run(&self, id: InteractionId, lease: Uuid, attempted: bool) -> Result<(), StoreError> {
        self.db.write(move |db| Box::pin(change(db, id, move |before| before.release_run(lease, attempted)))).await?;
        self.signals.work();
        Ok(())
    }

    async fn park_run(&self, id: InteractionId, lease: Lease, journal: String) -> Result<(), LeaseError> {
        let parked = self.db.upload(journal.len(), move |db| Box::pin(runs::park(db, id, lease, journal))).await?;
        if parked { Ok(()) } else { Err(LeaseError::Lost) }
    }

    async fn parked_journal(&self, id: InteractionId) -> Result<Option<String>, StoreError> {
        self.db.run(move |db| Box::pin(async move { journals::parked(db, id).await })).await
    }

    async fn resume_run(&self, id: InteractionId, lease: Uuid, journal: String) -> Result<bool, StoreError> {
        let resumed = self.db.upload(journal.len(), move |db| Box::pin(runs::resume(db, id, lease, journal))).await?;
        self.signals.work();
        Ok(resumed)
    }

    async fn record_run(&self, id: InteractionId, lease: Uuid, run: RunRecord) -> Result<bool, LeaseError> {
        let recorded = self.db.upload(run.bytes(), move |db| Box::pin(runs::record(db, id, lease, run))).await?;
        self.signals.work();
        Ok(recorded)
    }

    async fn rerun(&self, id: InteractionId, resend: bool, audit: AuditRecord) -> Result<(), LeaseError> {
        self.db.write(move |db| Box::pin(runs::rerun(db, id, resend, audit))).await?;
        self.signals.work();
        Ok(())
    }

    async fn complete(&self, id: InteractionId, audit: AuditRecord) -> Result<(), LeaseError> {
        self.db.write(move |db| Box::pin(queues::complete(db, id, audit))).await
    }

    async fn set_attributes(
        &self,
        id: InteractionId,
        attributes: BTreeMap<String, String>,
        most: usize,
        audit: AuditRecord,
    ) -> Result<AttributesSet, StoreError> {
        self.db.write(move |db| Box::pin(set_attributes(db, id, attributes, most, audit))).await
    }

    async fn interaction(&self, id: InteractionId) -> Result<Option<InteractionRecord>, StoreError> {
        self.db
            .run(move |db| {
                Box::pin(async move {
                    let found = row(db, "SELECT * FROM interactions WHERE id = $1", &[&id.0]).await?;
                    found.as_ref().map(interaction).transpose()
                })
            })
            .await
    }

    async fn interactions(
        &self,
        filter: &InteractionFilter,
        after: Option<InteractionId>,
        limit: u32,
    ) -> Result<Vec<InteractionRecord>, StoreError> {
        let found = conditions(filter, after).newest_first(&self.db, "interactions", limit).await?;
        found.iter().map(interaction).collect()
    }

    async fn runs(&self, id: InteractionId) -> Result<Vec<RunSummary>, StoreError> {
        let sql = format!("{} WHERE interaction = $1 ORDER BY number", journals::RUNS);
        self.db
            .run(move |db| {
                Box::pin(async move {
                    let ended = rows(db, &sql, &[&id.0]).await?;
                    ended.iter().map(run).collect()
                })
            })
            .await
    }

    async fn runs_of(&self, ids: Vec<InteractionId>) -> Result<Vec<Vec<RunSummary>>, StoreError> {
        let sql =
            "SELECT interaction, number, flow_id, flow_version, started_at, duration_us, rerun_by, decision, queue,
            priority, skills, decision_more FROM runs WHERE interaction = ANY ($1) ORDER BY number";
        self.db
            .run(move |db| {
                Box::pin(async move {
                    let all: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
                    let mut ended: HashMap<Uuid, Vec<RunSummary>> = HashMap::new();
                    for row in rows(db, sql, &[&all]).await? {
                        ended.entry(row.try_get("interaction")?).or_default().push(run_in_short(&row)?);
                    }
                    Ok(all.iter().map(|id| ended.remove(id).unwrap_or_default()).collect())
                })
            })
            .await
    }

    async fn raw_message(&self, id: InteractionId) -> Result<Option<Bytes>, StoreError> {
        // Of a large one the size first: it may take its time.
        let sql = "SELECT m.id, octet_length(m.raw), CASE WHEN octet_length(m.raw) <= $2 THEN m.raw END, i.message_sum
            FROM interactions i LEFT JOIN messages m ON m.id = i.message WHERE i.id = $1 AND i.message IS NOT NULL";
        let found = self.db.run(move |db| Box::pin(async move { row(db, sql, &[&id.0, &AT_ONCE]).await })).await?;
        let Some(found) = found else { return Ok(None) };
        let sum: Option<i64> = found.try_get(3)?;
        let raw: Option<Vec<u8>> = found.try_get(2)?;
        let (message, bytes): (Option<Uuid>, Option<i32>) = (found.try_get(0)?, found.try_get(1)?);
        let raw = match (raw, message) {
            (None, Some(message)) => {
                let sql = "SELECT raw FROM messages WHERE id = $1";
                let bytes = bytes.and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(0);
                let large = self.db.transfer(bytes, move |db| Box::pin(async move { row(db, sql, &[&message]).await }));
                // One that was erased meanwhile is not damaged.
                let Some(large): Option<Row> = large.await? else { return Ok(None) };
                Some(large.try_get(0)?)
            }
            (raw, _) => raw,
        };
        sound_message(id, raw, sum).map(Some)
    }

    async fn facts(&self, id: InteractionId) -> Result<Facts, StoreError> {
        let sql = "SELECT m.facts, m.facts_sum FROM interactions i JOIN messages m ON m.id = i.message WHERE i.id = $1";
        let found = self.db.run(move |db| Box::pin(async move { row(db, sql, &[&id.0]).await })).await?;
        found.map_or_else(|| Ok(Facts::default()), |row| facts(Columns { row: &row, table: "messages" }, id))
    }

    async fn erase(&self, id: InteractionId, audit: AuditRecord) -> Result<bool, StoreError> {
        self.db.write(move |db| Box::pin(erase(db, id, audit))).await
    }

    async fn summary(&self) -> Result<Summary, StoreError> {
        self.db.run(|db| Box::pin(summary(db))).await
    }
}

/// What was found out about an interaction's mail, from a row with `facts` and `facts_sum`.
pub(super) fn facts(columns: Columns<'_>, id: InteractionId) -> Result<Facts, StoreError> {
    let Some(text) = columns.get::<Option<String>>("facts")? else { return Ok(Facts::default()) };
    sound_facts(id, &text, columns.get("facts_sum")?)?;
    Facts::read(&text)
}

/// How many characters of a text are in an index.
const INDEXED: usize = 200;

fn conditions(filter: &InteractionFilter, after: Option<InteractionId>) -> Conditions {
    // As elsewhere whatever the case: Unicode's lower case, here by the server's ICU, whatever the database's own locale.
    let folded = |value: &String| text(&value.to_lowercase()).into_owned();
    let mut conditions = Conditions::default();
    conditions.add("id < ", after.map(|after| after.0));
    // As a number in the text: there are indexes of those that are not completed.
    conditions.add_plain(filter.state.map(in_state));
    conditions.add_plain(filter.decision.map(conditions::decided_as));
    conditions.add("queue = ", filter.queue.map(|queue| queue.0));
    if let Some(late) = &filter.late {
        conditions.add_late(late);
    }
    conditions.add_thread(filter.thread);
    conditions.add("flow_id = ", filter.flow.map(|flow| flow.0));
    // Of long texts the indexes have the first characters alone.
    let first = |value: &String| value.chars().take(INDEXED).collect::<String>();
    let message_id = filter.message_id.as_ref().map(|id| text(id).into_owned());
    conditions.add("left(message_id, 200) = ", message_id.as_ref().map(first));
    conditions.add("message_id = ", message_id);
    conditions.add("received_at >= ", filter.since);
    conditions.add("received_at < ", filter.until);
    let spellings = |who: &Correspondent| who.spellings().into_iter().map(|one| text(one).into_owned()).collect();
    let from: Vec<String> = filter.from.as_ref().map(spellings).unwrap_or_default();
    let to: Vec<String> = filter.to.as_ref().map(spellings).unwrap_or_default();
    conditions.add_any("left(lower(envelope_from COLLATE \"und-x-icu\"), 200)", from.iter().map(first).collect());
    conditions.add_any("lower(envelope_from COLLATE \"und-x-icu\")", from);
    conditions.add_any("lower(envelope_to COLLATE \"und-x-icu\")", to);
    conditions
        .add("lower(subject COLLATE \"und-x-icu\") LIKE ", filter.subject.as_ref().map(|part| pattern(&folded(part))));
    conditions
}

/// A pattern for what contains `part`, whose own wildcards are plain text.
fn pattern(part: &str) -> String {
    let plain = part.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{plain}%")
}

async fn summary(db: &mut Client) -> Result<Summary, StoreError> {
    let db = db.build_transaction().isolation_level(IsolationLevel::RepeatableRead).read_only(true).start().await?;
    let mut summary = tally::read(&db).await?;
    // Two questions: each has an index of its own.
    let (held, received, running) = (conditions::held(), in_state(State::Received), in_state(State::Running));
    let sql = format!(
        "SELECT least(
        (SELECT received_at FROM interactions WHERE {received} AND decision IS NULL ORDER BY received_at LIMIT 1),
        (SELECT min(received_at) FROM interactions WHERE {held} AND {running} AND decision IS NULL))"
    );
    summary.oldest_undecided_at = match row(&db, &sql, &[]).await? {
        Some(row) => row.try_get(0)?,
        None => None,
    };
    Ok(summary)
}

async fn erase(db: &mut Lent, id: InteractionId, entry: AuditRecord) -> Result<bool, StoreError> {
    let (transaction, ending) = db.begin().await?;
    locks::share(&transaction).await?;
    locks::threads_alone(&transaction, &[id.0]).await?;
    let mut moves = Moves::heard(&ending);
    let found = retention::erase_contents(&transaction, &[id.0], entry.at, &mut moves).await? > 0;
    if found {
        audit::add(&transaction, &entry).await?;
    }
    moves.write(&transaction).await?;
    ending.commit(transaction).await?;
    Ok(found)
}

async fn set_attributes(
    db: &mut Lent,
    id: InteractionId,
    changed: BTreeMap<String, String>,
    most: usize,
    entry: AuditRecord,
) -> Result<AttributesSet, StoreError> {
    let (transaction, ending) = db.begin().await?;
    let sql = "SELECT erased, attributes, attributes_set FROM interactions WHERE id = $1 FOR UPDATE";
    let Some(kept) = row(&transaction, sql, &[&id.0]).await? else { return Ok(AttributesSet::Gone) };
    let columns = Columns { row: &kept, table: "interactions" };
    let before =
        Attributes { shown: columns.json_or_empty("attributes")?, set: columns.json_or_empty("attributes_set")? };
    let after = match before.set(&changed, columns.get("erased")?, most) {
        Ok(after) => after,
        Err(refused) => return Ok(refused),
    };
    let sql = "UPDATE interactions SET attributes = $2, attributes_set = $3 WHERE id = $1";
    execute(&transaction, sql, &[&id.0, &attributes_column(&after.shown)?, &attributes_column(&after.set)?]).await?;
    audit::add(&transaction, &entry).await?;
    ending.commit(transaction).await?;
    Ok(AttributesSet::Done)
}
