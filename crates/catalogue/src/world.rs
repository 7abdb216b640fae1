//! The catalogue in memory: flows and every kind of object at one epoch. It is never changed: a change makes the next one.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use uuid::Uuid;
use waypost_aside::Wanted;
use waypost_flow::document::{self, Document, FlowReference};
use waypost_flow::link::Snapshot;
use waypost_ids::{DataActionId, FlowId, Kind, MailboxId, QueueId, Ref, ScheduleId, TableId, Version, WebhookId};
use waypost_store::records::catalogue::{
    Bindings, Catalogue, CatalogueChange, DeliverTo, DomainRecord, Epoch, FlowRecord, ObjectRecord, QueueRecord,
    RouteRecord, RouteTarget, VersionRecord,
};
use waypost_store::records::mailboxes::MailboxRecord;
use waypost_store::records::outside::{SecretRecord, WebhookRecord};

use crate::checking::CheckedVersion;
use crate::data_actions::KnownDataAction;
use crate::object::{AnyShelf, Object};
use crate::routes::Routes;
use crate::schedules::KnownSchedule;
use crate::shape::Table;
use crate::shelf::Shelf;
use crate::terms::Terms;
use crate::usage::{self, Usage, Use};

/// The name of the queue that unrouted mail stands in, unless its route names another.
pub const UNROUTED: &str = "Unrouted";

/// A version that is loaded: every published and labelled one, and those that others pin.
#[derive(Debug)]
pub struct Loaded {
    /// As it is stored.
    pub record: Arc<VersionRecord>,
    /// Its document.
    pub document: Arc<Document>,
}

impl Loaded {
    /// The flow and the version.
    #[must_use]
    pub fn key(&self) -> VersionKey {
        (self.record.flow_id, self.record.version)
    }

    /// Reads a stored version back.
    ///
    /// # Errors
    /// What is wrong with the content, which only a defect or another release can have written.
    pub fn read(record: Arc<VersionRecord>) -> Result<Self, String> {
        let node = waypost_flow::source::json(&record.content).map_err(|error| error.to_string())?;
        let read = document::read(&node);
        match read.document {
            Some(document) => Ok(Self { record: refolded(record), document: Arc::new(document) }),
            None => Err(read.diagnostics.first().map_or_else(|| "no content".to_owned(), ToString::to_string)),
        }
    }
}

/// A version whose names are folded as they are today: earlier releases left Unicode forms apart.
pub(crate) fn refolded(record: Arc<VersionRecord>) -> Arc<VersionRecord> {
    fn fold<Id: Copy>(names: &BTreeMap<String, Id>) -> BTreeMap<String, Id> {
        names.iter().map(|(name, id)| (document::fold_name(name), *id)).collect()
    }
    let Bindings { queues, flows, tables, schedules, webhooks, data_actions } = &record.bindings;
    let bindings = Bindings {
        queues: fold(queues),
        flows: fold(flows),
        tables: fold(tables),
        schedules: fold(schedules),
        webhooks: fold(webhooks),
        data_actions: fold(data_actions),
    };
    if bindings == record.bindings { record } else { Arc::new(VersionRecord { bindings, ..(*record).clone() }) }
}

/// A version's key.
pub type VersionKey = (FlowId, Version);

/// The catalogue at one epoch.
#[derive(Debug, Default)]
pub struct World {
    /// The epoch.
    pub epoch: Epoch,
    /// Flows that are not deleted.
    pub flows: HashMap<FlowId, Arc<FlowRecord>>,
    /// Loaded versions.
    pub loaded: HashMap<VersionKey, Arc<Loaded>>,
    /// The loaded versions of each flow.
    loaded_of: HashMap<FlowId, Vec<Version>>,
    /// Who uses whom, of the loaded versions.
    pub usage: Usage,
    /// Queues.
    pub queues: Shelf<QueueRecord>,
    /// Domains.
    pub domains: Shelf<DomainRecord>,
    /// Routes.
    pub routes: Shelf<RouteRecord>,
    /// Data tables, without their rows.
    pub tables: Shelf<Table>,
    /// Schedules.
    pub schedules: Shelf<KnownSchedule>,
    /// Terms of every kind.
    pub terms: Terms,
    /// Webhooks.
    pub webhooks: Shelf<WebhookRecord>,
    /// Data actions.
    pub data_actions: Shelf<KnownDataAction>,
    /// Secrets.
    pub secrets: Shelf<SecretRecord>,
    /// Mailboxes.
    pub mailboxes: Shelf<MailboxRecord>,
    /// Which project last applied an object.
    pub applied: HashMap<Ref, Arc<str>>,
    /// Whether anybody waits for what is checked in it: not always, while it is being planned.
    pub(crate) wanted: Wanted,
    /// What has been checked so far. Checking one flow checks what it calls.
    checked: Mutex<HashMap<VersionKey, Arc<CheckedVersion>>>,
    /// Flows by folded name; two of different kind may share one.
    flow_names: HashMap<String, Vec<FlowId>>,
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
    /// Queues by folded name.
    pub queues_by_name: HashMap<String, QueueId>,
    /// Where queues deliver that do.
    pub deliver_to: HashMap<QueueId, DeliverTo>,
    /// Names of flows.
    pub flow_names: HashMap<FlowId, Arc<str>>,
    /// Names of mailboxes.
    pub mailbox_names: HashMap<MailboxId, Arc<str>>,
    /// Data tables.
    pub tables: Shelf<Table>,
    /// Schedules.
    pub schedules: Shelf<KnownSchedule>,
    /// Webhooks.
    pub webhooks: Shelf<WebhookRecord>,
    /// Data actions.
    pub data_actions: Shelf<KnownDataAction>,
    /// Secrets.
    pub secrets: Shelf<SecretRecord>,
    /// The built-in queue.
    pub unrouted: QueueId,
}

/// A world, and what was checked on the way to it.
pub struct Next {
    /// The world.
    pub world: World,
    /// The versions that follow what was changed and were checked anew.
    pub rechecked: Vec<VersionKey>,
}

impl World {
    /// A world from what the store holds. Contents that no longer read as documents are left out and answered as problems.
    pub fn from_catalogue(catalogue: Catalogue) -> (Self, Vec<String>) {
        let mut world = Self { epoch: catalogue.epoch, ..Self::default() };
        for flow in catalogue.flows {
            world.put_flow(flow);
        }
        catalogue.queues.into_iter().for_each(|queue| world.queues.insert(queue));
        catalogue.domains.into_iter().for_each(|domain| world.domains.insert(domain));
        catalogue.routes.into_iter().for_each(|route| world.routes.insert(route));
        catalogue.tables.into_iter().for_each(|table| world.tables.insert(table));
        catalogue.schedules.into_iter().for_each(|schedule| world.schedules.insert(schedule));
        catalogue.terms.into_iter().for_each(|term| world.apply(&CatalogueChange::put(term)));
        catalogue.webhooks.into_iter().for_each(|webhook| world.webhooks.insert(webhook));
        catalogue.data_actions.into_iter().for_each(|action| world.data_actions.insert(action));
        catalogue.secrets.into_iter().for_each(|secret| world.secrets.insert(secret));
        catalogue.mailboxes.into_iter().for_each(|mailbox| world.mailboxes.insert(mailbox));
        world.applied = catalogue.applied.into_iter().map(|one| (one.object, one.project)).collect();
        let problems = world.load(catalogue.versions);
        (world, problems)
    }

    /// Reads versions, on all cores, and adds them; answers what could not be read.
    pub fn load(&mut self, versions: Vec<VersionRecord>) -> Vec<String> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let part = versions.len().div_ceil(threads).max(16);
        let mut versions = versions.into_iter();
        let read = |record: VersionRecord| {
            let (flow, number) = (record.flow_id, record.version);
            Loaded::read(Arc::new(record)).map_err(|problem| format!("flow {flow} version {number}: {problem}"))
        };
        let results: Vec<Result<Loaded, String>> = std::thread::scope(|scope| {
            let mut parts = Vec::new();
            loop {
                let records: Vec<VersionRecord> = versions.by_ref().take(part).collect();
                if records.is_empty() {
                    break;
                }
                parts.push(scope.spawn(move || records.into_iter().map(read).collect::<Vec<_>>()));
            }
            parts.into_iter().flat_map(|part| part.join().unwrap_or_default()).collect()
        });
        let mut problems = Vec::new();
        for result in results {
            match result {
                Ok(loaded) => self.add(Arc::new(loaded)),
                Err(problem) => problems.push(problem),
            }
        }
        problems
    }

    /// The next world: changes applied, and everything that follows them checked anew. `loaded` are the documents of versions
    /// that the changes bring into use.
    #[must_use]
    pub fn after(&self, changes: &[CatalogueChange], loaded: &[Arc<Loaded>]) -> Next {
        self.after_while(changes, loaded, &Wanted::default())
    }

    /// What queues are made in, after changes of what they name.
    pub(crate) fn for_queues(&self, changes: &[CatalogueChange]) -> Self {
        let (queues, webhooks, mailboxes) = (self.queues.clone(), self.webhooks.clone(), self.mailboxes.clone());
        let mut world = Self { epoch: self.epoch, queues, webhooks, mailboxes, ..Self::default() };
        changes.iter().for_each(|change| world.apply(change));
        world
    }

    /// The objects that flows name, and no flow.
    pub(crate) fn without_flows(&self) -> Self {
        Self {
            epoch: self.epoch,
            queues: self.queues.clone(),
            tables: self.tables.clone(),
            schedules: self.schedules.clone(),
            terms: self.terms.clone(),
            webhooks: self.webhooks.clone(),
            data_actions: self.data_actions.clone(),
            ..Self::default()
        }
    }

    /// The same, for as long as it is wanted. It must be wanted again before anybody else gets to see it.
    pub(crate) fn after_while(&self, changes: &[CatalogueChange], loaded: &[Arc<Loaded>], wanted: &Wanted) -> Next {
        let mut next = Self {
            epoch: self.epoch + 1,
            flows: self.flows.clone(),
            loaded: self.loaded.clone(),
            loaded_of: self.loaded_of.clone(),
            usage: self.usage.clone(),
            queues: self.queues.clone(),
            domains: self.domains.clone(),
            routes: self.routes.clone(),
            tables: self.tables.clone(),
            schedules: self.schedules.clone(),
            terms: self.terms.clone(),
            webhooks: self.webhooks.clone(),
            data_actions: self.data_actions.clone(),
            secrets: self.secrets.clone(),
            mailboxes: self.mailboxes.clone(),
            applied: self.applied.clone(),
            wanted: wanted.clone(),
            checked: Mutex::new(self.lock_checked().clone()),
            flow_names: self.flow_names.clone(),
        };
        let mut touched = HashSet::new();
        let mut reshaped = HashSet::new();
        for change in changes {
            match change {
                CatalogueChange::PutFlow(flow) => {
                    touched.insert(flow.id);
                    next.forget_checks_of(flow.id);
                    // Callers of a flow are warned of another of its name.
                    let twins: Vec<FlowId> = next.namesakes(flow.id).collect();
                    let renamed = [true, false].into_iter().filter_map(|shared| {
                        self.flow_named(&document::fold_name(&flow.name), shared).map(|twin| twin.id)
                    });
                    for twin in renamed.chain(twins).filter(|twin| *twin != flow.id) {
                        next.forget_checks_with(&twin.into());
                        next.forget_checks_with(&flow.id.into());
                    }
                }
                // Traces name objects as they are called now.
                CatalogueChange::Put(record) => {
                    next.forget_checks_with(&record.object());
                    if let ObjectRecord::Table(table) = record
                        && self.tables.get(&table.id).is_some_and(|before| before.record.schema != table.schema)
                    {
                        reshaped.insert(record.object());
                    }
                }
                _ => {}
            }
            next.apply(change);
            if let CatalogueChange::Put(ObjectRecord::DataAction(action)) = change
                && let (Some(before), Some(after)) =
                    (self.data_actions.get(&action.id), next.data_actions.get(&action.id))
                && before.contract != after.contract
            {
                reshaped.insert(action.id.into());
            }
        }
        for version in loaded {
            next.add(version.clone());
        }
        next.forget_unused(&touched);
        let rechecked = next.recheck(self, &touched, &reshaped);
        Next { world: next, rechecked }
    }

    fn forget_checks_of(&self, flow: FlowId) {
        let mut checked = self.lock_checked();
        for key in self.loaded_versions(flow) {
            checked.remove(&key);
        }
    }

    fn forget_checks_with(&self, used: &Ref) {
        let mut checked = self.lock_checked();
        self.usage.users(used).for_each(|user| drop(checked.remove(&user)));
    }

    /// Adds a loaded version, or puts another in its place.
    pub fn add(&mut self, loaded: Arc<Loaded>) {
        let bindings = &loaded.record.bindings;
        let uses = usage::uses(&loaded.document, self, bindings);
        self.usage.insert(loaded.key(), uses);
        if self.loaded.insert(loaded.key(), loaded.clone()).is_none() {
            self.loaded_of.entry(loaded.record.flow_id).or_default().push(loaded.record.version);
        }
    }

    /// Puts a record in the place of a loaded version's own: one that says the same of what it names.
    pub fn rewrite(&mut self, record: &VersionRecord) {
        let key = (record.flow_id, record.version);
        if let Some(known) = self.loaded.get(&key) {
            let document = known.document.clone();
            self.loaded.insert(key, Arc::new(Loaded { record: Arc::new(record.clone()), document }));
        }
    }

    /// The versions of a flow that run by themselves: the published one, and those with a label.
    #[must_use]
    pub fn active(&self, flow: FlowId) -> Vec<Version> {
        self.flows.get(&flow).map(|record| active(record)).unwrap_or_default()
    }

    /// Lets go of versions that neither run by themselves nor are pinned by one that does: they must not count as users of
    /// what they call.
    fn forget_unused(&mut self, touched: &HashSet<FlowId>) {
        let mut suspects: Vec<FlowId> = touched.iter().copied().collect();
        while let Some(flow) = suspects.pop() {
            let active = self.active(flow);
            let idle: Vec<VersionKey> = self
                .loaded_versions(flow)
                .into_iter()
                .filter(|key| !active.contains(&key.1) && !self.is_pinned(*key))
                .collect();
            for key in idle {
                // What it pinned may be idle now, too.
                suspects.extend(self.usage.of(key).iter().filter_map(Use::pin).map(|(flow, _)| flow));
                self.loaded.remove(&key);
                if let Some(versions) = self.loaded_of.get_mut(&key.0) {
                    versions.retain(|version| *version != key.1);
                }
                self.usage.remove(key);
                self.lock_checked().remove(&key);
            }
        }
    }

    fn is_pinned(&self, version: VersionKey) -> bool {
        self.usage
            .users(&version.0.into())
            .any(|user| user != version && self.usage.of(user).iter().any(|one| one.pin() == Some(version)))
    }

    /// The loaded versions of a flow: those that run by themselves, and those that others pin.
    pub fn loaded_versions(&self, flow: FlowId) -> Vec<VersionKey> {
        self.loaded_of.get(&flow).into_iter().flatten().map(|version| (flow, *version)).collect()
    }

    pub(crate) fn apply(&mut self, change: &CatalogueChange) {
        if let Some(gone) = change.gone() {
            self.applied.remove(&gone);
        }
        match change {
            CatalogueChange::PutFlow(flow) => self.put_flow(flow.clone()),
            // Versions arrive with their documents, as loaded ones.
            CatalogueChange::AddVersion(_)
            | CatalogueChange::MarkPublished(..)
            | CatalogueChange::Bind(..)
            | CatalogueChange::AddEvent(_)
            | CatalogueChange::AddAudit(_) => {}
            CatalogueChange::Put(record) => {
                if let Some(shelf) = self.shelf_mut(record.object().kind) {
                    shelf.put(record);
                }
            }
            CatalogueChange::Delete(object) => {
                if let Some(shelf) = self.shelf_mut(object.kind) {
                    shelf.remove(object);
                }
            }
            CatalogueChange::Applied(record) => {
                self.applied.insert(record.object.clone(), record.project.clone());
            }
        }
    }

    /// The shelf of a kind; flows have none.
    pub(crate) fn shelf(&self, kind: Kind) -> Option<&dyn AnyShelf> {
        match kind {
            Kind::Flow => None,
            Kind::Queue => Some(&self.queues),
            Kind::Table => Some(&self.tables),
            Kind::Schedule => Some(&self.schedules),
            Kind::Domain => Some(&self.domains),
            Kind::Route => Some(&self.routes),
            Kind::Term(term) => Some(self.terms.shelf(term)),
            Kind::Webhook => Some(&self.webhooks),
            Kind::DataAction => Some(&self.data_actions),
            Kind::Secret => Some(&self.secrets),
            Kind::Mailbox => Some(&self.mailboxes),
        }
    }

    fn shelf_mut(&mut self, kind: Kind) -> Option<&mut dyn AnyShelf> {
        match kind {
            Kind::Flow => None,
            Kind::Queue => Some(&mut self.queues),
            Kind::Table => Some(&mut self.tables),
            Kind::Schedule => Some(&mut self.schedules),
            Kind::Domain => Some(&mut self.domains),
            Kind::Route => Some(&mut self.routes),
            Kind::Term(term) => Some(self.terms.shelf_mut(term)),
            Kind::Webhook => Some(&mut self.webhooks),
            Kind::DataAction => Some(&mut self.data_actions),
            Kind::Secret => Some(&mut self.secrets),
            Kind::Mailbox => Some(&mut self.mailboxes),
        }
    }

    /// All objects of a kind, in no order.
    #[must_use]
    pub fn objects(&self, kind: Kind) -> Vec<Ref> {
        match self.shelf(kind) {
            Some(shelf) => shelf.objects(),
            None => self.flows.keys().map(|id| Ref::from(*id)).collect(),
        }
    }

    pub(crate) fn put_flow(&mut self, flow: FlowRecord) {
        if let Some(before) = self.flows.remove(&flow.id)
            && let Some(ids) = self.flow_names.get_mut(&document::fold_name(&before.name))
        {
            ids.retain(|id| *id != flow.id);
        }
        if flow.deleted_at.is_none() {
            self.flow_names.entry(document::fold_name(&flow.name)).or_default().push(flow.id);
            self.flows.insert(flow.id, Arc::new(flow));
        }
    }

    /// Versions that run by themselves, or that loaded ones pin, and that are not loaded.
    #[must_use]
    pub fn missing(&self) -> Vec<VersionKey> {
        let active = self.flows.values().flat_map(|flow| active(flow).into_iter().map(|version| (flow.id, version)));
        let pinned = self.loaded.keys().flat_map(|key| self.pins(*key));
        let mut missing: Vec<VersionKey> = active.chain(pinned).filter(|key| !self.loaded.contains_key(key)).collect();
        missing.sort_unstable();
        missing.dedup();
        missing
    }

    /// The versions that a loaded version pins.
    pub fn pins(&self, key: VersionKey) -> impl Iterator<Item = VersionKey> + '_ {
        self.usage.of(key).iter().filter_map(Use::pin)
    }

    /// The flow of that folded name and kind.
    pub fn flow_named(&self, folded: &str, shared: bool) -> Option<&Arc<FlowRecord>> {
        let ids = self.flow_names.get(folded)?;
        ids.iter().filter_map(|id| self.flows.get(id)).find(|flow| flow.shared == shared)
    }

    /// Other flows of a flow's name: of another type.
    pub(crate) fn namesakes(&self, flow: FlowId) -> impl Iterator<Item = FlowId> + '_ {
        let named = self.flows.get(&flow).and_then(|record| self.flow_names.get(&document::fold_name(&record.name)));
        named.into_iter().flatten().copied().filter(move |other| *other != flow)
    }

    /// The programs of every loaded version, which are checked on the way.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let keys: Vec<VersionKey> = self.loaded.keys().copied().collect();
        self.check_all(&keys);
        let mut snapshot = Snapshot::default();
        for flow in self.flows.values() {
            for (label, targets) in &flow.labels {
                snapshot.label(flow.id, label, targets.clone());
            }
        }
        for key in &keys {
            let published = self.flows.get(&key.0).is_some_and(|flow| flow.published == Some(key.1));
            if let Some(program) = self.checked(*key).and_then(|version| version.program.clone()) {
                snapshot.insert(program, published);
            }
        }
        snapshot
    }

    /// Everything that running needs.
    pub fn running(&self) -> Running {
        let snapshot = self.snapshot();
        let unrouted = self.queues.named(&document::fold_name(UNROUTED)).map_or(QueueId(Uuid::nil()), |queue| queue.id);
        Running {
            epoch: self.epoch,
            snapshot,
            routes: Routes::new(self.domains.keys().map(String::as_str), self.routes.values().cloned()),
            queue_names: self.queues.values().map(|queue| (queue.id, Arc::from(queue.name.as_str()))).collect(),
            queues_by_name: self.queues.names().map(|(name, id)| (name.clone(), *id)).collect(),
            deliver_to: self.queues.values().filter_map(|queue| Some((queue.id, queue.deliver_to()?))).collect(),
            flow_names: self.flows.values().map(|flow| (flow.id, Arc::from(flow.name.as_str()))).collect(),
            mailbox_names: self.mailboxes.values().map(|one| (one.id, Arc::from(one.name.as_str()))).collect(),
            tables: self.tables.clone(),
            schedules: self.schedules.clone(),
            webhooks: self.webhooks.clone(),
            data_actions: self.data_actions.clone(),
            secrets: self.secrets.clone(),
            unrouted,
        }
    }

    /// Routes that lead to a flow.
    pub fn routes_to(&self, flow: FlowId) -> impl Iterator<Item = &Arc<RouteRecord>> {
        self.routes.values().filter(move |route| route.target == RouteTarget::Flow(flow))
    }

    /// The flow that a reference means: by id, by what the name meant when the version was saved unless that is gone, by what it means
    /// now (a shared flow first).
    pub fn resolve_flow(&self, reference: &FlowReference, bindings: &Bindings) -> Option<FlowId> {
        if let Some(id) = &reference.flow_id {
            return id.parse().ok().filter(|id| self.flows.contains_key(id));
        }
        let folded = document::fold_name(reference.flow.as_deref()?);
        if let Some(id) = bindings.flows.get(&folded).filter(|id| self.flows.contains_key(id)) {
            return Some(*id);
        }
        let ids = self.flow_names.get(&folded)?;
        ids.iter().copied().max_by_key(|id| self.flows.get(id).is_some_and(|flow| flow.shared))
    }

    /// The queue that is meant: by id, by what the name meant when the version was saved unless that is gone, by what it means now.
    pub fn resolve_queue(&self, written: &str, bindings: &Bindings) -> Option<QueueId> {
        resolve(written, &self.queues, &bindings.queues)
    }

    /// The table that is meant, in the same manner.
    pub fn resolve_table(&self, written: &str, bindings: &Bindings) -> Option<TableId> {
        resolve(written, &self.tables, &bindings.tables)
    }

    /// The schedule that is meant, in the same manner.
    pub fn resolve_schedule(&self, written: &str, bindings: &Bindings) -> Option<ScheduleId> {
        resolve(written, &self.schedules, &bindings.schedules)
    }

    /// The webhook that is meant, in the same manner.
    pub fn resolve_webhook(&self, written: &str, bindings: &Bindings) -> Option<WebhookId> {
        resolve(written, &self.webhooks, &bindings.webhooks)
    }

    /// The data action that is meant, in the same manner.
    pub fn resolve_data_action(&self, written: &str, bindings: &Bindings) -> Option<DataActionId> {
        resolve(written, &self.data_actions, &bindings.data_actions)
    }

    pub(crate) fn lock_checked(&self) -> MutexGuard<'_, HashMap<VersionKey, Arc<CheckedVersion>>> {
        // What a panicking thread left is a complete map: entries are inserted whole.
        self.checked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn resolve<T: Object<Id: Copy + FromStr>>(
    written: &str,
    shelf: &Shelf<T>,
    bindings: &BTreeMap<String, T::Id>,
) -> Option<T::Id> {
    let folded = document::fold_name(written);
    let id = written
        .parse()
        .ok()
        .filter(|id| shelf.contains_key(id))
        .or_else(|| bindings.get(&folded).filter(|id| shelf.contains_key(id)).copied())
        .or_else(|| shelf.named(&folded).map(|known| T::id(known.record())))?;
    shelf.contains_key(&id).then_some(id)
}

/// The versions of a flow that run by themselves, each once.
fn active(record: &FlowRecord) -> Vec<Version> {
    let labelled = record.labels.values().flatten().map(|target| target.version);
    let mut versions: Vec<Version> = record.published.into_iter().chain(labelled).collect();
    versions.sort_unstable();
    versions.dedup();
    versions
}
