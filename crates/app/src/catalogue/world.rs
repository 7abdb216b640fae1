//! The catalogue in memory: checked flows, queues and routes at one epoch. It is never changed: a change makes the next one.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use uuid::Uuid;
use waypost_flow::check::{self, Reference, Resolved, Unresolved, World as Surroundings};
use waypost_flow::diagnostic::Diagnostic;
use waypost_flow::document::{self, Document, FlowReference};
use waypost_flow::id::{FlowId, QueueId, Version};
use waypost_flow::interface::Interface;
use waypost_flow::link::Snapshot;
use waypost_flow::program::{Program, QueueTarget, Selector};
use waypost_store::records::catalogue::{
    Bindings, Catalogue, CatalogueChange, DomainRecord, Epoch, FlowRecord, QueueRecord, RouteRecord, RouteTarget,
    VersionRecord,
};

use super::routes::Routes;

/// The name of the queue that unrouted mail stands in, unless its route names another.
pub const UNROUTED: &str = "Unrouted";

/// A version that is loaded: every published one, and those that others pin.
#[derive(Debug)]
pub struct Loaded {
    /// As it is stored.
    pub record: Arc<VersionRecord>,
    /// Its document.
    pub document: Document,
}

/// A loaded version, checked in its surroundings.
#[derive(Debug)]
pub struct CheckedVersion {
    /// What callers see.
    pub interface: Arc<Interface>,
    /// The program, unless an error stands in the way.
    pub program: Option<Arc<Program>>,
    /// Errors and warnings.
    pub diagnostics: Vec<Diagnostic>,
    /// What it names.
    pub references: Vec<Reference>,
}

/// A version's key.
pub type VersionKey = (FlowId, Version);

/// The catalogue at one epoch.
#[derive(Debug, Default)]
pub struct World {
    /// The epoch.
    pub epoch: Epoch,
    /// Flows that are not deleted.
    pub flows: HashMap<FlowId, FlowRecord>,
    /// Loaded versions.
    pub loaded: HashMap<VersionKey, Arc<Loaded>>,
    /// Queues.
    pub queues: HashMap<QueueId, Arc<QueueRecord>>,
    /// Domains.
    pub domains: BTreeMap<String, DomainRecord>,
    /// Routes by id.
    pub routes: HashMap<Uuid, Arc<RouteRecord>>,
    /// What has been checked so far. Checking one flow checks what it calls.
    checked: Mutex<HashMap<VersionKey, Arc<CheckedVersion>>>,
    /// Flows by folded name; two of different kind may share one.
    flow_names: HashMap<String, Vec<FlowId>>,
    /// Queues by folded name.
    queue_names: HashMap<String, QueueId>,
}

/// What running needs of a world, made once for each epoch.
#[derive(Debug)]
pub struct Running {
    /// The epoch.
    pub epoch: Epoch,
    /// Programs.
    pub snapshot: Snapshot,
    /// Routes by address.
    pub routes: Routes,
    /// Names of queues.
    pub queue_names: HashMap<QueueId, Arc<str>>,
    /// The built-in queue.
    pub unrouted: QueueId,
}

impl World {
    /// A world from what the store holds. Contents that no longer read as documents are left out and answered as problems.
    pub fn from_catalogue(catalogue: Catalogue) -> (Self, Vec<String>) {
        let mut world = Self { epoch: catalogue.epoch, ..Self::default() };
        let mut problems = Vec::new();
        for flow in catalogue.flows {
            world.put_flow(flow);
        }
        for version in catalogue.versions {
            let (flow, number) = (version.flow_id, version.version);
            if let Err(problem) = world.load_version(version) {
                problems.push(format!("flow {flow} version {number}: {problem}"));
            }
        }
        for queue in catalogue.queues {
            world.put_queue(queue);
        }
        for domain in catalogue.domains {
            world.domains.insert(domain.domain.clone(), domain);
        }
        for route in catalogue.routes {
            world.routes.insert(route.id, Arc::new(route));
        }
        (world, problems)
    }

    /// The next world: changes applied, everything that they may touch checked anew when asked for.
    #[must_use]
    pub fn after(&self, changes: &[CatalogueChange], loaded: &[Arc<Loaded>]) -> Self {
        let mut next = Self {
            epoch: self.epoch + 1,
            flows: self.flows.clone(),
            loaded: self.loaded.clone(),
            queues: self.queues.clone(),
            domains: self.domains.clone(),
            routes: self.routes.clone(),
            checked: Mutex::new(HashMap::new()),
            flow_names: self.flow_names.clone(),
            queue_names: self.queue_names.clone(),
        };
        let mut touched = HashSet::new();
        for version in loaded {
            next.loaded.insert((version.record.flow_id, version.record.version), version.clone());
        }
        for change in changes {
            if let CatalogueChange::PutFlow(flow) = change {
                touched.insert(flow.id);
            }
            next.apply(change);
        }
        let stale = self.followers(&touched);
        let kept = self.lock_checked();
        let kept = kept.iter().filter(|(key, _)| !stale.contains(&key.0)).map(|(key, version)| (*key, version.clone()));
        next.checked = Mutex::new(kept.collect());
        next.forget_unused();
        next
    }

    /// Lets go of versions that are neither published nor pinned by one that is in use: they run nowhere, and must not count
    /// as users of what they call.
    fn forget_unused(&mut self) {
        let mut used: HashSet<VersionKey> =
            self.flows.values().filter_map(|flow| Some((flow.id, flow.published?))).collect();
        let mut waiting: Vec<VersionKey> = used.iter().copied().collect();
        while let Some(key) = waiting.pop() {
            let Some(loaded) = self.loaded.get(&key) else { continue };
            waiting.extend(
                pins(&loaded.document, self, &loaded.record.bindings).into_iter().filter(|pin| used.insert(*pin)),
            );
        }
        self.loaded.retain(|key, _| used.contains(key));
        self.lock_checked().retain(|key, _| used.contains(key));
    }

    fn apply(&mut self, change: &CatalogueChange) {
        match change {
            CatalogueChange::PutFlow(flow) => self.put_flow(flow.clone()),
            // Versions arrive with their documents, as loaded ones.
            CatalogueChange::AddVersion(_) | CatalogueChange::MarkPublished(..) => {}
            CatalogueChange::PutQueue(queue) => self.put_queue(queue.clone()),
            CatalogueChange::DeleteQueue(id) => {
                if let Some(queue) = self.queues.remove(id) {
                    self.queue_names.remove(&queue.folded_name);
                }
            }
            CatalogueChange::PutDomain(domain) => {
                self.domains.insert(domain.domain.clone(), domain.clone());
            }
            CatalogueChange::DeleteDomain(domain) => {
                self.domains.remove(domain);
            }
            CatalogueChange::PutRoute(route) => {
                self.routes.insert(route.id, Arc::new(route.clone()));
            }
            CatalogueChange::DeleteRoute(id) => {
                self.routes.remove(id);
            }
        }
    }

    fn put_flow(&mut self, flow: FlowRecord) {
        if let Some(before) = self.flows.remove(&flow.id)
            && let Some(ids) = self.flow_names.get_mut(&before.folded_name)
        {
            ids.retain(|id| *id != flow.id);
        }
        if flow.deleted_at.is_none() {
            self.flow_names.entry(flow.folded_name.clone()).or_default().push(flow.id);
            self.flows.insert(flow.id, flow);
        }
    }

    fn put_queue(&mut self, queue: QueueRecord) {
        if let Some(before) = self.queues.remove(&queue.id) {
            self.queue_names.remove(&before.folded_name);
        }
        self.queue_names.insert(queue.folded_name.clone(), queue.id);
        self.queues.insert(queue.id, Arc::new(queue));
    }

    fn load_version(&mut self, version: VersionRecord) -> Result<(), String> {
        let loaded = Loaded::read(Arc::new(version))?;
        self.loaded.insert((loaded.record.flow_id, loaded.record.version), Arc::new(loaded));
        Ok(())
    }

    /// Versions that loaded documents pin and that are not loaded.
    pub fn missing_pins(&self) -> Vec<VersionKey> {
        let mut missing: Vec<VersionKey> = self
            .loaded
            .values()
            .flat_map(|loaded| pins(&loaded.document, self, &loaded.record.bindings))
            .filter(|key| !self.loaded.contains_key(key))
            .collect();
        missing.sort_unstable();
        missing.dedup();
        missing
    }

    /// The flow of that folded name and kind.
    pub fn flow_named(&self, folded: &str, shared: bool) -> Option<&FlowRecord> {
        let ids = self.flow_names.get(folded)?;
        ids.iter().filter_map(|id| self.flows.get(id)).find(|flow| flow.shared == shared)
    }

    /// The queue of that folded name.
    pub fn queue_named(&self, folded: &str) -> Option<&Arc<QueueRecord>> {
        self.queues.get(self.queue_names.get(folded)?)
    }

    /// The flows given and all that call them, directly or not, by their loaded versions.
    pub fn followers(&self, of: &HashSet<FlowId>) -> HashSet<FlowId> {
        let mut callers: HashMap<FlowId, Vec<FlowId>> = HashMap::new();
        for (key, loaded) in &self.loaded {
            for callee in callees(&loaded.document, self, &loaded.record.bindings) {
                callers.entry(callee).or_default().push(key.0);
            }
        }
        let mut found = of.clone();
        let mut waiting: Vec<FlowId> = of.iter().copied().collect();
        while let Some(flow) = waiting.pop() {
            for caller in callers.get(&flow).into_iter().flatten() {
                if found.insert(*caller) {
                    waiting.push(*caller);
                }
            }
        }
        found
    }

    /// A loaded version, checked.
    pub fn checked(&self, key: VersionKey) -> Option<Arc<CheckedVersion>> {
        if let Some(known) = self.lock_checked().get(&key) {
            return Some(known.clone());
        }
        Checking { world: self, open: Vec::new() }.version(key)
    }

    /// The published version of a flow, checked.
    pub fn published(&self, flow: FlowId) -> Option<Arc<CheckedVersion>> {
        self.checked((flow, self.flows.get(&flow)?.published?))
    }

    /// Everything that running needs. Every published flow, and every version that one pins, is checked on the way.
    pub fn running(&self) -> Running {
        let mut snapshot = Snapshot::default();
        for key in self.loaded.keys() {
            let published = self.flows.get(&key.0).is_some_and(|flow| flow.published == Some(key.1));
            if let Some(program) = self.checked(*key).and_then(|version| version.program.clone()) {
                snapshot.insert(program, published);
            }
        }
        let unrouted = self.queue_named(&document::fold_name(UNROUTED)).map_or(QueueId(Uuid::nil()), |queue| queue.id);
        Running {
            epoch: self.epoch,
            snapshot,
            routes: Routes::new(self.domains.keys().map(String::as_str), self.routes.values().cloned()),
            queue_names: self.queues.values().map(|queue| (queue.id, Arc::from(queue.name.as_str()))).collect(),
            unrouted,
        }
    }

    /// Routes that lead to a flow.
    pub fn routes_to(&self, flow: FlowId) -> impl Iterator<Item = &Arc<RouteRecord>> {
        self.routes.values().filter(move |route| route.target == RouteTarget::Flow(flow))
    }

    fn lock_checked(&self) -> std::sync::MutexGuard<'_, HashMap<VersionKey, Arc<CheckedVersion>>> {
        // What a panicking thread left is a complete map: entries are inserted whole.
        self.checked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Loaded {
    /// Reads a stored version back.
    ///
    /// # Errors
    /// What is wrong with the content, which only a defect or another release can have written.
    pub fn read(record: Arc<VersionRecord>) -> Result<Self, String> {
        let node = waypost_flow::source::json(&record.content).map_err(|error| error.to_string())?;
        let read = document::read(&node);
        match read.document {
            Some(document) => Ok(Self { record, document }),
            None => Err(read.diagnostics.first().map_or_else(|| "no content".to_owned(), ToString::to_string)),
        }
    }
}

/// Checks versions, and first what they call. Flows that are being checked further out answer with what they declare:
/// a circle is found and refused by publishing, not here.
struct Checking<'w> {
    world: &'w World,
    open: Vec<VersionKey>,
}

impl Checking<'_> {
    fn version(&self, key: VersionKey) -> Option<Arc<CheckedVersion>> {
        let loaded = self.world.loaded.get(&key)?;
        let mut open = self.open.clone();
        open.push(key);
        let surroundings = Inside { checking: Checking { world: self.world, open }, bindings: &loaded.record.bindings };
        let mut named = loaded.document.clone();
        if let Some(flow) = self.world.flows.get(&key.0) {
            named.name.clone_from(&flow.name);
            named.flow_type.clone_from(&flow.type_as_written);
        }
        let checked = check::check(&named, key.0, key.1, &surroundings);
        let interface = match &checked.program {
            Some(program) => program.interface.clone(),
            None => check::declared_interface(&named, key.0),
        };
        let version = Arc::new(CheckedVersion {
            interface: Arc::new(interface),
            program: checked.program.map(Arc::new),
            diagnostics: checked.diagnostics,
            references: checked.references,
        });
        // Inside a circle the answer depends on where it was entered: only the outermost is kept.
        if self.open.is_empty() || !reaches_open(&version, &self.open) {
            self.world.lock_checked().insert(key, version.clone());
        }
        Some(version)
    }
}

fn reaches_open(version: &CheckedVersion, open: &[VersionKey]) -> bool {
    version.references.iter().any(|reference| match &reference.target {
        Resolved::Flow(flow, _) => open.iter().any(|(known, _)| known == flow),
        Resolved::Queue(_) => false,
    })
}

/// The surroundings of one version: names mean what they meant when it was saved.
struct Inside<'w> {
    checking: Checking<'w>,
    bindings: &'w Bindings,
}

impl Surroundings for Inside<'_> {
    fn flow(&self, reference: &FlowReference) -> Option<FlowId> {
        resolve_flow(reference, self.checking.world, self.bindings)
    }

    fn interface(&self, flow: FlowId, selector: &Selector) -> Result<Arc<Interface>, Unresolved> {
        let world = self.checking.world;
        let record = world.flows.get(&flow).ok_or(Unresolved::Flow)?;
        let version = match selector {
            Selector::Published => record.published.ok_or(Unresolved::Unpublished)?,
            Selector::Version(version) => *version,
        };
        let key = (flow, version);
        if self.checking.open.contains(&key) {
            let loaded = world.loaded.get(&key).ok_or(Unresolved::Version)?;
            return Ok(Arc::new(check::declared_interface(&loaded.document, flow)));
        }
        if let Some(known) = world.lock_checked().get(&key) {
            return Ok(known.interface.clone());
        }
        self.checking.version(key).map(|version| version.interface.clone()).ok_or(Unresolved::Version)
    }

    fn queue(&self, written: &str) -> Option<QueueTarget> {
        let world = self.checking.world;
        let folded = document::fold_name(written);
        let id = written
            .parse()
            .ok()
            .filter(|id| world.queues.contains_key(id))
            .or_else(|| self.bindings.queues.get(&folded).copied())
            .or_else(|| world.queue_names.get(&folded).copied())?;
        let queue = world.queues.get(&id)?;
        Some(QueueTarget { id, name: Arc::from(queue.name.as_str()) })
    }

    fn flow_names(&self) -> Vec<String> {
        self.checking.world.flows.values().map(|flow| flow.name.clone()).collect()
    }

    fn queue_names(&self) -> Vec<String> {
        self.checking.world.queues.values().map(|queue| queue.name.clone()).collect()
    }
}

/// The flow that a reference means: by id, by what the name meant when the version was saved, by what it means now (a shared flow first).
pub fn resolve_flow(reference: &FlowReference, world: &World, bindings: &Bindings) -> Option<FlowId> {
    if let Some(id) = &reference.flow_id {
        return id.parse().ok().filter(|id| world.flows.contains_key(id));
    }
    let folded = document::fold_name(reference.flow.as_deref()?);
    if let Some(id) = bindings.flows.get(&folded) {
        return world.flows.contains_key(id).then_some(*id);
    }
    let ids = world.flow_names.get(&folded)?;
    ids.iter().copied().max_by_key(|id| world.flows.get(id).is_some_and(|flow| flow.shared))
}

/// The flows that a document calls.
fn callees<'d>(
    document: &'d Document,
    world: &'d World,
    bindings: &'d Bindings,
) -> impl Iterator<Item = FlowId> + use<'d> {
    document.flow_references().filter_map(move |reference| resolve_flow(reference, world, bindings))
}

/// The versions that a document pins.
pub fn pins(document: &Document, world: &World, bindings: &Bindings) -> Vec<VersionKey> {
    document
        .flow_references()
        .filter_map(|reference| {
            let version = u32::try_from(reference.version.as_ref()?.as_u64()?).ok()?;
            Some((resolve_flow(reference, world, bindings)?, version))
        })
        .collect()
}
