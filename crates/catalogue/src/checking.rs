//! Versions checked in a world, each once, and again when what they call has changed its face.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use uuid::Uuid;
use waypost_aside::Wanted;
use waypost_flow::check::{self, Reference, Unresolved, World as Surroundings};
use waypost_flow::diagnostic::Diagnostic;
use waypost_flow::document::{self, FlowReference};
use waypost_flow::email::Members;
use waypost_flow::interface::Interface;
use waypost_flow::program::{
    DataActionTarget, Program, QueueTarget, ScheduleTarget, Selector, TableTarget, WebhookTarget,
};
use waypost_ids::{DataActionId, FlowId, Key, Kind, QueueId, Ref, ScheduleId, TableId, Version, WebhookId};
use waypost_store::records::catalogue::Bindings;

use crate::graph::MAX_CALL_DEPTH;
use crate::world::{Loaded, VersionKey, World};

/// From so many versions on, checking is worth more than one thread.
const WORTH_THREADS: usize = 64;

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

impl World {
    /// A loaded version, checked.
    pub fn checked(&self, key: VersionKey) -> Option<Arc<CheckedVersion>> {
        if let Some(known) = self.lock_checked().get(&key) {
            return Some(known.clone());
        }
        Checking { world: self, wanted: &self.wanted, open: Vec::new() }.version(key)
    }

    /// The published version of a flow, checked.
    pub fn published(&self, flow: FlowId) -> Option<Arc<CheckedVersion>> {
        self.checked((flow, self.flows.get(&flow)?.published?))
    }

    /// Checks a version that is not loaded, such as a draft, as if it were. What comes of it means nothing once it is not wanted.
    pub fn check_apart(&self, loaded: &Loaded, wanted: &Wanted) -> CheckedVersion {
        let key = (loaded.record.flow_id, loaded.record.version);
        Checking { world: self, wanted, open: Vec::new() }.check(key, loaded)
    }

    /// A version as it is checked already, if it is loaded; else checked apart.
    pub fn check_known(&self, loaded: &Loaded, wanted: &Wanted) -> Arc<CheckedVersion> {
        let known = self.loaded.contains_key(&loaded.key()).then(|| self.checked(loaded.key())).flatten();
        known.unwrap_or_else(|| Arc::new(self.check_apart(loaded, wanted)))
    }

    /// Checks versions that have not been checked, on all cores when they are many.
    pub fn check_all(&self, keys: &[VersionKey]) {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        if keys.len() < WORTH_THREADS || threads < 2 {
            keys.iter().for_each(|key| drop(self.checked(*key)));
            return;
        }
        std::thread::scope(|scope| {
            for part in keys.chunks(keys.len().div_ceil(threads)) {
                scope.spawn(move || part.iter().for_each(|key| drop(self.checked(*key))));
            }
        });
    }

    /// The versions that a selector leads to.
    ///
    /// # Errors
    /// Why there is none.
    pub fn versions(&self, flow: FlowId, selector: &Selector) -> Result<Vec<Version>, Unresolved> {
        let record = self.flows.get(&flow).ok_or(Unresolved::Flow)?;
        match selector {
            Selector::Published => record.published.map(|version| vec![version]).ok_or(Unresolved::Unpublished),
            Selector::Version(version) => Ok(vec![*version]),
            Selector::Label(label) => {
                let targets = record.labels.get(&**label).ok_or(Unresolved::Label)?;
                Ok(targets.iter().map(|target| target.version).collect())
            }
        }
    }

    fn interfaces(&self, flow: FlowId, selector: &Selector) -> Result<Vec<Arc<Interface>>, Unresolved> {
        let versions = self.versions(flow, selector)?;
        let interface = |version| self.checked((flow, version)).map(|checked| checked.interface.clone());
        versions.into_iter().map(|version| interface(version).ok_or(Unresolved::Version)).collect()
    }

    /// Checks anew what follows flows that were touched, as far as what it sees of them is not what it was, and what reads tables
    /// whose columns changed. Answers every version that was checked.
    ///
    /// A caller's check depends on a called flow by its interface alone, so that a change which leaves the interface as it was
    /// ends here, however many call.
    pub(crate) fn recheck(
        &self,
        before: &World,
        touched: &HashSet<FlowId>,
        reshaped: &HashSet<Ref>,
    ) -> Vec<VersionKey> {
        let mut stale: BTreeSet<VersionKey> = BTreeSet::new();
        for object in reshaped {
            stale.extend(self.usage.users(object));
        }
        for flow in touched {
            let mut faces: HashMap<&Selector, bool> = HashMap::new();
            let used = Ref::from(*flow);
            for key in self.usage.users(&used) {
                let sees_change =
                    self.usage.places(key, &used).filter_map(|place| place.selector.as_ref()).any(|one| {
                        *faces
                            .entry(one)
                            .or_insert_with(|| self.interfaces(*flow, one) != before.interfaces(*flow, one))
                    });
                if sees_change {
                    stale.insert(key);
                }
            }
        }
        let mut rechecked = BTreeSet::new();
        // In a world without circles no chain of callers is longer than calls may be deep.
        for _ in 0..=2 * MAX_CALL_DEPTH {
            if stale.is_empty() || !self.wanted.holds() {
                break;
            }
            let keys: Vec<VersionKey> = stale.iter().copied().collect();
            let faces: Vec<Option<Arc<Interface>>> = {
                let mut checked = self.lock_checked();
                keys.iter().map(|key| checked.remove(key).map(|known| known.interface.clone())).collect()
            };
            self.check_all(&keys);
            let mut next = BTreeSet::new();
            for (key, face) in keys.iter().zip(faces) {
                if self.checked(*key).map(|now| now.interface.clone()) != face {
                    next.extend(self.callers_of(*key));
                }
            }
            rechecked.append(&mut stale);
            stale = next;
        }
        rechecked.into_iter().collect()
    }

    /// The loaded versions that call this very one.
    fn callers_of(&self, (flow, version): VersionKey) -> Vec<VersionKey> {
        let used = Ref::from(flow);
        let leads_here = |key: &VersionKey| {
            self.usage
                .places(*key, &used)
                .filter_map(|place| place.selector.as_ref())
                .any(|selector| self.versions(flow, selector).is_ok_and(|versions| versions.contains(&version)))
        };
        self.usage.users(&used).filter(leads_here).collect()
    }
}

/// Checks versions, and first what they call. Flows that are being checked further out answer with what they declare:
/// a circle is found and refused by publishing, not here.
struct Checking<'w> {
    world: &'w World,
    wanted: &'w Wanted,
    open: Vec<VersionKey>,
}

impl Checking<'_> {
    fn version(&self, key: VersionKey) -> Option<Arc<CheckedVersion>> {
        let loaded = self.world.loaded.get(&key)?;
        let version = Arc::new(self.check(key, loaded));
        // What was broken off must not be taken for an answer by others.
        if !self.wanted.holds() {
            return None;
        }
        // Inside a circle the answer depends on where it was entered: only the outermost is kept.
        if self.open.is_empty() || !reaches_open(&version, &self.open) {
            self.world.lock_checked().insert(key, version.clone());
        }
        Some(version)
    }

    fn check(&self, key: VersionKey, loaded: &Loaded) -> CheckedVersion {
        let mut open = self.open.clone();
        open.push(key);
        let surroundings = Inside {
            checking: Checking { world: self.world, wanted: self.wanted, open },
            bindings: &loaded.record.bindings,
        };
        let record = self.world.flows.get(&key.0);
        let stale = record
            .filter(|flow| loaded.document.name != flow.name || loaded.document.flow_type != flow.type_as_written);
        let checked = match stale {
            None => check::check(&loaded.document, key.0, key.1, &surroundings),
            // A flow is called what it is called now, whatever its version says.
            Some(flow) => {
                let mut named = (*loaded.document).clone();
                named.name.clone_from(&flow.name);
                named.flow_type.clone_from(&flow.type_as_written);
                check::check(&named, key.0, key.1, &surroundings)
            }
        };
        let mut interface = match &checked.program {
            Some(program) => program.interface.clone(),
            None => check::declared_interface(&loaded.document, key.0),
        };
        interface.deprecated = record.and_then(|flow| flow.deprecated.clone());
        CheckedVersion {
            interface: Arc::new(interface),
            program: checked.program.map(Arc::new),
            diagnostics: checked.diagnostics,
            references: checked.references,
        }
    }

    fn interface_of(&self, key: VersionKey) -> Result<Arc<Interface>, Unresolved> {
        // Calls that are nested deeper are refused by publishing, too: following them would only risk the stack.
        if self.open.contains(&key) || self.open.len() > MAX_CALL_DEPTH {
            let loaded = self.world.loaded.get(&key).ok_or(Unresolved::Version)?;
            return Ok(Arc::new(check::declared_interface(&loaded.document, key.0)));
        }
        if let Some(known) = self.world.lock_checked().get(&key) {
            return Ok(known.interface.clone());
        }
        self.version(key).map(|version| version.interface.clone()).ok_or(Unresolved::Version)
    }
}

fn reaches_open(version: &CheckedVersion, open: &[VersionKey]) -> bool {
    let called = version.references.iter().filter_map(|reference| reference.target.flow());
    called.into_iter().any(|flow| open.iter().any(|(known, _)| *known == flow))
}

/// The surroundings of one version: names mean what they meant when it was saved.
struct Inside<'w> {
    checking: Checking<'w>,
    bindings: &'w Bindings,
}

impl Surroundings for Inside<'_> {
    fn members(&self) -> &'static Members {
        waypost_members::members()
    }

    fn flow(&self, reference: &FlowReference) -> Option<FlowId> {
        self.checking.world.resolve_flow(reference, self.bindings)
    }

    fn has_namesake(&self, flow: FlowId) -> bool {
        self.checking.world.namesakes(flow).next().is_some()
    }

    fn interface(&self, flow: FlowId, selector: &Selector) -> Result<Arc<Interface>, Unresolved> {
        let version = self.checking.world.versions(flow, selector)?.first().copied().ok_or(Unresolved::Version)?;
        self.checking.interface_of((flow, version))
    }

    fn interfaces(&self, flow: FlowId, selector: &Selector) -> Result<Vec<Arc<Interface>>, Unresolved> {
        let versions = self.checking.world.versions(flow, selector)?;
        versions.into_iter().map(|version| self.checking.interface_of((flow, version))).collect()
    }

    fn queue(&self, written: &str) -> Option<QueueTarget> {
        let id = self.checking.world.resolve_queue(written, self.bindings)?;
        let queue = self.checking.world.queues.get(&id)?;
        Some(QueueTarget { id, name: Arc::from(queue.name.as_str()) })
    }

    fn table(&self, written: &str) -> Option<TableTarget> {
        let id = self.checking.world.resolve_table(written, self.bindings)?;
        let table = self.checking.world.tables.get(&id)?;
        Some(TableTarget { id, name: Arc::from(table.record.name.as_str()), schema: table.schema.clone() })
    }

    fn schedule(&self, written: &str) -> Option<ScheduleTarget> {
        let id = self.checking.world.resolve_schedule(written, self.bindings)?;
        let schedule = self.checking.world.schedules.get(&id)?;
        Some(ScheduleTarget { id, name: Arc::from(schedule.record.name.as_str()) })
    }

    fn webhook(&self, written: &str) -> Option<WebhookTarget> {
        let id = self.checking.world.resolve_webhook(written, self.bindings)?;
        let webhook = self.checking.world.webhooks.get(&id)?;
        Some(WebhookTarget { id, name: Arc::from(webhook.name.as_str()) })
    }

    fn data_action(&self, written: &str) -> Option<DataActionTarget> {
        let id = self.checking.world.resolve_data_action(written, self.bindings)?;
        let known = self.checking.world.data_actions.get(&id)?;
        Some(DataActionTarget { id, name: Arc::from(known.record.name.as_str()), contract: known.contract.clone() })
    }

    fn is_wanted(&self) -> bool {
        self.checking.wanted.holds()
    }

    fn flow_names(&self) -> Vec<String> {
        self.checking.world.flows.values().map(|flow| flow.name.clone()).collect()
    }

    fn queue_names(&self) -> Vec<String> {
        self.checking.world.queues.values().map(|queue| queue.name.clone()).collect()
    }

    fn table_names(&self) -> Vec<String> {
        self.checking.world.tables.values().map(|table| table.record.name.clone()).collect()
    }

    fn schedule_names(&self) -> Vec<String> {
        self.checking.world.schedules.values().map(|schedule| schedule.record.name.clone()).collect()
    }

    fn webhook_names(&self) -> Vec<String> {
        self.checking.world.webhooks.values().map(|webhook| webhook.name.clone()).collect()
    }

    fn data_action_names(&self) -> Vec<String> {
        self.checking.world.data_actions.values().map(|action| action.record.name.clone()).collect()
    }
}

/// Notes what the names in a version stand for.
pub fn bindings_of(checked: &CheckedVersion) -> Bindings {
    let mut bindings = Bindings::default();
    for reference in &checked.references {
        let folded = document::fold_name(&reference.written);
        // An id needs no binding.
        let Key::Id(id) = reference.target.key else { continue };
        if reference.written.parse::<Uuid>().is_ok_and(|written| written == id) {
            continue;
        }
        match reference.target.kind {
            Kind::Flow => drop(bindings.flows.insert(folded, FlowId(id))),
            Kind::Queue => drop(bindings.queues.insert(folded, QueueId(id))),
            Kind::Table => drop(bindings.tables.insert(folded, TableId(id))),
            Kind::Schedule => drop(bindings.schedules.insert(folded, ScheduleId(id))),
            Kind::Webhook => drop(bindings.webhooks.insert(folded, WebhookId(id))),
            Kind::DataAction => drop(bindings.data_actions.insert(folded, DataActionId(id))),
            // Flows don't name these, and terms by their text alone.
            Kind::Route | Kind::Domain | Kind::Secret | Kind::Mailbox | Kind::Term(_) => {}
        }
    }
    bindings
}
