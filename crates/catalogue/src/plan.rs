//! Changes of flows and of objects, planned: the world as it would stand afterwards, checked before anything is written.
//!
//! Every way to change flows comes through here, alone or as a set: saving, publishing, restoring, labels, deprecating,
//! deactivating, deleting. So there is one contract check.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use waypost_aside::Wanted;
use waypost_flow::diagnostic::Diagnostic;
use waypost_flow::document::Document;
use waypost_ids::{FlowId, Kind, Ref, Version};
use waypost_origin::Origin;
use waypost_store::records::audit::By;
use waypost_store::records::catalogue::{
    CatalogueChange, EventKind, FlowEvent, FlowRecord, ObjectRecord, VersionRecord,
};

use crate::checking::bindings_of;
use crate::edits::{AnyEdit, ObjectDone};
use crate::error::{Breakage, ChangeError};
use crate::graph::Calls;
use crate::making::{Early, make_early, make_late};
use crate::object::Making;
use crate::refusals::{refuse, refuse_held, refuse_taken, refuse_twice, refuse_used};
use crate::world::{Loaded, VersionKey, World};
use crate::{LiveCatalogue, Planned, apart};

/// What one flow is to become.
pub(crate) struct Edit {
    /// The flow as it is to stand.
    pub(crate) record: FlowRecord,
    /// A version that is not stored yet.
    pub(crate) new_version: Option<NewVersion>,
    /// What the flow's history is to say of it.
    pub(crate) events: Vec<FlowEvent>,
    /// Whether it may be made although another client holds the flow.
    pub(crate) regardless_of_lock: bool,
    /// Where its problems are told: empty for a change of this flow alone, else such as `flows[1].document.`.
    pub(crate) place: String,
}

/// A version about to be made.
pub(crate) struct NewVersion {
    pub(crate) record: VersionRecord,
    pub(crate) document: Arc<Document>,
}

impl Edit {
    /// A change of a flow that stands.
    pub(crate) fn of(record: FlowRecord) -> Self {
        Self { record, new_version: None, events: Vec::new(), regardless_of_lock: false, place: String::new() }
    }

    /// Adds an event about a version.
    pub(crate) fn event(&mut self, by: By<'_>, kind: EventKind, version: Option<Version>) {
        self.events.push(FlowEvent {
            flow_id: self.record.id,
            kind,
            version,
            label: None,
            targets: Vec::new(),
            note: by.note.map(str::to_owned),
            at: self.record.modified_at,
            by: by.actor.to_owned(),
        });
    }
}

impl LiveCatalogue {
    /// Plans edits, each of another flow. What they make is checked, and everything that follows it, direct or not.
    pub(crate) async fn plan<T>(
        &self,
        world: &Arc<World>,
        by: By<'_>,
        edits: Vec<Edit>,
        answer: T,
    ) -> Result<Planned<T>, ChangeError> {
        let Planned { changes, next, .. } = self.plan_all(world, by, &[], edits).await?;
        Ok(Planned { changes, next, answer })
    }

    /// The same, with edits of objects. What becomes of each object is the answer, in their order.
    pub(crate) async fn plan_all(
        &self,
        world: &Arc<World>,
        by: By<'_>,
        objects: &[Arc<dyn AnyEdit>],
        edits: Vec<Edit>,
    ) -> Result<Planned<Vec<ObjectDone>>, ChangeError> {
        let small = is_small(objects, edits.is_empty());
        let early = self.make_early(world, by, objects, small).await?;
        self.plan_made(world, by, (objects, early), edits).await
    }

    /// The same, with what the edits of objects make of the world already at hand.
    pub(crate) async fn plan_made(
        &self,
        world: &Arc<World>,
        by: By<'_>,
        (objects, Early { made, lacking }): (&[Arc<dyn AnyEdit>], Early),
        edits: Vec<Edit>,
    ) -> Result<Planned<Vec<ObjectDone>>, ChangeError> {
        let small = is_small(objects, edits.is_empty());
        let (mut changes, mut done) = (Vec::new(), Vec::new());
        let mut problems = lacking;
        for made in made {
            done.push(made.as_ref().map(|made| made.done.clone()));
            let Some(made) = made else { continue };
            if !made.with_content.is_empty() && self.has_content(&made.done.object).await? {
                problems.extend(made.with_content);
            }
            changes.extend(made.change);
        }
        for edit in edits.iter().filter(|edit| !edit.regardless_of_lock) {
            refuse_held(world, &edit.record, by)?;
        }
        let mut loaded = Vec::new();
        for edit in &edits {
            changes.push(CatalogueChange::PutFlow(edit.record.clone()));
            for event in &edit.events {
                if let (EventKind::Published, Some(version)) = (event.kind, event.version) {
                    changes.push(CatalogueChange::MarkPublished(edit.record.id, version, event.at));
                }
            }
            changes.extend(edit.events.iter().cloned().map(CatalogueChange::AddEvent));
            if let Some(version) = edit.new_version.as_ref().filter(|version| edit.runs(version.record.version)) {
                let record = Arc::new(version.record.clone());
                loaded.push(Arc::new(Loaded { record, document: version.document.clone() }));
            }
        }
        let late = objects.iter().filter(|object| object.after_flows()).cloned().collect();
        let (actor, origin) = (by.actor.to_owned(), self.origin.clone());
        let mut draft = Draft { actor, origin, problems, changes, edits, late, loaded, asked: HashSet::new() };
        loop {
            let world = world.clone();
            match self.at_work(by, small, move |wanted| draft.conclude(&world, wanted)).await?? {
                Concluded::Planned { changes, next, late } => {
                    let mut late = late.into_iter();
                    let answer: Vec<_> = done.into_iter().filter_map(|done| done.or_else(|| late.next())).collect();
                    refuse_twice(objects.iter().zip(&answer))?;
                    return Ok(Planned { changes, next: *next, answer });
                }
                Concluded::Missing(unfinished, keys) => {
                    draft = *unfinished;
                    draft.loaded.extend(self.load_versions(&keys).await?);
                }
            }
        }
    }
}

impl LiveCatalogue {
    /// What edits of objects make of a world; none for those that need flows first.
    pub(super) async fn make_early(
        &self,
        world: &Arc<World>,
        by: By<'_>,
        objects: &[Arc<dyn AnyEdit>],
        small: bool,
    ) -> Result<Early, ChangeError> {
        if objects.is_empty() {
            return Ok(Early::default());
        }
        let (world, actor, objects) = (world.clone(), by.actor.to_owned(), objects.to_vec());
        let origin = self.origin.clone();
        self.at_work(by, small, move |_| make_early(&Making::of(&world, &actor, &origin), &objects)).await?
    }

    /// Does a part of a plan: a small one on a thread of its own, and any other when it is the client's turn.
    async fn at_work<T: Send + 'static>(
        &self,
        by: By<'_>,
        small: bool,
        work: impl FnOnce(&Wanted) -> T + Send + 'static,
    ) -> Result<T, ChangeError> {
        Ok(match small {
            true => apart(move || work(&Wanted::default())).await?,
            false => self.desk.work_for(by.actor, work).await?,
        })
    }
}

/// A plan on its way.
struct Draft {
    actor: String,
    origin: Origin,
    /// What is wrong already.
    problems: Vec<Diagnostic>,
    changes: Vec<CatalogueChange>,
    edits: Vec<Edit>,
    /// Objects that are made when flows are as they will be.
    late: Vec<Arc<dyn AnyEdit>>,
    /// Versions that come into use.
    loaded: Vec<Arc<Loaded>>,
    /// Those that were looked for in the store.
    asked: HashSet<VersionKey>,
}

/// How far a plan has come.
enum Concluded {
    /// It can be committed.
    Planned { changes: Vec<CatalogueChange>, next: Box<World>, late: Vec<ObjectDone> },
    /// These versions come into use, labelled, restored or pinned, and are not at hand.
    Missing(Box<Draft>, Vec<VersionKey>),
}

impl Draft {
    /// Checks what the world becomes.
    fn conclude(mut self, world: &World, wanted: &Wanted) -> Result<Concluded, ChangeError> {
        let next = world.after_while(&self.changes, &self.loaded, wanted);
        let missing = self.missing(&next.world);
        if !missing.is_empty() {
            self.asked.extend(missing.iter().copied());
            return Ok(Concluded::Missing(Box::new(self), missing));
        }
        let Self { actor, origin, problems: known, mut changes, edits, late, .. } = self;
        let mut world_after = next.world;
        let (late, problems) = make_late(&mut world_after, (&actor, &origin), &late, &mut changes, &known)?;
        if problems.is_empty() {
            refuse_taken(&world_after, &changes)?;
        }
        refuse(world, &world_after, &edits, problems)?;
        refuse_used(world, &world_after, &changes, &edits)?;
        let breakages = breakages(world, &world_after, &edits, &next.rechecked);
        if !breakages.is_empty() {
            let reshaped = changes.iter().filter_map(|change| match change {
                CatalogueChange::Put(ObjectRecord::Table(table)) => Some((table.id.into(), table.name.as_str())),
                CatalogueChange::Put(ObjectRecord::DataAction(one)) => Some((one.id.into(), one.name.as_str())),
                _ => None,
            });
            let edited = edits.iter().map(|edit| (edit.record.id.into(), edit.record.name.as_str()));
            let names = followed(&world_after, edited.chain(reshaped), &breakages);
            return Err(ChangeError::Broken { flow: names.join("`, `"), breakages });
        }
        // Versions come before what says something of them, such as that they are published.
        let mut written = Vec::new();
        for edit in edits {
            let made = edit.new_version.as_ref().map(|version| version.record.version);
            // Names are bound when a version is saved or comes into use.
            for version in world_after.active(edit.record.id).into_iter().filter(|version| Some(*version) != made) {
                let key = (edit.record.id, version);
                let (Some(checked), Some(known)) = (world_after.checked(key), world_after.loaded.get(&key)) else {
                    continue;
                };
                let bindings = bindings_of(&checked);
                let published =
                    |event: &&FlowEvent| event.kind == EventKind::Published && event.version == Some(version);
                let published_at = edit.events.iter().find(published).map(|event| event.at);
                let record = VersionRecord {
                    bindings: bindings.clone(),
                    published_at: published_at.or(known.record.published_at),
                    ..(*known.record).clone()
                };
                if known.record.bindings != bindings {
                    changes.push(CatalogueChange::Bind(key.0, version, bindings));
                }
                world_after.rewrite(&record);
            }
            let runs = made.is_some_and(|version| edit.runs(version));
            let Some(NewVersion { mut record, document }) = edit.new_version else { continue };
            let checked = if runs {
                world_after.checked((record.flow_id, record.version))
            } else {
                let draft = Loaded { record: Arc::new(record.clone()), document };
                Some(Arc::new(world_after.check_apart(&draft, wanted)))
            };
            if let Some(checked) = checked {
                record.bindings = bindings_of(&checked);
                let problems = checked.diagnostics.iter();
                record.validation = problems.filter_map(|problem| serde_json::to_value(problem).ok()).collect();
            }
            world_after.rewrite(&record);
            written.push(CatalogueChange::AddVersion(record));
        }
        written.append(&mut changes);
        world_after.wanted = Wanted::default();
        Ok(Concluded::Planned { changes: written, next: Box::new(world_after), late })
    }

    /// Versions that come into use and are not at hand.
    fn missing(&self, next: &World) -> Vec<VersionKey> {
        let touched = self.changes.iter().filter_map(|change| match change {
            CatalogueChange::PutFlow(flow) => Some(flow.id),
            _ => None,
        });
        let active = touched.flat_map(|flow| next.active(flow).into_iter().map(move |version| (flow, version)));
        let pinned = self.loaded.iter().flat_map(|one| next.pins(one.key()));
        let missing: BTreeSet<VersionKey> =
            active.chain(pinned).filter(|key| !next.loaded.contains_key(key) && !self.asked.contains(key)).collect();
        missing.into_iter().collect()
    }
}

impl Edit {
    /// Whether a version runs by itself once the edit is made.
    fn runs(&self, version: Version) -> bool {
        let labelled = || self.record.labels.values().flatten().any(|target| target.version == version);
        self.record.published == Some(version) || labelled()
    }
}

/// Of one object no flow has to be checked, unless it is a table's columns or a data action's contract that change: it need not wait for those that check.
pub(crate) fn is_small(objects: &[Arc<dyn AnyEdit>], no_flows: bool) -> bool {
    no_flows && matches!(objects, [one] if !matches!(one.kind(), Kind::Table | Kind::DataAction))
}

/// Every place in a running version of another flow that is well now and would not be afterwards.
fn breakages(world: &World, next: &World, edits: &[Edit], rechecked: &[VersionKey]) -> Vec<Breakage> {
    let edited: HashSet<FlowId> = edits.iter().map(|edit| edit.record.id).collect();
    let (mut calls_before, mut calls) = (Calls::new(world), Calls::new(next));
    let mut suspects: BTreeSet<VersionKey> = rechecked.iter().copied().collect();
    suspects.extend(too_deep((world, &mut calls_before), (next, &mut calls), &edited));
    let mut breakages = Vec::new();
    // What runs by itself of the edited flows was refused for its own problems. An old version that is pinned was not looked at.
    let refused = |key: &VersionKey| edited.contains(&key.0) && next.active(key.0).contains(&key.1);
    for key in suspects.into_iter().filter(|key| !refused(key)) {
        let Some(record) = next.flows.get(&key.0) else { continue };
        let before = errors(world, &mut calls_before, key);
        for diagnostic in errors(next, &mut calls, key).into_iter().filter(|diagnostic| !before.contains(diagnostic)) {
            let (node_id, action) = place(next, key, &diagnostic.path);
            breakages.push(Breakage {
                flow_id: key.0,
                flow_name: record.name.clone(),
                version: key.1,
                node_id,
                action,
                diagnostic,
            });
        }
    }
    breakages.sort_by(|a, b| {
        (&a.flow_name, a.version, &a.diagnostic.path).cmp(&(&b.flow_name, b.version, &b.diagnostic.path))
    });
    breakages
}

/// The names of what flows that would break follow, directly or not: a set may change what has nothing to do with it.
fn followed<'n>(next: &World, changed: impl Iterator<Item = (Ref, &'n str)>, breakages: &[Breakage]) -> Vec<&'n str> {
    let broken: HashSet<FlowId> = breakages.iter().map(|one| one.flow_id).collect();
    let leads_there = |start: Ref| {
        let (mut waiting, mut known) = (vec![start], HashSet::new());
        while let Some(used) = waiting.pop() {
            for (user, _) in next.usage.users(&used) {
                if broken.contains(&user) {
                    return true;
                }
                if known.insert(user) {
                    waiting.push(user.into());
                }
            }
        }
        false
    };
    let changed: Vec<(Ref, &str)> = changed.collect();
    let to_blame: Vec<&str> =
        changed.iter().filter(|(object, _)| leads_there(object.clone())).map(|(_, name)| *name).collect();
    if to_blame.is_empty() { changed.iter().map(|(_, name)| *name).collect() } else { to_blame }
}

/// All that follow a flow whose calls go deeper than before: theirs do, too.
fn too_deep(
    (world, calls_before): (&World, &mut Calls<'_>),
    (next, calls): (&World, &mut Calls<'_>),
    edited: &HashSet<FlowId>,
) -> BTreeSet<VersionKey> {
    let deepest = |world: &World, calls: &mut Calls<'_>, flow: FlowId| {
        world.active(flow).into_iter().map(|version| calls.depth((flow, version))).max().unwrap_or_default()
    };
    let mut waiting: Vec<FlowId> = edited
        .iter()
        .copied()
        .filter(|flow| deepest(next, calls, *flow) > deepest(world, calls_before, *flow))
        .collect();
    let mut found = BTreeSet::new();
    while let Some(flow) = waiting.pop() {
        for user in next.usage.users(&flow.into()) {
            if found.insert(user) {
                waiting.push(user.0);
            }
        }
    }
    found
}

/// What is wrong with a version in a world, circles and depth included.
pub(crate) fn errors(world: &World, calls: &mut Calls<'_>, key: VersionKey) -> Vec<Diagnostic> {
    let Some(checked) = world.checked(key) else { return Vec::new() };
    let mut diagnostics = checked.diagnostics.clone();
    diagnostics.extend(calls.check(key));
    diagnostics.retain(Diagnostic::is_error);
    diagnostics
}

/// Node and action of a path such as `nodes[0].actions[1].value`.
fn place(world: &World, key: VersionKey, path: &str) -> (Option<String>, Option<usize>) {
    let index = |after: &str| -> Option<usize> {
        let (_, rest) = path.split_once(after)?;
        rest.split_once(']')?.0.parse().ok()
    };
    let (node, action) = (index("nodes["), index(".actions["));
    let node_id = node.and_then(|node| {
        let loaded = world.loaded.get(&key)?;
        loaded.document.nodes.get(node).map(|node| node.id.clone())
    });
    (node_id, action)
}

pub(crate) fn version_not_found(id: FlowId, version: Version) -> ChangeError {
    ChangeError::NotFound { kind: "flow version", id: format!("{id}/{version}") }
}
