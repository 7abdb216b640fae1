//! The catalogue that a folder makes by itself, checked by the rules that a server has.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use uuid::Uuid;
use waypost_catalogue::checking::CheckedVersion;
use waypost_catalogue::data_actions::KnownDataAction;
use waypost_catalogue::domains::DomainSpec;
use waypost_catalogue::error::ChangeError;
use waypost_catalogue::graph::Calls;
use waypost_catalogue::mailboxes::foreseen;
use waypost_catalogue::object::{Making, Object};
use waypost_catalogue::queues::QueueSpec;
use waypost_catalogue::routing::{RouteSpec, Wanted, WantedTarget};
use waypost_catalogue::schedules::{KnownSchedule, ScheduleEdit};
use waypost_catalogue::shape::Table;
use waypost_catalogue::webhooks::WebhookEdit;
use waypost_catalogue::world::{Loaded, UNROUTED, World};
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::document::{self, Document};
use waypost_ids::{FlowId, Kind, MailboxId, QueueId, ScheduleId, TableId};
use waypost_origin::Origin;
use waypost_store::records::catalogue::{
    Bindings, CatalogueChange, DomainRecord, FlowRecord, QueueRecord, RouteRecord, VersionRecord,
};
use waypost_store::records::mailboxes::MailboxRecord;
use waypost_store::records::outside::WebhookRecord;
use waypost_store::records::tables::{ScheduleRecord, TableRecord};

use crate::objects::in_document;
use crate::{At, FlowEntry, Project};

impl Project {
    /// Checks everything together, without a server: the world that the folder makes by itself, and all problems added to this folder's.
    /// Where the folder names no queues, every queue that a flow or a route names counts as existing.
    pub fn world(&mut self) -> World {
        let mut changes = self.early();
        let mut loaded = Vec::new();
        let mut owners: BTreeMap<FlowId, At> = BTreeMap::new();
        for entry in &self.flows {
            let record = flow_record(&entry.document);
            owners.insert(record.id, entry.at);
            loaded.push(Arc::new(only_version(record.id, &entry.document)));
            changes.push(CatalogueChange::PutFlow(record));
        }
        let without_routes = World::default().after(&changes, &loaded).world;
        changes.extend(self.late(&without_routes));
        let world = World::default().after(&changes, &loaded).world;
        let mut calls = Calls::new(&world);
        for (id, at) in owners {
            let mut diagnostics: Vec<Diagnostic> =
                world.checked((id, 1)).map(|checked| checked.diagnostics.clone()).unwrap_or_default();
            diagnostics.extend(calls.check((id, 1)));
            self.add(at, diagnostics.into_iter().map(without_id));
        }
        for (at, rest) in std::mem::take(&mut self.rests) {
            let record = flow_record(&rest.document);
            let own = (record.id, 1);
            let loaded = Arc::new(only_version(record.id, &rest.document));
            let next = world.after(&[CatalogueChange::PutFlow(record)], &[loaded]).world;
            let found = next.checked(own).map(|checked| checked.diagnostics.clone()).unwrap_or_default();
            self.add(at, found.into_iter().filter(|problem| rest.is_problem(problem)).map(without_id));
        }
        world
    }

    /// The world in which a flow of the folder has this content instead; none if something in it has an error then, or can't run.
    /// `world` is the folder's own, which is as it was.
    #[must_use]
    pub fn variant(&self, world: &World, entry: &FlowEntry, document: Document) -> Option<World> {
        let record = flow_record(&entry.document);
        let loaded = Arc::new(only_version(record.id, &document));
        let own = (record.id, 1);
        let next = world.after(&[CatalogueChange::PutFlow(record)], &[loaded]);
        let mut checked = next.rechecked.into_iter().chain([own]).filter_map(|key| next.world.checked(key));
        let is_sound = |checked: &CheckedVersion| {
            // A loop that alone sets a variable that it reads has no error and no program.
            checked.program.is_some() && !checked.diagnostics.iter().any(Diagnostic::is_error)
        };
        let sound = checked.all(|checked| is_sound(&checked));
        (sound && Calls::new(&next.world).check(own).is_empty()).then_some(next.world)
    }

    /// What flows name, and domains.
    fn early(&mut self) -> Vec<CatalogueChange> {
        let mut changes = Vec::new();
        let webhooks = self.webhooks.iter().map(|entry| WebhookEdit::Replace(entry.spec.clone()));
        changes.extend(webhooks.filter_map(|edit| change::<WebhookRecord>(&edit)));
        let mailboxes = self.mailboxes.iter().filter_map(|entry| foreseen(&entry.spec, None, Timestamp::UNIX_EPOCH));
        changes.extend(mailboxes.map(|record| {
            let id = MailboxId(id_of(Kind::Mailbox.as_str(), &record.folded_name));
            CatalogueChange::put(MailboxRecord { id, ..record })
        }));
        let with_named = World::default().after(&changes, &[]).world;
        let mut problems = Vec::new();
        for entry in &self.queues {
            let Err(found) = made::<QueueRecord>(&with_named, &entry.spec) else { continue };
            self.unreadable.object(Kind::Queue, &entry.spec.name);
            problems.extend(found.into_iter().map(|one| (entry.at, in_document(Kind::Queue, &entry.path, one))));
        }
        problems.into_iter().for_each(|(at, problem)| self.add(at, [problem]));
        let queues = self.all_queues();
        let queues = queues.iter().filter_map(|spec| made::<QueueRecord>(&with_named, spec).ok());
        changes.extend(queues.map(CatalogueChange::put));
        changes.extend(self.all_domains().iter().filter_map(change::<DomainRecord>));
        changes.extend(self.tables.iter().map(|one| CatalogueChange::put(one.table.record.clone())));
        let schedules = self.schedules.iter().map(|entry| ScheduleEdit::Replace(entry.spec.clone()));
        changes.extend(schedules.filter_map(|edit| change::<KnownSchedule>(&edit)));
        let data_actions = self.data_actions.iter().map(|entry| entry.spec.clone());
        changes.extend(data_actions.filter_map(|spec| change::<KnownDataAction>(&spec)));
        changes
    }

    /// Queues of the folder and the built-in one; or, if it names none, those that flows and routes name.
    fn all_queues(&self) -> Vec<QueueSpec> {
        let own = self.queues.iter().chain(&self.listed_queues).map(|entry| entry.spec.clone());
        let mut queues: Vec<QueueSpec> = own.collect();
        if queues.is_empty() {
            let rests = self.rests.iter().map(|(_, rest)| &rest.document);
            let of_flows = self.flows.iter().map(|entry| &entry.document).chain(rests);
            let of_flows = of_flows.flat_map(|document| document.queue_names());
            let of_routes = self.routes.iter().flat_map(|entry| queues_of(&entry.spec));
            let mut names: Vec<&str> = of_flows.chain(of_routes).collect();
            names.sort_unstable();
            queues.extend(names.into_iter().map(QueueSpec::named));
        }
        queues.push(QueueSpec::named(UNROUTED));
        let mut seen = HashSet::new();
        queues.retain(|queue| seen.insert(QueueRecord::folded(&queue.name)));
        queues
    }

    /// Domains of the folder, and those of its routes.
    pub(crate) fn all_domains(&self) -> Vec<DomainSpec> {
        let of_routes = self.routes.iter().map(|entry| entry.spec.domain.clone());
        let of_routes = of_routes.map(|domain| DomainSpec { domain, ..DomainSpec::default() });
        let mut seen = HashSet::new();
        let all = self.domains.iter().map(|entry| entry.spec.clone()).chain(of_routes);
        all.filter(|one| seen.insert(DomainRecord::folded(&one.domain))).collect()
    }

    /// Routes, made in a world that has what they lead to.
    fn late(&mut self, world: &World) -> Vec<CatalogueChange> {
        let (mut changes, mut problems) = (Vec::new(), Vec::new());
        for entry in &self.routes {
            match made::<RouteRecord>(world, &entry.spec) {
                Ok(record) => changes.push(CatalogueChange::put(record)),
                Err(found) => {
                    let placed = found.into_iter().map(|one| in_document(Kind::Route, &entry.path, one));
                    problems.extend(placed.map(|one| (entry.at, one)));
                }
            }
        }
        problems.into_iter().for_each(|(at, problem)| self.add(at, [problem]));
        changes
    }
}

/// Ids of flows are a server's: that of a folder's flow, which is only ours, helps nobody.
fn without_id(problem: Diagnostic) -> Diagnostic {
    match problem.code {
        Code::AmbiguousFlow => Diagnostic {
            expected: Some("a name that one flow has".to_owned()),
            suggestion: Some("rename one of the flows".to_owned()),
            ..problem
        },
        _ => problem,
    }
}

fn queues_of(route: &RouteSpec) -> impl Iterator<Item = &str> {
    let target = match &route.target {
        Some(WantedTarget::Queue(Wanted::Name(name))) => Some(name.as_str()),
        _ => None,
    };
    let unrouted = match &route.unrouted_queue {
        Some(Wanted::Name(name)) => Some(name.as_str()),
        _ => None,
    };
    target.into_iter().chain(unrouted)
}

/// A record under an id that only depends on kind and name, so that offline output is the same every time.
pub(crate) trait Offline: Object {
    /// The record under that id.
    fn renumbered(record: Self::Record, id: Uuid) -> Self::Record;
}

impl Offline for QueueRecord {
    fn renumbered(record: Self, id: Uuid) -> Self {
        Self { id: QueueId(id), ..record }
    }
}

impl Offline for DomainRecord {
    fn renumbered(record: Self, _: Uuid) -> Self {
        record
    }
}

impl Offline for RouteRecord {
    fn renumbered(record: Self, id: Uuid) -> Self {
        Self { id, ..record }
    }
}

impl Offline for Table {
    fn renumbered(record: TableRecord, id: Uuid) -> TableRecord {
        TableRecord { id: TableId(id), ..record }
    }
}

impl Offline for KnownSchedule {
    fn renumbered(record: ScheduleRecord, id: Uuid) -> ScheduleRecord {
        ScheduleRecord { id: ScheduleId(id), ..record }
    }
}

/// What an object comes to in a world.
///
/// # Errors
/// Every problem that a server would find.
fn made<T: Offline>(world: &World, spec: &T::Spec) -> Result<T::Record, Vec<Diagnostic>> {
    let origin = Origin::given(Timestamp::UNIX_EPOCH);
    let making = Making { world, actor: "", now: origin.now(), origin: &origin };
    match T::make(spec, &making, None) {
        Ok(record) => {
            let id = id_of(T::KIND.as_str(), &T::folded(&T::name(&record)));
            Ok(T::renumbered(record, id))
        }
        Err(ChangeError::Invalid(problems)) => Err(problems),
        Err(other) => Err(vec![Diagnostic::error(Code::InvalidValue, "", other.to_string())]),
    }
}

/// The same for an object that needs no others.
pub(crate) fn alone<T: Offline>(spec: &T::Spec) -> Result<T::Record, Vec<Diagnostic>> {
    made::<T>(&World::default(), spec)
}

/// A change that makes an object which was read without a problem.
fn change<T: Offline>(spec: &T::Spec) -> Option<CatalogueChange> {
    alone::<T>(spec).ok().map(CatalogueChange::put)
}

fn flow_record(document: &Document) -> FlowRecord {
    let folded_name = document::fold_name(&document.name);
    let now = Timestamp::UNIX_EPOCH;
    FlowRecord {
        id: FlowId(id_of(if document.is_shared() { "shared" } else { "email" }, &folded_name)),
        name: document.name.clone(),
        folded_name,
        shared: document.is_shared(),
        type_as_written: document.flow_type.clone(),
        description: String::new(),
        published: Some(1),
        labels: BTreeMap::new(),
        deprecated: None,
        newest: 1,
        revision: 1,
        created_at: now,
        created_by: String::new(),
        modified_at: now,
        deleted_at: None,
        lock: None,
    }
}

/// A folder has one version of each flow: it runs, whichever a caller names (`pins.rs` tells where).
fn only_version(flow_id: FlowId, document: &Document) -> Loaded {
    let record = VersionRecord {
        flow_id,
        version: 1,
        content: Arc::from(""),
        hash: String::new(),
        bindings: Bindings::default(),
        created_at: Timestamp::UNIX_EPOCH,
        created_by: String::new(),
        published_at: None,
        validation: Vec::new(),
    };
    let mut document = document.clone();
    document.flow_references_mut(&mut |flow| flow.version = None);
    Loaded { record: Arc::new(record), document: Arc::new(document) }
}

fn id_of(kind: &str, name: &str) -> Uuid {
    let hash = Sha256::digest(format!("{kind}\n{name}"));
    let mut bytes = [0; 16];
    for (to, from) in bytes.iter_mut().zip(hash) {
        *to = from;
    }
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}
