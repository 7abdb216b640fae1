//! Flows, versions, queues, domains, routes, tables, schedules and terms as rows.

use std::sync::Arc;

use tokio_postgres::Row;
use uuid::Uuid;
use waypost_ids::{FlowId, QueueId, ScheduleId, TableId, Term};

use super::columns::Columns;
use crate::error::StoreError;
use crate::records::catalogue::{
    DomainRecord, EventKind, FlowEvent, FlowLock, FlowRecord, QueueRecord, RouteRecord, RouteTarget, TermRecord,
    VersionRecord,
};
use crate::records::tables::{ScheduleRecord, TableRecord};

pub(super) fn flow(row: &Row) -> Result<FlowRecord, StoreError> {
    let columns = Columns { row, table: "flows" };
    let lock = match columns.get("locked_by")? {
        Some(client) => Some(FlowLock { client, at: columns.get("locked_at")?, base: columns.count("locked_base")? }),
        None => None,
    };
    Ok(FlowRecord {
        id: FlowId(columns.get("id")?),
        name: columns.get("name")?,
        folded_name: columns.get("folded_name")?,
        shared: columns.get("shared")?,
        type_as_written: columns.get("type_as_written")?,
        description: columns.get("description")?,
        published: columns.maybe_count("published")?,
        labels: columns.json("labels")?,
        deprecated: columns.get("deprecated")?,
        newest: columns.count("newest")?,
        revision: columns.count("revision")?,
        created_at: columns.get("created_at")?,
        created_by: columns.get("created_by")?,
        modified_at: columns.get("modified_at")?,
        deleted_at: columns.get("deleted_at")?,
        lock,
    })
}

pub(super) fn version(row: &Row) -> Result<VersionRecord, StoreError> {
    let columns = Columns { row, table: "flow_versions" };
    Ok(VersionRecord {
        flow_id: FlowId(columns.get("flow_id")?),
        version: columns.count("version")?,
        content: Arc::from(columns.get::<&str>("content")?),
        hash: columns.get("hash")?,
        bindings: columns.json("bindings")?,
        created_at: columns.get("created_at")?,
        created_by: columns.get("created_by")?,
        published_at: columns.get("published_at")?,
        validation: columns.json("validation")?,
    })
}

pub(super) fn event(row: &Row) -> Result<FlowEvent, StoreError> {
    let columns = Columns { row, table: "flow_events" };
    let name: String = columns.get("kind")?;
    let kind = EventKind::ALL.into_iter().find(|kind| kind.as_str() == name);
    Ok(FlowEvent {
        flow_id: FlowId(columns.get("flow_id")?),
        kind: kind.ok_or_else(|| columns.inconsistent("kind", &format!("`{name}` is not known")))?,
        version: columns.maybe_count("version")?,
        label: columns.get("label")?,
        targets: columns.json_or_empty("targets")?,
        note: columns.get("note")?,
        at: columns.get("at")?,
        by: columns.get("by")?,
    })
}

pub(super) fn queue(row: &Row) -> Result<QueueRecord, StoreError> {
    let columns = Columns { row, table: "queues" };
    Ok(QueueRecord {
        id: QueueId(columns.get("id")?),
        name: columns.get("name")?,
        folded_name: columns.get("folded_name")?,
        built_in: columns.get("built_in")?,
        extra: columns.json("extra")?,
        created_at: columns.get("created_at")?,
        modified_at: columns.get("modified_at")?,
    })
}

pub(super) fn domain(row: &Row) -> Result<DomainRecord, StoreError> {
    let columns = Columns { row, table: "domains" };
    Ok(DomainRecord {
        domain: columns.get("domain")?,
        extra: columns.json("extra")?,
        created_at: columns.get("created_at")?,
    })
}

pub(super) fn route(row: &Row) -> Result<RouteRecord, StoreError> {
    let columns = Columns { row, table: "routes" };
    let target = match (columns.get::<Option<Uuid>>("target_flow")?, columns.get::<Option<Uuid>>("target_queue")?) {
        (Some(flow), None) => RouteTarget::Flow(FlowId(flow)),
        (None, Some(queue)) => RouteTarget::Queue(QueueId(queue)),
        _ => return Err(columns.inconsistent("target_flow", &"a route leads to a flow or to a queue")),
    };
    Ok(RouteRecord {
        id: columns.get("id")?,
        domain: columns.get("domain")?,
        pattern: columns.get("pattern")?,
        target,
        unrouted_queue: columns.get::<Option<Uuid>>("unrouted_queue")?.map(QueueId),
        priority: columns.get("priority")?,
        extra: columns.json("extra")?,
        created_at: columns.get("created_at")?,
        modified_at: columns.get("modified_at")?,
    })
}

pub(super) fn table(row: &Row) -> Result<TableRecord, StoreError> {
    let columns = Columns { row, table: "data_tables" };
    Ok(TableRecord {
        id: TableId(columns.get("id")?),
        name: columns.get("name")?,
        folded_name: columns.get("folded_name")?,
        description: columns.get("description")?,
        schema: columns.json("schema")?,
        revision: columns.count("revision")?,
        created_at: columns.get("created_at")?,
        created_by: columns.get("created_by")?,
        modified_at: columns.get("modified_at")?,
    })
}

pub(super) fn schedule(row: &Row) -> Result<ScheduleRecord, StoreError> {
    let columns = Columns { row, table: "schedules" };
    Ok(ScheduleRecord {
        id: ScheduleId(columns.get("id")?),
        name: columns.get("name")?,
        folded_name: columns.get("folded_name")?,
        description: columns.get("description")?,
        definition: Arc::from(columns.get::<&str>("definition")?),
        revision: columns.count("revision")?,
        created_at: columns.get("created_at")?,
        created_by: columns.get("created_by")?,
        modified_at: columns.get("modified_at")?,
    })
}

pub(super) fn term(row: &Row) -> Result<TermRecord, StoreError> {
    let columns = Columns { row, table: "terms" };
    let word: String = columns.get("kind")?;
    let term = Term::ALL.into_iter().find(|term| term.as_str() == word);
    Ok(TermRecord {
        term: term.ok_or_else(|| columns.inconsistent("kind", &format!("`{word}` is not known")))?,
        id: columns.get("id")?,
        name: columns.get("name")?,
        folded_name: columns.get("folded_name")?,
        extra: columns.json("extra")?,
        revision: columns.count("revision")?,
        created_at: columns.get("created_at")?,
        modified_at: columns.get("modified_at")?,
    })
}
