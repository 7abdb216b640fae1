//! Interactions, decisions and runs as rows.

use std::collections::BTreeMap;

use rusqlite::{Row, Rows};
use waypost_ids::{FlowId, InteractionId, QueueId, Version};

use super::columns::Columns;
use super::{journals, seals};
use crate::encoding::{DecisionMore, attributes_column, decision_code, decision_columns, decision_kind, json};
use crate::error::StoreError;
use crate::records::mail::{DecisionRecord, InteractionRecord, RunRecord, RunSummary, State};
use crate::rules::forwards::Forwards;
use crate::sums::sound_or_none;

/// The parts of a run that take some work to bind.
pub(super) struct RunColumns {
    pub(super) flow: Option<[u8; 16]>,
    pub(super) flow_version: Option<Version>,
    pub(super) decision: i64,
    pub(super) queue: Option<[u8; 16]>,
    pub(super) skills: Option<String>,
    pub(super) attributes: Option<String>,
    pub(super) more: Option<String>,
}

impl RunColumns {
    pub(super) fn of(run: &RunRecord, forwards: Forwards) -> Result<Self, StoreError> {
        let decision = &run.decision;
        let (queue, more) = decision_columns(run, forwards);
        Ok(Self {
            flow: run.flow.map(|(id, _)| id.0.into_bytes()),
            flow_version: run.flow.map(|(_, version)| version),
            decision: decision_code(decision.kind),
            queue: queue.map(|queue| queue.0.into_bytes()),
            skills: if decision.skills.is_empty() { None } else { Some(json(&decision.skills)?) },
            attributes: attributes_column(&run.attributes)?,
            more: more.column()?,
        })
    }
}

fn read_flow(columns: Columns<'_, '_>) -> Result<Option<(FlowId, Version)>, StoreError> {
    match (columns.maybe_uuid("flow_id")?, columns.get::<Option<Version>>("flow_version")?) {
        (Some(id), Some(version)) => Ok(Some((FlowId(id), version))),
        (None, None) => Ok(None),
        _ => Err(columns.inconsistent("flow_version", &"a flow has a version, no flow has none")),
    }
}

fn read_decision(columns: Columns<'_, '_>) -> Result<Option<DecisionRecord>, StoreError> {
    let Some(code) = columns.get::<Option<i64>>("decision")? else { return Ok(None) };
    let more: DecisionMore = columns.json_or_empty("decision_more")?;
    Ok(Some(DecisionRecord {
        kind: decision_kind(code).ok_or_else(|| columns.inconsistent("decision", &"no such decision"))?,
        queue: columns.maybe_uuid("queue")?.map(QueueId).or(more.otherwise),
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
pub(super) fn interaction(row: &Row<'_>) -> Result<InteractionRecord, StoreError> {
    let columns = Columns { row, table: "interactions" };
    let id = InteractionId(columns.uuid("id")?);
    seals::verify_interaction(row, || format!("the record of interaction `{id}` is damaged"))?;
    Ok(InteractionRecord {
        id,
        state: State::of_code(columns.get("state")?).ok_or_else(|| columns.inconsistent("state", &"no such state"))?,
        received_at: columns.time("received_at")?,
        queued_at: columns.maybe_time("queued_at")?,
        envelope_from: columns.get("envelope_from")?,
        envelope_to: columns.get("envelope_to")?,
        remote: columns.get("remote")?,
        message_id: columns.get("message_id")?,
        subject: columns.get("subject")?,
        route: columns.maybe_uuid("route")?,
        initial_priority: columns.get("initial_priority")?,
        opening: columns.json_or_empty("opening")?,
        flow: read_flow(columns)?,
        decision: read_decision(columns)?,
        runs: columns.get("runs")?,
        attributes: columns.json_or_empty("attributes")?,
        duplicates: columns.get("duplicates")?,
        possible_duplicate_of: columns.maybe_uuid("possible_duplicate_of")?.map(InteractionId),
        erased: columns.get("erased")?,
        thread: columns.json_or_empty("thread")?,
    })
}

/// What is read of rows with all columns of interactions, up to so many that are sound. Damaged ones are left where they are: whoever works
/// goes on with the others, and whoever asks for one is told.
pub(super) fn sound<T>(
    mut rows: Rows<'_>,
    max: u32,
    read: impl Fn(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let max = usize::try_from(max).unwrap_or(usize::MAX);
    let mut found = Vec::new();
    while found.len() < max
        && let Some(row) = rows.next()?
    {
        match read(row) {
            Ok(one) => found.push(one),
            Err(error) if error.is_damage() => {
                tracing::error!(%error, "left alone");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// Reads a run from a row of [`journals::RUNS`].
pub(super) fn run(row: &Row<'_>) -> Result<RunSummary, StoreError> {
    let columns = Columns { row, table: "runs" };
    let RunSummary { number, run } = run_in_short(row)?;
    let journal = sound_or_none(journals::of_run(row, InteractionId(columns.uuid("interaction")?)))?;
    let attributes = columns.json_or_empty("attributes")?;
    Ok(RunSummary { number, run: RunRecord { attributes, trace: columns.get("trace")?, journal, ..run } })
}

/// Reads a run from a row with all columns of runs, as lists have it.
pub(super) fn run_in_short(row: &Row<'_>) -> Result<RunSummary, StoreError> {
    let columns = Columns { row, table: "runs" };
    let interaction = InteractionId(columns.uuid("interaction")?);
    seals::verify(row, &seals::RUN, || format!("a run of interaction `{interaction}` is damaged"))?;
    let decision = read_decision(columns)?.ok_or_else(|| columns.inconsistent("decision", &"a run has one"))?;
    Ok(RunSummary {
        number: columns.get("number")?,
        run: RunRecord {
            flow: read_flow(columns)?,
            started_at: columns.time("started_at")?,
            duration_us: columns.get("duration_us")?,
            decision,
            attributes: BTreeMap::new(),
            trace: String::new(),
            journal: None,
            rerun_by: columns.get("rerun_by")?,
            sends: Vec::new(),
        },
    })
}
