//! Interactions, decisions and runs as rows.

use std::collections::BTreeMap;

use rusqlite::Row;
use serde::{Deserialize, Serialize};
use waypost_flow::id::{FlowId, InteractionId, QueueId, Version};

use super::columns::{Columns, json};
use crate::error::StoreError;
use crate::records::mail::{DecisionKind, DecisionRecord, InteractionRecord, RunRecord, RunSummary, State};

/// The number that stands for a state; numbers never change their meaning.
pub(super) fn state_code(state: State) -> i64 {
    match state {
        State::Received => 0,
        State::Running => 1,
        State::Decided => 2,
        State::Claimed => 3,
        State::Completed => 4,
    }
}

/// The state that a number stands for.
pub(super) fn state(code: i64) -> Option<State> {
    [State::Received, State::Running, State::Decided, State::Claimed, State::Completed]
        .into_iter()
        .find(|state| state_code(*state) == code)
}

/// The number that stands for a kind of decision; numbers never change their meaning.
pub(super) fn decision_code(kind: DecisionKind) -> i64 {
    match kind {
        DecisionKind::Queue => 0,
        DecisionKind::Forward => 1,
        DecisionKind::Disconnect => 2,
        DecisionKind::Unrouted => 3,
    }
}

/// The kind of decision that a number stands for.
pub(super) fn decision_kind(code: i64) -> Option<DecisionKind> {
    [DecisionKind::Queue, DecisionKind::Forward, DecisionKind::Disconnect, DecisionKind::Unrouted]
        .into_iter()
        .find(|kind| decision_code(*kind) == code)
}

/// Where an interaction stands after a decision.
pub(super) fn state_after(kind: DecisionKind) -> State {
    match kind {
        DecisionKind::Queue | DecisionKind::Unrouted => State::Decided,
        DecisionKind::Forward | DecisionKind::Disconnect => State::Completed,
    }
}

/// What decisions seldom have, in one column that is NULL for most.
#[derive(Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct DecisionMore {
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    addresses: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<serde_json::Value>,
}

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
    pub(super) fn of(run: &RunRecord) -> Result<Self, StoreError> {
        let decision = &run.decision;
        let more = DecisionMore {
            language: decision.language.clone(),
            addresses: decision.addresses.clone(),
            reason: decision.reason.clone(),
            error: decision.error.clone(),
        };
        let more = if more == DecisionMore::default() { None } else { Some(json(&more)?) };
        Ok(Self {
            flow: run.flow.map(|(id, _)| id.0.into_bytes()),
            flow_version: run.flow.map(|(_, version)| version),
            decision: decision_code(decision.kind),
            queue: decision.queue.map(|queue| queue.0.into_bytes()),
            skills: if decision.skills.is_empty() { None } else { Some(json(&decision.skills)?) },
            attributes: attributes_column(&run.attributes)?,
            more,
        })
    }
}

/// Attributes as they are kept.
pub(super) fn attributes_column(attributes: &BTreeMap<String, String>) -> Result<Option<String>, StoreError> {
    if attributes.is_empty() { Ok(None) } else { json(attributes).map(Some) }
}

/// Attributes as they were kept.
pub(super) fn attributes(column: Option<&str>) -> Result<BTreeMap<String, String>, StoreError> {
    column
        .map_or(Ok(BTreeMap::new()), serde_json::from_str)
        .map_err(|error| StoreError::Inconsistent { table: "interactions", detail: format!("attributes: {error}") })
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
        queue: columns.maybe_uuid("queue")?.map(QueueId),
        priority: columns.get("priority")?,
        skills: columns.json_or_empty("skills")?,
        language: more.language,
        addresses: more.addresses,
        reason: more.reason,
        error: more.error,
    }))
}

/// Reads an interaction from a row with all its columns.
pub(super) fn interaction(row: &Row<'_>) -> Result<InteractionRecord, StoreError> {
    let columns = Columns { row, table: "interactions" };
    Ok(InteractionRecord {
        id: InteractionId(columns.uuid("id")?),
        state: state(columns.get("state")?).ok_or_else(|| columns.inconsistent("state", &"no such state"))?,
        received_at: columns.time("received_at")?,
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
    })
}

/// Reads a run from a row with all its columns.
pub(super) fn run(row: &Row<'_>) -> Result<RunSummary, StoreError> {
    let columns = Columns { row, table: "runs" };
    let decision = read_decision(columns)?.ok_or_else(|| columns.inconsistent("decision", &"a run has one"))?;
    Ok(RunSummary {
        number: columns.get("number")?,
        run: RunRecord {
            flow: read_flow(columns)?,
            started_at: columns.time("started_at")?,
            duration_us: columns.get("duration_us")?,
            decision,
            attributes: columns.json_or_empty("attributes")?,
            trace: columns.get("trace")?,
            rerun_by: columns.get("rerun_by")?,
        },
    })
}
