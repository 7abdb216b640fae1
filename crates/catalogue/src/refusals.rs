//! Why a plan is refused before anybody else is looked at: taken names, objects that others use, flows with problems of their own.

use std::collections::HashSet;
use std::sync::Arc;

use waypost_flow::diagnostic::{Code, Diagnostic, Problems};
use waypost_ids::{FlowId, Key, Kind, Ref, SecretId};
use waypost_store::records::audit::By;
use waypost_store::records::catalogue::{CatalogueChange, FlowRecord, ObjectRecord};

use crate::checking::CheckedVersion;
use crate::edits::{AnyEdit, ObjectDone};
use crate::error::{ChangeError, InUse};
use crate::graph::Calls;
use crate::object::AnyShelf;
use crate::plan::{Edit, errors, version_not_found};
use crate::routing::unroutable;
use crate::where_used::{node, showing_secret, users_of};
use crate::world::World;

/// Refuses what another client holds.
pub(crate) fn refuse_held(world: &World, record: &FlowRecord, by: By<'_>) -> Result<(), ChangeError> {
    let lock = world.flows.get(&record.id).and_then(|flow| flow.lock.as_ref());
    match lock.filter(|lock| lock.client != by.actor) {
        None => Ok(()),
        Some(lock) => Err(ChangeError::Locked { name: record.name.clone(), holder: lock.client.clone() }),
    }
}

/// Refuses objects whose names others have.
pub(crate) fn refuse_taken(next: &World, changes: &[CatalogueChange]) -> Result<(), ChangeError> {
    let put = changes.iter().filter_map(|change| match change {
        CatalogueChange::Put(record) => Some(record),
        _ => None,
    });
    let taken = { put }.find_map(|record| {
        let shelf = next.shelf(record.object().kind)?;
        shelf.taken(record).or_else(|| called_as_another(shelf, record))
    });
    taken.map_or(Ok(()), Err)
}

/// An object whose name is the id of another of its kind: whoever names it would mean the other.
fn called_as_another(shelf: &dyn AnyShelf, record: &ObjectRecord) -> Option<ChangeError> {
    let object = record.object();
    let (name, _) = shelf.audited_record(record)?;
    let other = Ref { kind: object.kind, key: Key::Id(name.parse().ok()?) };
    let holder = shelf.name(&other).filter(|_| other != object)?;
    let message = format!("`{name}` is the id of the {} `{holder}`: it can't be another's name", object.kind);
    Some(ChangeError::Invalid(vec![Diagnostic::error(Code::InvalidName, "name", message)]))
}

/// Refuses to delete what others use then, and to take a term's name away while flows write it.
pub(crate) fn refuse_used(
    world: &World,
    next: &World,
    changes: &[CatalogueChange],
    edits: &[Edit],
) -> Result<(), ChangeError> {
    let written = |object: Ref| (world.as_written(&object), object);
    let objects = changes.iter().filter_map(|change| match change {
        CatalogueChange::Delete(object) => Some(written(object.clone())),
        // What flows write may be another's name since.
        CatalogueChange::Put(record) => Some(written(record.object())).filter(|(written, object)| written != object),
        _ => None,
    });
    let gone = objects.filter(|(written, object)| written == object || next.as_declared(written).is_none());
    let flows = edits.iter().map(|edit| &edit.record).filter(|record| record.deleted_at.is_some());
    let mut in_use = Vec::new();
    for (written, object) in gone.chain(flows.map(|record| (record.id.into(), record.id.into()))) {
        let mut users = users_of(next, &written);
        if object.kind == Kind::Secret
            && let Some(secret) = world.secrets.get(&SecretId(object.uuid()))
        {
            users.extend(showing_secret(next, &secret.folded_name));
        }
        if !users.is_empty() {
            let name = node(world, &object).map(|node| node.name).unwrap_or_default();
            in_use.push(InUse { kind: object.kind.as_str(), name, users, waiting: None });
        }
    }
    if in_use.is_empty() { Ok(()) } else { Err(ChangeError::InUse(in_use)) }
}

/// Refuses two edits of one object: which of them is meant?
pub(crate) fn refuse_twice<'e>(
    edits: impl Iterator<Item = (&'e Arc<dyn AnyEdit>, &'e ObjectDone)>,
) -> Result<(), ChangeError> {
    let mut seen = HashSet::new();
    let twice = edits.filter(|(_, done)| !seen.insert(&done.object));
    let problems: Vec<Diagnostic> = twice
        .map(|(edit, done)| {
            let message = format!("the {} `{}` appears twice in the set", done.object.kind, done.name);
            Diagnostic::error(Code::DuplicateName, edit.place(), message)
        })
        .collect();
    if problems.is_empty() { Ok(()) } else { Err(ChangeError::Invalid(problems)) }
}

/// Refuses edits for what is wrong with the edited flows themselves.
pub(crate) fn refuse(world: &World, next: &World, edits: &[Edit], mut problems: Problems) -> Result<(), ChangeError> {
    let (mut calls_before, mut calls) = (Calls::new(world), Calls::new(next));
    for edit in edits {
        let record = &edit.record;
        if record.deleted_at.is_some() {
            continue;
        }
        if let Some(holder) =
            next.flow_named(&record.folded_name, record.shared).filter(|holder| holder.id != record.id)
        {
            let holder = holder.id.to_string();
            return Err(ChangeError::NameTaken { kind: "flow", name: record.name.clone(), holder });
        }
        let called = record.name.parse::<FlowId>().ok().filter(|id| *id != record.id);
        if let Some(holder) = called.and_then(|id| next.flows.get(&id)) {
            let message =
                format!("`{}` is the id of the flow `{}`: it can't be another's name", record.name, holder.name);
            problems.push(Diagnostic::error(Code::InvalidName, format!("{}name", edit.place), message));
        }
        if record.shared
            && let Some(route) = next.routes_to(record.id).next()
        {
            let message =
                format!("the route {}@{} leads to this flow: it can't become shared", route.pattern, route.domain);
            problems.push(Diagnostic::error(Code::NotRoutable, format!("{}type", edit.place), message));
        }
        for version in next.active(record.id) {
            let key = (record.id, version);
            let Some(checked) = next.checked(key) else { return Err(version_not_found(record.id, version)) };
            let mut found = checked.diagnostics.clone();
            found.extend(calls.check(key));
            if record.published == Some(version) {
                found.extend(not_routable(next, record, &checked));
            }
            // What was wrong with it before is not this change's doing.
            let was_there = world.active(record.id).contains(&version);
            let before = if was_there { errors(world, &mut calls_before, key) } else { Vec::new() };
            found.retain(|problem| !before.contains(problem));
            let new = edit.new_version.as_ref().is_some_and(|new| new.record.version == version);
            // Warnings stand with what is published; beside a refusal they would only hide its reasons.
            problems.extend(found.into_iter().filter(Diagnostic::is_error).map(|mut problem| {
                if !new {
                    problem.message = format!("version {version}: {}", problem.message);
                }
                problem.path = format!("{}{}", edit.place, problem.path);
                problem
            }));
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(ChangeError::Invalid(problems.into_vec())) }
}

/// A flow that routes lead to must stay one that a route can run.
fn not_routable(world: &World, record: &FlowRecord, checked: &CheckedVersion) -> Vec<Diagnostic> {
    if record.shared {
        return Vec::new();
    }
    let Some(route) = world.routes_to(record.id).next() else { return Vec::new() };
    unroutable(record, Some(&checked.interface))
        .map(|Diagnostic { code, message, .. }| {
            let message = format!("the route {}@{} leads to this flow: {message}", route.pattern, route.domain);
            Diagnostic::error(code, "", message)
                .expected("type email, and no required inputs, while a route leads here")
        })
        .into_iter()
        .collect()
}
