//! What changes of the catalogue leave in the audit log: each object as it was and as it is since.

use serde_json::{Map, Value as Json, json};
use waypost_ids::Ref;
use waypost_origin::Origin;
use waypost_store::records::audit::{About, AuditRecord, By};
use waypost_store::records::catalogue::{CatalogueChange, FlowRecord};

use crate::object::present;
use crate::world::World;

/// The entries for some changes of a world.
pub(crate) fn entries(world: &World, changes: &[CatalogueChange], by: By<'_>, origin: &Origin) -> Vec<CatalogueChange> {
    changes.iter().filter_map(|change| entry(world, change, by, origin)).map(CatalogueChange::AddAudit).collect()
}

/// One object, before and after.
struct Audited {
    object: Ref,
    name: String,
    before: Option<Json>,
    after: Option<Json>,
}

fn entry(world: &World, change: &CatalogueChange, by: By<'_>, origin: &Origin) -> Option<AuditRecord> {
    let audited = audited(world, change)?;
    let action = match (&audited.before, &audited.after) {
        (None, _) => "created",
        (Some(_), None) => "deleted",
        (Some(before), Some(after)) if before == after => return None,
        (Some(_), Some(_)) => "changed",
    };
    let Ref { kind, .. } = audited.object;
    let about = About { kind: kind.into(), id: &audited.object.to_string(), name: &audited.name };
    let entry = AuditRecord::new(origin.id_in_order(), origin.now(), by, action, about);
    Some(AuditRecord { before: audited.before, after: audited.after, ..entry })
}

/// What a change is about. Versions and events are told by the flow that they belong to.
fn audited(world: &World, change: &CatalogueChange) -> Option<Audited> {
    match change {
        CatalogueChange::PutFlow(record) => Some(Audited {
            object: record.id.into(),
            name: record.name.clone(),
            before: world.flows.get(&record.id).map(|before| flow(before)),
            after: record.deleted_at.is_none().then(|| flow(record)),
        }),
        CatalogueChange::Put(record) => {
            let object = record.object();
            let shelf = world.shelf(object.kind)?;
            let (name, after) = shelf.audited_record(record)?;
            let before = shelf.audited(&object).map(|(_, before)| before);
            Some(Audited { object, name, before, after: Some(after) })
        }
        CatalogueChange::Delete(object) => {
            let (name, before) = world.shelf(object.kind)?.audited(object)?;
            Some(Audited { object: object.clone(), name, before: Some(before), after: None })
        }
        CatalogueChange::AddVersion(_)
        | CatalogueChange::MarkPublished(..)
        | CatalogueChange::Bind(..)
        | CatalogueChange::AddEvent(_)
        | CatalogueChange::AddAudit(_)
        | CatalogueChange::Applied(_) => None,
    }
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
