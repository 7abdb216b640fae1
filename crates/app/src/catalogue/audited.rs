//! What changes of the catalogue leave in the audit log: each thing as it was and as it is since.

use serde_json::{Map, Value as Json, json};
use waypost_store::records::audit::AuditRecord;
use waypost_store::records::catalogue::{
    CatalogueChange, DomainRecord, FlowRecord, QueueRecord, RouteRecord, RouteTarget,
};
use waypost_store::records::tables::{ScheduleRecord, TableRecord};

use super::plan::By;
use super::world::World;
use crate::audit;

/// The entries for some changes of a world.
pub(super) fn entries(world: &World, changes: &[CatalogueChange], by: By<'_>) -> Vec<CatalogueChange> {
    changes.iter().filter_map(|change| entry(world, change, by)).map(CatalogueChange::AddAudit).collect()
}

/// One thing, before and after.
struct Thing {
    kind: &'static str,
    id: String,
    name: String,
    before: Option<Json>,
    after: Option<Json>,
}

fn entry(world: &World, change: &CatalogueChange, by: By<'_>) -> Option<AuditRecord> {
    let thing = thing(world, change)?;
    let action = match (&thing.before, &thing.after) {
        (None, _) => "created",
        (Some(_), None) => "deleted",
        (Some(before), Some(after)) if before == after => return None,
        (Some(_), Some(_)) => "changed",
    };
    Some(AuditRecord {
        note: by.note.map(str::to_owned),
        before: thing.before,
        after: thing.after,
        ..audit::entry(by.actor, action, thing.kind, &thing.id, &thing.name)
    })
}

/// What a change is about. Versions and events are told by the flow that they belong to.
fn thing(world: &World, change: &CatalogueChange) -> Option<Thing> {
    Some(match change {
        CatalogueChange::PutFlow(record) => Thing {
            kind: "flow",
            id: record.id.to_string(),
            name: record.name.clone(),
            before: world.flows.get(&record.id).map(|before| flow(before)),
            after: record.deleted_at.is_none().then(|| flow(record)),
        },
        CatalogueChange::PutQueue(record) => Thing {
            kind: "queue",
            id: record.id.to_string(),
            name: record.name.clone(),
            before: world.queues.get(&record.id).map(|before| queue(before)),
            after: Some(queue(record)),
        },
        CatalogueChange::DeleteQueue(id) => {
            let before = world.queues.get(id)?;
            let (id, name) = (id.to_string(), before.name.clone());
            Thing { kind: "queue", id, name, before: Some(queue(before)), after: None }
        }
        CatalogueChange::PutDomain(record) => Thing {
            kind: "domain",
            id: record.domain.clone(),
            name: record.domain.clone(),
            before: world.domains.get(&record.domain).map(domain),
            after: Some(domain(record)),
        },
        CatalogueChange::DeleteDomain(name) => {
            let before = world.domains.get(name)?;
            let (id, name) = (name.clone(), name.clone());
            Thing { kind: "domain", id, name, before: Some(domain(before)), after: None }
        }
        CatalogueChange::PutRoute(record) => Thing {
            kind: "route",
            id: record.id.to_string(),
            name: address(record),
            before: world.routes.get(&record.id).map(|before| route(before)),
            after: Some(route(record)),
        },
        CatalogueChange::DeleteRoute(id) => {
            let before = world.routes.get(id)?;
            let (id, name) = (id.to_string(), address(before));
            Thing { kind: "route", id, name, before: Some(route(before)), after: None }
        }
        CatalogueChange::PutTable(record) => Thing {
            kind: "table",
            id: record.id.to_string(),
            name: record.name.clone(),
            before: world.tables.get(&record.id).map(|before| table(&before.record)),
            after: Some(table(record)),
        },
        CatalogueChange::DeleteTable(id) => {
            let before = &world.tables.get(id)?.record;
            let (id, name) = (id.to_string(), before.name.clone());
            Thing { kind: "table", id, name, before: Some(table(before)), after: None }
        }
        CatalogueChange::PutSchedule(record) => Thing {
            kind: "schedule",
            id: record.id.to_string(),
            name: record.name.clone(),
            before: world.schedules.get(&record.id).map(|before| schedule(&before.record)),
            after: Some(schedule(record)),
        },
        CatalogueChange::DeleteSchedule(id) => {
            let before = &world.schedules.get(id)?.record;
            let (id, name) = (id.to_string(), before.name.clone());
            Thing { kind: "schedule", id, name, before: Some(schedule(before)), after: None }
        }
        CatalogueChange::AddVersion(_)
        | CatalogueChange::MarkPublished(..)
        | CatalogueChange::Bind(..)
        | CatalogueChange::AddEvent(_)
        | CatalogueChange::AddAudit(_) => return None,
    })
}

fn flow(record: &FlowRecord) -> Json {
    let label = |targets: &Vec<waypost_ids::LabelTarget>| {
        targets.iter().map(|target| json!({ "version": target.version, "weight": target.weight })).collect::<Vec<_>>()
    };
    let labels: Map<String, Json> =
        record.labels.iter().map(|(name, targets)| (name.clone(), label(targets).into())).collect();
    present(json!({
        "name": record.name,
        "type": record.type_as_written,
        "description": record.description,
        "publishedVersion": record.published,
        "newestVersion": record.newest,
        "labels": labels,
        "deprecated": record.deprecated,
        "lockedBy": record.lock.as_ref().map(|lock| &lock.client),
    }))
}

fn queue(record: &QueueRecord) -> Json {
    present(json!({ "name": record.name, "more": record.extra }))
}

fn domain(record: &DomainRecord) -> Json {
    present(json!({ "name": record.domain, "more": record.extra }))
}

fn route(record: &RouteRecord) -> Json {
    let (flow, queue) = match record.target {
        RouteTarget::Flow(id) => (Some(id.to_string()), None),
        RouteTarget::Queue(id) => (None, Some(id.to_string())),
    };
    present(json!({
        "pattern": record.pattern,
        "domain": record.domain,
        "flow": flow,
        "queue": queue,
        "unroutedQueue": record.unrouted_queue.map(|queue| queue.to_string()),
        "priority": record.priority,
        "more": record.extra,
    }))
}

fn table(record: &TableRecord) -> Json {
    present(json!({ "name": record.name, "description": record.description, "schema": record.schema }))
}

fn schedule(record: &ScheduleRecord) -> Json {
    let definition: Json = serde_json::from_str(&record.definition).unwrap_or_default();
    present(json!({ "name": record.name, "description": record.description, "definition": definition }))
}

fn address(route: &RouteRecord) -> String {
    format!("{}@{}", route.pattern, route.domain)
}

/// What is absent or empty is left out.
fn present(value: Json) -> Json {
    let Json::Object(members) = value else { return value };
    let says = |value: &Json| match value {
        Json::Null => false,
        Json::String(text) => !text.is_empty(),
        Json::Object(members) => !members.is_empty(),
        _ => true,
    };
    members.into_iter().filter(|(_, value)| says(value)).collect::<Map<_, _>>().into()
}
