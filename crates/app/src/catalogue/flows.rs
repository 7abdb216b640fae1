//! Flows: create, change, publish, delete. A change that would break a flow that follows is refused with every place named.

use std::collections::HashSet;
use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;
use waypost_flow::check::Resolved;
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::document::{self, Document, Read};
use waypost_flow::id::{FlowId, Version};
use waypost_flow::interface::Interface;
use waypost_flow::source::Node;
use waypost_store::error::StoreError;
use waypost_store::records::catalogue::{Bindings, CatalogueChange, FlowRecord, VersionRecord};

use super::world::{CheckedVersion, Loaded, VersionKey, World};
use super::{LiveCatalogue, Planned, graph};
use crate::error::{AppError, Breakage, User};

/// A flow with what clients want to see of it.
#[derive(Clone, Debug)]
pub struct FlowView {
    /// The flow.
    pub record: FlowRecord,
    /// The published version, or else the newest; none if the flow has no content.
    pub content: Option<Arc<VersionRecord>>,
    /// What callers see of the published version.
    pub interface: Option<Arc<Interface>>,
    /// Warnings about the published version.
    pub warnings: Vec<Diagnostic>,
}

/// What a flow is to become.
struct Wanted {
    name: Option<String>,
    flow_type: Option<String>,
    description: Option<String>,
    content: Option<Document>,
}

/// What a flow is saved on top of.
enum Base {
    /// Nothing: it is new.
    New(FlowRecord),
    /// The flow as it stands, if it still has the revision that was expected.
    Existing { id: FlowId, if_match: Option<u64> },
}

impl Wanted {
    /// Sets what is wanted of a flow besides its content.
    fn describe(&self, record: &mut FlowRecord) {
        if let Some(name) = &self.name {
            record.folded_name = document::fold_name(name);
            record.name.clone_from(name);
        }
        if let Some(flow_type) = &self.flow_type {
            record.shared = document::is_shared_type(flow_type);
            record.type_as_written.clone_from(flow_type);
        }
        if let Some(description) = &self.description {
            record.description.clone_from(description);
        }
    }
}

impl LiveCatalogue {
    /// A flow.
    ///
    /// # Errors
    /// Not found, deleted, or the store.
    pub async fn flow(&self, id: FlowId) -> Result<FlowView, AppError> {
        let world = self.world();
        match world.flows.get(&id) {
            Some(record) => self.view(&world, record.clone()).await,
            None => Err(self.absent(id).await?),
        }
    }

    /// All flows that are not deleted, in no order.
    ///
    /// # Errors
    /// The store.
    pub async fn flows(&self) -> Result<Vec<FlowView>, AppError> {
        let world = self.world();
        let mut views = Vec::with_capacity(world.flows.len());
        for record in world.flows.values() {
            views.push(self.view(&world, record.clone()).await?);
        }
        Ok(views)
    }

    /// Makes a flow, and publishes its content if it has any.
    ///
    /// # Errors
    /// Every problem found, a name that is taken, or the store.
    pub async fn create_flow(&self, actor: &str, body: &Node) -> Result<FlowView, AppError> {
        let wanted = wanted(body)?;
        let id = FlowId(Uuid::new_v4());
        let now = Timestamp::now();
        let (Some(name), Some(flow_type)) = (wanted.name.clone(), wanted.flow_type.clone()) else {
            return Err(AppError::Invalid(missing(&wanted)));
        };
        let record = FlowRecord {
            id,
            folded_name: document::fold_name(&name),
            shared: document::is_shared_type(&flow_type),
            name,
            type_as_written: flow_type,
            description: wanted.description.clone().unwrap_or_default(),
            published: None,
            newest: 0,
            revision: 0,
            created_at: now,
            created_by: actor.to_owned(),
            modified_at: now,
            deleted_at: None,
        };
        self.save(actor, &wanted, Base::New(record)).await
    }

    /// Changes a flow: its metadata, and with content a new version that is published. What is saved already makes no version.
    ///
    /// # Errors
    /// Not found, stale, every problem found, every caller that would break, or the store.
    pub async fn update_flow(
        &self,
        actor: &str,
        id: FlowId,
        body: &Node,
        if_match: Option<u64>,
    ) -> Result<FlowView, AppError> {
        let wanted = wanted(body)?;
        self.save(actor, &wanted, Base::Existing { id, if_match }).await
    }

    /// Publishes a version that exists; `None` is the newest.
    ///
    /// # Errors
    /// Not found, every problem found, every caller that would break, or the store.
    pub async fn publish_version(
        &self,
        actor: &str,
        id: FlowId,
        version: Option<Version>,
    ) -> Result<FlowView, AppError> {
        let mut turn = self.begin().await;
        loop {
            let world = turn.world();
            let mut record = self.current(&world, id, None).await?;
            let version = version.unwrap_or(record.newest);
            if record.published == Some(version) {
                break;
            }
            let stored = self.store.version(id, version).await?;
            let stored = stored.ok_or_else(|| version_not_found(id, version))?;
            let loaded = Loaded::read(Arc::new(stored))
                .map_err(|detail| StoreError::Inconsistent { table: "flow_versions", detail })?;
            record.published = Some(version);
            touch(&mut record);
            let changes = vec![
                CatalogueChange::PutFlow(record.clone()),
                CatalogueChange::MarkPublished(id, version, record.modified_at),
            ];
            let planned = self.plan(&world, record, changes, vec![Arc::new(loaded)]).await?;
            if turn.commit(planned).await?.is_some() {
                tracing::info!(actor, flow = %id, version, "version published");
                break;
            }
        }
        drop(turn);
        self.flow(id).await
    }

    /// Deletes a flow that nothing uses. Its content stays for traces.
    ///
    /// # Errors
    /// Not found, stale, in use (with every user), or the store.
    pub async fn delete_flow(&self, actor: &str, id: FlowId, if_match: Option<u64>) -> Result<(), AppError> {
        let mut turn = self.begin().await;
        loop {
            let world = turn.world();
            let mut record = self.current(&world, id, if_match).await?;
            let users = users_of(&world, id);
            if !users.is_empty() {
                return Err(AppError::InUse { kind: "flow", name: record.name, users });
            }
            touch(&mut record);
            record.deleted_at = Some(record.modified_at);
            record.published = None;
            let changes = vec![CatalogueChange::PutFlow(record)];
            let next = world.after(&changes, &[]);
            if turn.commit(Planned { changes, next, answer: () }).await?.is_some() {
                break;
            }
        }
        tracing::info!(actor, flow = %id, "flow deleted");
        Ok(())
    }

    /// One version.
    ///
    /// # Errors
    /// Not found, or the store.
    pub async fn flow_version(&self, id: FlowId, version: Version) -> Result<VersionRecord, AppError> {
        match self.store.version(id, version).await? {
            Some(record) => Ok(record),
            None if self.store.flow(id).await?.is_some() => Err(version_not_found(id, version)),
            None => Err(self.absent(id).await?),
        }
    }

    /// Versions, newest first, and how many there are in all.
    ///
    /// # Errors
    /// Not found, or the store.
    pub async fn flow_versions(
        &self,
        id: FlowId,
        offset: u64,
        limit: u32,
    ) -> Result<(Vec<VersionRecord>, u64), AppError> {
        if self.store.flow(id).await?.is_none() {
            return Err(self.absent(id).await?);
        }
        Ok(self.store.versions(id, offset, limit).await?)
    }

    /// Deleted flows.
    ///
    /// # Errors
    /// The store.
    pub async fn deleted_flows(&self) -> Result<Vec<FlowRecord>, AppError> {
        Ok(self.store.deleted_flows().await?)
    }

    /// Saves what is wanted on top of the newest world.
    async fn save(&self, actor: &str, wanted: &Wanted, base: Base) -> Result<FlowView, AppError> {
        let mut turn = self.begin().await;
        let id = loop {
            let world = turn.world();
            let mut record = match &base {
                Base::New(record) => record.clone(),
                Base::Existing { id, if_match } => {
                    let mut record = self.current(&world, *id, *if_match).await?;
                    wanted.describe(&mut record);
                    record
                }
            };
            let before = world.flows.get(&record.id);
            name_is_free(&world, &record)?;
            let now = Timestamp::now();
            let mut changes = Vec::new();
            let mut loaded = Vec::new();
            if let Some(content) = &wanted.content {
                let version = self.version_for(&world, &mut record, content, actor, now).await?;
                record.published = Some(version.record.version);
                if version.is_new {
                    changes.push(CatalogueChange::AddVersion((*version.record).clone()));
                } else {
                    changes.push(CatalogueChange::MarkPublished(record.id, version.record.version, now));
                }
                loaded.push(Arc::new(Loaded { record: version.record, document: content.clone() }));
            }
            if before == Some(&record) {
                break record.id;
            }
            touch(&mut record);
            changes.insert(0, CatalogueChange::PutFlow(record.clone()));
            let planned = self.plan(&world, record, changes, loaded).await?;
            if let Some(id) = turn.commit(planned).await? {
                tracing::info!(actor, flow = %id, "flow saved");
                break id;
            }
        };
        drop(turn);
        self.flow(id).await
    }

    /// The version that a content becomes: the newest one if it says the same, else a new one.
    async fn version_for(
        &self,
        world: &World,
        record: &mut FlowRecord,
        content: &Document,
        actor: &str,
        now: Timestamp,
    ) -> Result<NextVersion, AppError> {
        let hash = document::content_hash(content);
        let newest = match record.newest {
            0 => None,
            number => match world.loaded.get(&(record.id, number)) {
                Some(loaded) => Some(loaded.record.clone()),
                None => self.store.version(record.id, number).await?.map(Arc::new),
            },
        };
        if let Some(newest) = newest.filter(|newest| newest.hash == hash) {
            return Ok(NextVersion { record: newest, is_new: false });
        }
        record.newest += 1;
        let version = VersionRecord {
            flow_id: record.id,
            version: record.newest,
            content: Arc::from(document::canonical_json(content)),
            hash,
            bindings: Bindings::default(),
            created_at: now,
            created_by: actor.to_owned(),
            published_at: Some(now),
        };
        Ok(NextVersion { record: Arc::new(version), is_new: true })
    }

    /// Checks the world as it would stand afterwards: the flow itself, what it calls, all that follow it, and its routes.
    async fn plan(
        &self,
        world: &World,
        record: FlowRecord,
        mut changes: Vec<CatalogueChange>,
        mut loaded: Vec<Arc<Loaded>>,
    ) -> Result<Planned<FlowId>, AppError> {
        if record.shared
            && let Some(route) = world.routes_to(record.id).next()
        {
            let message =
                format!("the route {}@{} leads to this flow: it can't become shared", route.pattern, route.domain);
            return Err(AppError::Invalid(vec![Diagnostic::error(Code::NotRoutable, "type", message)]));
        }
        let mut next = world.after(&changes, &loaded);
        let mut asked = HashSet::new();
        // What is pinned may pin in turn.
        loop {
            let missing: Vec<_> = next.missing_pins().into_iter().filter(|key| asked.insert(*key)).collect();
            if missing.is_empty() {
                break;
            }
            loaded.extend(self.load_versions(&missing).await?);
            next = world.after(&changes, &loaded);
        }
        if let Some(version) = record.published {
            let key = (record.id, version);
            let checked = next.checked(key).ok_or_else(|| version_not_found(record.id, version))?;
            let mut problems = checked.diagnostics.clone();
            problems.extend(graph::check(&next, key));
            problems.extend(not_routable(&next, &record, &checked));
            if problems.iter().any(Diagnostic::is_error) {
                return Err(AppError::Invalid(problems));
            }
            let breakages = breakages(world, &next, record.id);
            if !breakages.is_empty() {
                return Err(AppError::Broken { flow: record.name, breakages });
            }
            if bind(&mut changes, &checked) {
                for version in &mut loaded {
                    rebind(version, &changes);
                }
                next = world.after(&changes, &loaded);
            }
        }
        Ok(Planned { changes, next, answer: record.id })
    }

    /// The record that a change starts from.
    async fn current(&self, world: &World, id: FlowId, if_match: Option<u64>) -> Result<FlowRecord, AppError> {
        let Some(record) = world.flows.get(&id) else { return Err(self.absent(id).await?) };
        match if_match {
            Some(revision) if revision != record.revision => {
                Err(AppError::Stale { kind: "flow", current: record.revision })
            }
            _ => Ok(record.clone()),
        }
    }

    async fn view(&self, world: &World, record: FlowRecord) -> Result<FlowView, AppError> {
        let version = record.published.or((record.newest > 0).then_some(record.newest));
        let content = match version {
            None => None,
            Some(version) => match world.loaded.get(&(record.id, version)) {
                Some(loaded) => Some(loaded.record.clone()),
                None => self.store.version(record.id, version).await?.map(Arc::new),
            },
        };
        let checked = world.published(record.id);
        Ok(FlowView {
            record,
            content,
            interface: checked.as_ref().map(|checked| checked.interface.clone()),
            warnings: checked.map(|checked| checked.diagnostics.clone()).unwrap_or_default(),
        })
    }

    /// Why a flow is not there: deleted, or never made.
    async fn absent(&self, id: FlowId) -> Result<AppError, AppError> {
        let id_text = id.to_string();
        Ok(match self.store.flow(id).await? {
            Some(_) => AppError::Deleted { kind: "flow", id: id_text },
            None => AppError::NotFound { kind: "flow", id: id_text },
        })
    }
}

struct NextVersion {
    record: Arc<VersionRecord>,
    is_new: bool,
}

/// Reads a body; every problem at once.
fn wanted(body: &Node) -> Result<Wanted, AppError> {
    let Read { document, metadata, diagnostics } = document::read(body);
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Err(AppError::Invalid(diagnostics));
    }
    Ok(Wanted {
        name: metadata.name,
        flow_type: metadata.flow_type,
        description: metadata.description,
        content: document,
    })
}

fn missing(wanted: &Wanted) -> Vec<Diagnostic> {
    let members = [("name", wanted.name.is_none()), ("type", wanted.flow_type.is_none())];
    members
        .into_iter()
        .filter(|(_, missing)| *missing)
        .map(|(member, _)| Diagnostic::error(Code::MissingKey, member, format!("`{member}` is missing")))
        .collect()
}

fn touch(record: &mut FlowRecord) {
    record.revision += 1;
    record.modified_at = Timestamp::now();
}

fn version_not_found(id: FlowId, version: Version) -> AppError {
    AppError::NotFound { kind: "flow version", id: format!("{id}/{version}") }
}

fn name_is_free(world: &World, record: &FlowRecord) -> Result<(), AppError> {
    match world.flow_named(&record.folded_name, record.shared) {
        Some(holder) if holder.id != record.id => {
            Err(AppError::NameTaken { kind: "flow", name: record.name.clone(), holder: holder.id.to_string() })
        }
        _ => Ok(()),
    }
}

/// A flow that routes lead to must stay one that a route can run.
fn not_routable(world: &World, record: &FlowRecord, checked: &CheckedVersion) -> Vec<Diagnostic> {
    let Some(route) = world.routes_to(record.id).next() else { return Vec::new() };
    unroutable(record, &checked.interface)
        .map(|reason| {
            let message = format!("the route {}@{} leads to this flow: {reason}", route.pattern, route.domain);
            Diagnostic::error(Code::NotRoutable, "", message)
                .expected("type email, and no required inputs, while a route leads here")
        })
        .into_iter()
        .collect()
}

/// Why a flow can't be a route's target.
pub fn unroutable(record: &FlowRecord, interface: &Interface) -> Option<String> {
    if record.shared {
        return Some("a flow of type shared can't be a route's target".to_owned());
    }
    let required = interface.inputs.iter().find(|input| input.required)?;
    Some(format!("its input `{}` is required, and a route maps none", required.name))
}

/// Every place in a published or pinned caller that is well now and would not be afterwards.
fn breakages(world: &World, next: &World, changed: FlowId) -> Vec<Breakage> {
    let mut followers = next.followers(&HashSet::from([changed]));
    followers.remove(&changed);
    let mut keys: Vec<VersionKey> = next.loaded.keys().filter(|(flow, _)| followers.contains(flow)).copied().collect();
    keys.sort_unstable();
    let mut breakages = Vec::new();
    for key in keys {
        let Some(record) = next.flows.get(&key.0) else { continue };
        let before = errors(world, key);
        for diagnostic in errors(next, key).into_iter().filter(|diagnostic| !before.contains(diagnostic)) {
            let (node_id, action) = place(next, key.0, key.1, &diagnostic.path);
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
    breakages
}

/// What is wrong with a version in a world, circles and depth included.
fn errors(world: &World, key: VersionKey) -> Vec<Diagnostic> {
    let Some(checked) = world.checked(key) else { return Vec::new() };
    let mut diagnostics = checked.diagnostics.clone();
    diagnostics.extend(graph::check(world, key));
    diagnostics.retain(Diagnostic::is_error);
    diagnostics
}

/// Node and action of a path such as `nodes[0].actions[1].value`.
fn place(world: &World, flow: FlowId, version: Version, path: &str) -> (Option<String>, Option<usize>) {
    let index = |after: &str, path: &str| -> Option<usize> {
        let (_, rest) = path.split_once(after)?;
        rest.split_once(']')?.0.parse().ok()
    };
    let node = index("nodes[", path);
    let action = index(".actions[", path);
    let node_id = node.and_then(|node| {
        let loaded = world.loaded.get(&(flow, version))?;
        loaded.document.nodes.get(node).map(|node| node.id.clone())
    });
    (node_id, action)
}

/// Everything that uses a flow: published and pinned versions of others, and routes.
fn users_of(world: &World, id: FlowId) -> Vec<User> {
    let mut users = Vec::new();
    for (key, _) in world.loaded.iter().filter(|(key, _)| key.0 != id) {
        let Some(record) = world.flows.get(&key.0) else { continue };
        let Some(checked) = world.checked(*key) else { continue };
        for reference in &checked.references {
            if matches!(&reference.target, Resolved::Flow(flow, _) if *flow == id) {
                users.push(User {
                    kind: "flow",
                    id: key.0.to_string(),
                    name: record.name.clone(),
                    path: reference.path.clone(),
                });
            }
        }
    }
    for route in world.routes_to(id) {
        users.push(super::routing::route_user(route));
    }
    users.sort_by(|a, b| (a.kind, &a.name, &a.path).cmp(&(b.kind, &b.name, &b.path)));
    users.dedup();
    users
}

/// Notes in the new version what its names stand for; answers whether there was anything to note.
fn bind(changes: &mut [CatalogueChange], checked: &CheckedVersion) -> bool {
    let mut bindings = Bindings::default();
    for reference in &checked.references {
        let folded = document::fold_name(&reference.written);
        match &reference.target {
            Resolved::Flow(flow, _) if reference.written.parse::<FlowId>().is_err() => {
                bindings.flows.insert(folded, *flow);
            }
            Resolved::Queue(queue) if reference.written != queue.id.to_string() => {
                bindings.queues.insert(folded, queue.id);
            }
            _ => {}
        }
    }
    let mut bound = false;
    for change in changes {
        if let CatalogueChange::AddVersion(version) = change {
            bound |= version.bindings != bindings;
            version.bindings = bindings.clone();
        }
    }
    bound
}

/// Gives a loaded version the bindings of the version that is about to be written.
fn rebind(loaded: &mut Arc<Loaded>, changes: &[CatalogueChange]) {
    for change in changes {
        if let CatalogueChange::AddVersion(version) = change
            && (version.flow_id, version.version) == (loaded.record.flow_id, loaded.record.version)
        {
            *loaded = Arc::new(Loaded { record: Arc::new(version.clone()), document: loaded.document.clone() });
        }
    }
}
