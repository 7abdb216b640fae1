//! Interactions, decisions and runs as rows.

use std::collections::BTreeMap;

use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;
use waypost_ids::{DecisionKind, FlowId, InteractionId, QueueId, Version};

use super::columns::{Columns, text};
use super::journals;
use super::pool::Database;
use crate::conditions::in_state;
use crate::encoding::{DecisionMore, attributes_column, decision_code, decision_columns, decision_kind, json};
use crate::error::StoreError;
use crate::records::mail::{DecisionRecord, InteractionRecord, RunRecord, RunSummary, State};
use crate::rules::forwards::Forwards;
use crate::sums::sound_or_none;
use crate::sums::sound_trace;

/// A code of states or decisions as it is kept.
pub(super) fn small(code: i64) -> i16 {
    i16::try_from(code).unwrap_or(i16::MAX)
}

pub(super) fn read_state(columns: Columns<'_>) -> Result<State, StoreError> {
    State::of_code(columns.get::<i16>("state")?.into()).ok_or_else(|| columns.inconsistent("state", &"no such state"))
}

pub(super) fn read_kind(columns: Columns<'_>) -> Result<Option<DecisionKind>, StoreError> {
    let Some(code) = columns.get::<Option<i16>>("decision")? else { return Ok(None) };
    decision_kind(code.into()).map(Some).ok_or_else(|| columns.inconsistent("decision", &"no such decision"))
}

/// The parts of a run that take some work to bind.
pub(super) struct RunColumns {
    pub(super) flow: Option<Uuid>,
    pub(super) flow_version: Option<i64>,
    pub(super) decision: i16,
    pub(super) queue: Option<Uuid>,
    pub(super) priority: i64,
    pub(super) skills: Option<String>,
    pub(super) attributes: Option<String>,
    pub(super) more: Option<String>,
}

impl RunColumns {
    pub(super) fn of(run: &RunRecord, forwards: Forwards) -> Result<Self, StoreError> {
        let decision = &run.decision;
        let (queue, more) = decision_columns(run, forwards);
        Ok(Self {
            flow: run.flow.map(|(id, _)| id.0),
            flow_version: run.flow.map(|(_, version)| i64::from(version)),
            decision: small(decision_code(decision.kind)),
            queue: queue.map(|queue| queue.0),
            priority: decision.priority,
            // They are looked into by the server, which can't read NUL even where it is written as an escape.
            skills: match decision.skills.iter().map(|skill| text(skill)).collect::<Vec<_>>() {
                none if none.is_empty() => None,
                skills => Some(json(&skills)?),
            },
            attributes: attributes_column(&run.attributes)?,
            more: more.column()?,
        })
    }
}

fn read_flow(columns: Columns<'_>) -> Result<Option<(FlowId, Version)>, StoreError> {
    match (columns.get("flow_id")?, columns.maybe_count("flow_version")?) {
        (Some(id), Some(version)) => Ok(Some((FlowId(id), version))),
        (None, None) => Ok(None),
        _ => Err(columns.inconsistent("flow_version", &"a flow has a version, no flow has none")),
    }
}

fn read_decision(columns: Columns<'_>) -> Result<Option<DecisionRecord>, StoreError> {
    let Some(kind) = read_kind(columns)? else { return Ok(None) };
    let more: DecisionMore = columns.json_or_empty("decision_more")?;
    Ok(Some(DecisionRecord {
        kind,
        queue: columns.get::<Option<Uuid>>("queue")?.map(QueueId).or(more.otherwise),
        priority: columns.get("priority")?,
        skills: columns.json_or_empty("skills")?,
        language: more.language,
        addresses: more.addresses,
        reason: more.reason,
        outcome: more.outcome,
        error: more.error,
    }))
}

/// Reads an interaction from a row with all its columns.
pub(super) fn interaction(row: &Row) -> Result<InteractionRecord, StoreError> {
    let columns = Columns { row, table: "interactions" };
    Ok(InteractionRecord {
        id: InteractionId(columns.get("id")?),
        state: read_state(columns)?,
        received_at: columns.get("received_at")?,
        queued_at: columns.get("queued_at")?,
        envelope_from: columns.get("envelope_from")?,
        envelope_to: columns.get("envelope_to")?,
        remote: columns.get("remote")?,
        message_id: columns.get("message_id")?,
        subject: columns.get("subject")?,
        route: columns.get("route")?,
        initial_priority: columns.get("initial_priority")?,
        opening: columns.json_or_empty("opening")?,
        flow: read_flow(columns)?,
        decision: read_decision(columns)?,
        runs: columns.count("runs")?,
        attributes: columns.json_or_empty("attributes")?,
        duplicates: columns.count("duplicates")?,
        possible_duplicate_of: columns.get::<Option<Uuid>>("possible_duplicate_of")?.map(InteractionId),
        erased: columns.get("erased")?,
        thread: columns.json_or_empty("thread")?,
    })
}

/// Reads a run from a row of [`journals::RUNS`].
pub(super) fn run(row: &Row) -> Result<RunSummary, StoreError> {
    let columns = Columns { row, table: "runs" };
    let RunSummary { number, run } = run_in_short(row)?;
    let (trace, id): (String, _) = (columns.get("trace")?, InteractionId(columns.get("interaction")?));
    sound_trace(id, &trace, columns.get("trace_sum")?)?;
    let journal = sound_or_none(journals::of_run(columns, id))?;
    let attributes = columns.json_or_empty("attributes")?;
    Ok(RunSummary { number, run: RunRecord { attributes, trace, journal, ..run } })
}

/// Reads a run as lists have it.
pub(super) fn run_in_short(row: &Row) -> Result<RunSummary, StoreError> {
    let columns = Columns { row, table: "runs" };
    let decision = read_decision(columns)?.ok_or_else(|| columns.inconsistent("decision", &"a run has one"))?;
    Ok(RunSummary {
        number: columns.count("number")?,
        run: RunRecord {
            flow: read_flow(columns)?,
            started_at: columns.get("started_at")?,
            duration_us: columns.count("duration_us")?,
            decision,
            attributes: BTreeMap::new(),
            trace: String::new(),
            journal: None,
            rerun_by: columns.get("rerun_by")?,
            sends: Vec::new(),
        },
    })
}

/// Conditions of a list, joined as text; values are always bound.
#[derive(Default)]
pub(super) struct Conditions {
    sql: String,
    values: Vec<Box<dyn ToSql + Send + Sync>>,
}

impl Conditions {
    /// Adds a condition if there is a value; `left` ends where the value stands.
    pub(super) fn add<T: ToSql + Send + Sync + 'static>(&mut self, left: &str, value: Option<T>) {
        let Some(value) = value else { return };
        self.values.push(Box::new(value));
        self.add_plain(Some(format!("{left}${}", self.values.len())));
    }

    /// Adds that `left` is one of these values, unless there are none. Of one alone an index keeps its order.
    pub(super) fn add_any(&mut self, left: &str, values: Vec<String>) {
        let first = self.values.len();
        self.values.extend(values.into_iter().map(|value| Box::new(value) as Box<dyn ToSql + Send + Sync>));
        let places: Vec<String> = (first..self.values.len()).map(|place| format!("${}", place + 1)).collect();
        self.add_plain(match places.as_slice() {
            [] => None,
            [one] => Some(format!("{left} = {one}")),
            many => Some(format!("{left} IN ({})", many.join(", "))),
        });
    }

    /// What waits in one of these queues since before its time.
    pub(super) fn add_late(&mut self, late: &[(QueueId, Timestamp)]) {
        let (queues, before): (Vec<Uuid>, Vec<Timestamp>) =
            late.iter().map(|(queue, before)| (queue.0, *before)).unzip();
        self.values.push(Box::new(queues));
        self.values.push(Box::new(before));
        let number = self.values.len();
        self.add_plain(Some(format!(
            "{} AND EXISTS (SELECT FROM unnest(${}::uuid[], ${number}::timestamptz[]) AS late (queue, before)
                WHERE late.queue = interactions.queue AND queued_at < late.before)",
            in_state(State::Decided),
            number.saturating_sub(1)
        )));
    }

    /// What belongs to a thread.
    pub(super) fn add_thread(&mut self, thread: Option<Uuid>) {
        let Some(thread) = thread else { return };
        self.values.push(Box::new(thread));
        let number = self.values.len();
        self.add_plain(Some(format!(
            "id = ANY (ARRAY(SELECT interaction FROM threads WHERE thread = ${number}
                UNION ALL SELECT ${number} WHERE NOT EXISTS
                    (SELECT FROM threads WHERE interaction = ${number} AND thread IS NOT NULL)))"
        )));
    }

    /// Adds a condition that has its value in it; nothing that came from outside may be part of it.
    pub(super) fn add_plain(&mut self, condition: Option<String>) {
        let Some(condition) = condition else { return };
        self.sql.push_str(if self.sql.is_empty() { " WHERE " } else { " AND " });
        self.sql.push_str(&condition);
    }

    /// The rows of a table whose identifiers sort by time. The server gives up when the caller does: few conditions have an index, and a
    /// search that nobody waits for any more would go on for minutes.
    pub(super) async fn newest_first(
        mut self,
        db: &Database,
        table: &'static str,
        limit: u32,
    ) -> Result<Vec<Row>, StoreError> {
        self.values.push(Box::new(i64::from(limit)));
        let sql = format!("SELECT * FROM {table}{} ORDER BY id DESC LIMIT ${}", self.sql, self.values.len());
        let time_limit = format!("SET LOCAL statement_timeout = {}", db.patience().as_millis().max(1));
        db.run(move |db| {
            Box::pin(async move {
                let values: Vec<&(dyn ToSql + Sync)> =
                    self.values.iter().map(|value| -> &(dyn ToSql + Sync) { value.as_ref() }).collect();
                let transaction = db.build_transaction().read_only(true).start().await?;
                transaction.batch_execute(&time_limit).await?;
                let rows = transaction.query(&sql, &values).await?;
                transaction.commit().await?;
                Ok(rows)
            })
        })
        .await
    }
}
