//! Flows, versions, queues, domains, routes, tables, schedules and terms as rows.

use std::sync::Arc;

use rusqlite::Row;
use waypost_ids::{FlowId, QueueId, ScheduleId, TableId, Term};

use super::columns::Columns;
use crate::error::StoreError;
use crate::records::catalogue::{
    DomainRecord, EventKind, FlowEvent, FlowLock, FlowRecord, QueueRecord, RouteRecord, RouteTarget, TermRecord,
    VersionRecord,
};
use crate::records::tables::{ScheduleRecord, TableRecord};

pub(super) fn flow(row: &Row<'_>) -> Result<FlowRecord, StoreError> {
    let columns = Columns::sealed(row, "flows")?;
    let lock = match columns.get("locked_by")? {
        Some(client) => Some(FlowLock { client, at: columns.time("locked_at")?, base: columns.get("locked_base")? }),
        None => None,
    };
    Ok(FlowRecord {
        id: FlowId(columns.uuid("id")?),
        name: columns.get("name")?,
        folded_name: columns.get("folded_name")?,
        shared: columns.get("shared")?,
        type_as_written: columns.get("type_as_written")?,
        description: columns.get("description")?,
        published: columns.get("published")?,
        labels: columns.json("labels")?,
        deprecated: columns.get("deprecated")?,
        newest: columns.get("newest")?,
        revision: columns.get("revision")?,
        created_at: columns.time("created_at")?,
        created_by: columns.get("created_by")?,
        modified_at: columns.time("modified_at")?,
        deleted_at: columns.maybe_time("deleted_at")?,
        lock,
    })
}

pub(super) fn version(row: &Row<'_>) -> Result<VersionRecord, StoreError> {
    let columns = Columns::sealed(row, "flow_versions")?;
    Ok(VersionRecord {
        flow_id: FlowId(columns.uuid("flow_id")?),
        version: columns.get("version")?,
        content: Arc::from(columns.get::<String>("content")?),
        hash: columns.get("hash")?,
        bindings: columns.json("bindings")?,
        created_at: columns.time("created_at")?,
        created_by: columns.get("created_by")?,
        published_at: columns.maybe_time("published_at")?,
        validation: columns.json("validation")?,
    })
}

pub(super) fn event(row: &Row<'_>) -> Result<FlowEvent, StoreError> {
    let columns = Columns::sealed(row, "flow_events")?;
    let name: String = columns.get("kind")?;
    let kind = EventKind::ALL.into_iter().find(|kind| kind.as_str() == name);
    Ok(FlowEvent {
        flow_id: FlowId(columns.uuid("flow_id")?),
        kind: kind.ok_or_else(|| columns.inconsistent("kind", &format!("`{name}` is not known")))?,
        version: columns.get("version")?,
        label: columns.get("label")?,
        targets: columns.json_or_empty("targets")?,
        note: columns.get("note")?,
        at: columns.time("at")?,
        by: columns.get("by")?,
    })
}

pub(super) fn queue(row: &Row<'_>) -> Result<QueueRecord, StoreError> {
    let columns = Columns::sealed(row, "queues")?;
    Ok(QueueRecord {
        id: QueueId(columns.uuid("id")?),
        name: columns.get("name")?,
        folded_name: columns.get("folded_name")?,
        built_in: columns.get("built_in")?,
        extra: columns.json("extra")?,
        created_at: columns.time("created_at")?,
        modified_at: columns.time("modified_at")?,
    })
}

pub(super) fn domain(row: &Row<'_>) -> Result<DomainRecord, StoreError> {
    let columns = Columns::sealed(row, "domains")?;
    Ok(DomainRecord {
        domain: columns.get("domain")?,
        extra: columns.json("extra")?,
        created_at: columns.time("created_at")?,
    })
}

pub(super) fn route(row: &Row<'_>) -> Result<RouteRecord, StoreError> {
    let columns = Columns::sealed(row, "routes")?;
    let target = match (columns.maybe_uuid("target_flow")?, columns.maybe_uuid("target_queue")?) {
        (Some(flow), None) => RouteTarget::Flow(FlowId(flow)),
        (None, Some(queue)) => RouteTarget::Queue(QueueId(queue)),
        _ => return Err(columns.inconsistent("target_flow", &"a route leads to a flow or to a queue")),
    };
    Ok(RouteRecord {
        id: columns.uuid("id")?,
        domain: columns.get("domain")?,
        pattern: columns.get("pattern")?,
        target,
        unrouted_queue: columns.maybe_uuid("unrouted_queue")?.map(QueueId),
        priority: columns.get("priority")?,
        extra: columns.json("extra")?,
        created_at: columns.time("created_at")?,
        modified_at: columns.time("modified_at")?,
    })
}

pub(super) fn table(row: &Row<'_>) -> Result<TableRecord, StoreError> {
    let columns = Columns::sealed(row, "data_tables")?;
    Ok(TableRecord {
        id: TableId(columns.uuid("id")?),
        name: columns.get("name")?,
        folded_name: columns.get("folded_name")?,
        description: columns.get("description")?,
        schema: columns.json("schema")?,
        revision: columns.get("revision")?,
        created_at: columns.time("created_at")?,
        created_by: columns.get("created_by")?,
        modified_at: columns.time("modified_at")?,
    })
}

pub(super) fn schedule(row: &Row<'_>) -> Result<ScheduleRecord, StoreError> {
    let columns = Columns::sealed(row, "schedules")?;
    Ok(ScheduleRecord {
        id: ScheduleId(columns.uuid("id")?),
        name: columns.get("name")?,
        folded_name: columns.get("folded_name")?,
        description: columns.get("description")?,
        definition: Arc::from(columns.get::<String>("definition")?),
        revision: columns.get("revision")?,
        created_at: columns.time("created_at")?,
        created_by: columns.get("created_by")?,
        modified_at: columns.time("modified_at")?,
    })
}

pub(super) fn term(row: &Row<'_>) -> Result<TermRecord, StoreError> {
    let columns = Columns::sealed(row, "terms")?;
    let word: String = columns.get("kind")?;
    let term = Term::ALL.into_iter().find(|term| term.as_str() == word);
    Ok(TermRecord {
        term: term.ok_or_else(|| columns.inconsistent("kind", &format!("`{word}` is not known")))?,
        id: columns.uuid("id")?,
        name: columns.get("name")?,
        folded_name: columns.get("folded_name")?,
        extra: columns.json("extra")?,
        revision: columns.get("revision")?,
        created_at: columns.time("created_at")?,
        modified_at: columns.time("modified_at")?,
    })
}
